import json

import pytest
from ringfence.aws.iam import (
    SHOWN,
    BucketArn,
    Condition,
    Known,
    LogGroupArn,
    NatAddresses,
    PolicyDocument,
    Reference,
    Statement,
    TopicArn,
    VpcId,
)

KNOWN = Known("vpc-1", ("198.51.100.7/32", "198.51.100.8/32"), "arn:bucket", (("g", "arn:group"),), "arn:topic")


@pytest.mark.parametrize(
    ("reference", "shown", "known"),
    [
        (VpcId(), "${vpc.id}", "vpc-1"),
        (NatAddresses(), "${nat.addresses}", ["198.51.100.7/32", "198.51.100.8/32"]),
        (BucketArn("/AWSLogs/*"), "${bucket.arn}/AWSLogs/*", "arn:bucket/AWSLogs/*"),
        (LogGroupArn("g", ":*"), "${log-group.g.arn}:*", "arn:group:*"),
        (TopicArn(), "${topic.arn}", "arn:topic"),
    ],
)
def test_references_are_shown_before_a_deployment_and_resolved_in_it(
    reference: Reference, shown: str, known: object
) -> None:
    document = PolicyDocument((Statement("One", "Allow", ("s3:GetObject",), (reference,), (), "*"),))
    assert document.references == {reference}
    assert json.loads(document.text(SHOWN))["Statement"][0]["Resource"] == shown
    assert json.loads(document.text(KNOWN))["Statement"][0]["Resource"] == known


def test_a_document_is_one_line_of_json_in_a_fixed_order() -> None:
    conditions = (
        Condition("StringEquals", "aws:SourceAccount", ("1",)),
        Condition("Bool", "aws:SecureTransport", ("true",)),
        Condition("StringEquals", "aws:RequestedRegion", ("a", "b")),
    )
    document = PolicyDocument((Statement("", "Deny", (), ("*",), conditions, "logs.amazonaws.com", ("sqs:*",)),))
    assert document.text() == (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"Service":"logs.amazonaws.com"},'
        '"NotAction":"sqs:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceAccount":"1",'
        '"aws:RequestedRegion":["a","b"]},"Bool":{"aws:SecureTransport":"true"}}}]}'
    )
    assert document.references == frozenset()


def test_a_trust_policy_has_no_resource() -> None:
    document = PolicyDocument((Statement("Trust", "Allow", ("sts:AssumeRole",), (), (), "ecs.amazonaws.com"),))
    assert "Resource" not in json.loads(document.text())["Statement"][0]
