"""Small policies, and the firewall that is made of them."""

import datetime
import ipaddress
from collections.abc import Iterable

from ringfence.aws.enforcement.firewall import firewall_rules
from ringfence.aws.enforcement.firewall.model import Firewall
from ringfence.policy.flow import Flow, Grant, Https, Tls
from ringfence.policy.host import HostPattern
from ringfence.policy.policy import Agent, Policy
from ringfence.policy.request import RequestPattern
from ringfence.policy.span import Span

HERE = Span("profiles/agents/test.yaml")
Networks = tuple[ipaddress.IPv4Network, ...]


def net(*texts: str) -> Networks:
    return tuple(map(ipaddress.IPv4Network, texts))


HOME = net("10.40.0.0/16")
ADDRESSES = {
    "bot": net("10.40.1.0/28", "10.40.5.0/28"),
    "coder": net("10.40.0.0/28", "10.40.4.0/28"),
    "idle": net("10.40.2.0/28"),
}
BOT, CODER, IDLE, STRANGER = (
    ipaddress.IPv4Address(text) for text in ("10.40.5.4", "10.40.0.4", "10.40.2.4", "10.99.0.4")
)


def agent(name: str, mode: str = "enforce", owner: str = "docs-team") -> Agent:
    return Agent(name, owner, "tests", "ecs", f"role/{name}", None, 1, None, mode, None, HERE)


def https(name: str, host: str, *requests: str, port: int = 443, ticket: str | None = None) -> Flow:
    asked = tuple(sorted(map(RequestPattern.parse, requests)))
    grant = Grant("https", "profile", HERE, HERE, ticket=ticket)
    return Flow(name, Https(HostPattern.parse(host), port, asked), grant)


def tls(name: str, host: str, port: int = 443) -> Flow:
    return Flow(name, Tls(HostPattern.parse(host), port), Grant("tls", "profile", HERE, HERE))


def policy(agents: Iterable[Agent], flows: Iterable[Flow]) -> Policy:
    return Policy("test", datetime.date(2026, 11, 23), tuple(agents), Policy.sorted_flows(flows))


def example(mode: str = "enforce") -> Policy:
    """``bot`` is inspected where requests are, ``coder`` has opaque TLS, ``idle`` nothing."""
    return policy(
        [agent(name, mode) for name in ("bot", "coder", "idle")],
        [
            https("bot", "api.github.com", "GET /repos/{owner}/{repo}/pulls", "POST /repos/a/b/pulls", ticket="SEC-4"),
            https("bot", "gitlab.example.com", "GET /projects/acme%2Fsite/{id}"),
            https("bot", "*.example.org"),
            https("bot", "git.example.org", "GET /{repo}.git/info/refs?service=git-upload-pack"),
            tls("coder", "github.com"),
            tls("coder", "*.example.org"),
            https("coder", "pypi.org", port=8443),
        ],
    )


def firewall(
    of: Policy,
    *,
    inspection: str = "requests",
    http2: str = "refuse",
    addresses: dict[str, Networks] | None = None,
) -> Firewall:
    return firewall_rules(of, addresses or ADDRESSES, inspection=inspection, http2=http2, home_net=HOME)


def text(of: Firewall) -> str:
    return "".join(group.text for group in of.groups)
