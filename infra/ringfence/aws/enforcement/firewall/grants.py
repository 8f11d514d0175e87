"""What agents may reach: marks for their ports, and refusals of every name, host and request that is not theirs.

All rules about an agent are in one group, which AWS replaces as a whole. The mark that opens a port for it stands
beside the refusals that narrow the port down, so there is no moment at which one is there without the others.
"""

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ringfence.aws.enforcement.firewall.claims import Claim, by_order, encoding_claim, name_claims, parts_of
from ringfence.aws.enforcement.firewall.mark import HTTP_BIT, TLS_BIT
from ringfence.aws.enforcement.firewall.message import Reasons, message, reasons_of
from ringfence.aws.enforcement.firewall.networks import Networks, merged
from ringfence.aws.enforcement.firewall.rule import Draft, Kind, Toward
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
    def claims(self) -> tuple[tuple[Claim, Reasons], ...]:
        """What this agent's rules are about, each once, and why; raises `FirewallError`."""
        return tuple(claimed for port in self.by_port for claimed in self._claims(port))

    def _claims(self, port: int) -> Iterator[tuple[Claim, Reasons]]:
        flows = self.by_port[port]
        observed = self.agent.mode == "observe"
        every = reasons_of(flow for flow, _ in flows)
        if not self.inspected:
            for claim in name_claims(port, by_order({access.host for _, access in flows}), observed, inspected=False):
                yield claim, every
            return
        parts = parts_of([access for _, access in flows if isinstance(access, Https)], observed, self.http2)
        for claim in name_claims(port, tuple(part.host for part in parts), observed, inspected=True):
            yield claim, every
        spelling = any(part.spelled for part in parts)
        if not spelling:
            yield encoding_claim(port, None, (), (), observed), every
        by_host: dict[HostPattern, list[Flow]] = defaultdict(list)
        if len(every) > 1:
            for flow, access in flows:
                by_host[access.host].append(flow)
        for part in parts:
            reasons = reasons_of(by_host[part.host]) if by_host else every
            if spelling:
                yield encoding_claim(port, part.host, part.without, part.spelled, observed), reasons
            yield part.request, reasons


@dataclass(slots=True)
class _Shared:
    """A claim that several agents have in common, and they."""

    claim: Claim
    grantees: list[Grantee] = field(default_factory=list[Grantee])
    reasons: set[tuple[str, str | None]] = field(default_factory=set[tuple[str, str | None]])

    def drafts(self) -> Iterator[Draft]:
        claim = self.claim
        networks = _networks(self.grantees)
        words = {"host": claim.host} if claim.host else {}
        agents = [grantee.agent for grantee in self.grantees]
        said = message(claim.form, agents, self.reasons, claim.digest, **words)
        for further, match in claim.matches:
            about = f"{claim.about} {further}" if further else claim.about
            yield Draft(
                claim.form, about, Kind.REJECT, claim.protocol, networks, str(claim.port), Toward.SERVER, "",
                match, said, claim.observed,
            )  # fmt: skip


def grant_drafts(grantees: Iterable[Grantee]) -> Iterator[Draft]:
    """The rules of these agents, merged: one for all that share what it is about."""
    ordered = sorted(grantees, key=lambda grantee: grantee.agent.name)
    yield from _ports(ordered)
    shared: dict[Claim, _Shared] = {}
    for grantee in ordered:
        for claim, reasons in grantee.claims:
            group = shared.get(claim)
            if group is None:
                group = shared[claim] = _Shared(claim)
            group.grantees.append(grantee)
            group.reasons |= reasons
    for group in sorted(shared.values(), key=lambda group: group.claim.order):
        yield from group.drafts()


def _ports(grantees: list[Grantee]) -> Iterator[Draft]:
    shared: dict[tuple[int, bool], list[Grantee]] = defaultdict(list)
    for grantee in grantees:
        for port in grantee.by_port:
            shared[port, grantee.inspected].append(grantee)
    for (port, inspected), group in sorted(shared.items()):
        form, bit = ("grant-http", HTTP_BIT) if inspected else ("grant-tls", TLS_BIT)
        yield Draft(
            form, str(port), Kind.MARK, "tcp", _networks(group), str(port), Toward.SERVER, "",
            f"flowbits:set,{bit};", f"ringfence {form} agents={len(group)}",
        )  # fmt: skip


def _networks(grantees: list[Grantee]) -> Networks:
    if len(grantees) == 1:
        return grantees[0].networks
    return merged(network for grantee in grantees for network in grantee.networks)
