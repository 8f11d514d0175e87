import pytest
from ringfence.aws.enforcement.layers import LAYERS, Layers
from ringfence.policy.policy import Policy
from written import WEB, Build, Compiled, agent

CA = '"arn:aws:acm:eu-west-1:111111111111:certificate/0a1b2c3d-0000-1111-2222-333344445555"'


def shown(compiled: Compiled, policy: Policy | None = None) -> set[str]:
    layers = Layers.of(compiled.enforcement)
    return {" ".join(layers.enforcing(flow)) for flow in (policy or compiled.plan.declared).flows}


@pytest.mark.parametrize(
    ("settings", "layers"),
    [
        ({"inspection": "names"}, "sg nacl route sni dns"),
        ({"inspection": "none"}, "sg nacl route dns"),
        ({"inspection": "requests", "ca_certificate_arn": CA}, "sg nacl route http dns"),
        ({"mode": "observe"}, "sg nacl route"),
    ],
)
def test_a_named_host_is_held_by_what_sees_names_here(build: Build, settings: dict[str, str], layers: str) -> None:
    assert shown(build({"web": agent("web", WEB)}, **settings)) == {layers}


def test_an_uninspected_agent_is_held_by_the_name_in_the_hello(build: Build) -> None:
    needs = "  - https: {host: docs.example.com}\n    because: x\n    approved_by: kim\n    until: 2027-06-30\n"
    compiled = build({"web": agent("web", needs)}, inspection="requests", ca_certificate_arn=CA)
    assert shown(compiled) == {"sg nacl route sni dns"}
    assert compiled.enforcement.firewall is not None
    assert compiled.enforcement.firewall.ca_certificate_arn is None, "nobody needs decryption, so nothing is decrypted"


def test_an_observed_agent_among_enforced_ones_is_held_by_dns_only(build: Build) -> None:
    compiled = build({"web": agent("web", WEB, more="mode: observe\n"), "b": agent("b")})
    assert shown(compiled) == {"sg nacl route dns"}
    assert shown(compiled, compiled.plan.effective) == {"sg nacl route"}, "every public address, names or not"


def test_private_destinations_calls_and_services_have_layers_of_their_own(build: Build) -> None:
    needs = (
        "  - tcp: {to: orders-db, port: 5432}\n  - aws.sqs: {queue: jobs, access: send}\n"
        "  - aws.dynamodb: {table: orders, access: read}\n"
    )
    agents = {"web": agent("web", needs, more="calls: [callee]\n"), "callee": agent("callee", serves=80)}
    private = "{orders-db: {cidr: 10.60.8.9/32, via: tgw-0abc1234}}"
    expected = {"sg nacl route", "sg nacl", "sg nacl dns endpoint", "sg nacl route dns endpoint"}
    assert shown(build(agents, private=private)) == expected
    attached = shown(build(agents, private=private, attach_role_policies="true"))
    assert attached == {"sg nacl route", "sg nacl", "sg nacl dns endpoint iam", "sg nacl route dns endpoint iam"}
    assert {layer for each in attached for layer in each.split()} <= set(LAYERS)


def test_a_denial_of_the_agents_role_holds_nothing_that_its_platform_does(build: Build) -> None:
    compiled = build({"web": agent("web", platform="ecs")}, attach_role_policies="true")
    assert not [layers for layers in shown(compiled) if "iam" in layers]
