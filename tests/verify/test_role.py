"""Permissions of roles beyond a profile: statement by statement, exactly as far as conditions are left out."""

import datetime
import json
from typing import Any

import pytest
from ringfence.policy.flow import Flow, Grant, Service
from ringfence.policy.policy import Agent, Policy
from ringfence.policy.span import Span
from ringfence.verify.graph import Resource, ResourceGraph
from ringfence.verify.role import Beyond, read_permissions

HERE = Span("p.yaml", 1)
ROLE = "arn:aws:iam::111111111111:role/teams/reader"
BUCKET = "arn:aws:s3:::lake"
FLOWS = (
    Service("s3", ("s3:GetObject", "s3:ListBucket"), (BUCKET, f"{BUCKET}/*"), ROLE),
    Service("sqs", ("sqs:SendMessage",), ("arn:aws:sqs:eu-west-1:111111111111:jobs",), "*"),
)


def policy() -> Policy:
    agent = Agent("reader", "o", "p", "ecs", ROLE, None, 1, None, "enforce", False, HERE)
    other = Agent("writer", "o", "p", "ecs", f"{ROLE}-2", None, 1, None, "enforce", False, HERE)
    flows = Policy.sorted_flows(Flow("reader", each, Grant("x", "profile", HERE, HERE)) for each in FLOWS)
    return Policy("dev", datetime.date(2026, 1, 1), (agent, other), flows)


def made(kind: str, identity: str, outputs: dict[str, Any] | None = None, **inputs: Any) -> Resource:
    return Resource(f"urn:pulumi:dev::ringfence::{kind}::{identity}", kind, identity, inputs, outputs or {}, identity)


def statement(action: Any, resource: Any = "*", effect: str = "Allow", **others: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **others}


def beyond(*statements: dict[str, Any], boundary: dict[str, Any] | None = None) -> tuple[Beyond, ...]:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    bound = "arn:aws:iam::111111111111:policy/bound"
    role = made("aws:iam/role:Role", "reader", {"arn": ROLE}, name="reader", **(
        {"permissionsBoundary": bound} if boundary else {}
    ))  # fmt: skip
    resources = [role, made("aws:iam/rolePolicy:RolePolicy", "reader:own", role="reader", name="own", policy=document)]
    if boundary:
        text = json.dumps({"Statement": boundary})
        resources.append(made("aws:iam/policy:Policy", bound, {"arn": bound}, name="bound", policy=text))
    return read_permissions(ResourceGraph("ringfence", "dev", tuple(resources)), policy()).beyond


def listed(*actions: str, on: tuple[str, ...] = ("*",), conditional: bool = False) -> tuple[Beyond, ...]:
    return (Beyond("reader", "reader", "own", actions, on, conditional),)


def test_what_the_profile_grants_is_not_beyond_it() -> None:
    assert beyond(
        statement("s3:GetObject", f"{BUCKET}/*"),
        statement(["S3:getobject", "s3:ListBucket"], [BUCKET, f"{BUCKET}/a/*"]),
        statement("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111111111111:jobs"),
    ) == ()  # fmt: skip


def test_an_action_or_a_resource_more_is() -> None:
    assert beyond(statement("s3:Get*", f"{BUCKET}/*")) == listed("s3:Get*", on=(f"{BUCKET}/*",))
    assert beyond(statement("s3:GetObject")) == listed("s3:GetObject")
    assert beyond(statement("s3:GetObject", f"{BUCKET}*")) == listed("s3:GetObject", on=(f"{BUCKET}*",))
    assert beyond(statement(["s3:GetObject", "s3:PutObject"], f"{BUCKET}/*")) == listed(
        "s3:PutObject", on=(f"{BUCKET}/*",)
    )
    assert beyond(statement("*")) == listed("*")


def test_all_but_some_is_beyond() -> None:
    assert beyond({"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}) == listed("all but iam:*")
    assert beyond({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": f"{BUCKET}/*"}) == listed(
        "s3:GetObject", on=(f"all but {BUCKET}/*",)
    )


def test_a_denial_takes_away_only_where_nothing_lifts_it() -> None:
    allowed = statement("s3:PutObject", f"{BUCKET}/*")
    assert beyond(allowed, statement("s3:Put*", "*", "Deny")) == ()
    assert beyond(allowed, statement("s3:Put*", f"{BUCKET}/a/*", "Deny")) == listed("s3:PutObject", on=(f"{BUCKET}/*",))
    lifted = statement("s3:Put*", "*", "Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})
    assert beyond(allowed, lifted) == listed("s3:PutObject", on=(f"{BUCKET}/*",))


def test_conditions_are_said() -> None:
    assert beyond(statement("sqs:*", Condition={"StringEquals": {"aws:a": "b"}})) == listed("sqs:*", conditional=True)


def test_a_boundary_bounds() -> None:
    assert beyond(statement("sqs:*"), boundary=[statement("s3:*")]) == ()
    assert beyond(statement("sqs:*"), boundary=[statement("sqs:Receive*")]) == listed("sqs:*")


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "a statement that is no object"),
        ('{"Statement": [{"Effect": "Allow", "Resource": "*"}]}', "a statement without Action"),
        ('{"Statement": {"Effect": "Allow", "Action": 7, "Resource": "*"}}', "7 in the place of texts"),
    ],
)
def test_a_policy_that_cannot_be_read_is_listed_as_such(document: str, problem: str) -> None:
    role = made("aws:iam/role:Role", "reader", {"arn": ROLE}, name="reader")
    own = made("aws:iam/rolePolicy:RolePolicy", "reader:own", role="reader", name="own", policy=document)
    (found,) = read_permissions(ResourceGraph("ringfence", "dev", (role, own)), policy()).beyond
    assert problem in found.problem


def test_attached_policies_count_and_those_of_other_roles_do_not() -> None:
    text = json.dumps({"Statement": statement("sqs:*")})
    arn = "arn:aws:iam::aws:policy/Queues"
    graph = ResourceGraph(
        "ringfence",
        "dev",
        (
            made("aws:iam/role:Role", "reader", {"arn": ROLE}, name="reader"),
            made("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "reader/q", role="reader", policyArn=arn),
            made("aws:iam/policy:Policy", arn, {"arn": arn}, name="Queues", policy=text),
            made("aws:iam/rolePolicy:RolePolicy", "delivery:own", role="delivery", name="own", policy=text),
        ),
    )
    permissions = read_permissions(graph, policy())
    assert permissions.beyond == (Beyond("reader", "reader", "Queues", ("sqs:*",), ("*",)),)
    assert permissions.without_role == ("writer",)
