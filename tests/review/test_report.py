"""The report says everything that the policy says, once, and the same every time."""

import dataclasses
from collections import Counter
from pathlib import Path

import pytest
from reviewing import DAY, ENVIRONMENTS, review_of, write_tree
from ringfence.policy.flow import Access, Https, Service
from ringfence.policy.request import METHODS
from ringfence.review.build import build_report
from ringfence.review.merged import causes, merged_requests, needs, whose
from ringfence.review.report import QuarantineReview, Report


def shown(access: Access) -> str:
    """An access as the report should show it, written here once more."""
    if isinstance(access, Https):
        return f"{access.host}:{access.port} {[str(request) for request in access.requests]}"
    if isinstance(access, Service):
        return f"{access.service} {list(access.actions)} {list(access.resources)} {access.principal}"
    return str(access)


def declared_in(report: Report) -> Counter[tuple[str, str, str, str, bool]]:
    found: Counter[tuple[str, str, str, str, bool]] = Counter()
    for agent, need in needs(report):
        for reach in need.reaches:
            access = reach.destination
            if reach.kind == "https":
                access += f" {list(reach.requests)}"
            elif reach.kind == "service":
                access += f" {list(reach.actions)} {list(reach.resources)} {reach.principal}"
            found[agent.name, need.declared, need.capability, access, reach.public_write] += 1
    return found


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_declared_flow_and_every_public_write_is_there_once(environment: str) -> None:
    reviewed = review_of(environment)
    expected = Counter(
        (
            flow.agent,
            str(flow.grant.declared),
            flow.grant.capability,
            shown(flow.access),
            "writes-in-public" in flow.grant.risks,
        )
        for flow in reviewed.plan.declared.flows
    )
    assert declared_in(reviewed.report) == expected
    assert sum(key[-1] for key in expected.elements()) >= 2


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_effective_flow_is_there_once(environment: str) -> None:
    reviewed = review_of(environment)
    found: Counter[tuple[str, str, str]] = Counter()
    for agent, need in needs(reviewed.report):
        for reach in need.reaches:
            passes = reach.effective or reach.destination
            found[agent.name, need.declared, passes.removeprefix("any request to ")] += 1
    expected = Counter(
        (
            flow.agent,
            str(flow.grant.declared),
            flow.access.service if isinstance(flow.access, Service) else str(flow.access),
        )
        for flow in reviewed.plan.effective.flows
    )
    assert found == expected


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_residual_is_there_once_also_where_they_are_merged(environment: str) -> None:
    reviewed = review_of(environment)
    expected = Counter(
        (left.code, str(left.kind), left.agent, left.subject, left.reason) for left in reviewed.plan.effective.residuals
    )
    assert expected == Counter(
        (left.code, left.kind, left.agent, left.subject, left.reason) for left in reviewed.report.residuals
    )
    merged: Counter[tuple[str, str, str, str, str]] = Counter()
    for cause in causes(reviewed.report):
        for subject, agents in cause.subjects.items():
            for agent, times in agents.items():
                merged[cause.code, cause.kind, agent, subject, cause.reason] += times
    assert merged == expected


def test_what_is_widened_says_what_passes_and_which_layers_hold_that() -> None:
    by_name = {environment: review_of(environment).report for environment in ENVIRONMENTS}

    def pulls(report: Report) -> tuple[str | None, tuple[str, ...]]:
        return next(
            (reach.effective, reach.layers)
            for agent, need in needs(report)
            for reach in need.reaches
            if agent.name == "pr-contributor"
            and reach.destination == "api.github.com:443"
            and any("/pulls" in request for request in reach.requests)
        )

    assert pulls(by_name["dev"]) == (
        "any request to api.github.com:443",
        ("sg", "nacl", "route", "sni", "dns"),
    )
    assert pulls(by_name["staging"]) == ("any public address:443", ("sg", "nacl", "route"))
    assert pulls(by_name["prod"]) == (None, ("sg", "nacl", "route", "http", "dns"))


def test_reasons_approvals_and_places_stand_with_each_need() -> None:
    (need,) = (
        need
        for agent, need in needs(review_of("prod").report)
        if agent.name == "pr-contributor" and need.origin == "profile" and need.capability == "github.repository"
    )
    assert (need.because, need.ticket, need.approved_by, str(need.until)) == (
        "pushes to its fork and opens pull requests",
        "SEC-412",
        "kim",
        "2027-06-30",
    )
    assert need.declared.startswith("profiles/agents/pr-contributor.yaml:")
    assert need.catalogue.startswith("catalogue/github.yaml:")


def test_the_account_of_it_is_the_enforcements() -> None:
    reviewed = review_of("dev")
    report = reviewed.report
    assert report.as_of == DAY
    assert report.allocation == "current"
    assert set(report.elsewhere) == {"ledger-reconciler", "on-call-assistant"}
    subnets = {count.name: count.count for count in report.resources}["aws:ec2/subnet:Subnet"]
    assert subnets == len(reviewed.enforcement.subnets)
    assert {use.quota: use.used for use in report.quotas}["subnets_per_vpc"] == subnets
    assert reviewed.enforcement.places[0].networks[0] == reviewed.allocation.networks(report.agents[0].name)[0]


def test_observed_quarantined_expired_and_accepted_are_said(tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        watched="owner: o\npurpose: p\nmode: observe\nneeds: [{https: {host: example.com, methods: [GET]}}]\n",
        cut="owner: o\npurpose: p\nquarantined: true\nneeds: [{https: {host: example.com, methods: [GET]}}]\n",
        old="owner: o\npurpose: p\n"
        "accepts: [{risk: open-sibling, because: known, approved_by: kim, until: 2027-01-01}]\n"
        "needs:\n"
        "  - https: {host: example.com, methods: [GET]}\n"
        "    until: 2026-11-22\n",
    )
    report = review_of("dev", tmp_path).report
    cut, old, watched = report.agents
    assert report.observed == ("watched",)
    assert report.allocation == "provisional"
    assert (watched.mode, watched.provisional) == ("observe", True)
    assert (cut.quarantine, cut.needs) == (QuarantineReview(None, None, None), ())
    assert [(each.capability, str(each.until), each.declared) for each in old.expired] == [
        ("https", "2026-11-22", "profiles/agents/old.yaml:10")
    ]
    assert [(each.risk, each.approved_by) for each in old.accepted] == [("open-sibling", "kim")]


def test_the_last_day_still_counts(tmp_path: Path) -> None:
    needs_text = f"owner: o\npurpose: p\nneeds:\n  - https: {{host: example.com, methods: [GET]}}\n    until: {DAY}\n"
    (agent,) = review_of("dev", write_tree(tmp_path, last=needs_text)).report.agents
    assert agent.expired == ()
    assert any(need.capability == "https" for need in agent.needs)


def test_the_same_input_gives_the_same_report() -> None:
    reviewed = review_of("prod")
    review_of.cache_clear()
    again = review_of("prod")
    assert again.report == reviewed.report
    assert build_report(reviewed.plan, reviewed.enforcement, reviewed.allocation) == reviewed.report


def test_a_flow_that_is_in_no_form_effective_is_an_error_of_ours() -> None:
    reviewed = review_of("dev")
    broken = dataclasses.replace(reviewed.plan, effective=dataclasses.replace(reviewed.plan.effective, flows=()))
    with pytest.raises((AssertionError, KeyError)):
        build_report(broken, reviewed.enforcement, reviewed.allocation)


def test_methods_of_one_target_are_written_together() -> None:
    assert merged_requests(["GET /a", "HEAD /a", "POST /b?-"]) == ["GET|HEAD /a", "POST /b?-"]
    assert merged_requests([f"{method} /**" for method in METHODS]) == ["any /**"]
    assert merged_requests([]) == []


def test_agents_are_named_unless_they_are_all_of_many() -> None:
    assert whose(Counter("abcd"), 4) == "all 4 agents"
    assert whose(Counter("abc"), 4) == "a, b, c"
    assert whose(Counter("aabcd"), 4) == "a (2 places), b, c, d"
    assert whose(Counter("abc"), 3) == "a, b, c"
