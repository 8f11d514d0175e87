"""Flows: one allowed kind of traffic each, with the reason why it is there."""

import datetime
import ipaddress
from dataclasses import dataclass, field

from ringfence.policy.host import HostPattern
from ringfence.policy.port import PortRange
from ringfence.policy.request import RequestPattern
from ringfence.policy.span import Span


@dataclass(frozen=True, slots=True)
class Https:
    """HTTPS to hosts on one port; ``requests`` are all that may be asked there, sorted; none listed is any."""

    host: HostPattern
    port: int
    requests: tuple[RequestPattern, ...]
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.host, self.port, self.requests)))

    def __hash__(self) -> int:
        """Worked out once: flows of a large fleet share few accesses, and are told apart by them."""
        return self._hash

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Tls:
    """TLS to hosts on one port, whatever is inside: pinned, mutual, or no HTTP; it must not be decrypted."""

    host: HostPattern
    port: int

    def __str__(self) -> str:
        return f"tls {self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Transport:
    """TCP or UDP to a private destination that the environment names: ``name`` stands for ``network``."""

    name: str
    protocol: str  # "tcp" or "udp"
    network: ipaddress.IPv4Network
    ports: PortRange
    via: str  # the transit gateway (tgw-...) or peering (pcx-...) that leads there

    def __str__(self) -> str:
        return f"{self.protocol} {self.name} ({self.network}):{self.ports}"


@dataclass(frozen=True, slots=True)
class AgentCall:
    """TCP to the port where another agent serves; between segments, direct, never through the firewall."""

    callee: str
    port: int

    def __str__(self) -> str:
        return f"agent {self.callee}:{self.port}"


@dataclass(frozen=True, slots=True)
class Service:
    """AWS API actions on resources through the service's VPC endpoint, as one of the agent's two roles.

    ``service`` is the endpoint's suffix (``bedrock-runtime``, ``s3``); ``principal`` is the ARN of a role, or ``*``
    where no role of the account signs the call (image layers come by URLs that ECR signed): then nothing but the
    resource limits it, and no role needs a permission for it.
    """

    service: str
    actions: tuple[str, ...]  # "s3:GetObject", sorted
    resources: tuple[str, ...]  # ARNs, sorted
    principal: str

    def __str__(self) -> str:
        return f"{self.service} {', '.join(self.actions)}"


@dataclass(frozen=True, slots=True)
class Internet:
    """TCP to every public address on one port: never declared, only what is left where no layer knows names."""

    port: int

    def __str__(self) -> str:
        return f"any public address:{self.port}"


Access = Https | Tls | Transport | AgentCall | Service | Internet

_KINDS: tuple[type, ...] = (Https, Tls, Internet, Transport, AgentCall, Service)


@dataclass(frozen=True, slots=True)
class Grant:
    """Why a flow is there, and for how long.

    ``origin`` is "profile", "platform" or the class that brought it; ``declared`` the profile's place (or the
    class's), ``catalogue`` the capability's. ``carries`` says what a granted request may itself contain that no
    network sees; ``unconfirmed`` what could not be read in a vendor's source. ``break_glass`` is when it was opened, of
    what was opened in an emergency.
    """

    capability: str
    origin: str
    declared: Span
    catalogue: Span
    because: str | None = None
    ticket: str | None = None
    approved_by: str | None = None
    until: datetime.date | None = None
    break_glass: datetime.datetime | None = None
    risks: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """One agent's access to one destination, and the grant it comes from."""

    agent: str
    access: Access
    grant: Grant

    @property
    def order(self) -> tuple[str, int, str, str, int, str]:
        """The canonical order: agent, kind of access, destination, then where it was declared.

        Texts and numbers, since a large fleet is sorted by it. Flows of one need to one destination keep the
        catalogue's order.
        """
        place = self.grant.declared
        kind = _KINDS.index(type(self.access))
        return (self.agent, kind, str(self.access), place.path, place.line, self.grant.capability)

    def __str__(self) -> str:
        return f"{self.agent} -> {self.access}"
