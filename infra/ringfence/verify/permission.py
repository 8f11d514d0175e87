"""Endpoint policies, read as IAM reads them, and compared with the services that flows grant.

The subset: Allow and Deny, actions and resources with ``*`` and ``?``, the principal ``*`` narrowed by conditions on
``aws:PrincipalArn``. Anything else is *not proved* (https://docs.aws.amazon.com/IAM/latest/UserGuide/
reference_policies_evaluation-logic.html, reference_policies_elements_condition_operators.html).
"""

import functools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ringfence.policy.flow import Flow, Service
from ringfence.verify.endpoint import Endpoint
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.language.atoms import witnesses
from ringfence.verify.language.decide import are_equal, is_empty, shortest
from ringfence.verify.language.expression import (
    ANYTHING,
    NOTHING,
    Expression,
    attach,
    contains,
    difference,
    union,
)
from ringfence.verify.language.octets import ANY_OCTET, without_case
from ringfence.verify.language.piece import Literal, Octet, Piece, Repeat
from ringfence.verify.language.piece import Sequence as Row

LAYER = "endpoint"
_KNOWN = frozenset({"Sid", "Effect", "Principal", "Action", "Resource", "Condition"})
_LIKE = frozenset({"StringLike", "ArnLike", "ArnEquals"})
"""Operators that read wildcards in their values; StringEquals does not."""


class PolicyError(ValueError):
    """A policy with something that is not read; the message says what."""


@dataclass(frozen=True, slots=True)
class Permission:
    """All principals of one language, doing all actions of another, on all resources of a third."""

    allows: bool
    principals: Expression
    actions: Expression
    resources: Expression


@functools.lru_cache(maxsize=65536)
def pattern(text: str, *, any_case: bool = False, wildcards: bool = True) -> Expression:
    """The texts that a pattern stands for: ``*`` any text, ``?`` one character."""
    pieces: list[Piece] = []
    for character in text:
        if wildcards and character == "*":
            pieces.append(Repeat(Octet(ANY_OCTET), 0, None))
        elif wildcards and character == "?":
            pieces.append(Octet(ANY_OCTET))
        elif any_case:
            pieces.append(Octet(without_case(1 << ord(character))))
        else:
            pieces.append(Literal(character.encode()))
    return attach(Row(tuple(pieces)))


def read_policy(text: str) -> tuple[Permission, ...]:
    """The permissions of a policy document; raises `PolicyError`."""
    try:
        document: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise PolicyError(f"not JSON: {error}") from error
    if not isinstance(document, dict):
        raise PolicyError("not a policy document")
    statements: Any = cast("dict[str, Any]", document).get("Statement", [])
    several = cast("list[Any]", statements) if isinstance(statements, list) else [statements]
    return tuple(map(_statement, several))


def _statement(statement: Any) -> Permission:
    if not isinstance(statement, dict):
        raise PolicyError("a statement that is no object")
    parts = cast("dict[str, Any]", statement)
    unknown = parts.keys() - _KNOWN
    if unknown:
        raise PolicyError(f"the element {min(unknown)}")
    if parts.get("Effect") not in ("Allow", "Deny"):
        raise PolicyError(f"the effect {parts.get('Effect')}")
    if parts.get("Principal") not in ("*", {"AWS": "*"}):
        raise PolicyError(f"the principal {json.dumps(parts.get('Principal'))}")
    return Permission(
        parts["Effect"] == "Allow",
        _principals(parts.get("Condition", {})),
        union(pattern(each, any_case=True) for each in _texts(parts.get("Action"))),
        union(pattern(each) for each in _texts(parts.get("Resource"))),
    )


def _principals(conditions: Mapping[str, Mapping[str, Any]]) -> Expression:
    found = ANYTHING
    for operator, keys in conditions.items():
        for key, values in keys.items():
            if key.lower() != "aws:principalarn" or operator not in {*_LIKE, "StringEquals"}:
                raise PolicyError(f"the condition {operator} on {key}")
            if found is not ANYTHING:
                raise PolicyError("several conditions on the principal")
            found = union(pattern(each, wildcards=operator in _LIKE) for each in _texts(values))
    return found


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(each, str) for each in cast("list[Any]", value)):
        return tuple(cast("list[str]", value))
    raise PolicyError(f"{json.dumps(value)} in the place of texts")


def endpoint_differences(endpoint: Endpoint, service: str, flows: Sequence[Flow]) -> Iterator[Finding]:
    """One endpoint's policy against the flows of all agents to its service."""
    if endpoint.policy is None:
        yield Finding(
            Kind.MORE, "", LAYER, f"any action of {service} as any principal", "no policy: full access", endpoint.urn
        )
        return
    try:
        have = read_policy(endpoint.policy)
    except PolicyError as error:
        yield Finding(Kind.NOT_PROVED, "", LAYER, str(error), endpoint.name, endpoint.urn)
        return
    granted = [(flow, flow.access) for flow in flows if isinstance(flow.access, Service)]
    need = [
        Permission(
            True,
            ANYTHING if access.principal == "*" else pattern(access.principal, wildcards=False),
            union(pattern(action, any_case=True) for action in access.actions),
            union(pattern(resource) for resource in access.resources),
        )
        for _, access in granted
    ]
    languages = _distinct(each.principals for each in (*have, *need))
    having, needing = _by_principals(have), _by_principals(need)
    for inside, principal in witnesses(languages).items():
        theirs, ours = (
            [each for index in sorted(inside) for each in permissions.get(languages[index], ())]
            for permissions in (having, needing)
        )
        for action in witnesses(_distinct(each.actions for each in (*theirs, *ours))).values():
            allowed, wanted = _resources(theirs, action), _resources(ours, action)
            if allowed is wanted or are_equal(allowed, wanted):
                continue
            for kind, left in ((Kind.MORE, difference(allowed, wanted)), (Kind.LESS, difference(wanted, allowed))):
                if (example := shortest(left)) is not None:
                    about = [flow for flow, access in granted if access.principal.encode() in (principal, b"*")]
                    spans = tuple(sorted({flow.grant.declared for flow in about}))[:3]
                    agent = next((flow.agent for flow in about), "")
                    traffic = (
                        f"{_word(action, 'any other action')} on {_word(example, 'any other resource')} "
                        f"as {_word(principal, 'any other principal')}"
                    )
                    yield Finding(kind, agent, LAYER, traffic, f"the policy of {endpoint.name}", endpoint.urn, spans)


def _word(example: bytes, otherwise: str) -> str:
    """An example as text; where it is the empty one, no pattern tells others from it."""
    return example.decode("latin-1") or otherwise


def _by_principals(permissions: Iterable[Permission]) -> dict[Expression, list[Permission]]:
    found: dict[Expression, list[Permission]] = {}
    for each in permissions:
        found.setdefault(each.principals, []).append(each)
    return found


def _distinct(languages: Iterable[Expression]) -> list[Expression]:
    return list(dict.fromkeys(languages))


def _resources(permissions: Iterable[Permission], action: bytes) -> Expression:
    allowed, denied = NOTHING, NOTHING
    for each in permissions:
        if contains(each.actions, action):
            if each.allows:
                allowed = union((allowed, each.resources))
            else:
                denied = union((denied, each.resources))
    return allowed if is_empty(denied) else difference(allowed, denied)
