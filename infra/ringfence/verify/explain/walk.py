"""One agent's target, walked through the layers of a resource graph.

A name may stand for any public address, and an agent may stand in any of its subnets: where the layers do not treat
all of them alike, traffic passes where one of them lets it, and the notes say which. A network passes only as a whole.
"""

import dataclasses
import ipaddress
from collections.abc import Iterator

from ringfence.policy.flow import Service
from ringfence.policy.policy import Agent, Policy
from ringfence.policy.target import (
    ActionTarget,
    AgentTarget,
    NameTarget,
    RequestTarget,
    Target,
    TlsTarget,
    TransportTarget,
)
from ringfence.verify.endpoint import Endpoint
from ringfence.verify.explain import services
from ringfence.verify.explain.declared import Lines, about, of_service, on_port
from ringfence.verify.explain.firewall import Connection
from ringfence.verify.explain.inside import between
from ringfence.verify.explain.names import name_step
from ringfence.verify.explain.onward import beyond_the_firewall, through_transit, way_out
from ringfence.verify.explain.packets import Packet, Peer, at, group_step, out_and_back
from ringfence.verify.explain.reading import Reading
from ringfence.verify.explain.step import Answer, Explanation, Step
from ringfence.verify.explain.ways import Way, addresses_text, any_way, one_step, rank
from ringfence.verify.interval import Numbers, addresses_of, network_of
from ringfence.verify.language.decide import shortest
from ringfence.verify.network import Subnet
from ringfence.verify.packet import PUBLIC, Group
from ringfence.verify.resolver import service_names

ALWAYS = {
    "169.254.169.254/32": "instance metadata",
    "169.254.170.2/32": "task metadata and the task role's credentials",
    "169.254.169.253/32": "the VPC resolver",
    "169.254.169.123/32": "Amazon Time Sync",
}
"""What no group, NACL or firewall filters, beside the resolver at the network's base plus two
(https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html)."""


def explain(reading: Reading, effective: Policy, agent: Agent, target: Target) -> Explanation:
    """What every layer of a graph says of an agent's target.

    ``effective`` gives the profile lines and the ports where agents serve; it decides nothing. Raises ValueError for
    a `TransportTarget` whose destination is a name: what it stands for is the environment's to say.
    """
    found = _Walk(reading, effective, agent).explanation(target)
    return dataclasses.replace(found, unread=reading.unread)


class _Walk:
    def __init__(self, reading: Reading, effective: Policy, agent: Agent) -> None:
        self.reading = reading
        self.network = reading.network
        self.firewall = reading.firewall
        self.settings = reading.settings
        self.effective = effective
        self.agent = agent
        self.flows = effective.of(agent.name)
        self.subnets = [part for each in self.network.of_agent(agent.name) for part in reading.alike(each)]

    def explanation(self, target: Target) -> Explanation:
        """The whole answer."""
        if isinstance(target, NameTarget):
            return one_step("name", self.name(target.name, about(self.flows, target), decides=True))
        group = self.network.groups.get(self.network.group_of.get(self.agent.name, ""))
        if not self.subnets or group is None:
            missing = f"no subnet and group carry the tag of {self.agent.name}"
            step = Step("segment", Answer.UNKNOWN, "all of its traffic", missing, "", (self.agent.declared,))
            return one_step("vpc", step)
        match target:
            case RequestTarget() | TlsTarget():
                return self.named(group, target)
            case AgentTarget(name):
                return any_way(f"agent {name}", list(self.call(group, name, None, about(self.flows, target))))
            case ActionTarget(action, resource):
                return self.api_call(group, services.Call(action, resource), about(self.flows, target))
            case TransportTarget(protocol, ipaddress.IPv4Network() as addresses, port):
                packet = Packet(protocol, port, about(self.flows, target))
                return self.whole_network(group, packet, addresses_of(addresses))
            case TransportTarget():
                raise ValueError(f"{target.destination} is a name; give what it stands for")

    # Names

    def name(self, name: str, declared: Lines, *, decides: bool) -> Step:
        """Whether a name resolves."""
        return name_step(self.reading.resolving, name, declared, decides=decides)

    def named(self, group: Group, target: RequestTarget | TlsTarget) -> Explanation:
        """A host: an endpoint's where one answers to the name, else any public address."""
        declared = about(self.flows, target)
        resolving = self.name(target.host, declared, decides=False)
        endpoint = self.answering(target.host) if target.port == services.PORT else None
        if endpoint is not None:
            found = self.to_endpoint(group, endpoint, None, declared or of_service(self.flows, endpoint.suffix))
        else:
            packet = Packet("tcp", target.port, declared or on_port(self.flows, target.port))
            ways = list(self.to_public(group, packet, PUBLIC - self.network.cidrs, target, declared))
            found = any_way("internet", ways)
        return dataclasses.replace(found, steps=(resolving, *found.steps))

    def answering(self, host: str) -> Endpoint | None:
        """The endpoint that the VPC's own resolution of a name leads to, as this agent's subnets see it."""
        for endpoint in self.network.endpoints:
            if not services.answers_to(endpoint, host, self.settings.region, self.settings.account):
                continue
            if endpoint.is_gateway:
                if any(subnet.table in endpoint.tables for subnet in self.subnets):
                    return endpoint
            elif endpoint.is_named:
                return endpoint
        return None

    # Public addresses

    def to_public(
        self,
        group: Group,
        packet: Packet,
        addresses: Numbers,
        target: RequestTarget | TlsTarget | None,
        declared: Lines,
    ) -> Iterator[Way]:
        """Every way to public addresses, by subnet and by the parts that some layer tells apart."""
        for subnet in self.subnets:
            for part in self.reading.parts(addresses):
                label = f"from {subnet.name}"
                if part != addresses:
                    label += f" to {addresses_text(part)}"
                peer = at(part.first) if target is None else Peer("any public address", part.first)
                yield label, self.through(group, subnet, packet, peer, target, declared)

    def through(
        self, group: Group, subnet: Subnet, packet: Packet, peer: Peer,
        target: RequestTarget | TlsTarget | None, declared: Lines,
    ) -> tuple[Step, ...]:  # fmt: skip
        """One way out of the VPC."""
        there, back = out_and_back(self.network, subnet, packet, peer)
        way = way_out(self.network, subnet, packet, peer)
        steps = [group_step(self.network, group, "egress", packet, peer), there, way.step]
        if way.kind in ("transit", "peering"):
            steps += through_transit(self.network, subnet, packet, peer) if way.kind == "transit" else ()
            steps.append(Step("beyond", Answer.NOT_READ, f"the network behind {way.kind}", "it is not this VPC's"))
        elif self.firewall is not None:
            if way.kind in ("nat", "internet"):
                rule = f"the route leads past it: {way.step.rule}"
                steps.append(
                    Step("firewall", Answer.ASIDE, str(packet), rule, self.firewall.filtering.resource, declared)
                )
            else:
                connection = Connection(subnet.addresses.first, peer.address, packet.port, declared)
                steps += self.firewall.steps(connection, target, packet.protocol)
        else:
            steps.append(Step("firewall", Answer.ASIDE, str(packet), "there is none: no layer knows names"))
        steps += beyond_the_firewall(self.network, subnet, way, packet, peer)
        return (*steps, back)

    # Networks

    def whole_network(self, group: Group, packet: Packet, addresses: Numbers) -> Explanation:
        """A network: every part of it must pass; the first part that does not is shown."""
        kinds = (self.network.cidrs, PUBLIC, *map(network_of, ALWAYS), *self.resolvers())
        subnets = (subnet.addresses for subnet in self.network.subnets.values())
        parts = self.reading.parts(addresses, *kinds, *subnets)
        found = [(part, self.part_of_network(group, packet, part)) for part in parts]
        found.sort(key=lambda each: -rank(each[1].answer))
        worst = found[0][1]
        passing = [part for part, each in found if each.answer is not worst.answer]
        if not passing:
            return worst
        differing = Numbers.of(*(interval for part in passing for interval in part.intervals))
        return dataclasses.replace(
            worst, notes=(f"{worst.answer} of the whole; {addresses_text(differing)} differs", *worst.notes)
        )

    def resolvers(self) -> list[Numbers]:
        """The resolver's addresses in the VPC."""
        bases = [first for first, _ in self.network.cidrs.intervals]
        return [Numbers.of((base + 2, base + 2)) for base in bases]

    def part_of_network(self, group: Group, packet: Packet, part: Numbers) -> Explanation:
        """Addresses that are all of one kind."""
        address = part.first
        always = {network_of(text): what for text, what in ALWAYS.items()}
        always |= dict.fromkeys(self.resolvers(), "the VPC resolver")
        for addresses, what in always.items():
            if address in addresses:
                rule = f"{what}: AWS lets no group, NACL or firewall see it"
                return one_step("aws", Step("aws", Answer.ALLOW, f"{packet} to {at(address).name}", rule))
        if address in self.network.cidrs:
            return self.inside(group, packet, address)
        if address in PUBLIC:
            return any_way("internet", list(self.to_public(group, packet, part, None, packet.declared)))
        ways = [
            (f"from {subnet.name}", self.through(group, subnet, packet, at(address), None, packet.declared))
            for subnet in self.subnets
        ]
        return any_way("private", ways)

    def inside(self, group: Group, packet: Packet, address: int) -> Explanation:
        """An address of the VPC: another agent's, an endpoint's, or nobody's."""
        there = next((each for each in self.network.subnets.values() if address in each.addresses), None)
        if there is None:
            step = Step("vpc", Answer.DENY, f"{packet} to {at(address).name}", "no subnet has this address")
            return one_step("vpc", step)
        if there.agent:
            return any_way(f"agent {there.agent}", list(self.call(group, there.agent, packet, packet.declared, there)))
        groups = frozenset(
            urn for endpoint in self.network.endpoints if there.urn in endpoint.subnets for urn in endpoint.groups
        )
        ways = [
            (f"from {each.name}", between(self.network, group, each, there, groups, packet)) for each in self.subnets
        ]
        return any_way("vpc", ways)

    # Other agents

    def call(
        self, group: Group, name: str, packet: Packet | None, declared: Lines, only: Subnet | None = None
    ) -> Iterator[Way]:
        """A call of another agent: on a port where it serves, else on any that its group opens."""
        theirs = self.network.of_agent(name) if only is None else (only,)
        theirs = [part for each in theirs for part in self.reading.alike(each)]
        their_group = self.network.groups.get(self.network.group_of.get(name, ""))
        if not theirs or their_group is None:
            missing = f"no subnet and group carry the tag of {name}"
            yield "", (Step("segment", Answer.UNKNOWN, f"agent {name}", missing, "", declared),)
            return
        if packet is None:
            packet = Packet("tcp", self.served(name, group, their_group), declared)
        groups = frozenset({their_group.urn})
        for subnet in self.subnets:
            for there in theirs:
                yield f"from {subnet.name} to {there.name}", between(self.network, group, subnet, there, groups, packet)

    def served(self, name: str, group: Group, theirs: Group) -> int:
        """The port where an agent serves, else one that some group opens between the two, else 443."""
        for agent in self.effective.agents:
            if agent.name == name and agent.serves is not None:
                return agent.serves
        opened = group.ports("egress", "tcp", None, (theirs.urn,)) | theirs.ports("ingress", "tcp", None, (group.urn,))
        return opened.first if opened else services.PORT

    # Services

    def caller(self) -> services.Caller:
        """The agent's roles."""
        roles = [("role", self.agent.role)]
        if self.agent.execution_role:
            roles.append(("execution role", self.agent.execution_role))
        return services.Caller(tuple(roles))

    def api_call(self, group: Group, call: services.Call, declared: Lines) -> Explanation:
        """An API call: through the endpoint of its service."""
        found = [endpoint for endpoint in self.network.endpoints if services.judges(endpoint, call)]
        if not found:
            rule = f"there is no endpoint of {call.action.partition(':')[0]} here"
            step = Step("endpoint", Answer.DENY, f"{call.action} on {call.resource}", rule, "", declared)
            return one_step("endpoint", step)
        several = [self.to_endpoint(group, endpoint, call, declared) for endpoint in found]
        best = min(several, key=lambda each: rank(each.answer))
        notes = [f"{each.answer} by the {each.destination}" for each in several if each.answer is not best.answer]
        return dataclasses.replace(best, notes=(*best.notes, *notes))

    def to_endpoint(self, group: Group, endpoint: Endpoint, call: services.Call | None, declared: Lines) -> Explanation:
        """An endpoint: the way there, then its policy, then what is not read."""
        packet = Packet("tcp", services.PORT, declared)
        judged = services.policy_step(endpoint, self.caller(), call, declared)
        role = Step(
            "role", Answer.NOT_READ, f"what {self.agent.role.rpartition('/')[2]} may do at all",
            "permissions of roles and of resources are not part of this model",
        )  # fmt: skip
        resolving = () if call is None else (self.service_name(endpoint, call, declared),)
        ways = [
            (
                f"from {subnet.name}",
                (
                    *resolving,
                    *services.way_to_endpoint(self.network, group, subnet, endpoint, packet),
                    judged,
                    role,
                ),
            )
            for subnet in self.subnets
        ]
        return any_way(f"endpoint {endpoint.suffix}", ways)

    def service_name(self, endpoint: Endpoint, call: services.Call, declared: Lines) -> Step:
        """Whether a name of the service resolves; a client may know the address."""
        access = Service(endpoint.suffix, (), (call.resource,), "*")
        name = shortest(service_names(access, self.settings.region, self.settings.account)) or b""
        return self.name(name.decode(), declared, decides=False)
