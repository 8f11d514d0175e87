"""The policy of a deployment: every call that it needs, each of them real, and none on what is somebody else's."""

import datetime
import fnmatch
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import moto.iam.aws_managed_policies
import pytest
from api_calls import CALLS
from botocore.loaders import Loader
from ringfence.aws.allocation_file import allocation_of
from ringfence.aws.deployed_by import (
    ACTIONS,
    DEFAULTS,
    EMPTYING,
    LOG_DELIVERY,
    NEW_IN_EC2,
    PROGRAM,
    TAGGED_LATER,
    TAGS_READ,
)  # fmt: skip
from ringfence.aws.deploying import SIZE, Deploying, deploying
from ringfence.aws.enforcement.enforce import enforce
from ringfence.aws.enforcement.model import Enforcement
from ringfence.aws.enforcement.resource_counts import resource_counts
from ringfence.aws.resources.graph import registered_graph
from ringfence.plan import plan_environment
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory

ROOT = Path(__file__).parents[3]
DAY = datetime.date(2026, 11, 23)
ENVIRONMENTS = ("dev", "staging", "prod")
S3 = {
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
"""Calls of S3 whose action has another name (https://docs.aws.amazon.com/AmazonS3/latest/userguide/
using-with-s3-policy-actions.html)."""


def enforced(environment: str) -> Enforcement:
    tree = Directory(ROOT)
    plan = plan_environment(tree, environment, DAY, Findings())
    return enforce(plan, allocation_of(plan, tree, Findings()))


@pytest.fixture(params=ENVIRONMENTS)
def enforcement(request: pytest.FixtureRequest) -> Enforcement:
    return enforced(request.param)


def statements(needed: Deploying) -> dict[str, dict[str, Any]]:
    found = [each for document in needed.documents for each in json.loads(document.text())["Statement"]]
    assert len({each["Sid"] for each in found}) == len(found)
    return {each["Sid"]: each for each in found}


def actions(statement: dict[str, Any]) -> list[str]:
    return [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]


def all_actions() -> Iterator[str]:
    for each in ACTIONS.values():
        yield from (*each.new, *each.own, *each.reads)
    for some in (
        *DEFAULTS.values(),
        *TAGGED_LATER.values(),
        tuple(TAGS_READ.values()),
        LOG_DELIVERY,
        PROGRAM,
        EMPTYING,
    ):
        yield from some


def operations(service: str) -> frozenset[str]:
    return frozenset(Loader().load_service_model(service, "service-2")["operations"])


def managed() -> frozenset[str]:
    """Actions that AWS's own managed policies name, as moto ships them."""
    found: set[str] = set()
    for policy in json.loads(moto.iam.aws_managed_policies.aws_managed_policies_data).values():
        written = policy["Document"]["Statement"]
        for each in written if isinstance(written, list) else [written]:
            named = each.get("Action", [])
            found |= {named} if isinstance(named, str) else set(named)
    return frozenset(found)


def test_every_action_is_a_call_of_its_service_or_one_that_aws_itself_grants() -> None:
    known: dict[str, frozenset[str]] = {}
    by_aws = managed()
    for action in sorted(set(all_actions())):
        service, _, name = action.partition(":")
        calls = known.setdefault(service, operations(service))
        assert name in calls or action in by_aws, action


def test_every_type_that_an_environment_registers_has_its_calls(enforcement: Enforcement) -> None:
    assert set(resource_counts(enforcement)) <= ACTIONS.keys() | DEFAULTS.keys()


def test_the_calls_that_make_each_type_are_among_its_actions(enforcement: Enforcement) -> None:
    graph = registered_graph(Directory(ROOT), enforcement.environment, DAY)
    granted = {action for each in statements(deploying(enforcement, "vpc-0")).values() for action in actions(each)}
    for resource in graph.resources:
        for service, operation, _ in CALLS[resource.type](resource.inputs, "x") if resource.type in CALLS else ():
            action = f"{service}:{S3.get(operation, operation)}"
            held = ACTIONS[resource.type]
            assert action in (*held.new, *held.own), (resource.type, action)
            assert action in granted


def test_nothing_is_changed_but_what_bears_the_environments_tag_or_name(enforcement: Enforcement) -> None:
    name = enforcement.environment
    for sid, statement in statements(deploying(enforcement, "vpc-0abc")).items():
        if sid in ("Look", "LogDelivery", "DnsFailOpen"):
            continue  # said to be wider, or changes nothing
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        condition = json.dumps(statement.get("Condition", {}))
        by_tag = f'"aws:ResourceTag/ringfence:environment": "{name}"' in condition or (
            f'"aws:RequestTag/ringfence:environment": "{name}"' in condition
        )
        by_vpc = "vpc/vpc-0abc" in condition
        by_name = all(
            re.search(rf"[:/]{name}-|/ringfence/{name}/|:role/[a-z-]+$|transit-gateway/tgw-|aws-service-role", each)
            for each in resources
        )
        assert by_tag or by_vpc or by_name, sid
        elsewhere = (":s3:::", ":transit-gateway/tgw-")  # no account in the name; another's, which shares it
        assert all(f":{enforcement.account}:" in each or any(p in each for p in elsewhere) for each in resources), sid


def test_looking_changes_nothing(enforcement: Enforcement) -> None:
    look = statements(deploying(enforcement, None))["Look"]
    assert [each for each in actions(look) if not re.search(r":(Describe|Get|List)", each)] == []
    assert look["Condition"] == {"StringEquals": {"aws:RequestedRegion": enforcement.region}}


def test_the_tag_that_tells_whose_a_thing_is_stays_as_it_is(enforcement: Enforcement) -> None:
    found = statements(deploying(enforcement, "vpc-0"))
    for sid, statement in found.items():
        tagging = [
            each
            for each in actions(statement)
            if re.search(r":(CreateTags|DeleteTags|TagResource|UntagResource)", each)
        ]
        if tagging and sid.startswith("TagsOf"):
            assert statement["Condition"]["ForAllValues:StringNotEquals"] == {"aws:TagKeys": "ringfence:environment"}
            assert "aws:ResourceTag/ringfence:environment" in statement["Condition"]["StringEquals"]
    created = found["TagNetwork"]["Condition"]["StringEquals"]
    assert set(created["ec2:CreateAction"]) == {each.partition(":")[2] for each in actions(found["MakeWithin"])}


def test_the_tags_of_a_request_allow_only_what_the_request_makes(enforcement: Enforcement) -> None:
    for sid, statement in statements(deploying(enforcement, None)).items():
        if "RequestTag" in json.dumps(statement) and actions(statement)[0].startswith("ec2:") and sid != "TagNetwork":
            kind = re.fullmatch(r"arn:aws:ec2:[^:]+:\d+:([a-z-]+)/\*", statement["Resource"])
            assert kind is not None, sid
            assert {NEW_IN_EC2[action] for action in actions(statement)} == {kind[1]}


def test_what_the_vpc_came_with_is_touched_in_this_vpc_only(enforcement: Enforcement) -> None:
    without = deploying(enforcement, None)
    assert "Defaults" not in statements(without)
    assert any("give --vpc" in line for line in without.wider)
    there = statements(deploying(enforcement, "vpc-0abc"))["Defaults"]
    arn = f"arn:aws:ec2:{enforcement.region}:{enforcement.account}:vpc/vpc-0abc"
    assert there["Condition"] == {"ArnEquals": {"ec2:Vpc": arn}}
    assert not any("give --vpc" in line for line in deploying(enforcement, "vpc-0abc").wider)


def test_each_policy_has_a_size_that_aws_takes(enforcement: Enforcement) -> None:
    sizes = [len(document.text()) for document in deploying(enforcement, "vpc-0").documents]
    assert max(sizes) <= SIZE
    assert len(sizes) <= 10, "policies of a role"


def test_agents_roles_are_written_only_where_their_perimeter_is_attached() -> None:
    for environment in ENVIRONMENTS:
        made = enforced(environment)
        attached = [policy.role_name for policy in made.role_policies if policy.attached]
        perimeter = statements(deploying(made, None)).get("Perimeter")
        assert (perimeter is None) == (not attached)
        for pattern in perimeter["Resource"] if perimeter else ():
            assert any(
                fnmatch.fnmatch(f"role/{name}", pattern.partition("::")[2].partition(":")[2]) for name in attached
            )


def test_the_role_that_is_passed_goes_to_flow_logs_alone(enforcement: Enforcement) -> None:
    passed = statements(deploying(enforcement, None))["PassDeliveryRole"]
    assert passed["Condition"] == {"StringEquals": {"iam:PassedToService": "vpc-flow-logs.amazonaws.com"}}
    assert passed["Resource"].endswith(f":role/{enforcement.environment}-flow-log-delivery-*")
