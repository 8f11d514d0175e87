"""Expectations on the declared policy: which fail, where, and why."""

import datetime
from pathlib import Path

import pytest
from ringfence.plan import Plan, plan_environment
from ringfence.profile.expect import FailedExpectation, check_expectations
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory

AS_OF = datetime.date(2026, 11, 23)

ENVIRONMENT = """\
config:
  aws:region: eu-west-1
  ringfence:environment:
    account: "111111111111"
    cidrs: [10.40.0.0/16]
    zones: [eu-west-1a]
    private: {orders-db: {cidr: 10.60.8.9/32, via: tgw-0abc}}
    values: {lake: acme-lake, spaced: "a lake"}
"""

PROFILE = """\
agent: analyst
owner: analytics
purpose: answers questions
workload: {platform: ec2, role: "arn:aws:iam::${account}:role/analyst"}
environments: [dev]
needs:
  - https: {host: docs.example.com, methods: [GET], paths: [/guide/**]}
  - tcp: {to: orders-db, port: 5432}
  - aws.s3: {bucket: "${values.lake}", prefix: sales}
"""


def plan(root: Path, profile: str) -> Plan:
    agents = root / "profiles" / "agents"
    agents.mkdir(parents=True)
    (root / "Pulumi.dev.yaml").write_text(ENVIRONMENT)
    (agents / "analyst.yaml").write_text(profile)
    findings = Findings()
    result = plan_environment(Directory(root), "dev", AS_OF, findings)
    assert findings.sorted() == ()
    return result


def failures(root: Path, *expectations: str, profile: str = PROFILE) -> tuple[FailedExpectation, ...]:
    lines = "".join(f"  - {expectation}\n" for expectation in expectations)
    planned = plan(root, f"{profile}expect:\n{lines}")
    return check_expectations(planned.fleet, planned.declared)


def test_a_profile_that_does_as_it_expects_has_no_failure(tmp_path: Path) -> None:
    assert (
        failures(
            tmp_path,
            "allow: GET https://docs.example.com/guide/start",
            "allow: dns docs.example.com",
            "allow: tcp orders-db:5432",
            "allow: 's3:GetObject arn:aws:s3:::${values.lake}/sales/orders.parquet'",
            "deny: POST https://docs.example.com/guide/start",
            "deny: GET https://docs.example.com/admin",
            "deny: tcp orders-db:22",
            "deny: 's3:GetObject arn:aws:s3:::${values.lake}/payroll/2027'",
            "deny: agent reviewer",
        )
        == ()
    )


def test_a_denied_target_that_should_be_allowed_says_what_is_declared_instead(tmp_path: Path) -> None:
    (failed,) = failures(tmp_path, "allow: POST https://docs.example.com/guide/start")
    assert failed.wanted == "allow"
    assert failed.target == "POST https://docs.example.com/guide/start"
    assert failed.reason == "no request declared for docs.example.com covers POST /guide/start"


def test_an_allowed_target_that_should_be_denied_names_the_need_that_allows_it(tmp_path: Path) -> None:
    (failed,) = failures(tmp_path, "deny: tcp orders-db:5432")
    assert failed.wanted == "deny"
    assert failed.reason == "tcp (profiles/agents/analyst.yaml:8)"


def test_a_failure_is_located_at_its_target(tmp_path: Path) -> None:
    (failed,) = failures(tmp_path, "allow: tcp orders-db:5432", "deny: tcp orders-db:5432")
    assert (failed.span.path, failed.span.line, failed.span.column) == ("profiles/agents/analyst.yaml", 12, 11)
    assert failed.agent == "analyst"


def test_failures_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = failures(tmp_path, "deny: tcp orders-db:5432", "allow: agent reviewer", "deny: dns docs.example.com")
    assert [failed.span.line for failed in found] == [11, 12, 13]


def test_a_variable_that_nothing_defines_is_a_failure_with_its_mend(tmp_path: Path) -> None:
    (failed,) = failures(tmp_path, "deny: 's3:GetObject arn:aws:s3:::${values.lakes}/x'")
    assert "nothing defines `${values.lakes}`" in failed.reason
    assert "did you mean `values.lake`?" in failed.reason


def test_a_value_that_makes_a_target_of_no_form_is_a_failure(tmp_path: Path) -> None:
    (failed,) = failures(tmp_path, "deny: 's3:GetObject arn:aws:s3:::${values.spaced}/x'")
    assert "is no target" in failed.reason


@pytest.mark.parametrize("expectation", ["allow: tcp orders-db:5432", "deny: tcp orders-db:5432"])
def test_a_quarantined_agent_fails_no_expectation_for_being_cut_off(tmp_path: Path, expectation: str) -> None:
    assert failures(tmp_path, expectation, profile=f"{PROFILE}quarantined: true\n") == ()
