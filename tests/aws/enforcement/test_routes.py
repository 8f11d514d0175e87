import pytest
from ringfence.aws.enforcement.model import (
    Enforcement,
    FirewallTarget,
    InternetTarget,
    NatTarget,
    PeeringTarget,
    RouteTable,
    RouteTarget,
    TransitTarget,
)
from ringfence.source.diagnostic import InputError
from written import WEB, Build, agent

QUEUE = "  - aws.sqs: {queue: jobs, access: send}\n"


def table_of(enforcement: Enforcement, name: str) -> RouteTable:
    return next(table for table in enforcement.route_tables if table.name == name)


def routes_of(enforcement: Enforcement, name: str) -> dict[str, RouteTarget]:
    return {str(route.destination): route.target for route in table_of(enforcement, name).routes}


def test_an_agent_without_internet_needs_has_no_route_but_the_local_one(build: Build) -> None:
    enforcement = build({"web": agent("web", WEB), "keeper": agent("keeper", QUEUE)}).enforcement
    for zone in ("eu-west-1a", "eu-west-1b"):
        assert routes_of(enforcement, f"keeper/{zone}") == {}


def test_egress_crosses_the_firewall_and_the_nat_gateway_of_its_own_zone(build: Build) -> None:
    compiled = build({"web": agent("web", WEB), "idle": agent("idle")})
    enforcement = compiled.enforcement
    for zone in ("eu-west-1a", "eu-west-1b"):
        (subnet,) = (segment.network for segment in compiled.allocation.agents["web"] if segment.zone == zone)
        assert routes_of(enforcement, f"web/{zone}") == {"0.0.0.0/0": FirewallTarget(zone)}
        assert routes_of(enforcement, f"infrastructure/firewall/{zone}") == {"0.0.0.0/0": NatTarget(zone)}
        assert routes_of(enforcement, f"infrastructure/public/{zone}") == {
            "0.0.0.0/0": InternetTarget(),
            str(subnet): FirewallTarget(zone),
        }, "answers go back through the same zone's firewall, for nobody but who goes out"
        (gateway,) = (gateway for gateway in enforcement.nat_gateways if gateway.zone == zone)
        assert gateway.subnet in table_of(enforcement, f"infrastructure/public/{zone}").subnets


def test_without_inspection_the_way_out_is_the_nat_gateway_and_there_is_no_firewall(build: Build) -> None:
    enforcement = build({"web": agent("web", WEB)}, inspection="none").enforcement
    assert enforcement.firewall is None
    assert routes_of(enforcement, "web/eu-west-1a") == {"0.0.0.0/0": NatTarget("eu-west-1a")}
    assert set(routes_of(enforcement, "infrastructure/public/eu-west-1a")) == {"0.0.0.0/0"}
    assert not [subnet for subnet in enforcement.subnets if subnet.kind == "firewall"]


def test_where_nobody_goes_out_there_is_no_way_out(build: Build) -> None:
    enforcement = build({"keeper": agent("keeper", QUEUE)}).enforcement
    assert not enforcement.internet
    assert not enforcement.nat_gateways
    assert enforcement.firewall is None
    assert {subnet.kind for subnet in enforcement.subnets} == {"agent", "endpoints"}


def test_private_destinations_lead_to_the_gateway_that_exists(build: Build) -> None:
    needs = "  - tcp: {to: orders-db, port: 5432}\n  - tcp: {to: partner, port: 22}\n"
    private = "{orders-db: {cidr: 10.60.8.9/32, via: tgw-0abc1234}, partner: {cidr: 10.61.0.0/24, via: pcx-0abc1234}}"
    enforcement = build({"web": agent("web", needs)}, private=private).enforcement
    assert routes_of(enforcement, "web/eu-west-1b") == {
        "10.60.8.9/32": TransitTarget("tgw-0abc1234"),
        "10.61.0.0/24": PeeringTarget("pcx-0abc1234"),
    }
    (attachment,) = enforcement.transit_attachments
    assert attachment.gateway_id == "tgw-0abc1234"
    zones = {subnet.name: subnet.zone for subnet in enforcement.subnets if subnet.kind == "transit"}
    assert sorted(zones[name] for name in attachment.subnets) == ["eu-west-1a", "eu-west-1b"]
    assert routes_of(enforcement, "infrastructure/transit/eu-west-1a") == {}


def test_a_private_destination_inside_the_vpc_is_an_error_where_it_is_written(build: Build) -> None:
    with pytest.raises(InputError) as raised:
        build(
            {"web": agent("web", "  - tcp: {to: inside, port: 22}\n")},
            private="{inside: {cidr: 10.40.9.0/24, via: tgw-0abc1234}}",
        )
    (diagnostic,) = raised.value.diagnostics
    assert (diagnostic.code, diagnostic.span.path) == ("RF091", "Pulumi.dev.yaml")
    assert "overlaps the VPC's own network 10.40.0.0/16" in diagnostic.message


def test_one_network_behind_two_ways_is_an_error_at_both(build: Build) -> None:
    needs = "  - tcp: {to: one, port: 22}\n  - tcp: {to: two, port: 80}\n"
    private = "{one: {cidr: 10.61.0.0/24, via: tgw-0abc1234}, two: {cidr: 10.61.0.0/24, via: pcx-0abc1234}}"
    with pytest.raises(InputError) as raised:
        build({"web": agent("web", needs)}, private=private)
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == "RF092"
    assert diagnostic.related


def test_every_subnet_has_exactly_one_table_of_its_zone(build: Build) -> None:
    needs = WEB + QUEUE + "  - tcp: {to: orders-db, port: 5432}\n"
    private = "{orders-db: {cidr: 10.60.8.9/32, via: tgw-0abc1234}}"
    enforcement = build({"web": agent("web", needs), "idle": agent("idle")}, private=private).enforcement
    zones = {subnet.name: subnet.zone for subnet in enforcement.subnets}
    served = [(subnet, table.zone) for table in enforcement.route_tables for subnet in table.subnets]
    assert sorted(served) == sorted(zones.items())


def test_more_zones_than_the_region_has_are_an_error_at_the_first_too_many(build: Build) -> None:
    zones = "[eu-west-1a, eu-west-1b, eu-west-1c, eu-west-1d]"
    with pytest.raises(InputError) as raised:
        build({"web": agent("web", WEB)}, zones=zones)
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == "RF098"
    assert "4 zones, and eu-west-1 has 3" in diagnostic.message
    assert diagnostic.span.path == "Pulumi.dev.yaml"
