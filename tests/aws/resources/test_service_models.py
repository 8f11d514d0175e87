"""The check against AWS's service models finds what it is there for."""

import re
from typing import Any

import pytest
from service_models import violations

RULES = {"RulesSource": {"RulesString": "pass ip any any -> any any (sid:1;)"}}


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "reason"),
    [
        ("network-firewall", "CreateRuleGroup", {"Type": "STATEFUL", "Capacity": 1}, "RuleGroupName is missing"),
        ("network-firewall", "CreateRuleGroup", {"Surprise": 1}, "Surprise is unknown"),
        ("network-firewall", "CreateRuleGroup", {"RuleGroupName": "a b"}, r"'a b' does not match \^\[a-zA-Z0-9-\]\+\$"),
        ("network-firewall", "CreateRuleGroup", {"RuleGroupName": "a" * 129}, "129 is more than 128"),
        ("network-firewall", "CreateRuleGroup", {"Type": "stateful"}, "'stateful' is none of"),
        ("network-firewall", "CreateRuleGroup", {"Capacity": "1"}, "'1' is no whole number"),
        ("ec2", "CreateNetworkAclEntry", {"Egress": "true"}, "'true' is neither true nor false"),
        ("ec2", "CreateVpc", {"CidrBlock": 10}, "10 is no text"),
        ("ec2", "CreateVpcEndpoint", {"SubnetIds": [1]}, r"SubnetIds\[0\]: 1 is no text"),
        ("logs", "PutMetricFilter", {"metricTransformations": []}, "0 is less than 1"),
        ("cloudwatch", "PutMetricAlarm", {"Threshold": "3"}, "'3' is no number"),
        ("s3", "PutBucketPolicy", {"Bucket": []}, "is no text"),
        ("logs", "CreateLogGroup", {"logGroupName": "a", "tags": {"k": "v" * 300}}, "300 is more than 256"),
        ("s3", "PutBucketTagging", {"Tagging": "a"}, "'a' is no structure"),
    ],
)
def test_each_kind_of_violation_is_found(service: str, operation: str, parameters: dict[str, Any], reason: str) -> None:
    assert any(re.search(reason, found) for found in violations(service, operation, parameters))


def test_what_aws_takes_is_let_through() -> None:
    parameters = {"RuleGroupName": "a-1", "Type": "STATEFUL", "Capacity": 1, "RuleGroup": RULES}
    assert violations("network-firewall", "CreateRuleGroup", parameters) == []
