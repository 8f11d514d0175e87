"""Host names as profiles write them: one host, or the subdomains of one.

``example.com`` is that host and nothing else; ``*.example.com`` is every name below it, without the apex.
Both wanted, both written. Names are held in their ASCII form (RFC 5891), lower-case, without a trailing dot.
"""

import functools
import ipaddress
import re
import socket
from dataclasses import dataclass
from importlib import resources

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")

_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z")
"""A last label that makes clients read the name as an IPv4 address (url.spec.whatwg.org, ends-in-a-number checker)."""

METADATA_NAMES = frozenset({"metadata.google.internal", "instance-data", "instance-data.ec2.internal"})
"""Names under which clouds answer for instance credentials; never a destination that a profile may name."""


class HostError(ValueError):
    """A text that is no host pattern; ``help`` says how to mend it."""

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(message)
        self.mend = mend


@dataclass(frozen=True, slots=True, order=True)
class HostPattern:
    """One host, or all of a host's subdomains at any depth (``subdomains``), never both."""

    name: str
    subdomains: bool = False

    @staticmethod
    def parse(text: str) -> "HostPattern":
        """Read ``example.com`` or ``*.example.com``; raises `HostError` for anything else."""
        return _parse(text)

    def matches(self, host: str) -> bool:
        """Whether a name, lower-case and without a trailing dot, is one of these hosts."""
        return host.endswith("." + self.name) if self.subdomains else host == self.name

    def covers(self, other: "HostPattern") -> bool:
        """Whether every host of ``other`` is one of these."""
        if not self.subdomains:
            return self == other
        return other == self or other.name.endswith("." + self.name)

    @property
    def order(self) -> tuple[str, bool]:
        """What hosts are ordered by, as plain values: large fleets sort many."""
        return (self.name, self.subdomains)

    def __hash__(self) -> int:
        """The name's, which texts keep: large fleets look hosts up again and again."""
        return hash(self.name)

    def __str__(self) -> str:
        return f"*.{self.name}" if self.subdomains else self.name


@functools.lru_cache(maxsize=65536)
def _parse(text: str) -> HostPattern:
    subdomains = text.startswith("*.")
    body = text[2:] if subdomains else text
    if "://" in body or "/" in body:
        raise HostError(f"{text!r} is a URL, not a host", "write the host alone, and its path under `paths`")
    if "*" in body:
        raise HostError(
            f"{text!r}: a wildcard is only the whole first label", "write `*.example.com`, or list the hosts"
        )
    if _is_address(body):
        address = _read_address(body)
        if address is not None and address.is_link_local:
            raise HostError(
                f"{text!r} is link-local: instance metadata and its credentials",
                "no profile may reach it; it stays in reach all the same, which the review says (R202)",
            )
        raise HostError(
            f"{text!r} is an address, not a host",
            "name the host; a private address is named in the environment (`private`) and used with `tcp`",
        )
    if ":" in body:
        raise HostError(f"{text!r} carries a port", "write the port under `port`")
    name = _to_ascii(body.removesuffix("."), text)
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.match(label) for label in labels):
        raise HostError(f"{text!r} is not a host name (RFC 1123, 2.1)", "letters, digits and hyphens, in labels")
    if _NUMBER.match(labels[-1]):
        raise HostError(f"{text!r} ends in a number, so clients read it as an address", "name the host")
    if name in METADATA_NAMES or name == "localhost" or name.endswith(".localhost"):
        raise HostError(f"{text!r} names this machine or its credentials", "no profile may reach it by name")
    if subdomains and _is_public_suffix(name):
        raise HostError(
            f"{text!r} spans everybody's names: `{name}` is a public suffix",
            "name the host, or the subdomains of a registered domain",
        )
    if len(labels) < 2:
        raise HostError(f"{text!r} has one label only", "write the full name, such as `api.example.com`")
    return HostPattern(name, subdomains)


def _is_address(text: str) -> bool:
    """Whether a client would take the text as an address: dotted, short, octal, hex or IPv6 forms."""
    bare = text.strip("[]").split("%")[0].removesuffix(".")
    if ":" not in bare and not bare[-1:].isdigit() and "0x" not in bare.lower():
        return False  # no spelling of an address is without all three
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        # inet_aton's short, octal and hexadecimal spellings: 127.1, 0x7f.1, 2130706433
        return bool(re.fullmatch(r"(?:0[xX][0-9a-fA-F]*|\d+)(?:\.(?:0[xX][0-9a-fA-F]*|\d+)){0,3}", bare))
    return True


def _read_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a client would connect to; None for a text that no client takes."""
    bare = text.strip("[]").split("%")[0].removesuffix(".")
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(bare))
    except OSError:
        return None


def _to_ascii(body: str, text: str) -> str:
    if body.isascii():
        lowered = body.lower()
        if "xn--" in lowered:
            _decode(lowered, text)
        return lowered
    import idna  # only for the rare name that needs it

    try:
        return idna.encode(body, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise HostError(f"{text!r} is not a valid international name: {error}", "check each letter") from error


def _decode(name: str, text: str) -> str:
    import idna

    try:
        return idna.decode(name)
    except idna.IDNAError as error:
        raise HostError(f"{text!r} is not valid punycode: {error}", "write the name in its own letters") from error


@functools.lru_cache(maxsize=1)
def _suffix_rules() -> frozenset[str]:
    """The lines of the Public Suffix List (publicsuffix.org) as it ships with publicsuffixlist.

    Lines are kept as they are: building that package's own object takes longer than checking ten profiles.
    """
    text = (resources.files("publicsuffixlist") / "public_suffix_list.dat").read_text(encoding="utf-8")
    return frozenset(text.splitlines())


@functools.lru_cache(maxsize=65536)
def _is_public_suffix(name: str) -> bool:
    """Whether the Public Suffix List, private part included, has the name itself, or a wildcard right below it.

    An unlisted last label counts, as the list's algorithm has it.
    """
    if "xn--" in name:
        name = _decode(name, name)  # the list is written in its own letters
    _, dot, parent = name.partition(".")
    rules = _suffix_rules()
    if not dot or name in rules or f"*.{name}" in rules:
        return True
    return f"*.{parent}" in rules and f"!{name}" not in rules


def registered_domain(name: str) -> str | None:
    """The part of a name that somebody registered: one label below a public suffix; None for a suffix itself."""
    labels = name.split(".")
    for index in range(len(labels)):
        if _is_public_suffix(".".join(labels[index:])):
            return ".".join(labels[index - 1 :]) if index else None
    return None
