"""Hosts that look like another host of the same fleet: a name to look at twice before it is approved.

Letters of other scripts that are drawn like Latin ones, marks on letters, and the digits 0 and 1 for o and l. Two
hosts look alike when they, or domains that they lie in, have one skeleton. A warning, never a refusal: both may be
meant.
"""

import unicodedata
from collections.abc import Iterable, Iterator

from ringfence.policy.flow import Flow, Https, Tls
from ringfence.policy.policy import Policy
from ringfence.source.diagnostic import Findings

_DRAWN_ALIKE = {
    # The part of Unicode's confusables (UTS 39, confusables.txt) that host names can hold and that Latin readers miss.
    "Cyrillic": ("авсԁегһіјкӏмноргѕтухԛԝп", "abcderhijklmhoprstyxqwn"),
    "Greek": ("αγεηικνορτυχω", "ayenikvoptuxw"),
    "Armenian": ("օոսհց", "onuhg"),  # noqa: RUF001 - letters that look alike are the point
    "Latin": ("ıɩłøđɑɡʋ", "iilodagv"),
    "digits": ("01", "ol"),
}
_TO_LATIN = str.maketrans(
    {letter: latin for pair in _DRAWN_ALIKE.values() for letter, latin in zip(*pair, strict=True)}
)


def skeleton(name: str) -> str:
    """What is left of a host name (in its ASCII form) when letters that look alike are one: equal for look-alikes."""
    if "xn--" in name:
        decomposed = unicodedata.normalize("NFKD", shown(name))
        name = "".join(character for character in decomposed if not unicodedata.combining(character))
    return name.translate(_TO_LATIN)


def shown(name: str) -> str:
    """A host name in its own letters, as a reader would see it."""
    if "xn--" not in name:
        return name
    import idna  # only for the rare name that needs it

    return idna.decode(name)


def look_alikes(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of names that look alike, the more suspicious one first: of another script, or with more digits."""
    ordered = sorted(set(names), key=_suspicion)
    plainest: dict[str, tuple[str, str]] = {}
    for name in ordered:
        for domain in _domains(name):
            known_domain, known_name = plainest.setdefault(skeleton(domain), (domain, name))
            if known_domain != domain:
                yield name, known_name
                break


def warn_of_homographs(declared: Policy, findings: Findings) -> None:
    """Warn at each need that opens a host which looks like another host of the policy."""
    flows: dict[str, Flow] = {}
    for flow in declared.flows:
        if isinstance(flow.access, Https | Tls):
            flows.setdefault(flow.access.host.name, flow)
    for name, other in look_alikes(flows):
        written = f"`{shown(name)}`" + (f" ({name})" if shown(name) != name else "")
        findings.warning(
            flows[name].grant.declared,
            "RF075",
            f"{written} looks like `{shown(other)}`, which {flows[other].agent} reaches",
            "check each letter; when both hosts are meant, nothing needs to change",
            ((flows[other].grant.declared, "the other host"),),
        )


def _suspicion(name: str) -> tuple[bool, int, str]:
    return ("xn--" in name, sum(name.count(digit) for digit in "01"), name)


def _domains(name: str) -> Iterator[str]:
    """The domains that a host lies in, from the one of two labels to the name itself."""
    labels = name.split(".")
    for start in range(len(labels) - 2, -1, -1):
        yield ".".join(labels[start:])
