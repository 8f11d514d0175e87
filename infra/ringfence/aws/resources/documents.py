"""Policy documents as inputs: complete ones as plain text, the others once what they refer to is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

from ringfence.aws.iam import BucketArn, Known, LogGroupArn, NatAddresses, PolicyDocument, TopicArn, VpcId


@dataclass(frozen=True, slots=True)
class References:
    """What documents may refer to, as far as it has been registered by then."""

    vpc_id: pulumi.Output[str] | None = None
    nat_addresses: tuple[pulumi.Output[str], ...] = ()
    bucket_arn: pulumi.Output[str] | None = None
    log_group_arns: Mapping[str, pulumi.Output[str]] = field(default_factory=dict[str, pulumi.Output[str]])
    topic_arn: pulumi.Output[str] | None = None


def document_input(document: PolicyDocument, references: References) -> pulumi.Input[str]:
    """The document's text. It depends on exactly what it refers to; one that refers to nothing is a plain text.

    Raises `LookupError` when it refers to what is not registered.
    """
    wanted: dict[str, Any] = {}
    for reference in sorted(document.references, key=repr):
        match reference:
            case VpcId():
                wanted["vpc_id"] = _registered(references.vpc_id, "VPC")
            case NatAddresses():
                wanted["nat_addresses"] = list(references.nat_addresses)
            case BucketArn():
                wanted["bucket_arn"] = _registered(references.bucket_arn, "bucket")
            case LogGroupArn(group):
                arn = _registered(references.log_group_arns.get(group), f"log group {group}")
                wanted.setdefault("log_group_arns", {})[group] = arn
            case TopicArn():
                wanted["topic_arn"] = _registered(references.topic_arn, "topic")
    if not wanted:
        return document.text()
    return pulumi.Output.all(**wanted).apply(lambda known: document.text(_known(known)))


def _registered(output: pulumi.Output[str] | None, what: str) -> pulumi.Output[str]:
    if output is None:
        raise LookupError(f"a document refers to the {what}, which is not registered before it")
    return output


def _known(values: dict[str, Any]) -> Known:
    return Known(
        vpc_id=values.get("vpc_id", ""),
        nat_addresses=tuple(f"{address}/32" for address in values.get("nat_addresses", ())),
        bucket_arn=values.get("bucket_arn", ""),
        log_group_arns=tuple(sorted(values.get("log_group_arns", {}).items())),
        topic_arn=values.get("topic_arn", ""),
    )
