"""Records of the environment's logs as events: from where to where, what was asked, what became of it, by which rule.

Three kinds are read, as JSON objects:

- EVE records of Network Firewall, bare or in AWS's envelope
  (https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-logging-contents.html), and of the open
  engines, which write them alike (https://docs.suricata.io/en/latest/output/eve/eve-json-format.html);
- query logs of the VPC's resolver
  (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html);
- VPC flow logs with their fields' own names, as a query over the bucket gives them
  (https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from ringfence.aws.enforcement.firewall.signature import FIRST, OBSERVED_OFFSET


@dataclass(frozen=True, slots=True)
class Signature:
    """The rule that an event names: ``form`` and ``words`` are read from its message, None and none in others' rules.

    ``observed`` says that it only logs what an enforced agent would be refused.
    """

    sid: int
    form: str | None
    words: Mapping[str, str]
    observed: bool


@dataclass(frozen=True, slots=True)
class LogEvent:
    """What a record says. ``ends`` are its two addresses with their ports, the packet's sender first; 0 is no port.

    ``outcome`` is "refused", "observed" (let through and logged, where only observed), "logged" (by a rule of others
    that lets it through) or "seen". ``what`` was asked, ``name`` the server's name in it; empty where it is not told.
    """

    time: str
    kind: str
    ends: tuple[tuple[str, int], ...]
    outcome: str
    what: str
    name: str
    signature: Signature | None


Record = Mapping[str, object]


def read_event(record: Record) -> LogEvent | None:
    """The event of a record; None for one without an address, such as an engine's statistics."""
    event = _mapping(record.get("event")) or record
    if isinstance(event.get("srcaddr"), str):
        return _query(event) if "query_name" in event else _flow(event)
    if not isinstance(event.get("src_ip"), str):
        return None
    return _eve(event, record)


def _eve(event: Record, envelope: Record) -> LogEvent:
    signature = _signature(_mapping(event.get("alert")))
    kind = _text(event, "event_type") or "event"
    blocked = kind == "drop" or _text(_mapping(event.get("alert")), "action") == "blocked"
    http, tls = _mapping(event.get("http")), _mapping(event.get("tls"))
    asked, named = (_text(http, key) for key in ("url", "hostname"))
    name = named or _text(tls, "sni") or _text(event, "sni")
    if asked or named:
        what = f"{_text(http, 'http_method')} {named}{asked}".strip()
    else:
        what = f"TLS to {name}" if name else _text(event, "proto").lower()
    return LogEvent(
        time=_text(event, "timestamp") or _text(envelope, "event_timestamp"),
        kind=kind,
        ends=_ends(event, ("src_ip", "src_port"), ("dest_ip", "dest_port")),
        outcome="refused" if blocked else _logged(signature),
        what=what,
        name=name.lower(),
        signature=signature,
    )


def _logged(signature: Signature | None) -> str:
    return "seen" if signature is None else "observed" if signature.observed else "logged"


def _signature(alert: Record) -> Signature | None:
    sid = alert.get("signature_id")
    if not isinstance(sid, int):
        return None
    product, _, rest = _text(alert, "signature").partition(" ")
    form, _, words = rest.partition(" ")
    if product != "ringfence":
        return Signature(sid, None, {}, observed=False)
    told = dict(word.split("=", 1) for word in words.split(" ") if "=" in word)
    return Signature(sid, form, told, observed=sid >= FIRST + OBSERVED_OFFSET)


_RESOLVED = {"BLOCK": "refused", "ALERT": "observed"}


def _query(event: Record) -> LogEvent:
    """A question to the resolver. It names who asked; the resolver itself has no address in it."""
    name = _text(event, "query_name").rstrip(".")
    return LogEvent(
        time=_text(event, "query_timestamp"),
        kind="query",
        ends=_ends(event, ("srcaddr", "srcport")),
        outcome=_RESOLVED.get(_text(event, "firewall_rule_action"), "seen"),
        what=f"dns {name} {_text(event, 'query_type')}".rstrip(),
        name=name.lower(),
        signature=None,
    )


_PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp"}


def _flow(event: Record) -> LogEvent:
    protocol = _text(event, "protocol")
    return LogEvent(
        time=_text(event, "start"),
        kind="flow",
        ends=_ends(event, ("srcaddr", "srcport"), ("dstaddr", "dstport")),
        outcome="refused" if _text(event, "action") == "REJECT" else "seen",
        what=_PROTOCOLS.get(protocol, f"protocol {protocol}" if protocol else ""),
        name="",
        signature=None,
    )


def _ends(event: Record, *keys: tuple[str, str]) -> tuple[tuple[str, int], ...]:
    found: list[tuple[str, int]] = []
    for address, port in keys:
        if text := _text(event, address):
            number = _text(event, port)
            found.append((text, int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 0))
    return tuple(found)


def _text(record: Record, key: str) -> str:
    """A text or a number as text; empty for anything else."""
    value = record.get(key)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _mapping(value: object) -> Record:
    return cast("Record", value) if isinstance(value, Mapping) else {}
