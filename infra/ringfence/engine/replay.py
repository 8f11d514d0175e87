"""Replays attempts: the engines say what the firewall does, the policy's meaning says what other layers do.

What crosses the firewall (requests, and packets to public addresses) is traffic on every engine found. Security
groups, DNS Firewall, endpoint policies and IAM have no engine here: for them the effective policy's own verdict is
given, and it is called a model. A request stands behind a granted one on the same connection where its host has one,
so that what is judged is the request and not the connection.
"""

import dataclasses
import ipaddress
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ringfence.aws.allocation import Allocation
from ringfence.aws.enforcement.enforce import enforce
from ringfence.aws.enforcement.firewall.compile import firewall_rules
from ringfence.aws.enforcement.layers import Layers
from ringfence.engine import http1, samples, tls
from ringfence.engine.configuration import Setting
from ringfence.engine.flow import Address, Conversation, Step, answers, says
from ringfence.engine.incident import Attempt, Expected
from ringfence.engine.suricata import Engine
from ringfence.engine.verdict import Verdict
from ringfence.plan import Plan
from ringfence.policy.effective import effective_policy
from ringfence.policy.flow import Flow, Https
from ringfence.policy.policy import Policy
from ringfence.policy.target import (
    ActionTarget,
    AgentTarget,
    NameTarget,
    RequestTarget,
    Target,
    TlsTarget,
    TransportTarget,
    parse_target,
)
from ringfence.policy.verdict import judge

_ATTEMPT, _BEFORE = "attempt", "granted before"
_HOST_NUMBER = 10
"""Which address of the agent's first subnet speaks: AWS keeps the first four."""
_SPOKEN = {
    53: samples.dns_query("next.c2.example.net", 16),
    80: http1.request("GET", "/", "lure.example.net").data,
}
"""What is said to a port of an address first; SSH to any other."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of an attempt: ``layer`` and ``rule`` decided, ``said_by`` an engine or a model of the layer."""

    passed: bool
    layer: str
    rule: str
    said_by: str
    sid: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """An attempt, what each source said of it, and the same under a policy of domains only.

    ``decisions`` are one for each engine, or one of the model. ``residual`` is the stated reason why it passes; empty
    where it should not have, or did not.
    """

    attempt: Attempt
    target: str
    decisions: tuple[Decision, ...]
    domains_only: tuple[Decision, ...]
    residual: str

    @property
    def passed(self) -> bool:
        """Whether it went through anywhere."""
        return any(decision.passed for decision in self.decisions)

    @property
    def as_expected(self) -> bool:
        """Whether legitimate work passed everywhere, and nothing else did that is not a stated residual."""
        if self.attempt.expected is Expected.ALLOWED:
            return all(decision.passed for decision in self.decisions)
        return bool(self.residual) or not self.passed


def domains_only(policy: Policy) -> Policy:
    """The policy with every restriction to methods and paths left out: hosts and ports alone."""
    flows = (_host_only(flow) for flow in policy.flows)
    return dataclasses.replace(policy, flows=Policy.sorted_flows(flows))


def _host_only(flow: Flow) -> Flow:
    access = flow.access
    return dataclasses.replace(flow, access=Https(access.host, access.port, ())) if isinstance(access, Https) else flow


def replay(
    plan: Plan,
    allocation: Allocation,
    agent: str,
    attempts: Sequence[Attempt],
    engines: Sequence[Engine],
    setting: Setting = Setting(),  # noqa: B008 - frozen, no state
) -> tuple[Outcome, ...]:
    """Replay attempts of one agent in an environment. Raises `InputError` where its network cannot be written."""
    enforcement = enforce(plan, allocation)
    environment = plan.environment.environment
    known = {"account": environment.account, "region": plan.environment.region}
    texts = [string.Template(attempt.target).substitute(known) for attempt in attempts]
    targets = [parse_target(text) for text in texts]
    client = allocation.networks(agent)[0][_HOST_NUMBER]
    place = next(place for place in enforcement.places if place.agent == agent)
    firewall = enforcement.firewall
    rules = "".join(group.text for group in firewall.rules.groups) if firewall else None
    judged = _by_engines(rules, place.inspected, plan.effective.of(agent), client, attempts, targets, engines, setting)
    plain = domains_only(plan.declared)
    addresses = {one.name: allocation.networks(one.name) for one in plan.declared.agents}
    by_name = firewall_rules(plain, addresses, inspection="names", http2=environment.http2, home_net=environment.cidrs)
    name_rules = "".join(group.text for group in by_name.groups)
    named = _by_engines(name_rules, False, plain.of(agent), client, attempts, targets, engines, setting)
    effective_by_name = effective_policy(plain, "names")
    layers = Layers.of(enforcement)
    return tuple(
        Outcome(
            attempt,
            text,
            decisions := _decided(
                judged.get(index), _model(target, plan.declared, plan.effective, agent, layers), target
            ),
            _decided(named.get(index), _model(target, plain, effective_by_name, agent, layers), target),
            _residual(attempt, target, plan, agent, decisions),
        )
        for index, (attempt, text, target) in enumerate(zip(attempts, texts, targets, strict=True))
    )


def _decided(by_engines: tuple[Decision, ...] | None, model: Decision, target: Target) -> tuple[Decision, ...]:
    """The engines' word where the firewall is asked; what it lets through, an agent's group may still refuse."""
    if by_engines is None:
        return (model,)
    let_through = any(decision.passed for decision in by_engines)
    return (model,) if let_through and isinstance(target, TransportTarget) and not model.passed else by_engines


def _residual(attempt: Attempt, target: Target, plan: Plan, agent: str, decisions: tuple[Decision, ...]) -> str:
    if not any(decision.passed for decision in decisions) or attempt.expected is Expected.ALLOWED:
        return ""
    if attempt.expected is Expected.RESIDUAL:
        return f"{attempt.code}: {attempt.why}" if attempt.code else attempt.why
    if isinstance(target, NameTarget):
        if judge(plan.declared.flows, target).allowed:
            return "R201: another agent declares the name, and the resolver does not know agents apart"
        return "R104: a name that nobody declares resolves, and is logged (mode: observe)"
    # What this environment cannot enforce has widened the flow, and the policy says so.
    effective = plan.effective
    claimed: Target = target
    if attempt.sni and isinstance(target, RequestTarget):
        claimed = dataclasses.replace(target, host=attempt.sni)
    flow = judge(effective.of(agent), target).flow or judge(effective.of(agent), claimed).flow
    subject = str(flow.access) if flow and isinstance(flow.access, Https) else None
    codes = ("R103", "R104", "R101") if claimed is target else ("R103", "R104", "R102")
    for left in effective.residuals:
        if flow and left.agent == agent and left.code in codes and subject in (None, left.subject):
            return f"{left.code}: {left.reason}"
    return ""


def _by_engines(
    rules: str | None,
    inspected: bool,
    flows: Sequence[Flow],
    client: Address,
    attempts: Sequence[Attempt],
    targets: Sequence[Target],
    engines: Sequence[Engine],
    setting: Setting,
) -> Mapping[int, tuple[Decision, ...]]:
    """What each engine says, by the attempt's index; nothing where no firewall stands in the way."""
    if rules is None:
        return {}
    before = _granted(flows)
    traffic = {
        index: _conversation(attempt, target, inspected, before, client)
        for index, (attempt, target) in enumerate(zip(attempts, targets, strict=True))
        if _crosses_firewall(target)
    }
    decisions: dict[int, list[Decision]] = {index: [] for index in traffic}
    for engine in engines:
        for index, verdict in zip(traffic, engine.judge(rules, list(traffic.values()), setting), strict=True):
            decisions[index].append(_decision(engine, verdict))
    return {index: tuple(said) for index, said in decisions.items()}


def _crosses_firewall(target: Target) -> bool:
    match target:
        case RequestTarget() | TlsTarget():
            return True
        case TransportTarget(destination=ipaddress.IPv4Network() as network):
            return not network.is_private or network.subnet_of(ipaddress.IPv4Network("198.51.100.0/24"))
        case _:
            return False


def _granted(flows: Sequence[Flow]) -> Mapping[str, str]:
    """A path that may be read on each host, without wildcards; where there is none, nothing is put before."""
    found: dict[str, str] = {}
    for flow in flows:
        if not isinstance(flow.access, Https) or flow.access.host.subdomains:
            continue
        for request in flow.access.requests:
            method, _, path = str(request).partition(" ")
            if method == "GET" and not set(path) & set("*{}?"):
                found.setdefault(flow.access.host.name, path)
    return found


def _conversation(
    attempt: Attempt, target: Target, inspected: bool, before: Mapping[str, str], client: Address
) -> Conversation:
    match target:
        case RequestTarget(method, host, port, path):
            steps = _request(method, host, path, before) if inspected else _opaque(attempt.sni or host)
            return Conversation(attempt.says, steps, client, port=port)
        case TransportTarget(protocol, ipaddress.IPv4Network() as network, port):
            data = _SPOKEN.get(port, samples.SSH_CLIENT)
            return Conversation(attempt.says, (says(data, _ATTEMPT),), client, network[0], port, protocol)
        case _:
            raise AssertionError(f"{target} does not cross the firewall")


def _request(method: str, host: str, path: str, before: Mapping[str, str]) -> tuple[Step, ...]:
    """A request as inspection presents it; what a client claimed as the server's name is no longer there."""
    body = b"text" if method in ("POST", "PUT", "PATCH") else b""
    asked = http1.request(method, path, host, body=body, label=_ATTEMPT)
    if host not in before:
        return asked, http1.response()
    first = http1.request("GET", before[host], host, label=_BEFORE)
    return first, http1.response(), asked, http1.response()


def _opaque(name: str) -> tuple[Step, ...]:
    """The same request inside TLS that nobody decrypts."""
    data = says(tls.record(20, b"\x01") + tls.application_data(), _ATTEMPT)
    return says(tls.client_hello(name)), *tls.accepted(), data, answers(tls.application_data())


def _decision(engine: Engine, verdict: Verdict) -> Decision:
    labels = {step.label for step in verdict.steps}
    passed = verdict.connected and verdict.step(_ATTEMPT).passed
    if passed:
        return Decision(True, "firewall", "", str(engine))
    early = _BEFORE in labels and not verdict.step(_BEFORE).passed
    rule = f"{verdict.message or verdict.reason}" + (" (already the granted request before it)" if early else "")
    return Decision(False, "firewall", rule, str(engine), verdict.sid)


def _model(target: Target, declared: Policy, effective: Policy, agent: str, layers: Layers) -> Decision:
    """What the layers that no engine here has do, by the meaning of the policy."""
    # The VPC's resolver does not know agents apart (residual R201): a name that any agent declares resolves, and no
    # other, whatever the firewall inspects.
    flows = declared.flows if isinstance(target, NameTarget) else effective.of(agent)
    verdict = judge(flows, target)
    layer = _layer(target, agent, layers)
    passed = verdict.allowed or (isinstance(target, NameTarget) and not layers.dns_blocks)
    return Decision(passed, layer, verdict.reason, f"model: {layer}")


def _layer(target: Target, agent: str, layers: Layers) -> str:
    match target:
        case NameTarget():
            return "DNS Firewall"
        case ActionTarget():
            return "endpoint policy and IAM" if agent in layers.attached else "endpoint policy"
        case AgentTarget() | TransportTarget() | RequestTarget() | TlsTarget():
            return "security group"
