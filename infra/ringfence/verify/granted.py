"""What the effective policy grants, as languages: names and request targets, from the policy's values alone.

A grant has two edges. What *must* pass are the names and targets that can exist; what *may* pass is a little more:
names longer than DNS allows, which nobody can send a packet to. Between the two nothing is asked.
"""

import functools
import re
from collections.abc import Iterable

from ringfence.policy.flow import Access, Https, Internet, Tls
from ringfence.policy.host import HostPattern
from ringfence.policy.request import (
    ANY_QUERY,
    QUERY_CHARACTER,
    SEGMENT_CHARACTER,
    TARGET_MAX,
    RequestPattern,
    any_request,
)
from ringfence.verify.interval import Numbers
from ringfence.verify.language.expression import Expression, union
from ringfence.verify.language.pcre import matched_by
from ringfence.verify.language.region import EVERYTHING, NO_REGION, Region

NAME_MAX = 253
"""The longest host name, without its last dot (RFC 1035, 2.3.4: 255 octets on the wire)."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_LONG_LABEL = r"[a-z0-9-]+"


def names_that_must(patterns: Iterable[HostPattern], *, any_case: bool) -> Region:
    """The host names of some patterns, each in letters of either case where ``any_case``."""
    language = union(_names(pattern.name, pattern.subdomains, _LABEL, "i" if any_case else "") for pattern in patterns)
    return Region.of(language, Numbers.of((0, NAME_MAX)))


def names_that_may(patterns: Iterable[HostPattern], *, any_case: bool) -> Region:
    """The same with labels of any length, and names too."""
    return Region.of(
        union(_names(pattern.name, pattern.subdomains, _LONG_LABEL, "i" if any_case else "") for pattern in patterns)
    )


@functools.lru_cache(maxsize=65536)
def _names(name: str, subdomains: bool, label: str, flags: str) -> Expression:
    below = f"(?:{label}\\.)+" if subdomains else ""
    return matched_by(f"^{below}{re.escape(name)}\\z", flags)


def host_names(pattern: HostPattern) -> Expression:
    """The names of one pattern in lower case, with labels of any length."""
    return _names(pattern.name, pattern.subdomains, _LONG_LABEL, "")


def targets(requests: Iterable[RequestPattern]) -> Region:
    """The request targets that some patterns of one method grant."""
    return Region.of(union(map(_target, requests)), Numbers.of((0, TARGET_MAX)))


@functools.lru_cache(maxsize=262144)
def _target(request: RequestPattern) -> Expression:
    not_dots = r"(?!\.+(?:[/?]|\z))"
    parts: list[str] = []
    for segment in request.path.segments:
        pieces = (f"{SEGMENT_CHARACTER}+" if piece is None else _literal(piece) for piece in segment)
        parts.append(f"/{not_dots}{''.join(pieces)}")
    if request.path.rest:
        segment = f"{not_dots}{SEGMENT_CHARACTER}+"
        parts.append(f"/(?:{segment}(?:/{segment})*/?)?")
    if request.query == ANY_QUERY:
        parts.append(rf"(?:\?{QUERY_CHARACTER}*)?")
    elif request.query:
        parts.append(re.escape("?" + request.query))
    return matched_by(f"^{''.join(parts)}\\z")


def _literal(piece: str) -> str:
    """A literal text; the digits of a percent-encoding are the same in either case (RFC 3986, 6.2.2.1)."""
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda octet: f"%(?i:{octet.group(1)})", re.escape(piece))


@functools.lru_cache(maxsize=65536)
def granted_targets(grants: tuple[tuple[RequestPattern, ...], ...]) -> tuple[tuple[str, Region], ...]:
    """The targets that some grants of one host have together, by method; none of them means every request.

    Methods without anything are left out.
    """
    asked: dict[str, set[RequestPattern]] = {}
    for patterns in grants:
        for request in patterns or any_request():
            asked.setdefault(request.method, set()).add(request)
    return tuple((method, targets(requests)) for method, requests in sorted(asked.items()))


def granted_names(accesses: Iterable[Access]) -> tuple[Region, Region]:
    """The server names that opaque TLS must and may carry."""
    patterns: list[HostPattern] = []
    for access in accesses:
        if isinstance(access, Internet):
            return EVERYTHING, EVERYTHING
        if isinstance(access, Https | Tls):
            patterns.append(access.host)
    if not patterns:
        return NO_REGION, NO_REGION
    return names_that_must(patterns, any_case=True), names_that_may(patterns, any_case=True)
