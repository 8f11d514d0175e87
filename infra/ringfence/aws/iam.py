"""IAM policy documents as values, with typed references where AWS decides a value only when it deploys."""

import json
from dataclasses import dataclass

Json = str | list[str] | dict[str, "Json"] | list["Json"]


@dataclass(frozen=True, slots=True)
class VpcId:
    """Stands for the id of the environment's VPC."""


@dataclass(frozen=True, slots=True)
class NatAddresses:
    """Stands for the public addresses of every NAT gateway of the environment, each as a /32."""


@dataclass(frozen=True, slots=True)
class BucketArn:
    """Stands for the ARN of the log bucket, followed by ``suffix``."""

    suffix: str = ""


@dataclass(frozen=True, slots=True)
class LogGroupArn:
    """Stands for the ARN of the log group of this name, followed by ``suffix``."""

    group: str
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class TopicArn:
    """Stands for the ARN of the alarms' topic."""


Reference = VpcId | NatAddresses | BucketArn | LogGroupArn | TopicArn
Text = str | Reference


@dataclass(frozen=True, slots=True)
class Known:
    """What references stand for once it is known; ``shown`` is what a reader sees before."""

    vpc_id: str
    nat_addresses: tuple[str, ...]
    bucket_arn: str = ""
    log_group_arns: tuple[tuple[str, str], ...] = ()
    topic_arn: str = ""


SHOWN = Known("${vpc.id}", ("${nat.addresses}",), "${bucket.arn}", (), "${topic.arn}")
"""References as they are printed before a deployment."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: an operator (``StringEquals``), a key (``aws:PrincipalArn``) and its values, any of which fits."""

    operator: str
    key: str
    values: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; exactly one of ``actions`` and ``not_actions`` is filled. An empty ``sid`` is left out.

    ``principal`` is None (identity policies), "*", or the name of an AWS service (``delivery.logs.amazonaws.com``).
    """

    sid: str
    effect: str  # "Allow" or "Deny"
    actions: tuple[str, ...]
    resources: tuple[Text, ...]
    conditions: tuple[Condition, ...] = ()
    principal: str | None = None
    not_actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A policy document, rendered as one line of JSON (white space counts against AWS's limits)."""

    statements: tuple[Statement, ...]

    def text(self, known: Known = SHOWN) -> str:
        """The document as AWS reads it, its references resolved; compact JSON in a fixed order."""
        document: Json = {"Version": "2012-10-17", "Statement": [_statement(each, known) for each in self.statements]}
        return json.dumps(document, separators=(",", ":"))

    @property
    def references(self) -> frozenset[Reference]:
        """The references that the document holds; none where it is complete as it is."""
        texts = [text for statement in self.statements for text in statement.resources]
        texts += [text for each in self.statements for condition in each.conditions for text in condition.values]
        return frozenset(text for text in texts if not isinstance(text, str))


def _statement(statement: Statement, known: Known) -> Json:
    written: dict[str, Json] = {"Sid": statement.sid} if statement.sid else {}
    written["Effect"] = statement.effect
    if statement.principal == "*":
        written["Principal"] = "*"
    elif statement.principal is not None:
        written["Principal"] = {"Service": statement.principal}
    if statement.not_actions:
        written["NotAction"] = _one_or_many(statement.not_actions)
    else:
        written["Action"] = _one_or_many(statement.actions)
    if statement.resources:
        written["Resource"] = _one_or_many(_resolved(statement.resources, known))
    if statement.conditions:
        conditions: dict[str, Json] = {}
        for condition in statement.conditions:
            keys = conditions.setdefault(condition.operator, {})
            assert isinstance(keys, dict)  # noqa: S101 - set in the line above
            keys[condition.key] = _one_or_many(_resolved(condition.values, known))
        written["Condition"] = conditions
    return written


def _resolved(texts: tuple[Text, ...], known: Known) -> tuple[str, ...]:
    resolved: list[str] = []
    for text in texts:
        match text:
            case str():
                resolved.append(text)
            case VpcId():
                resolved.append(known.vpc_id)
            case NatAddresses():
                resolved.extend(known.nat_addresses)
            case BucketArn(suffix):
                resolved.append(known.bucket_arn + suffix)
            case LogGroupArn(group, suffix):
                arns = dict(known.log_group_arns)
                resolved.append(arns.get(group, f"${{log-group.{group}.arn}}") + suffix)
            case TopicArn():
                resolved.append(known.topic_arn)
    return tuple(resolved)


def _one_or_many(texts: tuple[str, ...]) -> Json:
    return texts[0] if len(texts) == 1 else list(texts)
