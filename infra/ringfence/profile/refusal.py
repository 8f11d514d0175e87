"""What no need in a profile can allow, and why."""

import datetime
import ipaddress

from ringfence.policy.policy import Agent
from ringfence.policy.request import ANY_QUERY, METHODS, PathPattern, RequestError, RequestPattern
from ringfence.policy.target import AgentTarget, RequestTarget, Target, TransportTarget
from ringfence.policy.verdict import judge
from ringfence.profile.expansion import declared_policy
from ringfence.profile.fleet import Fleet
from ringfence.profile.model import FORBIDDEN_NETWORKS
from ringfence.profile.remedy import Refusal
from ringfence.profile.written import WrittenClass, WrittenEnvironment, WrittenProfile
from ringfence.source.diagnostic import Findings

_PRIVATE = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")))
"""Networks that are nobody's on the internet (RFC 1918, RFC 6598)."""


def never(fleet: Fleet, environment: WrittenEnvironment, written: WrittenProfile, target: Target) -> Refusal | None:
    """Why no need whatsoever allows a target; None where one might."""
    match target:
        case RequestTarget(method) if method not in METHODS:
            return Refusal(f"{method} is not a method that can be granted", "one of " + ", ".join(METHODS))
        case RequestTarget(method, _, _, path) if narrowest_request(method, path) is None:
            return Refusal(
                f"`{path}` is not a plain request target, so no pattern has it: servers read such targets differently",
                "ask for the path as it is meant: without empty or dotted segments and needless encodings",
            )
        case TransportTarget(_, ipaddress.IPv4Network() as network, _):
            return _no_such_network(environment, network)
        case TransportTarget(protocol, str() as name, _) if name not in environment.environment.private:
            return Refusal(
                f"{environment.name} names no private destination `{name}`",
                f"add it under `private` in Pulumi.{environment.name}.yaml, then need it with `{protocol}`",
            )
        case AgentTarget(name):
            return _not_callable(fleet, environment, written, name)
        case _:
            return None


def _no_such_network(environment: WrittenEnvironment, network: ipaddress.IPv4Network) -> Refusal | None:
    private = environment.environment.private.values()
    if any(network.subnet_of(destination.cidr) for destination in private):
        return None
    if any(network.subnet_of(forbidden) for forbidden in FORBIDDEN_NETWORKS):
        return Refusal(
            f"no agent may be granted {network}: it is this host's, link-local or not routed",
            "metadata, time and the VPC resolver answer whatever one declares (R202, R203)",
        )
    if any(network.overlaps(own) for own in environment.environment.cidrs):
        return Refusal(
            f"{network} lies in this environment's own network, where nothing is granted by address",
            "name what is there: another agent with `calls`, an AWS service with its capability",
        )
    if not any(network.overlaps(private) for private in _PRIVATE):
        return Refusal(
            f"a public address is no destination: what stands behind {network} today may be another's tomorrow",
            "name the host: `https` for requests, `tls` for anything else inside TLS",
        )
    return Refusal(
        f"{environment.name} names no private destination that has {network}",
        f"add it under `private` in Pulumi.{environment.name}.yaml, then need it by that name",
    )


def _not_callable(fleet: Fleet, environment: WrittenEnvironment, written: WrittenProfile, name: str) -> Refusal | None:
    callee = fleet.profiles.get(name)
    if callee is None:
        return None
    profile = callee.profile
    if callee is written:
        return Refusal("an agent does not call itself", "name another agent", written.span("agent"))
    if environment.name not in profile.environments:
        place = callee.span("environments")
        return Refusal(f"`{name}` is not in {environment.name}", f"add {environment.name} to its environments", place)
    if profile.serves is None:
        return Refusal(
            f"`{name}` serves nobody", "add `serves: {port: ...}` to its profile first", callee.span("agent")
        )
    if profile.quarantine_in(environment.name):
        return Refusal(f"`{name}` is quarantined", "lift its quarantine first", callee.span("agent"))
    return None


def expired(
    fleet: Fleet, environment: WrittenEnvironment, agent: Agent, target: Target, as_of: datetime.date
) -> Refusal | None:
    """The grant that would allow a target, had it not ended."""
    needs = (
        need
        for written in (*fleet.profiles.values(), *fleet.classes.values())
        for need in (written.class_.needs if isinstance(written, WrittenClass) else written.profile.needs)
    )
    if not any(need.until is not None and need.until < as_of for need in needs):
        return None
    before = declared_policy(fleet, environment.name, datetime.date.min, Findings())
    flow = judge(before.of(agent.name), target).flow
    if flow is None or flow.grant.until is None or flow.grant.until >= as_of:
        return None
    reason = f"`{flow.grant.capability}` granted it until {flow.grant.until}"
    return Refusal(reason, "have it approved anew, with a later `until:`", flow.grant.declared)


def narrowest_request(method: str, target: str) -> RequestPattern | None:
    """The narrowest pattern of a path that a profile can write and that has a target; None where none has it."""
    path = target.partition("?")[0]
    literal = path
    wild = "/".join("{part}" if part and not _is_literal(f"/{part}") else part for part in path.split("/"))
    for text in (literal, wild):
        try:
            pattern = RequestPattern(method, PathPattern.parse(text), ANY_QUERY)
        except RequestError:
            continue
        if pattern.matches(method, target):
            return pattern
    return None


def _is_literal(path: str) -> bool:
    try:
        PathPattern.parse(path)
    except RequestError:
        return False
    return "{" not in path
