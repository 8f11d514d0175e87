"""The effective policy: what is declared, widened by what an environment cannot enforce, with every residual."""

import dataclasses
import operator
from collections.abc import Iterator

from ringfence.policy.flow import AgentCall, Flow, Https, Internet, Service, Tls
from ringfence.policy.policy import Agent, Policy
from ringfence.policy.residual import Residual, ResidualKind

RESIDUALS = {
    "R101": "any method and path passes on a host that was declared with requests",
    "R102": "the name is the client's claim: an allowed name passes to any address",
    "R103": "no layer knows names: every public address is reachable on the port",
    "R104": "the agent is observed, not enforced: what would be refused is logged and passes",
    "R105": "a pod's traffic may leave with its node's address",
    "R106": "the function's own service calls come from outside the VPC",
    "R107": "what the ceiling forbids passes, since nothing here can tell it from what is declared",
    "R201": "names that any agent of the VPC may resolve, every agent may",
    "R202": "instance metadata, task metadata and the credentials of the agent's own role are in reach",
    "R203": "Amazon Time Sync, DHCP and the VPC resolver's address are in reach",
    "R301": "what a granted request may itself carry",
}
"""Every residual's code and what it means; the reason in a residual says what causes it there."""


def inspected_agents(policy: Policy) -> frozenset[str]:
    """The agents whose TLS must be decrypted: those with a flow that speaks of methods or paths."""
    return frozenset(flow.agent for flow in policy.flows if isinstance(flow.access, Https) and flow.access.requests)


def effective_policy(declared: Policy, inspection: str) -> Policy:
    """The declared policy as this environment's ``inspection`` ("none", "names", "requests") can enforce it.

    Restrictions that fall away widen their flows and leave residuals; so do those that AWS never enforces.
    """
    inspected = inspected_agents(declared) if inspection == "requests" else frozenset[str]()
    agents = {agent.name: agent for agent in declared.agents}
    # whose names and requests are held as declared, which in a large fleet are most
    held = {name for name in inspected if agents[name].mode != "observe"}
    flows: list[Flow] = []
    residuals: list[Residual] = []
    for flow in declared.flows:
        residuals += [
            Residual("R301", ResidualKind.CONTENT, flow.agent, flow.grant.capability, text, flow.grant.declared)
            for text in flow.grant.carries
        ]
        if flow.agent in held or not isinstance(flow.access, Https | Tls):
            flows.append(flow)
            continue
        widened, left = _widen(flow, flow.access, agents[flow.agent], inspection)
        flows.append(widened)
        residuals += left
    resolving = {flow.agent for flow in declared.flows if not isinstance(flow.access, AgentCall)}
    for agent in declared.agents:
        residuals += _always(agent, shares_names=len(resolving) > (agent.name in resolving))
    once = {left.order: left for left in residuals}
    ordered = tuple(once[order] for order in sorted(once))
    if any(map(operator.is_not, flows, declared.flows)):
        flows = list(Policy.sorted_flows(flows))
    return dataclasses.replace(declared, flows=tuple(flows), residuals=ordered)


def _widen(flow: Flow, access: Https | Tls, agent: Agent, inspection: str) -> tuple[Flow, list[Residual]]:
    residuals: list[Residual] = []

    def left(code: str, subject: str, reason: str) -> Residual:
        return Residual(code, ResidualKind.NOT_ENFORCEABLE, flow.agent, subject, reason, flow.grant.declared)

    port = access.port
    if inspection == "none":
        reason = f"every public address passes on TCP {port} (inspection: none); `names` closes it"
        residuals.append(left("R103", str(access), reason))
        return Flow(flow.agent, Internet(port), flow.grant), residuals
    if agent.mode == "observe":
        reason = f"every public address passes on TCP {port}, and is logged (mode: observe); `enforce` closes it"
        residuals.append(left("R104", str(access), reason))
        return Flow(flow.agent, Internet(port), flow.grant), residuals
    reason = "the name is not tied to an address: a client may send it anywhere"
    residuals.append(left("R102", str(access), f"{reason} (inspection: {inspection})"))
    if isinstance(access, Https) and access.requests:
        reason = f"any method and path passes (inspection: {inspection}); `requests` closes it"
        residuals.append(left("R101", str(access), reason))
        return Flow(flow.agent, Https(access.host, port, ()), flow.grant), residuals
    return flow, residuals


def _always(agent: Agent, *, shares_names: bool) -> Iterator[Residual]:
    def always(code: str, subject: str, reason: str) -> Residual:
        return Residual(code, ResidualKind.AWS_ALWAYS, agent.name, subject, reason, agent.declared)

    if shares_names:
        yield always(
            "R201",
            "resolver",
            "resolves the names of every agent of the VPC: DNS Firewall knows the VPC, not the agent",
        )
    yield always("R202", "metadata", "169.254.169.254 and 169.254.170.2 answer, with the agent's own credentials")
    yield always(
        "R203",
        "link-local",
        "time, DHCP and the VPC resolver are never filtered by groups, NACLs or firewall",
    )
    if agent.platform == "eks":
        yield Residual(
            "R105", ResidualKind.NOT_ENFORCEABLE, agent.name, "eks",
            "unless the CNI uses external SNAT or the nodes are the agent's own, a pod leaves as its node",
            agent.declared,
        )  # fmt: skip
    if agent.platform == "lambda":
        yield always(
            "R106",
            "lambda",
            "Lambda itself calls as the execution role from outside the VPC: interfaces, logs, event sources",
        )


def services_of(policy: Policy) -> tuple[str, ...]:
    """The AWS services that some flow uses, by endpoint suffix, sorted."""
    return tuple(sorted({flow.access.service for flow in policy.flows if isinstance(flow.access, Service)}))
