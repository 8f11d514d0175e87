"""What a proof finds: where reach and the effective policy differ, and what could not be proved."""

import enum
from dataclasses import dataclass

from ringfence.policy.span import Span


class Verdict(enum.StrEnum):
    """What is said of an agent; the worst of its findings."""

    PROVED = "proved"
    LESS = "less than declared"
    MORE = "more than declared"
    NOT_PROVED = "not proved"


class Kind(enum.StrEnum):
    """What a finding is."""

    MORE = "more than declared"
    """Traffic passes that the effective policy does not grant."""
    LESS = "less than declared"
    """Traffic is stopped that the effective policy grants."""
    NOT_PROVED = "not proved"
    """Something that is not read, so that nothing is known of what it decides."""
    INCONSISTENT = "inconsistent"
    """Layers that do not say the same, or a rule that nothing can reach; no traffic differs by it."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One finding, with a concrete example of the traffic.

    ``agent`` is empty where it is not one agent's. ``traffic`` is an example that a reader can send; ``layer`` and
    ``rule`` say what let it through or stopped it, ``resource`` where that stands (a URN, where there is one);
    ``declared`` are the profile lines that speak of the destination, if any.
    """

    kind: Kind
    agent: str
    layer: str
    traffic: str
    rule: str
    resource: str = ""
    declared: tuple[Span, ...] = ()

    def __str__(self) -> str:
        lines = ", ".join(map(str, self.declared))
        return (
            f"{self.agent or 'environment'}: {self.kind}: {self.traffic} [{self.layer}] {self.rule}"
            + (f" in {self.resource}" if self.resource else "")
            + (f" ({lines})" if lines else "")
        )
