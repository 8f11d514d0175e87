"""Which actions on which resources are beyond some grants: IAM's patterns compared as languages."""

import functools
from collections.abc import Iterable

from ringfence.verify.language.atoms import witnesses
from ringfence.verify.language.decide import are_disjoint, shortest
from ringfence.verify.language.expression import Expression, contains, difference, intersection, union
from ringfence.verify.language.pcre import matched_by
from ringfence.verify.language.piece import LanguageError
from ringfence.verify.permission import pattern as iam_pattern

_ACTION = matched_by(r"^[A-Za-z0-9-]+:[A-Za-z]+\z")
_ARN = matched_by(r"^arn:[!-~]+\z")
"""What actions and resources look like, for examples."""

Permissions = tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
"""Grants of one service to one role: actions, and the resources that each of them is allowed on."""


@functools.lru_cache(maxsize=65536)
def permissions_left(
    actions: tuple[str, ...], resources: tuple[str, ...], others: Permissions
) -> tuple[tuple[str, ...], tuple[str, ...], str] | None:
    """What actions on resources are beyond some grants: in words, what of it is not new, and an example."""
    if (actions, resources) in others:
        return None
    by_resources: dict[tuple[str, ...], list[str]] = {}
    besides: dict[str, None] = {}
    examples: list[str] = []
    for action in actions:
        new: list[str] = []
        for resource in resources:
            left = _resource_left(action, resource, others)
            if left is not None:
                example, known = left
                new.append(resource)
                examples.append(example)
                besides.update(dict.fromkeys(known))
        if new:
            by_resources.setdefault(tuple(new), []).append(action)
    if not examples:
        return None
    what = tuple(f"{', '.join(named)} on {', '.join(new)}" for new, named in by_resources.items())
    return what, tuple(besides), min(examples, key=lambda example: (len(example), example))


def _resource_left(action: str, resource: str, others: Permissions) -> tuple[str, tuple[str, ...]] | None:
    """An example of an action on a resource beyond some grants, and the grants that lie within; None without any."""
    wanted = iam_pattern(resource)
    languages = tuple(dict.fromkeys(_any_case(each) for named, _ in others for each in named))
    try:
        for part in witnesses(languages, intersection((_any_case(action), _ACTION))).values():
            known = [each for named, held in others if _has(named, part) for each in held]
            left = difference(wanted, union(map(iam_pattern, known)))
            example = _resource_example(left)
            if example is not None:
                name = part.decode("ascii") if "*" in action or "?" in action else action
                within = tuple(f"{action} on {each}" for each in known if not are_disjoint(wanted, iam_pattern(each)))
                return f"{name} {example}", within
    except LanguageError:
        return f"{action} {resource}", ()  # not decided, so it is shown
    return None


def _resource_example(resources: Expression) -> str | None:
    """A shortest resource, an ARN where there is one; None without any. What has no ARN is asked for as ``*``."""
    if contains(resources, b"*"):
        return "*"
    example = shortest(intersection((resources, _ARN)))
    if example is None:
        example = shortest(resources)
    return None if example is None else example.decode("latin-1")


def _has(actions: Iterable[str], action: bytes) -> bool:
    return any(contains(_any_case(each), action) for each in actions)


def _any_case(action: str) -> Expression:
    return iam_pattern(action, any_case=True)
