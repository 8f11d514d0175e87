import pytest
from ringfence.aws.enforcement.billing import billed_units
from ringfence.aws.enforcement.quota_limits import QUOTAS
from ringfence.aws.enforcement.quotas import Usage, usages
from ringfence.source.diagnostic import InputError
from written import WEB, Build, Compiled, agent

QUEUE = "  - aws.sqs: {queue: jobs, access: send}\n"


def used(compiled: Compiled) -> dict[str, Usage]:
    return {usage.quota: usage for usage in usages(compiled.enforcement, compiled.plan.environment.environment)}


def test_every_quota_is_counted_and_cites_a_page(build: Build) -> None:
    counted = used(build({"web": agent("web", WEB + QUEUE)}))
    assert set(counted) == set(QUOTAS)
    assert all(usage.source.startswith("https://") and usage.mend and usage.subject for usage in counted.values())
    assert not [usage for usage in counted.values() if usage.exceeded]


def test_usage_is_counted_as_aws_counts(build: Build) -> None:
    compiled = build({"web": agent("web", WEB + QUEUE), "idle": agent("idle")})
    counted = used(compiled)
    assert counted["subnets_per_vpc"].used == 2 * 2 + 3 * 2
    assert counted["route_tables_per_vpc"].used == 2 * 2 + 3 * 2 + 1, "the main table counts"
    assert counted["network_acls_per_vpc"].used == 2 + 3 + 1
    assert counted["security_groups_per_region"].used == 2 + 1 + 1
    assert counted["interface_endpoints_per_vpc"].used == 1 + 2, "the firewall's endpoints count"
    assert counted["elastic_addresses_per_region"].used == 2
    acl = next(acl for acl in compiled.enforcement.network_acls if acl.name == "web")
    egress = sum(rule.direction == "egress" for rule in acl.rules)
    assert (counted["rules_per_network_acl"].used, counted["rules_per_network_acl"].subject) == (
        egress + 2,
        "web, egress",
    )
    assert counted["routes_per_route_table"].used == 3
    assert counted["dns_rules_per_group"].used == 2
    assert counted["security_groups_per_interface"].used == 1


def test_an_exceeded_quota_says_what_to_write_and_is_gone_once_written(build: Build) -> None:
    fleet = {f"a{index:03}": agent(f"a{index:03}") for index in range(101)}
    usage = used(build(fleet))["subnets_per_vpc"]
    assert (usage.used, usage.limit, usage.exceeded, usage.adjustable) == (202, 200, True, True)
    assert "quotas: {subnets_per_vpc: 202}" in usage.mend
    usage = used(build(fleet, quotas="{subnets_per_vpc: 202}"))["subnets_per_vpc"]
    assert (usage.limit, usage.default, usage.exceeded) == (202, 200, False)


@pytest.mark.parametrize(
    ("quotas", "message"),
    [
        ("{subnets_per_vcp: 400}", "unknown quota `subnets_per_vcp`"),
        ("{rules_per_network_acl: 41}", "AWS raises `rules_per_network_acl` to 40 at most, not to 41"),
        ("{metric_filters_per_log_group: 101}", "to 100 at most"),
    ],
)
def test_a_quota_that_aws_does_not_have_is_an_error_where_it_is_written(
    build: Build, quotas: str, message: str
) -> None:
    with pytest.raises(InputError) as raised:
        build({"web": agent("web")}, quotas=quotas)
    (diagnostic,) = raised.value.diagnostics
    assert (diagnostic.code, diagnostic.span.path) == ("RF099", "Pulumi.dev.yaml")
    assert message in diagnostic.message


def test_billed_units_are_counted_by_zone(build: Build) -> None:
    units = billed_units(build({"web": agent("web", WEB + QUEUE)}).enforcement)
    assert units["Network Firewall endpoints"] == 2
    assert units["NAT gateways"] == 2
    assert units["interface endpoints in a zone"] == 2
    assert "transit gateway attachments" not in units
    assert "NAT gateways" not in billed_units(build({"idle": agent("idle")}).enforcement)
