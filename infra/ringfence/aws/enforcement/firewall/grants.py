"""What agents may reach: marks for their ports, and refusals of every name, host and request that is not theirs.

All rules about an agent are in one group, which AWS replaces as a whole. The mark that opens a port for it stands
beside the refusals that narrow the port down, so there is no moment at which one is there without the others.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ringfence.aws.enforcement.firewall.claims import Claim
from ringfence.aws.enforcement.firewall.grantee import Grantee, networks_of
from ringfence.aws.enforcement.firewall.mark import HTTP_BIT, TLS_BIT, group_bit
from ringfence.aws.enforcement.firewall.message import message
from ringfence.aws.enforcement.firewall.name_refusals import name_drafts
from ringfence.aws.enforcement.firewall.rule import Draft, Kind, Toward


@dataclass(slots=True)
class _Shared:
    """A claim that several agents have in common, and they."""

    claim: Claim
    grantees: list[Grantee] = field(default_factory=list[Grantee])
    reasons: set[tuple[str, str | None]] = field(default_factory=set[tuple[str, str | None]])

    def drafts(self) -> Iterator[Draft]:
        claim = self.claim
        networks = networks_of(self.grantees)
        words = {"host": claim.host} if claim.host else {}
        concerns = self.grantees[0].agent if len(self.grantees) == 1 else len(self.grantees)
        said = message(claim.form, concerns, self.reasons, claim.digest, **words)
        for further, match in claim.matches:
            about = f"{claim.about} {further}" if further else claim.about
            yield Draft(
                claim.form, about, Kind.REJECT, claim.protocol, networks, str(claim.port), Toward.SERVER, "",
                match, said, claim.observed,
            )  # fmt: skip


def grant_drafts(grantees: Iterable[Grantee], group: int) -> Iterator[Draft]:
    """The rules of the agents of one group, by its number, merged: one for all that share what it is about."""
    ordered = sorted(grantees, key=lambda grantee: grantee.agent.name)
    bit = group_bit(group)
    yield from _ports(ordered, bit)
    yield from name_drafts(ordered, f"flowbits:isset,{bit};")
    shared: dict[Claim, _Shared] = {}
    for grantee in ordered:
        for claim, reasons in grantee.claims:
            those = shared.get(claim)
            if those is None:
                those = shared[claim] = _Shared(claim)
            those.grantees.append(grantee)
            those.reasons |= reasons
    for those in sorted(shared.values(), key=lambda those: those.claim.order):
        yield from those.drafts()


def _ports(grantees: list[Grantee], of_group: str) -> Iterator[Draft]:
    shared: dict[tuple[int, bool], list[Grantee]] = defaultdict(list)
    for grantee in grantees:
        for port in grantee.by_port:
            shared[port, grantee.inspected].append(grantee)
    for (port, inspected), group in sorted(shared.items()):
        form, bit = ("grant-http", HTTP_BIT) if inspected else ("grant-tls", TLS_BIT)
        yield Draft(
            form, str(port), Kind.MARK, "tcp", networks_of(group), str(port), Toward.SERVER, "",
            f"flowbits:set,{bit}; flowbits:set,{of_group};", f"ringfence {form} agents={len(group)}",
        )  # fmt: skip
