"""Whose traffic a log line is about: the agent that has the address.

Most rules serve many agents, and the default denial serves all, so their messages name no agent. The event's address
does: each agent has networks of its own. Events are EVE records, bare or in the envelope in which AWS delivers them
(https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-logging-contents.html).
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from ringfence.aws.enforcement.firewall.networks import Networks
from ringfence.aws.enforcement.firewall.signature import FIRST, OBSERVED_OFFSET


@dataclass(frozen=True, slots=True)
class Attribution:
    """What an event says: the agent, None for an address that is nobody's; the form of the rule, None for others'.

    ``observed`` says that the traffic passed and was only logged; ``words`` are those of the rule's message.
    """

    agent: str | None
    address: str
    sid: int | None
    form: str | None
    observed: bool
    words: Mapping[str, str]


def attribute(record: Mapping[str, object], addresses: Mapping[str, Networks]) -> Attribution | None:
    """Read one event with the allocation's networks of each agent; None for what is no event with an address.

    The agent is looked for at both ends: an answer that was refused comes from the server.
    """
    event = _mapping(record.get("event")) or record
    ends = [end for end in (event.get("src_ip"), event.get("dest_ip")) if isinstance(end, str)]
    if not ends:
        return None
    owned = ((name, end) for end in ends if (name := _agent_at(end, addresses)) is not None)
    agent, address = next(owned, (None, ends[0]))
    alert = _mapping(event.get("alert"))
    sid = alert.get("signature_id")
    product, _, rest = str(alert.get("signature", "")).partition(" ")
    form, _, words = rest.partition(" ")
    ours = product == "ringfence" and isinstance(sid, int)
    return Attribution(
        agent=agent,
        address=address,
        sid=sid if isinstance(sid, int) else None,
        form=form if ours else None,
        observed=isinstance(sid, int) and ours and sid >= FIRST + OBSERVED_OFFSET,
        words=dict(word.split("=", 1) for word in words.split(" ") if "=" in word) if ours else {},
    )


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def _agent_at(end: str, addresses: Mapping[str, Networks]) -> str | None:
    try:
        address = ipaddress.ip_address(end)
    except ValueError:
        return None
    return next((name for name, networks in addresses.items() if any(address in network for network in networks)), None)
