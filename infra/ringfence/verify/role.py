"""What agents' roles may do beyond their profiles, wherever they are used from.

Not part of the proof: the network decides what gets out of a segment, and an endpoint's policy what gets through it.
A permission that reaches further is worth knowing all the same, since nothing but the network is in its way.
Conditions and conditional denials are not read: what they might take away is listed, marked as conditional.
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html)
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ringfence.policy.flow import Service
from ringfence.policy.policy import Policy
from ringfence.verify.graph import Resource, ResourceGraph
from ringfence.verify.language.atoms import witnesses
from ringfence.verify.language.decide import is_empty
from ringfence.verify.language.expression import (
    NOTHING,
    Expression,
    complement,
    contains,
    difference,
    intersection,
    union,
)
from ringfence.verify.language.piece import LanguageError
from ringfence.verify.permission import pattern
from ringfence.verify.references import References, text

_ROLE = "aws:iam/role:Role"


@dataclass(frozen=True, slots=True, order=True)
class Beyond:
    """What one statement permits beyond the profile: each of ``actions`` on some of ``resources``, as written.

    ``conditional`` when the statement has conditions, which may forbid it after all. ``problem`` says why a policy
    could not be read, empty when it could.
    """

    agent: str
    role: str
    policy: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditional: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Statement:
    """One statement; ``actions`` and ``resources`` as written, each with its language."""

    allows: bool
    actions: tuple[tuple[str, Expression], ...]
    resources: tuple[tuple[str, Expression], ...]
    conditional: bool

    def on(self, action: bytes) -> Expression:
        """The resources on which it speaks of an action."""
        if any(contains(language, action) for _, language in self.actions):
            return union(language for _, language in self.resources)
        return NOTHING


@dataclass(frozen=True, slots=True)
class Permissions:
    """What agents' roles permit beyond the effective policy, and the agents of whose roles nothing is known."""

    beyond: tuple[Beyond, ...]
    without_role: tuple[str, ...]


def read_permissions(graph: ResourceGraph, effective: Policy) -> Permissions:
    """Compare the roles in a graph with an effective policy; both parts are sorted."""
    references = References.of(graph)
    roles = {text(role.outputs.get("arn")): role for role in graph.of_type(_ROLE)}
    found: dict[Beyond, None] = {}
    for agent in effective.agents:
        for arn in dict.fromkeys((agent.role, agent.execution_role)):
            role = roles.get(arn or "")
            if role is None:
                continue
            granted = [
                _Statement(True, _patterns(flow.access.actions, any_case=True), _patterns(flow.access.resources), False)
                for flow in effective.of(agent.name)
                if isinstance(flow.access, Service) and flow.access.principal in (arn, "*")
            ]
            found.update(dict.fromkeys(_of_role(graph, references, role, agent.name, granted)))
    without = tuple(sorted(agent.name for agent in effective.agents if agent.role not in roles))
    return Permissions(tuple(sorted(found)), without)


def _of_role(
    graph: ResourceGraph, references: References, role: Resource, agent: str, granted: Sequence[_Statement]
) -> Iterator[Beyond]:
    name = text(role.inputs.get("name")) or role.name
    read: list[tuple[str, _Statement]] = []
    for policy, document in _policies(graph, references, role):
        try:
            read += [(policy, statement) for statement in _statements(document)]
        except ValueError as error:
            yield Beyond(agent, name, policy, (), (), problem=str(error))
    boundary: list[_Statement] | None = None
    bounding = references.one(role, "permissionsBoundary")
    if isinstance(bounding, Resource):
        try:
            boundary = [each for each in _statements(text(bounding.inputs.get("policy"))) if each.allows]
        except ValueError as error:
            yield Beyond(agent, name, bounding.name, (), (), problem=str(error))
    denials = [each for _, each in read if not each.allows and not each.conditional]
    for policy, statement in read:
        if not statement.allows:
            continue
        try:
            pairs = list(_pairs_beyond(statement, granted, denials, boundary))
        except LanguageError as error:
            yield Beyond(agent, name, policy, (), (), problem=str(error))
            continue
        if pairs:
            actions = tuple(dict.fromkeys(action for action, _ in pairs))
            resources = tuple(dict.fromkeys(resource for _, resource in pairs))
            yield Beyond(agent, name, policy, actions, resources, statement.conditional)


def _pairs_beyond(
    statement: _Statement, granted: Sequence[_Statement], denials: Sequence[_Statement],
    boundary: Sequence[_Statement] | None,
) -> Iterator[tuple[str, str]]:  # fmt: skip
    """The actions and resources of a statement, as written, that reach beyond: compared over all classes of actions."""
    others = [*granted, *denials, *(boundary or ())]
    spoken = list(dict.fromkeys(language for each in others for _, language in each.actions))
    for written, language in statement.actions:
        for action in witnesses(spoken, language).values():
            taken = union(each.on(action) for each in (*granted, *denials))
            for resource, there in statement.resources:
                left = difference(there, taken)
                if boundary is not None:
                    left = intersection((left, union(each.on(action) for each in boundary)))
                if not is_empty(left):
                    yield written, resource


def _policies(graph: ResourceGraph, references: References, role: Resource) -> Iterator[tuple[str, str]]:
    """The names and documents of a role's policies."""
    names = (text(role.inputs.get("name")), role.id)
    for policy in graph.of_type("aws:iam/rolePolicy:RolePolicy"):
        holder = references.one(policy, "role")
        if holder == role or holder in names:
            yield text(policy.inputs.get("name")) or policy.name, text(policy.inputs.get("policy"))
    for attachment in graph.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment"):
        holder = references.one(attachment, "role")
        policy = references.one(attachment, "policyArn")
        if (holder == role or holder in names) and isinstance(policy, Resource):
            yield text(policy.inputs.get("name")) or policy.name, text(policy.inputs.get("policy"))


def _statements(document: str) -> Iterator[_Statement]:
    """The statements of an identity policy; raises ValueError for what is none."""
    try:
        written: Any = json.loads(document)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from error
    statements: Any = cast("dict[str, Any]", written).get("Statement") if isinstance(written, dict) else None
    for each in cast("list[Any]", statements) if isinstance(statements, list) else [statements]:
        if not isinstance(each, dict):
            raise ValueError("a statement that is no object")  # noqa: TRY004 - of the document, not of an argument
        parts = cast("dict[str, Any]", each)
        yield _Statement(
            parts.get("Effect") == "Allow",
            _named(parts, "Action", any_case=True),
            _named(parts, "Resource", any_case=False),
            bool(parts.get("Condition")),
        )


def _named(parts: dict[str, Any], key: str, *, any_case: bool) -> tuple[tuple[str, Expression], ...]:
    """An element that lists patterns, or all but some (``NotAction``)."""
    if key in parts:
        return _patterns(_texts(parts[key]), any_case=any_case)
    excepted = _texts(parts.get(f"Not{key}", []))
    if not excepted:
        raise ValueError(f"a statement without {key}")
    languages = (language for _, language in _patterns(excepted, any_case=any_case))
    return ((f"all but {', '.join(excepted)}", complement(union(languages))),)


def _patterns(texts: Iterable[str], *, any_case: bool = False) -> tuple[tuple[str, Expression], ...]:
    return tuple((each, pattern(each, any_case=any_case)) for each in texts)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(each, str) for each in cast("list[Any]", value)):
        return tuple(cast("list[str]", value))
    raise ValueError(f"{json.dumps(value)} in the place of texts")
