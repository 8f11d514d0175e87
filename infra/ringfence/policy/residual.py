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


@dataclass(frozen=True, slots=True, order=True)
class Residual:
    """Traffic of one agent that passes, or content that it may carry, though no profile asks for it.

    ``code`` is stable (``R101``); ``subject`` names the destination or the layer; ``reason`` the cause and, where
    there is one, the setting that would close it. ``width`` is the flow's replacement in the effective policy.
    """

    code: str
    kind: ResidualKind
    agent: str
    subject: str
    reason: str
    declared: Span | None = None
