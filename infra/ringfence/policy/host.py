"""Host names as profiles write them: one host, or the subdomains of one.

``example.com`` is that host and nothing else; ``*.example.com`` is every name below it, without the apex.
Both wanted, both written. Names are held in their ASCII form (RFC 5891), lower-case, without a trailing dot.
"""

import functools
import ipaddress
import re
from dataclasses import dataclass

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")

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
    if labels[-1].isdigit():
        raise HostError(f"{text!r} ends in a number, so clients read it as an address", "name the host")
    if name in METADATA_NAMES or name == "localhost" or name.endswith(".localhost"):
        raise HostError(f"{text!r} names this machine or its credentials", "no profile may reach it by name")
    if len(labels) < 2:
        raise HostError(f"{text!r} has one label only", "write the full name, such as `api.example.com`")
    if subdomains and _is_public_suffix(name):
        raise HostError(
            f"{text!r} spans everybody's names: `{name}` is a public suffix",
            "name the host, or the subdomains of a registered domain",
        )
    return HostPattern(name, subdomains)


def _is_address(text: str) -> bool:
    """Whether a client would take the text as an address: dotted, short, octal, hex or IPv6 forms."""
    bare = text.strip("[]").split("%")[0]
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        # inet_aton's short, octal and hexadecimal spellings: 127.1, 0x7f.1, 2130706433
        return bool(re.fullmatch(r"(?:0[xX][0-9a-fA-F]*|\d+)(?:\.(?:0[xX][0-9a-fA-F]*|\d+)){0,3}\.?", bare))
    return True


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
def _suffixes():
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(only_icann=False)


@functools.lru_cache(maxsize=65536)
def _is_public_suffix(name: str) -> bool:
    """Whether the Public Suffix List (publicsuffix.org), private part included, has the name itself."""
    return _suffixes().publicsuffix(name) == name
