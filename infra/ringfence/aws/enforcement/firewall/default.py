r"""The default denial: what is refused to everybody, whatever is declared.

The group stands alone: without the agents' groups no flow is ever marked as granted, and everything is refused. With
them, this group still holds what must be true of every flow before and besides what an agent may reach:

- a TCP flow was granted when it began, by its source and port; one that was not is refused at its first packet, and
  once more, whatever that packet looked like, as soon as it is established;
- nothing is said before the handshake is over, and the server says nothing before the client has said what it wants;
- on a port granted for TLS the client's first octets are a ClientHello that names a server; on a port granted for
  inspected HTTP they are a request;
- every request is one that cannot be read in two ways;
- what is not TCP over IPv4 is refused.

Marks and why they do not make the order of rules matter: `ringfence.aws.enforcement.firewall.mark`.
"""

import dataclasses
from collections.abc import Iterator, Mapping

from ringfence.aws.enforcement.firewall.beginning import beginning_drafts, beginning_marks
from ringfence.aws.enforcement.firewall.head import head_drafts, head_marks
from ringfence.aws.enforcement.firewall.mark import HTTP_BIT, OBSERVED_BIT, TLS_BIT, mark, refusal
from ringfence.aws.enforcement.firewall.networks import Networks, common, complement
from ringfence.aws.enforcement.firewall.rule import Draft, Toward


def default_drafts(grants: Mapping[int, Networks], observed: Networks, http2: str) -> Iterator[Draft]:
    """The default group's rules. ``grants`` are the networks that may use each TCP port; ``observed`` those that are
    watched and refused nothing; ``http2`` is "refuse" or "judge"."""
    for refused in _transport(grants):
        yield from _by_address(refused, observed) if observed else (refused,)
    for refused in (*_ungranted(), *beginning_drafts(http2), *head_drafts(grants, http2)):
        yield from _by_mark(refused) if observed else (refused,)
    # No agent has an IPv6 address, so there is nothing to observe.
    yield refusal("ipv6", "", protocol="ip6", toward=Toward.EITHER, state="")
    if observed:
        watched = mark("observed", "tcp", f"flowbits:set,{OBSERVED_BIT};", state="")
        yield dataclasses.replace(watched, agents=observed)
    yield from beginning_marks()
    yield from head_marks(http2)


def _by_address(refused: Draft, observed: Networks) -> Iterator[Draft]:
    """Two rules: what comes from observed networks is logged, from all others refused."""
    for networks, is_observed in ((complement(observed), False), (observed, True)):
        scope = networks if refused.agents is None else common(refused.agents, networks)
        if scope:
            yield dataclasses.replace(refused, agents=scope, observed=is_observed)


def _by_mark(refused: Draft) -> Iterator[Draft]:
    """The same for established flows, whose first packet has set the mark or not: no list of networks is needed."""
    for sign, is_observed in (("isnotset", False), ("isset", True)):
        matches = f"flowbits:{sign},{OBSERVED_BIT}; {refused.matches}".rstrip()
        yield dataclasses.replace(refused, matches=matches, observed=is_observed)


def _transport(grants: Mapping[int, Networks]) -> Iterator[Draft]:
    """What is not TCP, and TCP from a source to a port that is not granted to it: refused at the first packet."""
    yield refusal("udp", "", protocol="udp", toward=Toward.EITHER, state="")
    yield refusal("icmp", "", protocol="icmp", toward=Toward.EITHER, state="")
    yield refusal("ip-protocol", "ip_proto:!6;", protocol="ip", toward=Toward.EITHER, state="")
    ports = sorted(grants)
    other = "any" if not ports else f"!{ports[0]}" if len(ports) == 1 else f"![{','.join(map(str, ports))}]"
    yield dataclasses.replace(refusal("port", "", state=""), port=other)
    for port in ports:
        ungranted = refusal("source", "", state="")
        yield dataclasses.replace(ungranted, about=str(port), agents=complement(grants[port]), port=str(port))
    yield refusal("early-data", "dsize:>0;", state="not_established")
    yield refusal("early-answer", "dsize:>0;", state="not_established", toward=Toward.CLIENT)


def _ungranted() -> Iterator[Draft]:
    """Once more what was not granted, now that the flow is established and its first packets have set what they set."""
    yield refusal("ungranted", f"flowbits:isnotset,{TLS_BIT}; flowbits:isnotset,{HTTP_BIT};")
