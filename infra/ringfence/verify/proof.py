"""The proof of one environment: reach, read from its resources, equals the effective policy.

What it is a proof of: the packets that groups, NACLs and routes let out of an agent's subnets and into them, the
names that resolve, the connections, names and requests that the firewall lets through, and the API calls that
endpoint policies allow, each compared over all traffic by classes. What it is not: see `NOT_COVERED`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from ringfence.policy.flow import AgentCall, Flow, Https, Service, Tls
from ringfence.policy.policy import Policy
from ringfence.verify.attachment import attachment_differences
from ringfence.verify.filtering import read_filtering
from ringfence.verify.finding import Finding, Kind, Verdict
from ringfence.verify.firewall import FirewallReach, Others
from ringfence.verify.graph import ResourceGraph
from ringfence.verify.interface import interface_differences
from ringfence.verify.interval import Numbers
from ringfence.verify.inventory import strangers, unknown_types
from ringfence.verify.language.piece import LanguageError
from ringfence.verify.network import Network, read_network
from ringfence.verify.packet import PUBLIC
from ringfence.verify.permission import endpoint_differences
from ringfence.verify.resolver import name_differences, read_resolving
from ringfence.verify.segment import Segment
from ringfence.verify.settings import Settings
from ringfence.verify.shared import shared_differences
from ringfence.verify.unreached import overtaken_rules, unreached_entries, unreached_rules
from ringfence.verify.way import Ways

ONLY_LIVE = "interfaces of a workload that carry another group than the agent's, or a public address (see --live)"
"""What only AWS itself can tell: no stack holds the interfaces that a workload has been given."""

NOT_COVERED = (
    "how an origin server reads a request that the engine reads otherwise or not at all, beyond the odd ones tried",
    "octets of a hello or request that never becomes complete, up to the lengths that the rules set",
    "what follows the first nine octets of a connection that begins nothing",
    "fragments of packets, and packets outside a connection",
    "what the agent's role may do where no endpoint is on the way, and permissions outside endpoint policies",
    ONLY_LIVE,
    "the network behind a transit gateway or peering",
    "IPv6, which the VPC has no addresses of",
)
"""What the proof says nothing about; printed with it. Read from AWS itself, all but `ONLY_LIVE`."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The findings of every agent and of the environment, sorted; agents without any are proved."""

    agents: tuple[str, ...]
    findings: tuple[Finding, ...]

    def verdict(self, agent: str) -> Verdict:
        """What is said of an agent: what is not read of the environment makes everybody's *not proved*."""
        kinds = {finding.kind for finding in self.findings if finding.agent in (agent, "")}
        for kind, verdict in (
            (Kind.NOT_PROVED, Verdict.NOT_PROVED),
            (Kind.MORE, Verdict.MORE),
            (Kind.LESS, Verdict.LESS),
        ):
            if kind in kinds:
                return verdict
        return Verdict.PROVED

    @property
    def proved(self) -> bool:
        """Whether every agent is, and the layers agree."""
        return not self.findings


def prove(graph: ResourceGraph, effective: Policy, settings: Settings) -> Proof:
    """Compare what a graph lets through with an effective policy."""
    findings = dict.fromkeys(_findings(graph, effective, settings))
    return Proof(tuple(agent.name for agent in effective.agents), tuple(sorted(findings)))


def _findings(graph: ResourceGraph, effective: Policy, settings: Settings) -> Iterator[Finding]:
    for what in graph.unread:
        yield Finding(Kind.NOT_PROVED, "", "inventory", what, "it could not be read")
    yield from unknown_types(graph)
    yield from strangers(graph)
    network = read_network(graph)
    yield from network.findings
    flows: dict[str, list[Flow]] = defaultdict(list)
    callers: dict[str, list[Flow]] = defaultdict(list)
    for flow in effective.flows:
        flows[flow.agent].append(flow)
        if isinstance(flow.access, AgentCall):
            callers[flow.access.callee].append(flow)
    segments = [Segment(agent.name, flows[agent.name], callers[agent.name], network) for agent in effective.agents]
    ways = Ways(network, settings.inspection)
    for segment in segments:
        yield from segment.differences()
        yield from ways.differences(segment)
    yield from shared_differences(network, flows)
    yield from unreached_entries(network)
    yield from attachment_differences(graph, effective.flows)
    yield from interface_differences(graph, network, effective.agents, settings.account)
    known = {agent.name for agent in effective.agents}
    for subnet in network.subnets.values():
        if subnet.agent and subnet.agent not in known:
            yield Finding(
                Kind.NOT_PROVED, "", "segment", f"a subnet of `{subnet.agent}`, which the policy does not know",
                subnet.name, subnet.urn,
            )  # fmt: skip
    observed = {agent.name for agent in effective.agents if agent.mode == "observe"}
    yield from _firewall(graph, network, segments, observed, settings)
    try:
        resolving = read_resolving(graph)
        yield from resolving.findings
        yield from name_differences(resolving, effective.flows, settings.region, settings.account)
    except LanguageError as error:
        yield Finding(Kind.NOT_PROVED, "", "dns", f"the names that resolve: {error}", "the domain lists together")
    yield from _endpoints(network, effective.flows)


def _firewall(
    graph: ResourceGraph, network: Network, segments: Sequence[Segment], observed: Set[str], settings: Settings
) -> Iterator[Finding]:
    filtering = read_filtering(graph)
    if filtering is None or settings.inspection == "none":
        return
    yield from filtering.findings
    # Where nothing is to be decrypted, requests that are not seen as TLS are found by themselves.
    if settings.inspection == "requests" and filtering.inspected and filtering.authority != settings.ca_certificate_arn:
        signed = f"signed by {filtering.authority or 'nobody'}, not by {settings.ca_certificate_arn}"
        yield Finding(
            Kind.LESS, "", "firewall", "decrypted TLS, whose certificates no agent trusts", signed, filtering.resource
        )
    flows = (flow.access for segment in segments for flow in segment.flows)
    hosts = frozenset(access.host for access in flows if isinstance(access, Https | Tls))
    reach = FirewallReach(filtering.rules, filtering.inspected, settings.http2, filtering.resource, hosts)
    yield from reach.unread()
    everybody = Numbers.of(*(interval for segment in segments for interval in segment.addresses().intervals))
    yield from overtaken_rules(filtering.rules, filtering.resource)
    yield from unreached_rules(filtering.rules, everybody, network.cidrs, filtering.resource)
    outside = PUBLIC - network.cidrs
    for segment in segments:
        if addresses := segment.addresses():
            ports = segment.public_ports()
            beyond_tcp = any(ports[protocol] for protocol in ("udp", "icmp", "other"))
            others = Others(ports["tcp"], beyond_tcp, segment.agent in observed)
            yield from reach.differences(segment.agent, addresses, outside, segment.flows, others)


def _endpoints(network: Network, flows: Sequence[Flow]) -> Iterator[Finding]:
    by_service: dict[str, list[Flow]] = defaultdict(list)
    for flow in flows:
        if isinstance(flow.access, Service):
            by_service[flow.access.service].append(flow)
    seen: set[str] = set()
    for endpoint in network.endpoints:
        service = endpoint.suffix
        if service in seen:
            yield Finding(
                Kind.NOT_PROVED, "", "endpoint", f"a second endpoint of {service}", endpoint.name, endpoint.urn
            )
        seen.add(service)
        for flow in () if endpoint.is_named else by_service[service]:
            rule = f"{endpoint.name}: the service's name leads to its public addresses"
            yield Finding(
                Kind.LESS, flow.agent, "endpoint", f"{flow.access}", rule, endpoint.urn, (flow.grant.declared,)
            )
        try:
            yield from endpoint_differences(endpoint, service, by_service[service])
        except LanguageError as error:
            yield Finding(Kind.NOT_PROVED, "", "endpoint", f"its policy: {error}", endpoint.name, endpoint.urn)
    for service in sorted(by_service.keys() - seen):
        for flow in by_service[service]:
            yield Finding(
                Kind.LESS, flow.agent, "endpoint", f"{flow.access}", "there is no endpoint", "", (flow.grant.declared,)
            )
