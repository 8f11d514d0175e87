"""Between two subnets of the VPC: both ends' groups and NACLs, and the local route."""

from ringfence.verify.explain.packets import Packet, Peer, group_step, in_and_back, out_and_back
from ringfence.verify.explain.step import Answer, Step
from ringfence.verify.explain.ways import rank
from ringfence.verify.network import Network, Subnet
from ringfence.verify.packet import Group


def between(
    network: Network, group: Group, subnet: Subnet, there: Subnet, groups: frozenset[str], packet: Packet
) -> tuple[Step, ...]:
    """From an agent's subnet to what has one of some groups in another subnet: there, in, and the answers back."""
    peer = Peer(there.name, there.addresses.first, groups)
    client = Peer(subnet.name, subnet.addresses.first, frozenset({group.urn}))
    towards, back = out_and_back(network, subnet, packet, peer)
    arriving, answering = in_and_back(network, there, packet, client)
    out = group_step(network, group, "egress", packet, peer)
    known = [network.groups[urn] for urn in sorted(groups) if urn in network.groups]
    admitted = [group_step(network, each, "ingress", packet, client) for each in known]
    nobody = Step("sg", Answer.DENY, f"{packet} at {there.name}", "nothing of this environment is there", there.urn)
    admitting = min(admitted, key=lambda step: rank(step.answer), default=nobody)
    return (out, towards, _local(network, subnet, peer, packet), admitting, arriving, answering, back)


def _local(network: Network, subnet: Subnet, peer: Peer, packet: Packet) -> Step:
    """The VPC's local route, unless a narrower one leads elsewhere."""
    of = f"{peer.name} from {subnet.name}"
    route = network.route(subnet.table, peer.address)
    if route is not None and network.cidrs.covers(route.destination):
        rule = f"{route.name}, narrower than the local route, is not read"
        return Step("route", Answer.UNKNOWN, of, rule, subnet.table, packet.declared)
    return Step("route", Answer.ALLOW, of, "the VPC's local route", subnet.table, packet.declared)
