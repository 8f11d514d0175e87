"""The VPC, its subnets and gateways."""

from collections.abc import Iterable

from ringfence.aws.enforcement.model import NatGateway, Subnet, TransitAttachment, Vpc
from ringfence.aws.enforcement.services import interface_services
from ringfence.aws.enforcement.site import AgentNeeds, Site, subnet_name
from ringfence.aws.enforcement.tags import vpc_tags


def agent_subnets(needs: AgentNeeds, zone: str | None = None) -> tuple[str, ...]:
    """The names of an agent's subnets, in one zone or in all."""
    if zone is None:
        return needs.subnets
    named = zip(needs.subnets, needs.segments, strict=True)
    return tuple(name for name, segment in named if segment.zone == zone)


def infrastructure_subnets(site: Site, kind: str, zone: str | None = None) -> tuple[str, ...]:
    """The names of the environment's own subnets of a kind, in one zone or in all."""
    wanted = (segment for segment in site.infrastructure(kind) if zone in (None, segment.zone))
    return tuple(subnet_name(f"infrastructure/{kind}", segment) for segment in wanted)


def kinds_in_use(site: Site) -> tuple[str, ...]:
    """The kinds of the environment's own subnets that anything needs: nothing is built that nobody uses."""
    used = {
        "endpoints": bool(interface_services(site.services)),
        "firewall": site.has_firewall,
        "public": site.has_internet,
        "transit": bool(transit_gateways(site)),
    }
    return tuple(sorted(kind for kind, needed in used.items() if needed))


def transit_gateways(site: Site) -> tuple[str, ...]:
    """The transit gateways that some agent's destination lies behind, sorted."""
    ways = {transport.via for needs in site.agents.values() for transport in needs.transports}
    return tuple(sorted(via for via in ways if via.startswith("tgw-")))


def vpc_of(site: Site) -> Vpc:
    """The environment's VPC."""
    return Vpc(site.name, site.cidrs, vpc_tags(site.name))


def subnets_of(site: Site) -> tuple[Subnet, ...]:
    """Every subnet that the environment has."""
    own = (
        Subnet(
            subnet_name(f"infrastructure/{kind}", segment), kind, None, segment.zone, segment.network, site.tags(kind)
        )
        for kind in kinds_in_use(site)
        for segment in site.infrastructure(kind)
    )
    return _by_name((*own, *(subnet for needs in site.agents.values() for subnet in _of_agent(site, needs))))


def _of_agent(site: Site, needs: AgentNeeds) -> Iterable[Subnet]:
    name = needs.agent.name
    tags = site.agent_tags(needs)
    for subnet, segment in zip(needs.subnets, needs.segments, strict=True):
        yield Subnet(subnet, "agent", name, segment.zone, segment.network, tags)


def _by_name(subnets: Iterable[Subnet]) -> tuple[Subnet, ...]:
    return tuple(sorted(subnets, key=lambda subnet: subnet.name))


def nat_gateways_of(site: Site) -> tuple[NatGateway, ...]:
    """A NAT gateway for each zone, where any agent has a way out: a zone's loss takes nobody else's egress."""
    if not site.has_internet:
        return ()
    return tuple(
        NatGateway(f"nat/{zone}", zone, infrastructure_subnets(site, "public", zone)[0], site.tags(f"nat {zone}"))
        for zone in site.zones
    )


def transit_attachments_of(site: Site) -> tuple[TransitAttachment, ...]:
    """An attachment to each transit gateway that some agent's destination lies behind.

    A route to a transit gateway needs the VPC's attachment; its subnets are of their own, one a zone, as AWS
    recommends (Transit Gateway user guide, tgw-best-design-practices).
    """
    subnets = infrastructure_subnets(site, "transit")
    return tuple(TransitAttachment(via, via, subnets, site.tags(via)) for via in transit_gateways(site))
