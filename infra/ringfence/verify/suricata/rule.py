"""Rules as read: header and options, nothing interpreted but addresses and ports."""

from dataclasses import dataclass

from ringfence.verify.interval import Numbers


class RuleError(ValueError):
    """A rule that cannot be read, or has something that is not read here; the message says what."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option: ``keyword`` and ``value``; None where it has none. Quotes are part of the value."""

    keyword: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Header:
    """Whom a rule speaks of. Addresses are IPv4; a rule for IPv6 alone has none.

    ``both_ways`` is ``<>``: the rule holds with source and destination exchanged as well.
    """

    action: str
    protocol: str
    sources: Numbers
    source_ports: Numbers
    destinations: Numbers
    destination_ports: Numbers
    both_ways: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``group`` and ``line`` say where it stands; ``unread`` why it cannot be read, None when it can."""

    group: str
    line: int
    text: str
    sid: int
    message: str
    header: Header | None
    options: tuple[Option, ...]
    unread: str | None = None

    @property
    def name(self) -> str:
        """The rule, for people: its group, signature id and message."""
        return f"{self.group} sid {self.sid}" + (f" ({self.message})" if self.message else "")
