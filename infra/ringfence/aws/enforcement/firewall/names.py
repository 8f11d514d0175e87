"""Host names as matches on ``tls.sni`` and ``http.host``.

A name is matched whole: ``startswith`` and ``endswith`` together. Subdomains are matched by their ending with the
dot before it, without ``dotprefix``: that one would take the apex as well. ``tls.sni`` has the client's letter case;
``http.host`` is lower-case already, and AWS refuses ``nocase`` there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ringfence.policy.host import HostPattern

SNI = "tls.sni"
HOST = "http.host"


def is_one_of(pattern: HostPattern, buffer: str) -> str:
    """A match of the hosts of one pattern; the buffer is named before it."""
    return _content(pattern, buffer, "")


def is_none_of(patterns: Iterable[HostPattern], buffer: str) -> str:
    """Matches that hold together when a name is no host of any of the patterns; the buffer is named before them.

    A negated content with `endswith` is looked for at its first place only (measured on both engines), so that a name
    in which a granted ending stands twice would be refused; an expression is looked for at every one.
    """
    ordered = sorted(patterns, key=lambda pattern: pattern.order)
    exact = [_content(pattern, buffer, "!") for pattern in ordered if not pattern.subdomains]
    endings = [pattern.name.replace(".", r"\.") for pattern in ordered if pattern.subdomains]
    case = "i" if buffer == SNI else ""
    wide = [rf'pcre:!"/\.{endings[0]}\z/{case}";'] if len(endings) == 1 else []
    if len(endings) > 1:
        wide = [rf'pcre:!"/\.(?:{"|".join(endings)})\z/{case}";']
    return " ".join((*exact, *wide))


def outside(
    within: str, patterns: Sequence[HostPattern], buffer: str, room: int
) -> Iterator[tuple[str, tuple[HostPattern, ...], str]]:
    """Matches of the names that end with a text and are no host of any pattern, each of ``room`` characters at most.

    No pattern may cover another. Each match comes with the ending that it is about and the patterns that it excepts.
    A conjunction of negations cannot be cut, so names are parted by how they end, as far as it takes: then a match
    needs to except only the names that end so. What has none of these endings is one match more.
    """
    if any(_ending(pattern) == within and pattern.subdomains for pattern in patterns):
        return  # all of them are hosts of that one
    case = "nocase; " if buffer == SNI else ""
    ends = f'content:"{within}"; {case}endswith;' if within else ""
    whole = f"{buffer}; {ends} {is_none_of(patterns, buffer)}".replace("  ", " ").rstrip()
    if len(whole) <= room or len(patterns) < 2:
        yield within, tuple(patterns), whole
        return
    shared = _shared_ending([_ending(pattern) for pattern in patterns])
    apart: dict[str, list[HostPattern]] = defaultdict(list)
    for pattern in patterns:
        apart[_ending(pattern).removesuffix(shared)[-1:]].append(pattern)
    exact = apart.pop("", [])
    # not a negated content, for the reason that `is_none_of` gives
    dotted = shared.replace(".", r"\.")
    other = rf'pcre:!"/[{"".join(sorted(apart))}]{dotted}\z/{"i" if case else ""}";'
    match = f"{buffer}; {ends} {other} {is_none_of(exact, buffer)}".replace("  ", " ").rstrip()
    yield f"{within} otherwise".lstrip(), tuple(exact), match
    for before, further in sorted(apart.items()):
        yield from outside(before + shared, further, buffer, room)


def widest(patterns: Iterable[HostPattern]) -> list[HostPattern]:
    """The patterns that no other one covers, in order."""
    given = set(patterns)
    return sorted(
        (pattern for pattern in given if not any(wide in given for wide in _around(pattern))),
        key=lambda pattern: pattern.order,
    )


def covering(pattern: HostPattern, patterns: Iterable[HostPattern]) -> list[HostPattern]:
    """Those of the patterns that cover one, itself among them."""
    given = set(patterns)
    return [each for each in (pattern, *_around(pattern)) if each in given]


def _around(pattern: HostPattern) -> Iterator[HostPattern]:
    """Every other pattern that covers one: the subdomains of each domain that it lies in."""
    _, dot, parent = pattern.name.partition(".")
    while dot:
        yield HostPattern(parent, subdomains=True)
        _, dot, parent = parent.partition(".")


def _shared_ending(texts: Sequence[str]) -> str:
    turned = [text[::-1] for text in texts]
    first, last = min(turned), max(turned)  # what these two share, all that lie between them do
    length = next((index for index, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), None)
    return first[:length][::-1]


def _ending(pattern: HostPattern) -> str:
    return f".{pattern.name}" if pattern.subdomains else pattern.name


def _content(pattern: HostPattern, buffer: str, sign: str) -> str:
    start = "" if pattern.subdomains else "startswith; "
    case = "nocase; " if buffer == SNI else ""
    return f'content:{sign}"{_ending(pattern)}"; {start}{case}endswith;'
