"""Digests of access: equal exactly when what may be reached is equal, whatever the reasons and comments."""

import functools
import hashlib
from collections.abc import Iterable

from ringfence.policy.flow import Access, Flow, Https, Service, Transport

LENGTH = 12
"""Hexadecimal digits of a digest: enough to tell one agent's versions apart, short enough for a tag or a message."""


def access_digest(flows: Iterable[Flow]) -> str:
    """The digest of what some flows let through; their order, repetition, reasons and places do not count."""
    written = sorted({access_text(flow.access) for flow in flows})
    return hashlib.sha256("\n".join(written).encode()).hexdigest()[:LENGTH]


@functools.lru_cache(maxsize=65536)
def access_text(access: Access) -> str:
    """Everything that an access says, on one line; two accesses have one text exactly when they are equal."""
    match access:
        case Https():
            return f"https {access} {' | '.join(map(str, access.requests))}"
        case Service():
            return f"service {access} {' '.join(access.resources)} {access.principal}"
        case Transport():
            return f"{access} {access.via}"
        case _:
            return str(access)
