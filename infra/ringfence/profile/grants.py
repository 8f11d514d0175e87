"""What one need opens: a capability's grants with the need's parameters filled in."""

import dataclasses
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import NoReturn
from urllib.parse import quote

from ringfence.catalogue.load import WrittenCapability
from ringfence.catalogue.model import (
    APPROVED_RISKS,
    PARAMETER_TYPES,
    VARIABLE,
    Capability,
    Grant,
    Parameter,
    When,
    parameter_of,
)
from ringfence.policy.flow import Access, Https, Service, Tls, Transport
from ringfence.policy.host import HostError, HostPattern
from ringfence.policy.port import PortRange
from ringfence.policy.request import METHODS, PathPattern, RequestError, RequestPattern
from ringfence.profile.written import WrittenEnvironment
from ringfence.source.diagnostic import did_you_mean

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that ask and do not change (RFC 9110, 9.2.1)."""

Values = Mapping[str, tuple[str, ...]]
"""Parameters by name, each as its texts."""


@functools.lru_cache(maxsize=64)
def _type(name: str) -> re.Pattern[str]:
    """The texts of a parameter type; compiled when the first of the type is read."""
    return re.compile(rf"(?:{PARAMETER_TYPES[name]})\Z")


class NeedError(ValueError):
    """A need that cannot be granted: a code, a message, a mend, and the parameter that is meant.

    ``index`` is the place in a list of values. ``also`` are further errors of the same need.
    """

    def __init__(
        self, code: str, message: str, mend: str, parameter: str | None = None, index: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.mend = mend
        self.parameter = parameter
        self.index = index
        self.also: tuple[NeedError, ...] = ()


@dataclass(frozen=True, slots=True)
class Granted:
    """One access that a need opens, with what the catalogue says of it.

    A `Service` access names its principal as "role", "execution_role" or "anyone"; see `with_principal`.
    """

    access: Access
    risks: tuple[str, ...]
    needs_approval: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """All that a need opens, and what the granted requests may themselves carry."""

    granted: tuple[Granted, ...]
    carries: tuple[str, ...]
    unconfirmed: tuple[str, ...]
    needs_approval: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "needs_approval", any(granted.needs_approval for granted in self.granted))


def variables(written: WrittenEnvironment, agent: str) -> dict[str, str]:
    """The variables that profiles and capabilities may use, for one agent in one environment."""
    partition = "aws-cn" if written.region.startswith("cn-") else "aws-us-gov" if "-gov-" in written.region else "aws"
    return {
        "account": written.environment.account,
        "region": written.region,
        "partition": partition,
        "agent": agent,
        "environment": written.name,
        **{f"values.{name}": value for name, value in written.environment.values.items()},
    }


def substitute(text: str, known: Mapping[str, str]) -> str:
    """A text with its variables filled in; raises `NeedError` for one that nothing defines."""

    def fill(variable: re.Match[str]) -> str:
        name = variable.group(1)
        if name not in known:
            raise NeedError("RF060", f"nothing defines `${{{name}}}`", did_you_mean(name, known))
        return known[name]

    filled = VARIABLE.sub(fill, text)
    if "${" in filled:
        raise NeedError("RF060", f"`{text}`: a variable is `${{name}}`", "close the brace")
    return filled


def open_need(
    written: WrittenCapability,
    parameters: Mapping[str, str | int | tuple[str | int, ...]],
    environment: WrittenEnvironment,
    known: Mapping[str, str],
) -> Opened:
    """What a capability opens with these parameters; raises `NeedError`, with every parameter that does not fit."""
    capability = written.capability
    values = _values(written, parameters, known)
    if capability.primitive is not None:
        granted = _PRIMITIVES[capability.primitive](values, environment, capability)
        return Opened(granted, tuple(note.text for note in capability.carries), capability.unconfirmed)
    every = {**{name: (text,) for name, text in known.items()}, **values}
    granted = tuple(
        Granted(access, (*capability.risks, *grant.risks), _needs_approval(capability, grant))
        for grant in capability.grants
        if _holds(grant.when, values)
        for access in _accesses(grant, every)
    )
    if not granted and not capability.platform:
        raise NeedError("RF065", f"`{written.name}` opens nothing with these parameters", "see `ringfence catalogue`")
    carries = tuple(
        text for note in capability.carries if _holds(note.when, values) for text in _fill(note.text, every)
    )
    return Opened(granted, carries, capability.unconfirmed)


def _values(
    written: WrittenCapability,
    given: Mapping[str, str | int | tuple[str | int, ...]],
    known: Mapping[str, str],
) -> dict[str, tuple[str, ...]]:
    declared = written.capability.parameters
    errors = [
        NeedError("RF061", f"`{written.name}` has no parameter `{name}`", did_you_mean(name, declared), name)
        for name in given
        if name not in declared
    ]
    values: dict[str, tuple[str, ...]] = {}
    for name, parameter in declared.items():
        value = given.get(name, parameter.default)
        if value is None:
            if parameter.required:
                message = f"`{written.name}` needs `{name}`: {parameter.describe}"
                errors.append(NeedError("RF062", message, f"add `{name}:`"))
            continue
        if isinstance(value, tuple) and name in given and not parameter.many:
            errors.append(NeedError("RF063", f"`{name}` takes one value", "write one need for each", name))
            continue
        texts = value if isinstance(value, tuple) else (value,)
        if not texts:
            message = f"`{name}` is an empty list, which would grant nothing"
            errors.append(NeedError("RF063", message, "name one", name))
        typed: list[str] = []
        for index, text in enumerate(texts):
            try:
                typed.append(_typed(name, parameter, substitute(str(text), known)))
            except NeedError as error:
                listed = index if isinstance(value, tuple) else None
                errors.append(NeedError(error.code, str(error), error.mend, name, listed))
        values[name] = tuple(typed)
    if errors:
        first, *others = errors
        first.also = tuple(others)
        raise first
    return values


def _typed(name: str, parameter: Parameter, text: str) -> str:
    match parameter.type:
        case "choice":
            if text not in parameter.values:
                raise NeedError("RF063", f"`{name}` cannot be {text!r}", did_you_mean(text, parameter.values), name)
        case "host":
            return str(_host(text, name))
        case "hostname":
            if (host := _host(text, name)).subdomains:
                raise NeedError("RF063", f"`{name}` names one host, not {text!r}", "name the host itself", name)
            return str(host)
        case "path":
            _path(text, name)
        case "port":
            _port(text, name)
        case kind:
            if not _type(kind).match(text) or ".." in text:
                raise NeedError("RF063", f"`{name}`: {text!r} is no {kind}", parameter.describe, name)
    return text


def _host(text: str, name: str) -> HostPattern:
    try:
        return HostPattern.parse(text)
    except HostError as error:
        raise NeedError("RF064", str(error), error.mend, name) from error


def _path(text: str, name: str) -> PathPattern:
    try:
        return PathPattern.parse(text)
    except RequestError as error:
        raise NeedError("RF063", str(error), error.mend, name) from error


def _port(text: str, name: str) -> PortRange:
    try:
        return PortRange.parse(text)
    except ValueError as error:
        raise NeedError("RF063", str(error), "a port is 1 to 65535, a range FIRST-LAST", name) from error


def _holds(when: When, values: Values) -> bool:
    for name, condition in when.items():
        given = values.get(name)
        if condition == "given":
            holds = given is not None
        elif condition == "absent":
            holds = given is None
        else:
            holds = given is not None and any(value in condition for value in given)
        if not holds:
            return False
    return True


def _fill(template: str, values: Values) -> Iterator[str]:
    """A template with every combination of its variables' values."""
    names = list(dict.fromkeys(parameter_of(variable) for variable in VARIABLE.findall(template)))
    for combination in product(*(values[name] for name in names)):
        chosen = dict(zip(names, combination, strict=True))
        yield VARIABLE.sub(lambda variable, chosen=chosen: _chosen(variable.group(1), chosen), template)


def _chosen(variable: str, values: Mapping[str, str]) -> str:
    name = parameter_of(variable)
    return values[name] if name == variable else quote(values[name], safe="")


def _accesses(grant: Grant, values: Values) -> Iterator[Access]:
    if grant.service is not None:
        actions = tuple(sorted({text for action in grant.actions for text in _fill(action, values)}))
        resources = tuple(sorted({text for resource in grant.resources for text in _fill(resource, values)}))
        yield Service(grant.service, actions, resources, grant.principal)
        return
    requests = tuple(
        sorted({RequestPattern.parse(text) for request in grant.requests for text in _fill(request, values)})
    )
    for template in grant.hosts:
        for host in _fill(template, values):
            for port in _fill(str(grant.port), values):
                pattern, number = _host(host, "host"), _port(port, "port").first
                yield Tls(pattern, number) if grant.tls else Https(pattern, number, requests)


def _needs_approval(capability: Capability, grant: Grant) -> bool:
    return grant.approval or not APPROVED_RISKS.isdisjoint((*capability.risks, *grant.risks))


def _https(values: Values, _: WrittenEnvironment, capability: Capability) -> tuple[Granted, ...]:
    """The primitive ``https``: methods and paths of hosts; a method that can write needs an approval."""
    methods = values.get("methods", METHODS)
    limited = "methods" in values or "paths" in values
    requests = _requests(methods, values.get("paths", ("/**",))) if limited else ()
    writes = not SAFE_METHODS.issuperset(methods)
    risks = (*capability.risks, *(("writes-in-public",) if writes else ()))
    port = int(values["port"][0])
    return tuple(Granted(Https(_host(host, "host"), port, requests), risks, writes) for host in values["host"])


def _requests(methods: tuple[str, ...], paths: tuple[str, ...]) -> tuple[RequestPattern, ...]:
    return tuple(sorted({RequestPattern.parse(f"{method} {path}") for method in methods for path in paths}))


def _tls(values: Values, _: WrittenEnvironment, capability: Capability) -> tuple[Granted, ...]:
    """The primitive ``tls``: opaque, so whatever the host lets one do; it needs an approval."""
    risks = (*capability.risks, "writes-in-public")
    port = int(values["port"][0])
    return tuple(Granted(Tls(_host(host, "host"), port), risks, True) for host in values["host"])


def _transport(
    protocol: str, values: Values, written: WrittenEnvironment, capability: Capability
) -> tuple[Granted, ...]:
    """The primitives ``tcp`` and ``udp``: ports of a private destination that the environment names."""
    (name,) = values["to"]
    destination = written.environment.private.get(name)
    if destination is None:
        message = f"the environment {written.name} names no private destination `{name}`"
        raise NeedError("RF066", message, did_you_mean(name, written.environment.private), "to")
    ranges = sorted(_port(text, "port") for text in values["port"])
    for first, second in pairwise(ranges):
        if first.overlaps(second):
            raise NeedError("RF067", f"ports overlap: {first} and {second}", "write each port once", "port")
    return tuple(
        Granted(Transport(name, protocol, destination.cidr, ports, destination.via), capability.risks, False)
        for ports in ranges
    )


def _tcp(values: Values, written: WrittenEnvironment, capability: Capability) -> tuple[Granted, ...]:
    return _transport("tcp", values, written, capability)


def _udp(values: Values, written: WrittenEnvironment, capability: Capability) -> tuple[Granted, ...]:
    return _transport("udp", values, written, capability)


def _agent_call(_: Values, __: WrittenEnvironment, ___: Capability) -> NoReturn:
    raise NeedError("RF068", "a call of another agent is no need", "write `calls: [AGENT]` in the profile")


_Primitive = Callable[[Values, WrittenEnvironment, Capability], tuple[Granted, ...]]
_PRIMITIVES: dict[str, _Primitive] = {"https": _https, "tls": _tls, "tcp": _tcp, "udp": _udp, "agent.call": _agent_call}


def with_principal(access: Access, role: str, execution_role: str | None) -> Access | None:
    """The access with the ARN of the role that makes the calls, ``*`` for anyone; None without such a role."""
    if not isinstance(access, Service):
        return access
    principal = {"role": role, "execution_role": execution_role, "anyone": "*"}[access.principal]
    return dataclasses.replace(access, principal=principal) if principal else None
