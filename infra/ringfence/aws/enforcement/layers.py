"""Which layers enforce a declared flow, for the review."""

from collections.abc import Mapping
from dataclasses import dataclass

from ringfence.aws.enforcement.model import AgentPlace, Enforcement
from ringfence.aws.enforcement.services import GATEWAY_SERVICES
from ringfence.policy.flow import AgentCall, Flow, Https, Internet, Service, Tls, Transport

LAYERS = ("sg", "nacl", "route", "sni", "http", "dns", "endpoint", "iam")
"""Every layer, in the order in which it is shown.

``sg`` and ``nacl`` know addresses and ports; ``route`` that there is a way; ``sni`` the name in the ClientHello;
``http`` host, method and path of each decrypted request; ``dns`` the names that resolve; ``endpoint`` principal,
action and resource; ``iam`` that the role works from its segment only.
"""


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers of one environment; build it once and ask it for each flow. ``attached`` are roles by agent."""

    enforcement: Enforcement
    places: Mapping[str, AgentPlace]
    attached: Mapping[str, str]
    dns_blocks: bool

    @staticmethod
    def of(enforcement: Enforcement) -> "Layers":
        """The layers of an environment."""
        return Layers(
            enforcement,
            {place.agent: place for place in enforcement.places},
            {policy.agent: policy.role_arn for policy in enforcement.role_policies if policy.attached},
            not enforcement.dns.observed,
        )

    def enforcing(self, flow: Flow) -> tuple[str, ...]:
        """The layers that hold a flow's restriction, in the order of `LAYERS`. The flow may be declared or effective.

        What only observes is not among them.
        """
        place = self.places[flow.agent]
        dns = ("dns",) if self.dns_blocks else ()
        match flow.access:
            case Https() | Tls():
                return ("sg", "nacl", "route", *self._firewall(flow, place), *dns)
            case Internet() | Transport():
                return ("sg", "nacl", "route")
            case AgentCall():
                return ("sg", "nacl")
            case Service(service=service, principal=principal):
                route = ("route",) if service in GATEWAY_SERVICES else ()
                iam = ("iam",) if self.attached.get(flow.agent) == principal else ()
                return ("sg", "nacl", *route, *dns, "endpoint", *iam)

    def _firewall(self, flow: Flow, place: AgentPlace) -> tuple[str, ...]:
        if self.enforcement.inspection == "none" or place.mode == "observe":
            return ()
        return ("http",) if place.inspected and isinstance(flow.access, Https) else ("sni",)
