"""Flow bits: what earlier packets of a flow have shown, and how rules ask for it.

======================  ====================================  =================================================
bit                     set on                                read on
======================  ====================================  =================================================
``ringfence.tls``,      any packet to the server, the first   established packets: the first packet of a flow
``ringfence.http``,     one of the flow included              is never one
``ringfence.observed``,
``ringfence.group-N``
``ringfence.seen``      the packet in which the first octets  packets whose stream does not begin like TLS or
                        of TLS or a request are all there     HTTP: the packet that sets it does
``ringfence.named``     the packet that completes a           packets; it is set later in the engine's work on
                        ClientHello or a request's head       a packet than any rule that reads it is asked
``ringfence.asked``     a request line; taken back by the     packets, as above
                        head of its answer
``ringfence.http2``     the packet in which HTTP/2 is         later packets: the one that sets it is text
                        recognised
``ringfence.line``      octets of a stream that end within a  octets without a line's end, which neither sets it
                        long target; taken back by others     nor takes it back
                        with a line's end
======================  ====================================  =================================================

The engine asks rules on packets and streams first, rules on what its parsers found last, whatever their order in the
file. So no bit is read where the same packet may just have set it, and rules may stand in any order. What rules on
parsers set is only ever asked for its absence: a rule that asks for its presence the engine makes one on parsers too.
"""

from ringfence.aws.enforcement.firewall.rule import Draft, Kind, Toward

TLS_BIT = "ringfence.tls"
HTTP_BIT = "ringfence.http"
OBSERVED_BIT = "ringfence.observed"
SEEN_BIT = "ringfence.seen"
NAMED_BIT = "ringfence.named"
ASKED_BIT = "ringfence.asked"
HTTP2_BIT = "ringfence.http2"
LINE_BIT = "ringfence.line"

_GROUP_BIT = "ringfence.group"

TLS = f"flowbits:isset,{TLS_BIT};"
HTTP = f"flowbits:isset,{HTTP_BIT};"
UNSEEN = f"flowbits:isnotset,{SEEN_BIT};"
UNASKED = f"flowbits:isnotset,{ASKED_BIT};"
UNNAMED = f"flowbits:isnotset,{NAMED_BIT};"

STREAM = "established,only_stream"
"""Matches on the octets of the stream, however they were cut into packets."""


def group_bit(number: int) -> str:
    """The bit of flows to which an agent of this group of agents is entitled by its port."""
    return f"{_GROUP_BIT}-{number}"


def refusal(
    form: str, matches: str, *, protocol: str = "tcp", toward: Toward = Toward.SERVER, state: str = "established"
) -> Draft:
    """A refusal that concerns everybody, on every port."""
    kind = Kind.DROP if toward is Toward.EITHER else Kind.REJECT
    return Draft(form, "", kind, protocol, None, "any", toward, state, matches, f"ringfence {form}")


def mark(
    form: str, protocol: str, matches: str, *, toward: Toward = Toward.SERVER, state: str = "established"
) -> Draft:
    """A mark on everybody's flows, on every port."""
    return Draft(form, "", Kind.MARK, protocol, None, "any", toward, state, matches, f"ringfence {form}")
