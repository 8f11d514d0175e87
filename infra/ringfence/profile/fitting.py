"""The parameters with which a capability would grant a target: its templates, read backwards.

What comes out is a guess to be checked: a template's text may be read in two ways, and what it stands for is decided
by compiling it (`suggest`).
"""

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from urllib.parse import unquote

from ringfence.catalogue.load import WrittenCapability
from ringfence.catalogue.model import PARAMETER_TYPES, VARIABLE, Capability, Grant, Parameter, parameter_of
from ringfence.policy.target import ActionTarget, NameTarget, RequestTarget, Target, TlsTarget

Captured = dict[str, str]
"""Parameters by name, as texts."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Parameters with which a capability speaks of a target, and the required ones that the target does not tell."""

    parameters: Captured
    lacking: tuple[str, ...]


_TYPES = {"host": r"[a-z0-9.-]+", "hostname": r"[a-z0-9.-]+", "port": r"\d+", "path": r"/[^?]*"}
"""The texts of types that are read by code of their own elsewhere."""
_WILDCARD = re.compile(r"\{[a-z][a-z0-9_-]*\}|/\*\*\Z")
_ENCODED = "_encoded"


def fitting(written: WrittenCapability, target: Target, known: Mapping[str, str]) -> Iterator[Fit]:
    """Every way in which some grant of a capability speaks of a target.

    ``known`` are the variables that are no parameters. Parameters that are left at their default are left out.
    """
    capability = written.capability
    seen: set[tuple[tuple[str, str], ...]] = set()
    for grant in capability.grants:
        for captured in _of_grant(capability, grant, target, known):
            for fit in _with_choices(capability, grant, captured):
                key = tuple(sorted(fit.parameters.items()))
                if key not in seen:
                    seen.add(key)
                    yield fit


def _of_grant(capability: Capability, grant: Grant, target: Target, known: Mapping[str, str]) -> Iterator[Captured]:
    match target:
        case ActionTarget(action, resource) if grant.service is not None:
            for template, asked in product(grant.actions, grant.resources):
                first = _read(capability, template, action.lower(), known, "action")
                yield from _joined(first, _read(capability, asked, resource, known, "resource"))
        case RequestTarget(method, host, port, path) if not grant.tls:
            for named, request in product(grant.hosts, grant.requests):
                first = _on_host(capability, grant, named, host, port, known)
                verb, _, asked = request.partition(" ")
                if first is not None and _read(capability, verb, method, known, "action") is not None:
                    yield from _joined(first, _read(capability, asked, path, known, "request"))
        case TlsTarget(host, port):
            for named in grant.hosts:
                yield from _joined(_on_host(capability, grant, named, host, port, known), {})
        case NameTarget(host):
            for named in grant.hosts:
                yield from _joined(_read(capability, named, host, known, "action"), {})
        case _:
            return


def _on_host(
    capability: Capability, grant: Grant, named: str, host: str, port: int, known: Mapping[str, str]
) -> Captured | None:
    found = next(_joined(_read(capability, named, host, known, "action"), {}), None)
    return None if found is None else _merged(found, _read(capability, str(grant.port), str(port), known, "action"))


def _joined(first: Captured | None, second: Captured | None) -> Iterator[Captured]:
    if first is not None and (merged := _merged(first, second)) is not None:
        yield merged


def _merged(first: Captured, second: Captured | None) -> Captured | None:
    if second is None or any(first.get(name, value) != value for name, value in second.items()):
        return None
    return {**first, **second}


def _read(capability: Capability, template: str, text: str, known: Mapping[str, str], kind: str) -> Captured | None:
    """The parameters in a template, where the text is one of it; None where it is not."""
    variables = tuple(sorted((name, known[name]) for name in set(VARIABLE.findall(template)) & known.keys()))
    types = tuple(
        (name, _type(parameter))
        for name in sorted({parameter_of(variable) for variable in VARIABLE.findall(template)})
        if (parameter := capability.parameters.get(name)) is not None
    )
    found = _expression(template, kind, variables, types).fullmatch(text)
    if found is None:
        return None
    captured: Captured = {}
    for group, value in found.groupdict().items():
        name, encoded = group.removesuffix(_ENCODED), group.endswith(_ENCODED)
        read = unquote(value) if encoded else value
        if captured.setdefault(name, read) != read:
            return None
    return {name.replace("__", "-"): value for name, value in captured.items()}


def _type(parameter: Parameter) -> str:
    if parameter.type == "choice":
        return "|".join(map(re.escape, parameter.values))
    return _TYPES.get(parameter.type) or PARAMETER_TYPES[parameter.type]


@functools.lru_cache(maxsize=4096)
def _expression(
    template: str, kind: str, variables: tuple[tuple[str, str], ...], types: tuple[tuple[str, str], ...]
) -> re.Pattern[str]:
    fixed, of_type = dict(variables), dict(types)
    seen: set[str] = set()
    expression, position = "", 0
    path, mark, query = template.partition("?") if kind == "request" else (template, "", "")
    for variable in VARIABLE.finditer(path):
        expression += _literal(path[position : variable.start()], kind)
        expression += _variable(variable.group(1), fixed, of_type, seen)
        position = variable.end()
    expression += _literal(path[position:], kind)
    if kind == "request":
        expression += r"(?:\?.*)?" if not mark else "" if query == "-" else re.escape(f"?{query}")
    return re.compile(expression, re.DOTALL)


def _variable(variable: str, fixed: Mapping[str, str], types: Mapping[str, str], seen: set[str]) -> str:
    name = parameter_of(variable)
    if variable in fixed:
        return re.escape(fixed[variable])
    if name not in types:
        return "(?!)"  # nothing defines it here
    encoded = variable != name
    group = name.replace("-", "__") + (_ENCODED if encoded else "")
    if group in seen:
        return f"(?P={group})"
    seen.add(group)
    return f"(?P<{group}>{r'[^/?]+' if encoded else types[name]})"


def _literal(text: str, kind: str) -> str:
    if kind == "action":
        return re.escape(text.lower() if ":" in text else text)
    if kind == "resource":
        return "".join({"*": ".*", "?": "."}.get(part) or re.escape(part) for part in re.split(r"([*?])", text))
    expression, position = "", 0
    for wildcard in _WILDCARD.finditer(text):
        expression += re.escape(text[position : wildcard.start()])
        expression += r"(?:/[^?]*)?" if wildcard.group().startswith("/") else r"[^/?]+"
        position = wildcard.end()
    return expression + re.escape(text[position:])


def _with_choices(capability: Capability, grant: Grant, captured: Captured) -> Iterator[Fit]:
    """The captured parameters with every choice that makes the grant hold, and nothing where none does."""
    lacking: list[str] = []
    options: list[list[tuple[str, str] | None]] = []
    for name, condition in grant.when.items():
        if condition == "given":
            if name not in captured:
                lacking.append(name)
        elif condition == "absent":
            if name in captured:
                return
        elif name not in captured:
            default = capability.parameters[name].default
            holds = any(value in condition for value in (default if isinstance(default, tuple) else (default,)))
            options.append([*([None] if holds else []), *((name, value) for value in condition)])
    for name, parameter in capability.parameters.items():
        if parameter.required and name not in captured and name not in grant.when:
            if parameter.type == "choice":
                options.append([(name, value) for value in parameter.values])
            else:
                lacking.append(name)
    for combination in product(*options):
        chosen = {**captured, **dict(filter(None, combination))}
        told = {name: value for name, value in chosen.items() if _default(capability.parameters[name]) != value}
        yield Fit(told, tuple(lacking))


def _default(parameter: Parameter) -> str | None:
    return None if parameter.default is None else str(parameter.default)
