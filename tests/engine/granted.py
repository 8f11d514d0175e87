"""The policy under which the evasions are tried, and the rules that the firewall makes of it."""

import datetime
import ipaddress

from evasions import GRANTED, INSPECTED, NAMES, NAMES_PORT_8443, NOTHING, OPAQUE
from ringfence.aws.enforcement.firewall.compile import firewall_rules
from ringfence.engine.flow import Address
from ringfence.policy.flow import Access, Flow, Grant, Https, Tls
from ringfence.policy.host import HostPattern
from ringfence.policy.policy import Agent, Policy
from ringfence.policy.request import RequestPattern
from ringfence.policy.span import Span

HERE = Span("profiles/agents/test.yaml")
HOME_NET = (ipaddress.IPv4Network("10.40.0.0/16"),)


def agent(name: str, mode: str = "enforce") -> Agent:
    return Agent(name, "owners", "tests", "ecs", f"role/{name}", None, 1, None, mode, None, HERE)


def flow(name: str, access: Access) -> Flow:
    return Flow(name, access, Grant("test", "profile", HERE, HERE))


def network(address: Address) -> tuple[ipaddress.IPv4Network, ...]:
    """The /28 that begins where the agent's addresses do."""
    return (ipaddress.IPv4Network(f"{address}/28", strict=False),)


def https(host: str, *requests: str) -> Https:
    return Https(HostPattern.parse(host), 443, tuple(sorted(RequestPattern.parse(request) for request in requests)))


def policy(mode: str = "enforce") -> Policy:
    flows = [flow("inspected", https(host, *requests)) for host, requests in GRANTED.items()]
    flows += [flow("opaque", Tls(HostPattern.parse(name), 443)) for name in NAMES]
    flows += [flow("opaque", Tls(HostPattern.parse(name), 8443)) for name in NAMES_PORT_8443]
    return Policy(
        "test", datetime.date(2026, 11, 23), tuple(agent(name, mode) for name in ("inspected", "nothing", "opaque")),
        Policy.sorted_flows(flows),
    )  # fmt: skip


def rules(http2: str = "refuse", mode: str = "enforce") -> str:
    """The text of every group, in evaluation order."""
    addresses = {"inspected": network(INSPECTED), "opaque": network(OPAQUE), "nothing": network(NOTHING)}
    firewall = firewall_rules(policy(mode), addresses, inspection="requests", http2=http2, home_net=HOME_NET)
    return "".join(group.text for group in firewall.groups)
