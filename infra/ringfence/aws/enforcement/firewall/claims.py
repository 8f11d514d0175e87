"""What agents' rules on requests are about: the encodings and the requests that may be sent to a host.

A claim is a rule but for whom it concerns and why. It is worked out once, however many agents have it in common and
however often they are parted into groups anew.
"""

import functools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.aws.enforcement.firewall.message import digest_of
from ringfence.aws.enforcement.firewall.names import HOST, is_none_of, is_one_of
from ringfence.aws.enforcement.firewall.request import by_method, foreign_encoding, none_of, spelled_encodings
from ringfence.aws.enforcement.firewall.rule import RULE_MAX
from ringfence.policy.flow import Https
from ringfence.policy.host import HostPattern
from ringfence.policy.request import RequestPattern, any_request

_MATCHES_MAX = RULE_MAX - 1000
"""Characters of a rule's matches: the rest is for its message and for some networks."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A refusal of everything but what some agents may reach.

    ``matches`` are several where one rule has no room for them, each with what it is about besides; ``host`` is the
    one that the message names. Claims of a group are written in their ``order``, equal ones as they come.
    """

    form: str
    about: str
    protocol: str
    port: int
    matches: tuple[tuple[str, str], ...]
    observed: bool
    digest: str
    order: tuple[object, ...]
    host: str | None = None

    def __hash__(self) -> int:
        """Of the texts that tell most claims apart: rules are merged by claims."""
        return hash((self.form, self.about))


@functools.lru_cache(maxsize=65536)
def encoding_claim(
    port: int, host: HostPattern | None, without: tuple[HostPattern, ...], spelled: tuple[str, ...], observed: bool
) -> Claim:
    """No percent-encoding that servers read in two ways, except those that the host's own patterns spell out.

    Without a host it is about all of them.
    """
    of_host = _host_of(host, without) if host else f'{HOST}; content:".";'
    about = f"{port} {host or 'every host'} but {' '.join(map(str, without))} {' '.join(spelled)}"
    matches = (("", f"{of_host} {foreign_encoding(spelled)}"),)
    return Claim("path-encoding", about, "http", port, matches, observed, digest_of((port, host, *spelled)), (2,))


@dataclass(frozen=True, slots=True)
class _Narrowed:
    """The hosts of a pattern but for those that further patterns of the same agent speak of, and their requests."""

    host: HostPattern
    without: tuple[HostPattern, ...]
    requests: tuple[RequestPattern, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Hosts of one agent that may be asked the same: ``spelled`` are the encodings that their patterns spell out."""

    host: HostPattern
    without: tuple[HostPattern, ...]
    spelled: tuple[str, ...]
    request: Claim


def parts_of(accesses: Iterable[Https], observed: bool, http2: str) -> tuple[Part, ...]:
    """One agent's HTTPS on one port, parted so that every host is in one part, with all that is asked there.

    A host that several patterns have takes the requests of all of them. Raises `FirewallError` for requests that
    the engine cannot look for.
    """
    asked: dict[HostPattern, list[Https]] = defaultdict(list)
    for access in accesses:
        asked[access.host].append(access)
    wide = [host for host in asked if host.subdomains]
    parts: list[Part] = []
    for host in by_order(asked):
        within = [other for other in asked if other != host and host.covers(other)] if host.subdomains else ()
        around = [other for other in wide if other != host and other.covers(host)] if wide else ()
        accesses = (*asked[host], *(access for other in around for access in asked[other]))
        parts.append(_part(accesses, by_order(within), observed, http2))
    return tuple(parts)


@functools.lru_cache(maxsize=65536)
def _part(accesses: tuple[Https, ...], without: tuple[HostPattern, ...], observed: bool, http2: str) -> Part:
    """The part of the first access's hosts, and its claim: no request to them but those granted there."""
    host, port = accesses[0].host, accesses[0].port
    requests = tuple(sorted({request for access in accesses for request in access.requests or any_request()}))
    whole = none_of(requests, http2)
    matches = (("", whole),) if len(whole) <= _MATCHES_MAX else by_method(requests, http2)
    of_host = _host_of(host, without)
    asked = tuple((request.method, request.path.text, request.query) for request in requests)
    claim = Claim(
        "http-request", f"{port} {_Narrowed(host, without, requests)}", "http", port,
        tuple((method, f"{of_host} {match}") for method, match in matches), observed,
        digest_of((port, host, *requests)),
        (3, port, host.order, tuple(other.order for other in without), asked, observed), str(host),
    )  # fmt: skip
    return Part(host, without, tuple(sorted(spelled_encodings(requests))), claim)


def by_order(hosts: Iterable[HostPattern]) -> tuple[HostPattern, ...]:
    """Hosts in order."""
    return tuple(sorted(hosts, key=lambda host: host.order))


def _host_of(host: HostPattern, without: tuple[HostPattern, ...]) -> str:
    but = f" {is_none_of(without, HOST)}" if without else ""
    return f"{HOST}; {is_one_of(host, HOST)}{but}"
