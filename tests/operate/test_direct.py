"""Cutting off through AWS's API, in moto's AWS: the NACL first, then the role, nothing else, and nothing twice."""

import dataclasses
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from account_of_prod import ACCOUNTS, POLICY, Prod
from moto import mock_aws
from quarantined import AGENT, cut_off, enforced
from ringfence.aws.enforcement.model import Enforcement
from ringfence.operate.direct import OWN_POLICY, cut_off_directly
from ringfence.source.diagnostic import InputError


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Some, whatever other tests of this process have left behind."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    boto3.DEFAULT_SESSION = None
    yield
    boto3.DEFAULT_SESSION = None


@pytest.fixture
def prod(enforcement: Enforcement) -> Iterator[Prod]:
    with mock_aws():
        made = Prod(enforcement.account)
        made.written()
        yield made


@pytest.fixture(scope="module")
def compiled() -> Enforcement:
    return enforced(cut_off(), "prod")


@pytest.fixture
def enforcement(compiled: Enforcement) -> Enforcement:
    return dataclasses.replace(compiled, account=str(next(ACCOUNTS)))


ALLOWED = {(20_000, True, "allow", "6"), (20_000, False, "allow", "6")}
DENIED = {(1, True, "deny", "-1"), (1, False, "deny", "-1")}


def test_two_entries_and_the_role_and_nobody_elses_anything(prod: Prod, enforcement: Enforcement) -> None:
    prod.iam.put_role_policy(
        RoleName=AGENT, PolicyName=POLICY, PolicyDocument=enforcement.role_policies[0].document.text()
    )
    prod.written()
    others = {acl["NetworkAclId"] for acl in prod.ec2.describe_network_acls()["NetworkAcls"]} - {prod.acl}
    before = {acl: prod.entries(acl) for acl in others}
    done = cut_off_directly(enforcement, AGENT)
    assert prod.written() == ["CreateNetworkAclEntry", "CreateNetworkAclEntry", "PutRolePolicy"]
    assert prod.entries(prod.acl) == ALLOWED | DENIED
    assert done.entries == 2
    assert {acl: prod.entries(acl) for acl in others} == before
    document: Any = prod.iam.get_role_policy(RoleName=AGENT, PolicyName=POLICY)["PolicyDocument"]
    assert [(each["Effect"], each["Action"], each["Resource"]) for each in document["Statement"]] == [
        ("Deny", "*", "*")
    ]


def test_doing_it_again_writes_no_entry(prod: Prod, enforcement: Enforcement) -> None:
    cut_off_directly(enforcement, AGENT)
    prod.written()
    again = cut_off_directly(enforcement, AGENT)
    assert again.entries == 0
    assert again.lines[:2] == (f"{prod.acl} denies all egress already", f"{prod.acl} denies all ingress already")
    assert prod.written() == ["PutRolePolicy"]


def test_an_entry_of_that_number_that_says_something_else_is_replaced(prod: Prod, enforcement: Enforcement) -> None:
    prod.allow(prod.acl, 1)
    prod.written()
    assert cut_off_directly(enforcement, AGENT).entries == 2
    assert prod.written()[:2] == ["ReplaceNetworkAclEntry", "ReplaceNetworkAclEntry"]
    assert prod.entries(prod.acl) == ALLOWED | DENIED


def test_a_role_without_a_policy_of_ours_gets_one_that_is_named_for_removal(
    prod: Prod, enforcement: Enforcement
) -> None:
    done = cut_off_directly(enforcement, AGENT)
    assert prod.iam.list_role_policies(RoleName=AGENT)["PolicyNames"] == [OWN_POLICY]
    assert done.lines[-1] == f"remove the inline policy {OWN_POLICY} by hand when the quarantine is lifted"


def test_two_nacls_of_one_agent_are_refused_before_anything_is_written(prod: Prod, enforcement: Enforcement) -> None:
    prod.make_acl(AGENT)
    prod.written()
    with pytest.raises(InputError) as raised:
        cut_off_directly(enforcement, AGENT)
    (said,) = raised.value.diagnostics
    assert (said.code, "one NACL has to have the tags" in said.message) == ("RF152", True)
    assert prod.written() == []


def test_what_aws_refuses_says_what_was_done_until_then(prod: Prod, enforcement: Enforcement) -> None:
    prod.iam.delete_role(RoleName=AGENT)
    with pytest.raises(InputError) as raised:
        cut_off_directly(enforcement, AGENT)
    (said,) = raised.value.diagnostics
    assert said.code == "RF153"
    assert f"done until then: {prod.acl} denies all egress, by entry 1; {prod.acl} denies all ingress" in said.message
    assert prod.entries(prod.acl) == ALLOWED | DENIED


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, enforcement: Enforcement) -> None:
    monkeypatch.setitem(sys.modules, "ringfence.aws.live.api", None)
    with pytest.raises(InputError) as raised:
        cut_off_directly(enforcement, AGENT)
    (said,) = raised.value.diagnostics
    assert (said.code, said.help) == ("RF150", "install the extra `live`, or run with --apply")


def test_another_account_is_refused_before_anything_is_written(enforcement: Enforcement) -> None:
    with mock_aws():
        other = Prod(str(next(ACCOUNTS)))
        other.written()
        with pytest.raises(InputError) as raised:
            cut_off_directly(enforcement, AGENT)
        assert [each.code for each in raised.value.diagnostics] == ["RF151"]
        assert other.written() == []
