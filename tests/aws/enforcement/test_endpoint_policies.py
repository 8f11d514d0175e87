import json
from collections.abc import Iterable
from itertools import product

import pytest
from conditions import decided
from hypothesis import given, settings
from hypothesis import strategies as st
from ringfence.aws.enforcement.endpoint_policies import POLICY_MAX, Permission, endpoint_policy, joined
from ringfence.aws.enforcement.model import Enforcement
from ringfence.policy.flow import Service
from ringfence.source.diagnostic import InputError
from written import WEB, Build, agent

QUEUE = "  - aws.sqs: {queue: %s, access: send}\n"
ROLE = "arn:aws:iam::111111111111:role/%s"


def policy_of(enforcement: Enforcement, service: str) -> str:
    endpoints = (*enforcement.gateway_endpoints, *enforcement.interface_endpoints)
    return next(endpoint.policy.text() for endpoint in endpoints if endpoint.service == service)


def allows(policy: str, role: str, action: str, resource: str) -> bool:
    return bool(decided(policy, "Allow", action, resource, {"aws:PrincipalArn": ROLE % role}))


def triples(permissions: Iterable[Permission]) -> set[tuple[str, str, str]]:
    return {triple for each in permissions for triple in product(each.principals, each.actions, each.resources)}


_NAMES = st.frozensets(st.sampled_from("abc"), min_size=1)
_PERMISSIONS = st.lists(st.builds(Permission, st.one_of(_NAMES, st.just(frozenset("*"))), _NAMES, _NAMES), max_size=12)


@settings(max_examples=300, deadline=None)
@given(_PERMISSIONS)
def test_joined_statements_say_exactly_the_same_in_no_more_statements(permissions: list[Permission]) -> None:
    fewer = joined(permissions)
    assert triples(fewer) == triples(permissions)
    assert len(fewer) <= len(permissions)
    assert all("*" not in each.principals or each.principals == {"*"} for each in fewer)
    assert joined(reversed(permissions)) == fewer, "whatever the order"


def test_each_role_has_its_own_actions_and_resources(build: Build) -> None:
    enforcement = build({"a": agent("a", QUEUE % "one"), "b": agent("b", QUEUE % "two"), "c": agent("c")}).enforcement
    policy = policy_of(enforcement, "sqs")
    arn = "arn:aws:sqs:eu-west-1:111111111111:%s"
    assert allows(policy, "a", "sqs:SendMessage", arn % "one")
    assert not allows(policy, "a", "sqs:SendMessage", arn % "two")
    assert not allows(policy, "a", "sqs:ReceiveMessage", arn % "one")
    assert not allows(policy, "c", "sqs:SendMessage", arn % "one")
    assert allows(policy, "b", "sqs:SendMessage", arn % "two")
    assert not decided(policy, "Allow", "sqs:SendMessage", arn % "one", {}), "nobody without a role"


def test_equal_needs_of_many_agents_are_one_statement(build: Build) -> None:
    fleet = {f"a{index}": agent(f"a{index}", QUEUE % "jobs") for index in range(9)}
    statements = json.loads(policy_of(build(fleet).enforcement, "sqs"))["Statement"]
    assert len(statements) == 1
    assert len(statements[0]["Condition"]["StringEquals"]["aws:PrincipalArn"]) == 9
    assert statements[0]["Principal"] == "*"


def test_image_layers_may_be_read_by_whoever_ecr_signed_for_and_nothing_else_may(build: Build) -> None:
    enforcement = build({"a": agent("a", platform="ecs")}).enforcement
    policy = policy_of(enforcement, "s3")
    layer = "arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/x"
    assert decided(policy, "Allow", "s3:GetObject", layer, {})
    assert not decided(policy, "Allow", "s3:PutObject", layer, {})
    assert not decided(policy, "Allow", "s3:GetObject", "arn:aws:s3:::acme-dev/x", {})


def test_only_needed_endpoints_exist_gateways_where_aws_has_them(build: Build) -> None:
    needs = QUEUE % "jobs" + "  - aws.dynamodb: {table: orders, access: read}\n"
    enforcement = build({"a": agent("a", needs), "b": agent("b", WEB)}).enforcement
    assert [endpoint.service for endpoint in enforcement.interface_endpoints] == ["sqs"]
    (gateway,) = enforcement.gateway_endpoints
    assert (gateway.service, gateway.service_name) == ("dynamodb", "com.amazonaws.eu-west-1.dynamodb")
    assert gateway.route_tables == ("a/eu-west-1a", "a/eu-west-1b"), "only in the tables of who uses it"
    zones = {subnet.name: subnet.zone for subnet in enforcement.subnets if subnet.kind == "endpoints"}
    assert sorted(zones[subnet] for subnet in enforcement.interface_endpoints[0].subnets) == [
        "eu-west-1a",
        "eu-west-1b",
    ]


def test_a_policy_longer_than_aws_takes_is_an_error_and_never_a_wider_policy(build: Build) -> None:
    def fleet(count: int) -> dict[str, str]:
        return {f"agent-{index:03}": agent(f"agent-{index:03}", QUEUE % f"queue-{index:03}") for index in range(count)}

    fits = policy_of(build(fleet(60)).enforcement, "sqs")
    assert 0.5 * POLICY_MAX < len(fits) <= POLICY_MAX
    with pytest.raises(InputError) as raised:
        build(fleet(120), quotas="{rules_per_security_group: 200}")
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == "RF094"
    assert diagnostic.span.path == "profiles/agents/agent-000.yaml"
    assert "the endpoint policy of sqs has" in diagnostic.message
    assert "for 120 agents" in diagnostic.message


def test_the_same_accesses_in_any_order_give_the_same_octets() -> None:
    accesses = [Service("sqs", (f"sqs:{letter}",), (f"arn:{letter}",), ROLE % letter) for letter in "cab"]
    assert endpoint_policy(accesses).text() == endpoint_policy(reversed(accesses)).text()


def test_china_is_refused_since_its_endpoint_names_are_not_known(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    needs = agent("a", QUEUE % "jobs").replace("arn:aws:iam", "arn:aws-cn:iam")
    monkeypatch.setattr("written.REGION", "cn-north-1")
    with pytest.raises(InputError) as raised:
        build({"a": needs}, zones="[cn-north-1a]")
    assert [diagnostic.code for diagnostic in raised.value.diagnostics] == ["RF093"]
