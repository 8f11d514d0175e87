"""Residuals: where what is declared and what passes differ, and why. Always reported, never hidden."""

import enum
from dataclasses import dataclass

from ringfence.policy.span import Span


class ResidualKind(enum.StrEnum):
    """Whose doing it is."""

    NOT_ENFORCEABLE = "not enforceable here"
    """Declared narrower than this environment can enforce; `--strict` refuses it."""
    AWS_ALWAYS = "AWS always"
    """Traffic that AWS lets through whatever one writes."""
    CONTENT = "content"
    """What a granted request may itself carry, which no network can judge."""


@dataclass(frozen=True, slots=True)
class Residual:
    """Traffic of one agent that passes, or content that it may carry, though no profile asks for it.

    ``code`` is stable (``R101``); ``subject`` names the destination or the layer; ``reason`` the cause and, where
    there is one, the setting that would close it.
    """

    code: str
    kind: ResidualKind
    agent: str
    subject: str
    reason: str
    declared: Span | None = None

    @property
    def order(self) -> tuple[str, str, str, str, str, int]:
        """The canonical order, which also tells residuals apart."""
        place = self.declared or Span("")
        return (self.code, self.agent, self.subject, self.reason, place.path, place.line)
