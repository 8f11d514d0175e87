"""Stateful rules and their groups, as plain data."""

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StatefulRule:
    """One Suricata rule: its whole text on one line, and its signature id."""

    text: str
    sid: int


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """A stateful rule group. ``capacity`` is fixed at creation, so it has head-room over ``len(rules)``."""

    name: str
    capacity: int
    rules: tuple[StatefulRule, ...]

    @property
    def text(self) -> str:
        """The rules string that AWS and Suricata read: one rule a line, a newline at the end."""
        return "".join(f"{rule.text}\n" for rule in self.rules)


@dataclass(frozen=True, slots=True)
class Firewall:
    """All stateful rules of an environment, groups in evaluation order.

    ``home_net`` are the networks of HOME_NET; ``inspected`` those whose TLS is decrypted, empty without inspection.
    """

    groups: tuple[RuleGroup, ...]
    home_net: tuple[ipaddress.IPv4Network, ...]
    inspected: tuple[ipaddress.IPv4Network, ...]
