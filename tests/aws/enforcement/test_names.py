from hypothesis import given, settings
from hypothesis import strategies as st
from ringfence.aws.enforcement.model import DnsFirewall
from ringfence.aws.enforcement.names import DOMAINS_PER_LIST, _split
from written import WEB, Build, agent


def judged(dns: DnsFirewall, name: str) -> str:
    """What DNS Firewall does with a name: rules by priority, the first whose list has it."""
    lists = {each.name: each.domains for each in dns.lists}
    for rule in sorted(dns.rules, key=lambda rule: rule.priority):
        for domain in lists[rule.domain_list]:
            if domain in ("*.", name) or (domain.startswith("*.") and name.endswith(domain[1:])):
                return rule.action
    return "no match: resolves"


def test_declared_names_resolve_and_every_other_is_nodata(build: Build) -> None:
    needs = WEB + "  - https: {host: '*.example.org', methods: [GET]}\n"
    dns = build({"web": agent("web", needs), "idle": agent("idle")}).enforcement.dns
    assert judged(dns, "docs.example.com") == "ALLOW"
    assert judged(dns, "a.example.org") == "ALLOW"
    for name in ("example.com", "example.org", "evil.docs.example.com", "docs.example.com.evil.net"):
        assert judged(dns, name) == "BLOCK", name
    (final,) = (rule for rule in dns.rules if rule.action == "BLOCK")
    assert final.block_response == "NODATA"
    assert final.priority == max(rule.priority for rule in dns.rules)
    assert dns.fail_open == "DISABLED"
    assert {rule.redirection for rule in dns.rules if rule.action == "ALLOW"} == {"TRUST_REDIRECTION_DOMAIN"}


def test_an_environment_without_names_resolves_nothing(build: Build) -> None:
    dns = build({"idle": agent("idle")}).enforcement.dns
    assert [(rule.action, rule.domain_list) for rule in dns.rules] == [("BLOCK", "every-name")]
    assert judged(dns, "example.com") == "BLOCK"


def test_endpoints_resolve_by_the_names_that_clients_use_and_no_bucket_beyond_the_declared(build: Build) -> None:
    needs = (
        "  - aws.s3: {bucket: acme-lake, prefix: raw, access: read}\n"
        "  - aws.sqs: {queue: jobs, access: send}\n"
        "  - aws.dynamodb: {table: orders, access: read}\n"
    )
    dns = build({"web": agent("web", needs, platform="ecs")}).enforcement.dns
    for name in (
        "acme-lake.s3.eu-west-1.amazonaws.com",
        "s3.eu-west-1.amazonaws.com",
        "prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com",
        "sqs.eu-west-1.amazonaws.com",
        "dynamodb.eu-west-1.amazonaws.com",
        "api.ecr.eu-west-1.amazonaws.com",
        "111111111111.dkr.ecr.eu-west-1.amazonaws.com",
        "logs.eu-west-1.amazonaws.com",
    ):
        assert judged(dns, name) == "ALLOW", name
    for name in (
        "stolen-data.s3.eu-west-1.amazonaws.com",
        "sns.eu-west-1.amazonaws.com",
        "222222222222.dkr.ecr.eu-west-1.amazonaws.com",
        "sqs.us-east-1.amazonaws.com",
    ):
        assert judged(dns, name) == "BLOCK", name


def test_names_are_refused_also_where_nothing_else_knows_them(build: Build) -> None:
    dns = build({"web": agent("web", WEB)}, inspection="none").enforcement.dns
    assert judged(dns, "docs.example.com") == "ALLOW"
    assert judged(dns, "evil.net") == "BLOCK"


def test_observing_logs_what_would_be_refused_only_when_everybody_observes(build: Build) -> None:
    observed, enforced = "mode: observe\n", "mode: enforce\n"
    both = {"a": agent("a", WEB, more=observed), "b": agent("b", WEB, more=observed)}
    assert judged(build(both).enforcement.dns, "evil.net") == "ALERT"
    assert judged(build({**both, "c": agent("c", more=enforced)}).enforcement.dns, "evil.net") == "BLOCK"
    assert judged(build({"a": agent("a", WEB)}, mode="observe").enforcement.dns, "evil.net") == "ALERT"
    assert judged(build({"a": agent("a", more=enforced)}, mode="observe").enforcement.dns, "evil.net") == "BLOCK"
    cut = agent("c", WEB, more="quarantined: true\n" + enforced)
    assert judged(build({**both, "c": cut}).enforcement.dns, "evil.net") == "ALERT", "a cut takes nothing from others"


def test_a_quarantined_agents_names_leave_the_garden(build: Build) -> None:
    dns = build({"a": agent("a", WEB, more="quarantined: true\n"), "b": agent("b")}).enforcement.dns
    assert judged(dns, "docs.example.com") == "BLOCK"


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 4_000), st.integers(0, 50))
def test_lists_hold_every_name_once_within_their_size_and_keep_it_there(count: int, more: int) -> None:
    names = [f"host-{index}.example.com" for index in range(count)]
    before = dict(_split(names, ""))
    assert sorted(name for held in before.values() for name in held) == sorted(names)
    assert all(len(held) <= DOMAINS_PER_LIST for held in before.values())
    after = dict(_split([*names, *(f"new-{index}.example.com" for index in range(more))], ""))
    for bits in before.keys() & after.keys():
        assert set(before[bits]) <= set(after[bits])
    home = {name: bits for bits, held in after.items() for name in held}
    for bits in before.keys() - after.keys():
        assert all(home[name].startswith(bits) for name in before[bits]), "a list parts, and none of it goes elsewhere"
