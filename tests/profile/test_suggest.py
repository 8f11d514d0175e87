"""The smallest need that would allow a target: found, compiled, and true once it is written into the profile."""

import datetime
import functools
import shutil
from pathlib import Path

import pytest
import yaml
from ringfence.catalogue.load import load_catalogue
from ringfence.plan import Plan, plan_environment
from ringfence.policy.flow import Service
from ringfence.policy.target import parse_target
from ringfence.policy.verdict import judge
from ringfence.profile.fitting import fitting
from ringfence.profile.grants import variables
from ringfence.profile.remedy import Refusal, Suggestion
from ringfence.profile.suggest import may_speak_of, suggest
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory

ROOT = Path(__file__).parents[2]
DAY = datetime.date(2026, 11, 23)


@functools.cache
def plan_of(environment: str) -> Plan:
    return plan_environment(Directory(ROOT), environment, DAY, Findings())


def remedy(
    agent: str, text: str, plan: Plan | None = None, root: Path = ROOT, *, narrowest: bool = False
) -> Suggestion | Refusal:
    plan = plan or plan_of("prod")
    target = parse_target(text)
    asking = next(each for each in plan.declared.agents if each.name == agent)
    assert not judge(plan.declared.of(agent), target).allowed
    catalogue = load_catalogue(Directory(root), Findings(), may_speak_of(target))
    return suggest(plan.fleet, catalogue, plan.environment, plan.declared, asking, target, narrowest=narrowest)


REASONS = ("    because: WHY", "    approved_by: WHO", "    until: YEAR-MONTH-DAY")

SUGGESTED = {
    # a capability that knows the host, with what it must be told
    ("pr-contributor", "GET https://api.github.com/repos/numpy/numpy/issues"): (
        "github.repository: {repository: numpy/numpy}",
    ),
    # the least access that will do, never more
    ("reviewer", "POST https://api.github.com/repos/numpy/numpy/pulls"): (
        "github.repository: {repository: numpy/numpy, access: contribute}", *REASONS,
    ),
    ("pr-contributor", "PUT https://api.github.com/repos/matplotlib/matplotlib/pulls/7/merge"): (
        "github.repository: {repository: matplotlib/matplotlib, access: maintain}", *REASONS,
    ),
    ("support-triage", "GET https://other.atlassian.net/rest/api/3/issue/OPS-7"): (
        "jira.issues: {site: other, projects: OPS}",
    ),
    ("data-analyst", "s3:GetObject arn:aws:s3:::acme-other/reports/x.csv"): (
        "aws.s3: {bucket: acme-other, prefix: reports}",
    ),
    ("data-analyst", "s3:PutObject arn:aws:s3:::acme-prod-lake/payroll/x"): (
        "aws.s3: {bucket: acme-prod-lake, prefix: payroll, access: write}",
    ),
    ("reviewer", "sqs:SendMessage arn:aws:sqs:eu-central-1:333333333333:jobs"): (
        "aws.sqs: {queue: jobs, access: send}",
    ),
    ("reviewer", "GET https://gitlab.com/api/v4/projects/acme%2Fsite/issues"): (
        "gitlab.repository: {project: acme/site}",
    ),
    ("reviewer", "GET https://wiki.acme.example/spaces/people/pages/1"): ("acme.wiki: {space: people}",),
    # no capability knows it: one request of a primitive
    ("pr-contributor", "POST https://api.github.com/user/keys"): (
        "https: {host: api.github.com, methods: [POST], paths: [/user/keys]}", *REASONS,
    ),
    ("reviewer", "GET https://www.example.org/a/b?c=d"): (
        "https: {host: www.example.org, methods: [GET], paths: [/a/b]}",
    ),
    ("reviewer", "GET https://www.example.org:8443/"): (
        "https: {host: www.example.org, port: 8443, methods: [GET], paths: [/]}",
    ),
    ("reviewer", "dns www.example.org"): ("https: {host: www.example.org, methods: [HEAD], paths: [/]}",),
    ("data-analyst", "tls pinned.example.org"): ("tls: {host: pinned.example.org}", *REASONS),
    ("data-analyst", "tcp orders-db:5433"): ("tcp: {to: orders-db, port: 5433}",),
    ("data-analyst", "udp 10.62.8.9/32:514"): ("udp: {to: orders-db, port: 514}",),
}  # fmt: skip


def lines_of(found: Suggestion | Refusal) -> tuple[str, ...]:
    assert isinstance(found, Suggestion), found
    head, need, *reasons = found.yaml
    assert head == "needs:"
    return (need.removeprefix("  - "), *reasons)


@pytest.mark.parametrize(("agent", "target"), SUGGESTED, ids=[target for _, target in SUGGESTED])
def test_the_narrowest_need_is_suggested(agent: str, target: str) -> None:
    found = remedy(agent, target)
    assert lines_of(found) == SUGGESTED[agent, target]
    assert isinstance(found, Suggestion)
    assert found.path == f"profiles/agents/{agent}.yaml"
    assert found.opens


@pytest.mark.parametrize(("agent", "target"), SUGGESTED, ids=[target for _, target in SUGGESTED])
def test_it_allows_the_target_once_somebody_has_answered_for_it(agent: str, target: str, tmp_path: Path) -> None:
    found = remedy(agent, target)
    assert isinstance(found, Suggestion)
    for name in ("profiles", "Pulumi.yaml", "Pulumi.prod.yaml", "Pulumi.dev.yaml", "Pulumi.staging.yaml"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    text = "\n".join(found.yaml).replace("WHY", "asked").replace("WHO", "kim").replace("YEAR-MONTH-DAY", "2027-01-31")
    path = tmp_path / found.path
    profile = yaml.safe_load(path.read_text())
    profile["needs"] += yaml.safe_load(text)["needs"]
    path.write_text(yaml.safe_dump(profile))
    after = plan_environment(Directory(tmp_path), "prod", DAY, Findings())
    assert judge(after.declared.of(agent), parse_target(target)).allowed
    added = {flow.access for flow in after.declared.of(agent)} - {
        flow.access for flow in plan_of("prod").declared.of(agent)
    }
    assert added == set(found.opens)


def test_what_somebody_must_answer_for_does_not_compile_as_it_is_shown() -> None:
    found = remedy("pr-contributor", "POST https://api.github.com/user/keys")
    assert isinstance(found, Suggestion)
    assert found.missing == ("because", "approved_by", "until")
    assert found.risks == ("writes-in-public",)
    with pytest.raises(ValueError, match="YEAR"):
        datetime.date.fromisoformat(yaml.safe_load("\n".join(found.yaml))["needs"][0]["until"] + " YEAR")


def test_what_comes_with_it_is_said() -> None:
    found = remedy("reviewer", "POST https://api.github.com/repos/numpy/numpy/pulls")
    assert isinstance(found, Suggestion)
    assert len(found.opens) == 3
    assert any("harmful sentence" in text for text in found.carries)
    assert {left.code for left in found.residuals} == {"R301"}
    assert found.beside is not None
    names = remedy("reviewer", "GET https://www.example.org/", plan_of("dev"))
    assert isinstance(names, Suggestion)
    assert {left.code for left in names.residuals} == {"R101", "R102"}


def test_a_call_is_written_as_one() -> None:
    found = remedy("reviewer", "agent research-assistant")
    assert isinstance(found, Suggestion)
    assert found.yaml == ("calls: [research-assistant]",)
    also = remedy("pr-contributor", "agent code-sandbox")
    assert isinstance(also, Suggestion)
    assert also.yaml == ("calls: [reviewer, code-sandbox]",)
    assert [str(access) for access in also.opens] == ["agent code-sandbox:8090"]


REFUSED = {
    "tcp 169.254.169.254:80": "no agent may be granted 169.254.169.254/32",
    "tcp 127.0.0.1:80": "no agent may be granted 127.0.0.1/32",
    "tcp 203.0.113.4:443": "a public address is no destination",
    "udp 8.8.8.8:53": "a public address is no destination",
    "tcp 10.1.2.3:22": "prod names no private destination that has 10.1.2.3/32",
    "tcp 10.62.8.0/24:5432": "prod names no private destination that has 10.62.8.0/24",
    "tcp 10.48.0.5:443": "10.48.0.5/32 lies in this environment's own network",
    "GET https://example.org/a/../b": "`/a/../b` is not a plain request target",
    "GET https://example.org//": "`//` is not a plain request target",
    "TRACE https://example.org/": "TRACE is not a method that can be granted",
    "get https://example.org/": "get is not a method that can be granted",
    "agent on-call-assistant": "`on-call-assistant` serves nobody",
    "agent data-analyst": "an agent does not call itself",
    "iam:CreateUser arn:aws:iam::333333333333:user/x": "no capability and no primitive grants it",
}


@pytest.mark.parametrize("target", REFUSED)
def test_what_nothing_can_allow_says_why_and_what_to_do(target: str) -> None:
    found = remedy("data-analyst", target)
    assert isinstance(found, Refusal), found
    assert found.reason.startswith(REFUSED[target])
    assert found.mend


BEYOND_THE_CEILING = {
    ("pr-contributor", "prod", "POST https://api.github.com/user/repos"): (
        11,
        "POST https://api.github.com/user/repos",
    ),
    ("pr-contributor", "prod", "PATCH https://api.github.com/gists/7"): (9, "POST|PUT|PATCH"),
    ("data-analyst", "prod", "tls a.ngrok.app"): (13, "tls *.ngrok.app:*"),
    ("data-analyst", "prod", "tcp orders-db:22"): (15, "tcp *:22"),
    # what another need could not give either, for a reason of its own: the ceiling's goes first
    ("pr-contributor", "dev", "tls pinned.example.org"): (23, "the capability `tls`"),
}


@pytest.mark.parametrize("narrowest", [False, True])
@pytest.mark.parametrize("asked", BEYOND_THE_CEILING, ids=lambda asked: asked[2])
def test_what_the_ceiling_forbids_is_not_suggested(asked: tuple[str, str, str], narrowest: bool) -> None:
    agent, environment, text = asked
    line, limit = BEYOND_THE_CEILING[asked]
    found = remedy(agent, text, plan_of(environment), narrowest=narrowest)
    assert isinstance(found, Refusal), found
    assert found.reason.startswith(f"the ceiling forbids it in {environment}: {limit}")
    assert found.place is not None
    assert (found.place.path, found.place.line) == ("profiles/ceiling.yaml", line)
    assert "only the ceiling's owners" in found.mend


def test_beside_the_ceiling_something_else_is_suggested() -> None:
    # a gist is read by whoever has its address: the limit is on writing one
    found = remedy("pr-contributor", "GET https://api.github.com/gists/7", plan_of("prod"))
    assert isinstance(found, Suggestion), found


def test_opaque_tls_beside_inspected_needs_is_refused_with_its_place() -> None:
    found = remedy("pr-contributor", "tls pinned.example.org")
    assert isinstance(found, Refusal)
    assert "is inspected for its other needs" in found.reason
    assert found.place is not None


def test_a_grant_that_has_ended_is_to_be_approved_anew() -> None:
    plan = plan_environment(Directory(ROOT), "prod", datetime.date(2027, 7, 1), Findings())
    found = remedy("pr-contributor", "POST https://api.github.com/repos/matplotlib/matplotlib/pulls", plan)
    assert isinstance(found, Refusal)
    assert found.reason == "`github.repository` granted it until 2027-06-30"
    assert str(found.place) == "profiles/agents/pr-contributor.yaml:17"


def test_an_agent_that_is_cut_off_is_not_helped(tmp_path: Path) -> None:
    for name in ("profiles", "Pulumi.yaml", "Pulumi.prod.yaml", "Pulumi.dev.yaml", "Pulumi.staging.yaml"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    path = tmp_path / "profiles/agents/reviewer.yaml"
    path.write_text(path.read_text() + "quarantined: true\n")
    plan = plan_environment(Directory(tmp_path), "prod", DAY, Findings())
    found = remedy("reviewer", "GET https://example.org/", plan, tmp_path)
    assert isinstance(found, Refusal)
    assert found.reason == "`reviewer` is quarantined: it has no access at all"
    calling = remedy("research-assistant", "agent reviewer", plan, tmp_path)
    assert isinstance(calling, Refusal)
    assert calling.reason == "`reviewer` is quarantined"


def test_every_fixture_of_the_catalogue_finds_its_capability() -> None:
    """What a vendor's client sends leads back to the capability, with parameters that grant it."""
    plan = plan_of("prod")
    catalogue = load_catalogue(Directory(ROOT), Findings())
    known = variables(plan.environment, "reviewer")
    missed, found = [], 0
    for written in catalogue.capabilities.values():
        if written.capability.platform or written.capability.primitive:
            continue
        for text in (text for fixture in written.capability.fixtures for text in fixture.allow):
            target = parse_target(text.replace("111111111111", known["account"]).replace("eu-west-1", known["region"]))
            assert written.name.partition(".")[0] in may_speak_of(target) | {"acme"}, text
            if any(True for _ in fitting(written, target, known)):
                found += 1
            else:
                missed.append(f"{written.name}: {text}")
    assert found > 150
    assert missed == []


def test_the_services_of_the_example_fleet_are_all_suggested() -> None:
    """Each action that some agent has leads to a need for one that has it not, or to what must be told besides."""
    plan = plan_of("prod")
    asked = 0
    for flow in plan.declared.of("data-analyst"):
        if isinstance(flow.access, Service) and flow.grant.origin != "platform":
            text = f"{flow.access.actions[0]} {flow.access.resources[0].replace('*', 'x').replace('?', 'x')}"
            if not judge(plan.declared.of("reviewer"), parse_target(text)).allowed:
                found = remedy("reviewer", text)
                if isinstance(found, Refusal):
                    assert "grants it, with what a target does not tell: " in found.reason
                asked += isinstance(found, Suggestion)
    assert asked >= 5
