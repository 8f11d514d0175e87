"""An agent with flows through the firewall, and what follows from them for its rules."""

import functools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ringfence.aws.enforcement.firewall.claims import Claim, encoding_claim, parts_of
from ringfence.aws.enforcement.firewall.message import Reasons, reasons_of
from ringfence.aws.enforcement.firewall.networks import Networks, merged
from ringfence.policy.flow import Flow, Https, Tls
from ringfence.policy.host import HostPattern
from ringfence.policy.policy import Agent


@dataclass(frozen=True)
class Grantee:
    """An agent with flows through the firewall: its networks, and whether its TLS is decrypted.

    ``http2`` is "refuse" or "judge". No slots: what follows from its flows is worked out once.
    """

    agent: Agent
    networks: Networks
    flows: tuple[Flow, ...]
    inspected: bool
    http2: str

    @functools.cached_property
    def by_port(self) -> dict[int, list[tuple[Flow, Https | Tls]]]:
        """The flows that this agent's rules are made from, each with its access, by port.

        An inspected agent's opaque TLS is not among them: decrypted it is not TLS any more, and it is not HTTP.
        """
        ports: dict[int, list[tuple[Flow, Https | Tls]]] = defaultdict(list)
        for flow in self.flows:
            access = flow.access
            if isinstance(access, Https) or (isinstance(access, Tls) and not self.inspected):
                ports[access.port].append((flow, access))
        return dict(sorted(ports.items()))

    @functools.cached_property
    def by_host(self) -> dict[int, dict[HostPattern, Reasons]]:
        """The hosts as written that this agent may reach on each port, and why."""
        hosts: dict[int, dict[HostPattern, Reasons]] = {}
        for port, flows in self.by_port.items():
            every = reasons_of(flow for flow, _ in flows)
            if len(every) == 1:  # as most agents have it, which need not be told apart
                hosts[port] = dict.fromkeys((access.host for _, access in flows), every)
                continue
            apart: dict[HostPattern, list[Flow]] = defaultdict(list)
            for flow, access in flows:
                apart[access.host].append(flow)
            hosts[port] = {host: reasons_of(found) for host, found in apart.items()}
        return hosts

    @functools.cached_property
    def claims(self) -> tuple[tuple[Claim, Reasons], ...]:
        """What this agent's rules on requests are about, each once, and why; raises `FirewallError`."""
        return tuple(claimed for port in self.by_port for claimed in self._claims(port)) if self.inspected else ()

    def _claims(self, port: int) -> Iterator[tuple[Claim, Reasons]]:
        observed = self.agent.mode == "observe"
        parts = parts_of(
            [access for _, access in self.by_port[port] if isinstance(access, Https)], observed, self.http2
        )
        spelling = any(part.spelled for part in parts)
        if not spelling:
            every = frozenset(reason for reasons in self.by_host[port].values() for reason in reasons)
            yield encoding_claim(port, None, (), (), observed), every
        for part in parts:
            reasons = self.by_host[port][part.host]
            if spelling:
                yield encoding_claim(port, part.host, part.without, part.spelled, observed), reasons
            yield part.request, reasons


def networks_of(grantees: Sequence[Grantee]) -> Networks:
    """The networks of some agents, in the fewest."""
    if len(grantees) == 1:
        return grantees[0].networks
    return merged(network for grantee in grantees for network in grantee.networks)
