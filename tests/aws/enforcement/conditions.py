"""A reading of IAM policies for tests: which statement decides a request, by the operators that we write.

After docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html: conditions of a
statement all hold, values of one condition are alternatives, a negated operator holds for none of its values, a key
that is absent satisfies ``IfExists`` and negated operators and no other.
"""

import fnmatch
import ipaddress
import json
from collections.abc import Mapping
from typing import Any

Context = Mapping[str, str]


def _listed(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [value]


def _compare(operator: str, actual: str, wanted: str) -> bool:
    match operator:
        case "StringEquals" | "Bool":
            return actual == wanted
        case "ArnLike":
            return fnmatch.fnmatchcase(actual, wanted)
        case "IpAddress":
            return ipaddress.ip_address(actual) in ipaddress.ip_network(wanted)
        case other:
            raise AssertionError(f"no reading of {other}")


def _holds(operator: str, key: str, wanted: list[str], context: Context) -> bool:
    if operator == "Null":
        return (key not in context) == (wanted == ["true"])
    base = operator.removesuffix("IfExists")
    negated = {"StringNotEquals": "StringEquals", "NotIpAddress": "IpAddress"}.get(base)
    if key not in context:
        return negated is not None or base != operator
    if negated:
        return not any(_compare(negated, context[key], each) for each in wanted)
    return any(_compare(base, context[key], each) for each in wanted)


def _applies(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    def among(patterns: Any) -> bool:
        return any(fnmatch.fnmatchcase(action, pattern) for pattern in _listed(patterns))

    if not (among(statement["Action"]) if "Action" in statement else not among(statement["NotAction"])):
        return False
    if not any(fnmatch.fnmatchcase(resource, pattern) for pattern in _listed(statement["Resource"])):
        return False
    conditions: Mapping[str, Mapping[str, Any]] = statement.get("Condition", {})
    return all(
        _holds(operator, key, _listed(wanted), context)
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    )


def decided(document: str, effect: str, action: str, resource: str, context: Context) -> tuple[str, ...]:
    """The names of the statements of one effect that apply to a request; without a name, their position."""
    statements = json.loads(document)["Statement"]
    return tuple(
        statement.get("Sid", str(index))
        for index, statement in enumerate(statements)
        if statement["Effect"] == effect and _applies(statement, action, resource, context)
    )
