"""Host names as matches on ``tls.sni`` and ``http.host``.

A name is matched whole: ``startswith`` and ``endswith`` together. Subdomains are matched by their ending with the
dot before it, without ``dotprefix``: that one would take the apex as well. ``tls.sni`` has the client's letter case;
``http.host`` is lower-case already, and AWS refuses ``nocase`` there.
"""

from collections.abc import Iterable, Iterator, Sequence

from ringfence.policy.host import HostPattern

SNI = "tls.sni"
HOST = "http.host"

_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


def is_one_of(pattern: HostPattern, buffer: str) -> str:
    """A match of the hosts of one pattern; the buffer is named before it."""
    return _content(pattern, buffer, "")


def is_none_of(patterns: Iterable[HostPattern], buffer: str) -> str:
    """Matches that hold together when a name is no host of any of the patterns; the buffer is named before them."""
    return " ".join(_content(pattern, buffer, "!") for pattern in sorted(patterns, key=lambda pattern: pattern.order))


def outside(patterns: Sequence[HostPattern], buffer: str, room: int) -> Iterator[tuple[str, str]]:
    """Matches of the names that are no host of any pattern, each at most ``room`` characters if that can be had.

    Each comes with the first characters that it is about, empty where one match says it all. A conjunction of
    negations cannot be cut, so names are parted by their first character: each match then needs to except only the
    names that start so. Subdomains start with anything and are in all of them.
    """
    whole = f"{buffer}; {is_none_of(patterns, buffer)}"
    if len(whole) <= room:
        yield "", whole
        return
    anywhere = [pattern for pattern in patterns if pattern.subdomains]
    used: list[str] = []
    for first in _LETTERS:
        here = [pattern for pattern in patterns if not pattern.subdomains and pattern.name.startswith(first)]
        if here:
            used.append(first)
            yield first, f"{buffer}; {_first(first, '', buffer)} {is_none_of((*here, *anywhere), buffer)}"
    yield "other", f"{buffer}; {_first(''.join(used), '^', buffer)} {is_none_of(anywhere, buffer)}".rstrip()


def _content(pattern: HostPattern, buffer: str, sign: str) -> str:
    start = "" if pattern.subdomains else "startswith; "
    dot = "." if pattern.subdomains else ""
    case = "nocase; " if buffer == SNI else ""
    return f'content:{sign}"{dot}{pattern.name}"; {start}{case}endswith;'


def _first(characters: str, sign: str, buffer: str) -> str:
    return f'pcre:"/^[{sign}{characters}]/{"i" if buffer == SNI else ""}";'
