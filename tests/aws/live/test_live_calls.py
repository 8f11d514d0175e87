"""The calls that are made: all of them in one list, none that writes, and what happens where one is refused."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import botocore.endpoint
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from live_account import Account
from recorded import hooked, refusing
from ringfence.aws.live.api import ATTEMPTS, Api
from ringfence.aws.live.calls import CALLS, reading_policy
from ringfence.policy.span import Span
from ringfence.source.diagnostic import InputError
from ringfence.verify.finding import Kind, Verdict

FIRST = {("sts", "GetCallerIdentity"), ("ec2", "DescribeAvailabilityZones"), ("ec2", "DescribeVpcs")}
"""Without these there is nothing to read."""


def test_what_is_asked_is_the_list_and_nothing_else(dev: Account) -> None:
    made: Counter[tuple[str, str]] = Counter()

    def note(model: Any, **_: Any) -> None:
        made[model.service_model.service_name, model.name] += 1

    customer = dev.client("iam").create_policy(PolicyName="notes", PolicyDocument=json.dumps(allowing("s3:GetObject")))
    with (
        roles(dev, attached=(customer["Policy"]["Arn"],)),
        prefix_list(dev),
        hooked(dev.session, "before-parameter-build", note),
    ):
        dev.read()
    unused = {("network-firewall", "DescribeTLSInspectionConfiguration")}  # nothing is decrypted in dev
    assert made.keys() | unused == {(call.service, call.operation) for call in CALLS}


def test_nothing_that_is_asked_writes() -> None:
    assert {call.operation for call in CALLS if not call.operation.startswith(("Describe", "Get", "List"))} == set()
    for call in CALLS:
        model = ServiceModel(Loader().load_service_model(call.service, "service-2"), call.service)
        operation = model.operation_model(call.operation)
        assert operation.http["method"] in ("GET", "POST")
        assert not operation.idempotent_members  # a token makes a call that creates something safe to repeat
        assert call.reads


def test_a_call_that_is_not_in_the_list_is_not_made(dev: Account) -> None:
    api = dev.api()
    with pytest.raises(LookupError, match="ec2:DeleteVpc is not among the calls"):
        api.answer("ec2", "DeleteVpc", VpcId="vpc-0")
    with pytest.raises(LookupError, match="s3:ListBuckets is not among the calls"):
        api.pages("s3", "ListBuckets", "Buckets")


def test_the_printed_policy_permits_these_calls_here_and_these_roles_alone() -> None:
    roles = ["arn:aws:iam::111111111111:role/b", "arn:aws:iam::111111111111:role/a"]
    network, of_roles, policies = json.loads(reading_policy("111111111111", "eu-west-1", roles).text())["Statement"]
    granted = {*network["Action"], *of_roles["Action"], *policies["Action"]}
    assert granted == {call.permission for call in CALLS if call.permission}
    assert network["Condition"] == {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    assert of_roles["Resource"] == sorted(roles)
    assert policies["Resource"] == ["arn:aws:iam::111111111111:policy/*", "arn:aws:iam::aws:policy/*"]
    assert len(json.loads(reading_policy("111111111111", "eu-west-1", []).text())["Statement"]) == 1


def test_the_page_names_every_permission() -> None:
    page = (Path(__file__).parents[3] / "docs" / "live.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.+) \|$", page, re.MULTILINE)
    named = {f"{service}:{action}" for service, actions in rows for action in re.findall(r"`(\w+)`", actions)}
    assert named == {call.permission for call in CALLS if call.permission}


def allowing(*actions: str, resource: str = "*") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


@contextmanager
def roles(dev: Account, attached: tuple[str, ...] = ()) -> Iterator[None]:
    """One agent's role, with an inline policy and attached ones."""
    iam, name = dev.client("iam"), "reviewer"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(allowing("sqs:*")))
    for arn in attached:
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    yield
    for arn in attached:
        iam.detach_role_policy(RoleName=name, PolicyArn=arn)
        iam.delete_policy(PolicyArn=arn)
    iam.delete_role_policy(RoleName=name, PolicyName="own")
    iam.delete_role(RoleName=name)


@contextmanager
def prefix_list(dev: Account) -> Iterator[None]:
    """A rule that names a prefix list."""
    ec2 = dev.client("ec2")
    made = ec2.create_managed_prefix_list(
        PrefixListName="partners", MaxEntries=1, AddressFamily="IPv4", Entries=[{"Cidr": "203.0.113.0/24"}]
    )["PrefixList"]["PrefixListId"]
    permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListIds": [{"PrefixListId": made}]}
    rule = {"GroupId": dev.group("reviewer"), "IpPermissions": [permission]}
    ec2.authorize_security_group_egress(**rule)
    yield
    ec2.revoke_security_group_egress(**rule)
    ec2.delete_managed_prefix_list(PrefixListId=made)


OUTER = {call.operation for call in CALLS} - {
    "DescribeFirewall", "DescribeFirewallPolicy", "DescribeLoggingConfiguration", "DescribeRuleGroup",
    "DescribeTLSInspectionConfiguration", "DescribeManagedPrefixLists", "DescribePrefixLists",
    "DescribeSecurityGroupRules", "GetManagedPrefixListEntries", "GetPolicy", "GetPolicyVersion", "GetRolePolicy",
    "ListAttachedRolePolicies", "ListRolePolicies", "ListFirewallDomains", "ListFirewallRules",
    "GetResolverQueryLogConfig",
}  # fmt: skip
INNER = (
    {"DescribeFirewall"},
    {"DescribeFirewallPolicy", "DescribeLoggingConfiguration", "DescribePrefixLists", "DescribeSecurityGroupRules",
     "ListFirewallRules", "ListRolePolicies", "ListAttachedRolePolicies", "GetResolverQueryLogConfig"},
    {"DescribeRuleGroup", "ListFirewallDomains", "GetRolePolicy", "GetPolicy", "DescribeManagedPrefixLists"},
    {"GetPolicyVersion", "GetManagedPrefixListEntries"},
)  # fmt: skip
"""Calls that others lead to, so that those of one set can all be refused at once."""


@pytest.mark.parametrize("refused", [OUTER, *INNER], ids=["outer", "firewall", "first", "second", "third"])
def test_what_may_not_be_read_is_not_proved_by_name(dev: Account, refused: set[str]) -> None:
    those = {(call.service, call.operation) for call in CALLS if call.operation in refused} - FIRST
    customer = dev.client("iam").create_policy(PolicyName="notes", PolicyDocument=json.dumps(allowing("s3:GetObject")))
    attached = (customer["Policy"]["Arn"],)
    handler = refusing("AccessDeniedException", *those)
    with roles(dev, attached), prefix_list(dev), hooked(dev.session, "before-parameter-build", handler):
        graph = dev.read()
    for service, operation in those:
        assert any(f"{service}:{operation} answers AccessDeniedException" in each for each in graph.unread), operation
    proof = dev.example.prove(graph)
    assert {proof.verdict(agent) for agent in proof.agents} == {Verdict.NOT_PROVED}
    said = {each.traffic for each in proof.findings if each.kind is Kind.NOT_PROVED}
    assert said >= set(graph.unread)


def test_every_refusable_call_is_refused_in_some_test() -> None:
    refused = OUTER.union(*INNER) | {"DescribeTLSInspectionConfiguration"}  # see test_live_firewall.py
    assert refused == {call.operation for call in CALLS}


class Throttle:
    """Answers a call with EC2's own refusal some times, then lets it through."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.calls = 0

    def __call__(self, **_: Any) -> AWSResponse | None:
        self.calls += 1
        if self.left == 0:
            return None
        self.left -= 1
        body = (
            "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>m</Message></Error></Errors></Response>"
        )
        return AWSResponse("https://ec2", 503, {}, _Raw(body.encode()))


class _Raw:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.body


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits that take no time, and how long they would have taken."""
    waited: list[float] = []
    monkeypatch.setattr(botocore.endpoint.time, "sleep", waited.append)
    monkeypatch.setattr("botocore.retries.throttling.CubicCalculator.error_received", lambda *_: 1000.0)
    return waited


def test_throttling_is_waited_out(dev: Account, hurried: list[float]) -> None:
    throttle = Throttle(3)
    with hooked(dev.session, "before-send.ec2.DescribeSubnets", throttle):
        graph = dev.read()
    assert throttle.calls == 4
    assert len(hurried) == 3
    assert graph.unread == ()
    assert len(graph.of_type("aws:ec2/subnet:Subnet")) == dev.example.deployed.counts()["aws:ec2/subnet:Subnet"]


def test_throttling_without_end_is_not_proved(dev: Account, hurried: list[float]) -> None:
    throttle = Throttle(-1)
    with hooked(dev.session, "before-send.ec2.DescribeSubnets", throttle):
        graph = dev.read()
    assert throttle.calls == ATTEMPTS
    assert graph.unread == ("DescribeSubnets: ec2:DescribeSubnets answers RequestLimitExceeded",)


def problems(api: Api, account: Account) -> list[str]:
    from ringfence.aws.live.environment import read_environment

    with pytest.raises(InputError) as caught:
        read_environment(api, account.written(), [])
    return [f"{each.span} {each.code} {each.message}" for each in caught.value.diagnostics]


def test_credentials_that_have_expired_are_a_located_error(dev: Account) -> None:
    with hooked(dev.session, "before-parameter-build", refusing("ExpiredToken", ("sts", "GetCallerIdentity"))):
        (said,) = problems(dev.api(), dev)
    assert said.startswith("Pulumi.dev.yaml:6 RF131 sts refuses the credentials: ")
    assert "ExpiredToken" in said


def test_no_credentials_are_a_located_error(dev: Account) -> None:
    def client(_: str) -> Any:
        raise NoCredentialsError

    (said,) = problems(Api(client, Span("Pulumi.dev.yaml", 6)), dev)
    assert said == "Pulumi.dev.yaml:6 RF131 sts in AWS cannot be asked: Unable to locate credentials"


def test_a_service_that_the_region_is_without_is_not_proved(dev: Account) -> None:
    def unreachable(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://vpc-lattice.eu-west-1.amazonaws.com")

    with hooked(dev.session, "before-parameter-build.vpc-lattice", unreachable):
        graph = dev.read()
    (said,) = graph.unread
    assert said.startswith("ListServiceNetworkVpcAssociations: vpc-lattice:ListServiceNetworkVpcAssociations cannot be")
    assert "Could not connect to the endpoint" in said


def test_interfaces_that_the_account_hides_are_asked_for(dev: Account) -> None:
    asked: list[Any] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        asked.append(params.get("IncludeManagedResources"))

    with hooked(dev.session, "before-parameter-build.ec2.DescribeNetworkInterfaces", note):
        dev.read()
    assert asked == [True]


def test_a_place_that_does_not_answer_is_a_located_error(dev: Account) -> None:
    with hooked(
        dev.session, "before-parameter-build", refusing("UnauthorizedOperation", ("ec2", "DescribeAvailabilityZones"))
    ):
        (said,) = problems(dev.api(), dev)
    assert "RF131 AWS does not say which account or region this is" in said
    assert "ec2:DescribeAvailabilityZones answers UnauthorizedOperation" in said


def test_another_account_is_refused_before_anything_is_read(dev: Account) -> None:
    made: set[str] = set()

    def note(model: Any, **_: Any) -> None:
        made.add(model.name)

    path = dev.root / "Pulumi.dev.yaml"
    was = path.read_text(encoding="utf-8")
    path.write_text(was.replace("111111111111", "222222222222"), encoding="utf-8")
    try:
        with hooked(dev.session, "before-parameter-build", note):
            (said,) = problems(dev.api(), dev)
    finally:
        path.write_text(was, encoding="utf-8")
    assert "RF112 the credentials are of the account 111111111111, and the environment is in 222222222222" in said
    assert made == {"GetCallerIdentity", "DescribeAvailabilityZones"}


def test_a_region_of_other_zones_is_refused(dev: Account) -> None:
    path = dev.root / "Pulumi.dev.yaml"
    was = path.read_text(encoding="utf-8")
    path.write_text(was.replace("eu-west-1b", "eu-west-1f"), encoding="utf-8")
    try:
        (said,) = problems(dev.api(), dev)
    finally:
        path.write_text(was, encoding="utf-8")
    assert "RF114 the account has no zone eu-west-1f in eu-west-1" in said


def test_no_vpc_and_two_vpcs_are_errors(dev: Account) -> None:
    ec2 = dev.client("ec2")
    tags = [{"Key": "Name", "Value": "dev ringfence"}, {"Key": "ringfence:environment", "Value": "dev"}]
    other = ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[other], Tags=tags)
    (said,) = problems(dev.api(), dev)
    assert "RF132 2 VPCs have the tags Name=dev ringfence and ringfence:environment=dev: " in said
    assert other in said
    assert dev.deployed.vpc in said
    ec2.delete_tags(Resources=[other, dev.deployed.vpc], Tags=tags[:1])
    try:
        (said,) = problems(dev.api(), dev)
    finally:
        ec2.create_tags(Resources=[dev.deployed.vpc], Tags=tags)
        ec2.delete_vpc(VpcId=other)
    assert "RF132 no VPC in eu-west-1 has the tags Name=dev ringfence and ringfence:environment=dev" in said
