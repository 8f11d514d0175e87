"""The smallest need that would let an agent do what it may not: found in the catalogue, compiled, and judged."""

import dataclasses
import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from ringfence.catalogue.load import Catalogue, WrittenCapability, built_in_with
from ringfence.policy.effective import effective_policy
from ringfence.policy.flow import Access, Flow, Https, Service, Tls, Transport
from ringfence.policy.policy import Agent, Policy
from ringfence.policy.request import ANY_QUERY, RequestPattern
from ringfence.policy.span import Span
from ringfence.policy.target import (
    ActionTarget,
    AgentTarget,
    NameTarget,
    RequestTarget,
    Target,
    TlsTarget,
    TransportTarget,
)
from ringfence.policy.verdict import judge
from ringfence.profile.ceiling import FORBIDDEN, check_ceiling
from ringfence.profile.expansion import declared_policy, pinned_conflicts
from ringfence.profile.fitting import fitting
from ringfence.profile.fleet import Fleet
from ringfence.profile.grants import NeedError, Opened, open_need, variables
from ringfence.profile.model import Need, Parameters
from ringfence.profile.refusal import expired, narrowest_request, never
from ringfence.profile.remedy import Refusal, Suggestion
from ringfence.profile.written import WrittenEnvironment, WrittenProfile
from ringfence.source.diagnostic import Diagnostic, Findings, Severity

TRIED = 8
"""How many candidates are compiled, from the narrowest; the first that compiles and allows the target is shown."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A need that may do, or ``calls`` of another agent."""

    need: Need | None
    calls: str | None
    written: WrittenCapability | None
    opened: Opened | None
    breadth: int
    order: tuple[object, ...]


_PRIMITIVES = frozenset({"https", "tls", "tcp", "udp", "web"})
"""What takes any host or destination; `web` stands for its file."""


def may_speak_of(target: Target) -> frozenset[str]:
    """Names of capabilities for `load_catalogue`, with which every built-in one is loaded that may grant a target."""
    match target:
        case RequestTarget(host=host) | TlsTarget(host=host) | NameTarget(host):
            labels = host.split(".")
            suffixes = (".".join(labels[index:]) for index in range(len(labels) - 1))
            return _PRIMITIVES | built_in_with((*suffixes, '["${', "[${"))
        case ActionTarget(action, _):
            return _PRIMITIVES | built_in_with((action.partition(":")[0] + ":",))
        case _:
            return _PRIMITIVES


def suggest(
    fleet: Fleet, catalogue: Catalogue, environment: WrittenEnvironment, declared: Policy, agent: Agent, target: Target,
    *, narrowest: bool = False,
) -> Suggestion | Refusal:  # fmt: skip
    """The smallest need that would allow a target that the declared policy denies, or why there is none.

    A capability that knows the host or service goes before one that takes any, and before the primitives; among
    several the one that grants the least else. With ``narrowest`` the one that grants the least goes before all, even
    where it is a primitive that says less of what it is for. What the ceiling forbids is never suggested. ``catalogue``
    holds every capability that may be suggested (`may_speak_of`).
    """
    written = fleet.profiles[agent.name]
    if agent.quarantined:
        place = written.document.key_span(("quarantined",))
        return Refusal(f"`{agent.name}` is quarantined: it has no access at all", "lift the quarantine first", place)
    refusal = expired(fleet, environment, agent, target, declared.as_of) or never(fleet, environment, written, target)
    if refusal is not None:
        return refusal
    known = variables(environment, agent.name)
    candidates = sorted(
        _candidates(catalogue, environment, written, target, known),
        key=lambda each: (each.breadth if narrowest else 0, each.order),
    )
    problem: Diagnostic | None = None
    for candidate in candidates[:TRIED]:
        compiled = _compiled(fleet, environment, written, candidate, declared.as_of)
        if isinstance(compiled, Diagnostic):
            if problem is None or (compiled.code == FORBIDDEN and problem.code != FORBIDDEN):
                problem = compiled
        elif judge(compiled.of(agent.name), target).allowed:
            return _suggestion(environment, written, candidate, declared, compiled, agent)
    if problem is not None and problem.code == FORBIDDEN:
        ((place, limit),) = problem.related
        mend = "only the ceiling's owners can raise it"
        return Refusal(f"the ceiling forbids it in {environment.name}: {limit}", mend, place)
    if problem is not None:
        return Refusal(problem.message, problem.help, problem.span)
    for each in catalogue.capabilities.values():
        for fit in () if each.capability.platform else fitting(each, target, known):
            if fit.lacking:
                reason = f"`{each.name}` grants it, with what a target does not tell: {', '.join(fit.lacking)}"
                return Refusal(reason, f"`ringfence catalogue {each.name}` says what they are")
    return Refusal("no capability and no primitive grants it", "`ringfence catalogue` lists what can be granted")


# Candidates


def _candidates(
    catalogue: Catalogue, environment: WrittenEnvironment, profile: WrittenProfile, target: Target,
    known: Mapping[str, str],
) -> Iterator[_Candidate]:  # fmt: skip
    if isinstance(target, AgentTarget):
        yield _Candidate(None, target.agent, None, None, 0, ())
        return
    given: list[tuple[WrittenCapability, Parameters]] = [
        (written, {name: _typed(written, name, text) for name, text in fit.parameters.items()})
        for written in catalogue.capabilities.values()
        if not written.capability.platform
        for fit in fitting(written, target, known)
        if not fit.lacking
    ]
    for name, parameters in _primitives(environment, target):
        if (written := catalogue.get(name)) is not None:
            given.append((written, parameters))
    for written, parameters in given:
        try:
            opened = open_need(written, parameters, environment, known)
        except NeedError:
            continue
        any_host = _takes_any_host(written, parameters, target)
        if (
            any_host
            and isinstance(target, TlsTarget)
            and not all(isinstance(each.access, Tls) for each in opened.granted)
        ):
            continue  # it would let requests be made there, and decrypt them to judge them
        breadth = sum(_breadth(granted.access) for granted in opened.granted)
        order = (
            any_host,
            _other_choices(written, parameters),
            any(granted.needs_approval for granted in opened.granted),
            len({risk for granted in opened.granted for risk in granted.risks}),
            breadth,
            len(parameters),
            written.name,
            sorted(map(str, parameters.items())),
        )
        yield _Candidate(
            Need.model_construct(capability=written.name, parameters=parameters), None, written, opened, breadth, order
        )


def _typed(written: WrittenCapability, name: str, text: str) -> str | int:
    return int(text) if written.capability.parameters[name].type == "port" and text.isdecimal() else text


def _primitives(environment: WrittenEnvironment, target: Target) -> Iterator[tuple[str, Parameters]]:
    match target:
        case RequestTarget(method, host, port, path):
            request = narrowest_request(method, path)
            if request is not None:
                limits: Parameters = {"methods": (method,), "paths": (request.path.text,)}
                yield "https", {"host": host, **_port(port), **limits}
        case TlsTarget(host, port):
            yield "tls", {"host": host, **_port(port)}
        case NameTarget(host):
            yield "https", {"host": host, "methods": ("HEAD",), "paths": ("/",)}
        case TransportTarget(protocol, destination, port):
            for name, private in environment.environment.private.items():
                is_it = name == destination if isinstance(destination, str) else destination.subnet_of(private.cidr)
                if is_it:
                    yield protocol, {"to": name, "port": port}
        case _:
            return


def _port(port: int) -> Parameters:
    return {} if port == 443 else {"port": port}


def _takes_any_host(written: WrittenCapability, parameters: Parameters, target: Target) -> bool:
    """Whether a capability knows nothing of the destination: its host is a parameter, and not the usual one."""
    if isinstance(target, ActionTarget | TransportTarget):
        return False
    kinds = {name: parameter.type for name, parameter in written.capability.parameters.items()}
    return any(kinds.get(name) in ("host", "hostname") for name in parameters)


def _other_choices(written: WrittenCapability, parameters: Parameters) -> int:
    """How many single choices are made otherwise than by default: a default is what its author thinks is so."""
    declared = written.capability.parameters
    return sum(declared[name].type == "choice" and not declared[name].many for name in parameters)


def _breadth(access: Access) -> int:
    """How much an access grants, to compare needs by; wildcards weigh more than what is spelled out."""
    match access:
        case Https(host, _, requests):
            each = sum(_weight(request) for request in requests) if requests else 100_000
            return each * (100 if host.subdomains else 1)
        case Tls(host, _):
            return 200_000 * (100 if host.subdomains else 1)
        case Service(_, actions, resources, _):
            return len(actions) * sum(1 + _wild(len(re.findall(r"[*?]", each)), len(each)) for each in resources)
        case Transport(_, _, network, ports):
            return network.num_addresses * (ports.last - ports.first + 1)
        case _:
            return 0


def _weight(request: RequestPattern) -> int:
    wildcards = sum(piece is None for segment in request.path.segments for piece in segment)
    length = len(request.path.text)
    return 1 + _wild(wildcards, length) + 20 * _wild(request.path.rest, length) + 3 * (request.query == ANY_QUERY)


def _wild(wildcards: int, length: int) -> int:
    """What wildcards weigh in a pattern: the more, the less is spelled out beside them."""
    return wildcards * (20 + 2000 // (1 + length))


# Compiling one


def _compiled(
    fleet: Fleet, environment: WrittenEnvironment, written: WrittenProfile, candidate: _Candidate, as_of: datetime.date
) -> Policy | Diagnostic:
    """The declared policy with a candidate in the profile, approved for the question's sake; else what is wrong."""
    profile = written.profile
    capabilities = dict(fleet.catalogue.capabilities)
    if candidate.need is not None and candidate.written is not None:
        approved = candidate.need.model_copy(
            update={"because": "-", "approved_by": "-", "until": as_of + datetime.timedelta(days=365)}
        )
        changed = profile.model_copy(update={"needs": (*profile.needs, approved)})
        capabilities[candidate.written.name] = candidate.written
    else:
        changed = profile.model_copy(update={"calls": (*profile.calls, candidate.calls)})
    # the other agents are compiled already; those that this one calls are looked up
    called = {name: fleet.profiles[name] for name in changed.calls if name in fleet.profiles}
    profiles = {**called, profile.agent: WrittenProfile(written.document, changed)}
    trial = dataclasses.replace(fleet, profiles=profiles, catalogue=Catalogue(capabilities))
    findings = Findings()
    compiled = declared_policy(trial, environment.name, as_of, findings)
    if environment.environment.inspection == "requests":
        pinned_conflicts(compiled, findings)
    asked = dataclasses.replace(compiled, flows=compiled.of(profile.agent))
    check_ceiling(fleet.ceiling, environment.name, variables(environment, ""), asked, findings)
    wrong = [each for each in findings.sorted() if each.severity is Severity.ERROR]
    return min(wrong, key=lambda each: each.code != FORBIDDEN, default=compiled)


def _suggestion(
    environment: WrittenEnvironment, written: WrittenProfile, candidate: _Candidate, declared: Policy,
    compiled: Policy, agent: Agent,
) -> Suggestion:  # fmt: skip
    inspection = environment.environment.inspection
    before, after = (effective_policy(_alone(policy, agent), inspection) for policy in (declared, compiled))
    had = {flow.access for flow in declared.of(agent.name)}
    new = [flow for flow in compiled.of(agent.name) if flow.access not in had]
    left = {(each.code, each.subject, each.reason) for each in before.residuals}
    residuals = tuple(each for each in after.residuals if (each.code, each.subject, each.reason) not in left)
    opened = candidate.opened
    needs_approval = opened is not None and any(granted.needs_approval for granted in opened.granted)
    missing = ("because", "approved_by", "until") if needs_approval else ()
    return Suggestion(
        path=written.document.path,
        yaml=tuple(_yaml(written, candidate, missing)),
        missing=missing,
        opens=tuple(dict.fromkeys(flow.access for flow in new)),
        risks=tuple(sorted({risk for flow in new for risk in flow.grant.risks})),
        carries=opened.carries if opened else _carries(new),
        residuals=residuals,
        need=candidate.need,
        beside=_beside(written, candidate),
    )


def _alone(policy: Policy, agent: Agent) -> Policy:
    return dataclasses.replace(policy, agents=(agent,), flows=policy.of(agent.name))


def _carries(flows: list[Flow]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for flow in flows for text in flow.grant.carries))


def _beside(written: WrittenProfile, candidate: _Candidate) -> Span | None:
    for index, need in enumerate(written.profile.needs):
        if candidate.need is not None and need.capability == candidate.need.capability:
            return written.document.key_span(("needs", index, need.capability))
    return None


def _yaml(written: WrittenProfile, candidate: _Candidate, missing: tuple[str, ...]) -> Iterator[str]:
    """The lines to add; what somebody must still say is written so that it does not compile."""
    if candidate.need is None:
        yield f"calls: {_flow([*written.profile.calls, candidate.calls])}"
        return
    parameters = {
        name: list(value) if isinstance(value, tuple) else value for name, value in candidate.need.parameters.items()
    }
    yield "needs:"
    yield f"  - {candidate.need.capability}: {_flow(parameters)}"
    for key in missing:
        yield f"    {key}: {_UNSAID[key]}"


_UNSAID = {"because": "WHY", "approved_by": "WHO", "until": "YEAR-MONTH-DAY"}


def _flow(value: object) -> str:
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10**6).removesuffix("...\n").strip()
