import pytest
from conditions import decided
from ringfence.aws.enforcement.identity import INLINE_MAX
from ringfence.aws.enforcement.model import RolePolicy
from ringfence.aws.iam import Known, NatAddresses, VpcId
from ringfence.source.diagnostic import InputError
from written import WEB, Build, Compiled, agent

KNOWN = Known("vpc-0ours", ("198.51.100.7/32", "198.51.100.8/32"))
QUEUE = "  - aws.sqs: {queue: jobs, access: send}\n"
ARN = "arn:aws:sqs:eu-west-1:111111111111:jobs"


def policy_of(compiled: Compiled, name: str) -> RolePolicy:
    return next(policy for policy in compiled.enforcement.role_policies if policy.agent == name)


def denials(compiled: Compiled, name: str, action: str, **context: str) -> tuple[str, ...]:
    """The statements that deny; keys with underscores for colons."""
    keys = {key.replace("_", ":", 1): value for key, value in context.items()}
    return decided(policy_of(compiled, name).document.text(KNOWN), "Deny", action, ARN, keys)


def by_endpoint(compiled: Compiled, name: str, **context: str) -> dict[str, str]:
    inside = str(compiled.allocation.networks(name)[0].network_address + 4)
    return {
        "aws_VpcSourceIp": inside,
        "aws_SourceVpc": "vpc-0ours",
        "aws_RequestedRegion": "eu-west-1",
        "aws_ViaAWSService": "false",
        **context,
    }


def over_internet(address: str) -> dict[str, str]:
    return {"aws_SourceIp": address, "aws_RequestedRegion": "eu-west-1", "aws_ViaAWSService": "false"}


def test_the_role_works_from_its_own_segment_through_the_endpoint(build: Build) -> None:
    compiled = build({"a": agent("a", QUEUE, platform="ec2"), "b": agent("b", QUEUE, platform="ec2")})
    assert denials(compiled, "a", "sqs:SendMessage", **by_endpoint(compiled, "a")) == ()


def test_another_segment_another_vpc_another_region_and_the_internet_are_denied(build: Build) -> None:
    compiled = build({"a": agent("a", QUEUE, platform="ec2"), "b": agent("b", QUEUE, platform="ec2")})
    theirs = by_endpoint(compiled, "b")
    assert denials(compiled, "a", "sqs:SendMessage", **theirs) == ("OutsideSegment",)
    copied = by_endpoint(compiled, "a", aws_SourceVpc="vpc-0theirs")
    assert denials(compiled, "a", "sqs:SendMessage", **copied) == ("OtherVpc",), "the same private address elsewhere"
    namesake = by_endpoint(compiled, "a", aws_RequestedRegion="us-east-1")
    assert denials(compiled, "a", "sqs:SendMessage", **namesake) == ("OtherRegion",)
    for address in ("203.0.113.9", "198.51.100.7"):
        stolen = over_internet(address)
        assert denials(compiled, "a", "sqs:SendMessage", **stolen) == ("OutsideSegment",), "it has no internet at all"


def test_an_agent_with_internet_calls_other_services_from_the_nat_addresses_only(build: Build) -> None:
    compiled = build({"a": agent("a", QUEUE + WEB, platform="ec2")})
    assert denials(compiled, "a", "sns:Publish", **over_internet("198.51.100.8")) == ()
    assert denials(compiled, "a", "sns:Publish", **over_internet("203.0.113.9")) == ("OutsideNetwork",)
    assert denials(compiled, "a", "sqs:SendMessage", **over_internet("198.51.100.8")) == ("OutsideSegment",)
    assert denials(compiled, "a", "sqs:SendMessage", **by_endpoint(compiled, "a")) == ()


def test_services_that_only_the_platform_uses_are_reached_by_endpoint_too(build: Build) -> None:
    compiled = build({"a": agent("a", WEB, platform="ecs")})
    assert denials(compiled, "a", "logs:PutLogEvents", **over_internet("198.51.100.8")) == ("OutsideSegment",)
    assert denials(compiled, "a", "sns:Publish", **over_internet("198.51.100.8")) == ()


def test_what_a_service_does_with_the_roles_rights_is_excepted(build: Build) -> None:
    compiled = build({"a": agent("a", QUEUE, platform="ec2")})
    forwarded = {"aws_ViaAWSService": "true", "aws_SourceIp": "203.0.113.9", "aws_RequestedRegion": "eu-west-1"}
    assert denials(compiled, "a", "sqs:SendMessage", **forwarded) == ()


def test_lambdas_own_calls_and_a_functions_logs_are_excepted_and_its_code_is_not(build: Build) -> None:
    compiled = build({"a": agent("a", QUEUE), "b": agent("b", QUEUE + WEB)})
    function = {"lambda_SourceFunctionArn": "arn:aws:lambda:eu-west-1:111111111111:function:a"}
    for name in ("a", "b"):
        elsewhere = over_internet("203.0.113.9")
        assert denials(compiled, name, "ec2:CreateNetworkInterface", **elsewhere) == ()
        assert denials(compiled, name, "logs:PutLogEvents", **elsewhere, **function) == ()
        assert denials(compiled, name, "sqs:SendMessage", **elsewhere, **function) == ("OutsideSegment",)
        assert denials(compiled, name, "sqs:SendMessage", **by_endpoint(compiled, name), **function) == ()


def test_a_function_that_uses_the_logs_endpoint_may_still_do_so(build: Build) -> None:
    needs = WEB + "  - aws.logs: {group: /acme/web, access: read}\n"
    compiled = build({"a": agent("a", needs)})
    function = {"lambda_SourceFunctionArn": "arn:aws:lambda:eu-west-1:111111111111:function:a"}
    assert denials(compiled, "a", "logs:FilterLogEvents", **by_endpoint(compiled, "a"), **function) == ()
    assert denials(compiled, "a", "logs:FilterLogEvents", **over_internet("203.0.113.9"), **function)


def test_a_quarantined_role_is_worth_nothing_anywhere(build: Build) -> None:
    compiled = build({"a": agent("a", QUEUE, more="quarantined: true\n"), "b": agent("b")})
    for context in (by_endpoint(compiled, "a"), over_internet("198.51.100.7"), {"aws_ViaAWSService": "true"}):
        assert denials(compiled, "a", "sqs:SendMessage", **context) == ("Quarantined",)


def test_after_a_quarantine_older_sessions_of_the_role_stay_worthless(build: Build) -> None:
    compiled = build({"a": agent("a", QUEUE, more='sessions_since: "2026-11-20T10:00:00+01:00"\n')})
    (earlier,) = (s for s in policy_of(compiled, "a").document.statements if s.sid == "EarlierSessions")
    assert (earlier.effect, earlier.actions, earlier.resources) == ("Deny", ("*",), ("*",))
    (began,) = earlier.conditions
    assert (began.operator, began.key, began.values) == (
        "DateLessThan",
        "aws:TokenIssueTime",
        ("2026-11-20T09:00:00Z",),
    )


def test_nothing_is_ever_granted_and_references_are_typed(build: Build) -> None:
    compiled = build({"a": agent("a", QUEUE + WEB, platform="ec2"), "idle": agent("idle", platform="ec2")})
    for policy in compiled.enforcement.role_policies:
        assert {statement.effect for statement in policy.document.statements} == {"Deny"}
        assert len(policy.document.text(KNOWN)) < INLINE_MAX
    assert policy_of(compiled, "a").document.references == {VpcId(), NatAddresses()}
    assert policy_of(compiled, "idle").document.references == {VpcId()}
    assert "${vpc.id}" in policy_of(compiled, "a").document.text()


@pytest.mark.parametrize("attached", [False, True])
def test_policies_are_attached_where_the_environment_says_so(build: Build, attached: bool) -> None:
    compiled = build({"a": agent("a")}, attach_role_policies=str(attached).lower())
    policy = policy_of(compiled, "a")
    assert policy.attached is attached
    assert (policy.role_name, policy.role_arn) == ("a", "arn:aws:iam::111111111111:role/a")


def test_two_agents_of_one_role_are_an_error_at_both(build: Build) -> None:
    with pytest.raises(InputError) as raised:
        build({"a": agent("a"), "b": agent("b").replace("role/b", "role/a")})
    (diagnostic,) = raised.value.diagnostics
    assert (diagnostic.code, diagnostic.span.path) == ("RF096", "profiles/agents/b.yaml")
    assert diagnostic.related[0][0].path == "profiles/agents/a.yaml"
