"""Endpoint policies: a ceiling for each service, naming each agent's role, actions and resources.

An endpoint policy grants nothing; it limits what passes the endpoint, whoever calls. Roles are named by a condition
on ``aws:PrincipalArn`` rather than as principals: gateway endpoints take them no other way, and a role that does
not exist yet would make the policy invalid. Statements are joined only where that says exactly the same.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ringfence.aws.iam import Condition, PolicyDocument, Statement
from ringfence.policy.flow import Service

POLICY_MAX = 20_480
"""Characters of an endpoint policy, white space included; AWS does not raise it
(docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html)."""

ANYONE = "*"
"""The principal of a call that no role of the account signs."""

Texts = frozenset[str]


@dataclass(frozen=True, slots=True)
class Permission:
    """Every one of these principals may do every one of these actions on every one of these resources."""

    principals: Texts
    actions: Texts
    resources: Texts


def endpoint_policy(accesses: Iterable[Service]) -> PolicyDocument:
    """The policy of one service's endpoint: exactly what the accesses say, in as few statements as are found."""
    permissions = joined(
        Permission(frozenset((access.principal,)), frozenset(access.actions), frozenset(access.resources))
        for access in accesses
    )
    return PolicyDocument(tuple(map(_statement, permissions)))


def joined(permissions: Iterable[Permission]) -> tuple[Permission, ...]:
    """Equivalent permissions, fewer: those that differ in one of the three only become one, until none do."""
    current = list(dict.fromkeys(permissions))
    while True:
        before = len(current)
        # Anyone is a statement without a condition: it is never joined with named roles.
        current = _join(current, lambda each: (each.actions, each.resources, ANYONE in each.principals))
        current = _join(current, lambda each: (each.principals, each.resources))
        current = _join(current, lambda each: (each.principals, each.actions))
        if len(current) == before:
            return tuple(sorted(current, key=_order))


def _join(permissions: list[Permission], same: Callable[[Permission], object]) -> list[Permission]:
    groups: dict[object, list[Permission]] = {}
    for permission in permissions:
        groups.setdefault(same(permission), []).append(permission)
    return [
        group[0]
        if len(group) == 1
        else Permission(
            frozenset(text for each in group for text in each.principals),
            frozenset(text for each in group for text in each.actions),
            frozenset(text for each in group for text in each.resources),
        )
        for group in groups.values()
    ]


def _order(permission: Permission) -> tuple[list[str], list[str], list[str]]:
    return (sorted(permission.actions), sorted(permission.resources), sorted(permission.principals))


def _statement(permission: Permission) -> Statement:
    roles = tuple(sorted(permission.principals - {ANYONE}))
    return Statement(
        sid="",
        effect="Allow",
        actions=tuple(sorted(permission.actions)),
        resources=tuple(sorted(permission.resources)),
        conditions=() if ANYONE in permission.principals else (Condition("StringEquals", "aws:PrincipalArn", roles),),
        principal="*",
    )
