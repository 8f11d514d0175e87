"""What a rule says in the log: words that name the form, whom it concerns, why it is there, and the access.

``ringfence http-request agent=docs owner=web-team capability=github.repository ticket=SEC-4 access=5f2c81d09b6e``

Owners and tickets are free text from profiles, and a rule is text as well: whatever is not a letter, a digit or one
of ``. _ - * / +`` becomes ``_``, so nothing in a message can end it, quote it or look like a variable.
"""

import functools
import hashlib
import re
from collections.abc import Iterable, Set

from ringfence.policy.flow import Flow
from ringfence.policy.policy import Agent

Reasons = Set[tuple[str, str | None]]
"""Capabilities that flows come from, each with its ticket where there is one: all that a message says of flows."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._*/+-]")
_LISTED_MAX = 6
_WORD_MAX = 60


@functools.lru_cache(maxsize=65536)
def plain(text: str) -> str:
    """A text that is safe inside a message, 60 characters at most."""
    return _UNSAFE.sub("_", text)[:_WORD_MAX]


def digest_of(parts: Iterable[object]) -> str:
    """Twelve hexadecimal digits of the access that a rule is about, without reasons: equal access, equal digits."""
    return hashlib.sha256("\n".join(sorted(map(str, parts))).encode()).hexdigest()[:12]


def reasons_of(flows: Iterable[Flow]) -> Reasons:
    """Why some flows are there."""
    return {(flow.grant.capability, flow.grant.ticket) for flow in flows}


def message(form: str, concerns: Agent | int, reasons: Reasons, digest: str, **words: str) -> str:
    """The message of a rule that ``concerns`` one agent, or so many of them, for these reasons."""
    parts = ["ringfence", form]
    if isinstance(concerns, Agent):
        parts += [f"agent={plain(concerns.name)}", f"owner={plain(concerns.owner)}"]
    else:
        parts.append(f"agents={concerns}")
    parts += [f"{word}={plain(text)}" for word, text in words.items()]
    parts.append(f"capability={_listed(capability for capability, _ in reasons)}")
    if tickets := _listed(ticket for _, ticket in reasons if ticket):
        parts.append(f"ticket={tickets}")
    return " ".join((*parts, f"access={digest}"))


def _listed(texts: Iterable[str]) -> str:
    ordered = sorted({plain(text) for text in set(texts)})
    more = len(ordered) - _LISTED_MAX
    return ",".join(ordered[:_LISTED_MAX]) + (f",+{more}" if more > 0 else "")
