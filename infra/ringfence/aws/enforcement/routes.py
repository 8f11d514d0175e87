"""Route tables: where each agent's traffic can go at all, and back through the same zone's firewall.

An agent without internet needs has no default route. With one, it leads to the firewall's endpoint of the agent's
own zone, from there to the zone's NAT gateway and out; the public subnet's table leads answers back through the
same endpoint by the agent's whole subnet, which is the only route more specific than ``local`` that AWS allows
(VPC user guide, route-table-options). Traffic between agents and to interface endpoints is local.
"""

from collections.abc import Iterable, Iterator

from ringfence.aws.enforcement.groups import ANYWHERE
from ringfence.aws.enforcement.model import (
    FirewallTarget,
    InternetTarget,
    NatTarget,
    Network,
    PeeringTarget,
    Route,
    RouteTable,
    RouteTarget,
    TransitTarget,
)
from ringfence.aws.enforcement.segments import agent_subnets, infrastructure_subnets, kinds_in_use
from ringfence.aws.enforcement.site import AgentNeeds, Site
from ringfence.source.diagnostic import Findings


def agent_table(agent: str, zone: str) -> str:
    """The name of an agent's route table in a zone."""
    return f"{agent}/{zone}"


def route_tables_of(site: Site, findings: Findings) -> tuple[RouteTable, ...]:
    """Every route table; destinations that cannot be routed are errors at the environment's ``private``."""
    _check_destinations(site, findings)
    tables = [table for needs in site.agents.values() for table in _agent_tables(site, needs)]
    returns = _returns(site)
    for kind in kinds_in_use(site):
        for zone in site.zones:
            name = f"infrastructure/{kind}/{zone}"
            routes = tuple(_infrastructure_routes(name, kind, zone, returns.get(zone, ())))
            subnets = infrastructure_subnets(site, kind, zone)
            tables.append(RouteTable(name, kind, None, zone, subnets, routes, site.tags(f"{kind} {zone}")))
    return tuple(sorted(tables, key=lambda table: table.name))


def _agent_tables(site: Site, needs: AgentNeeds) -> Iterator[RouteTable]:
    agent = needs.agent.name
    for zone in site.zones:
        name = agent_table(agent, zone)
        targets: dict[Network, RouteTarget] = {}
        if needs.internet_ports:
            targets[ANYWHERE] = FirewallTarget(zone) if site.has_firewall else NatTarget(zone)
        for transport in needs.transports:
            via = transport.via
            targets[transport.network] = TransitTarget(via) if via.startswith("tgw-") else PeeringTarget(via)
        yield RouteTable(
            name,
            "agent",
            agent,
            zone,
            agent_subnets(needs, zone),
            tuple(sorted((_route(name, *each) for each in targets.items()), key=lambda route: route.name)),
            site.agent_tags(needs, f"{agent} {zone}"),
        )


def _route(table: str, destination: Network, target: RouteTarget) -> Route:
    return Route(f"{table}/{str(destination).replace('/', '-')}", destination, target)


def _returns(site: Site) -> dict[str, list[Network]]:
    """By zone, the agents' subnets whose answers must pass the firewall on their way back."""
    returns: dict[str, list[Network]] = {}
    if site.has_firewall:
        for needs in site.agents.values():
            if needs.internet_ports:
                for segment in needs.segments:
                    returns.setdefault(segment.zone, []).append(segment.network)
    return returns


def _infrastructure_routes(name: str, kind: str, zone: str, returns: Iterable[Network]) -> Iterator[Route]:
    match kind:
        case "firewall":
            yield _route(name, ANYWHERE, NatTarget(zone))
        case "public":
            yield _route(name, ANYWHERE, InternetTarget())
            yield from sorted((_route(name, each, FirewallTarget(zone)) for each in returns), key=lambda r: r.name)
        case _:  # endpoints and transit: local only
            return


def _check_destinations(site: Site, findings: Findings) -> None:
    """Private destinations lie outside the VPC, and one network has one way."""
    ways: dict[Network, tuple[str, str]] = {}
    used = sorted({transport.name for needs in site.agents.values() for transport in needs.transports})
    for name in used:
        destination = site.environment.private[name]
        place = site.span_of("private", name, "cidr")
        for cidr in site.cidrs:
            if destination.cidr.overlaps(cidr):
                findings.error(
                    place,
                    "RF091",
                    f"`{name}` ({destination.cidr}) overlaps the VPC's own network {cidr}",
                    "a route to it would be `local`; give the environment other `cidrs`",
                )
        other = ways.setdefault(destination.cidr, (name, destination.via))
        if other[1] != destination.via:
            findings.error(
                place,
                "RF092",
                f"{destination.cidr} lies behind {destination.via} here and behind {other[1]} for `{other[0]}`",
                "one network has one way: correct `via`",
                ((site.span_of("private", other[0], "via"), "the other"),),
            )
