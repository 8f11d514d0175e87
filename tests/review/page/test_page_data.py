"""What the page shows is the review, whole; and each generated rule names the needs that it is there for."""

import json
from pathlib import Path
from typing import Any

import pytest
from paging import data_of
from reviewing import ENVIRONMENTS, HOSTILE, ROOT, review_of, write_tree
from ringfence.review.page.rules import firewall_rules
from ringfence.source.diagnostic import visible


def rules_of(agent: dict[str, Any], kind: str, data: dict[str, Any]) -> dict[str, list[str]]:
    """The places of needs by the rule's text."""
    needs = [f"{need['capability']} {need['declared'].rpartition('/')[2]}" for need in agent["needs"]]
    whose = {each["name"]: each for each in data["agents"]}
    found = {}
    for first, numbers, *other in agent[kind]:
        text = data[kind][first][1] if isinstance(first, int) else first
        if other:
            needs_there = whose[other[0]]["needs"]
            found[text] = [f"{other[0]}: {needs_there[number]['capability']}" for number in numbers]
        else:
            found[text] = [needs[number] for number in numbers]
    return found


def line_with(agent: str, text: str) -> int:
    """The number of the line of a profile that has a text."""
    lines = (ROOT / "profiles" / "agents" / f"{agent}.yaml").read_text(encoding="utf-8").splitlines()
    (number,) = (number for number, line in enumerate(lines, 1) if text in line)
    return number


def agent_of(data: dict[str, Any], name: str) -> dict[str, Any]:
    return next(agent for agent in data["agents"] if agent["name"] == name)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_agent_need_flow_and_residual_is_on_the_page(environment: str) -> None:
    report, data = review_of(environment).report, data_of(environment)
    assert [agent["name"] for agent in data["agents"]] == [agent.name for agent in report.agents]
    residuals = 0
    for agent, shown in zip(report.agents, data["agents"], strict=True):
        assert len(agent.needs) == len(shown["needs"])
        for need, there in zip(agent.needs, shown["needs"], strict=True):
            assert (need.capability, need.declared) == (there["capability"], there["declared"])
            assert (need.approved_by, need.because) == (there.get("approvedBy"), there.get("because"))
            assert there.get("until") == (None if need.until is None else str(need.until))
            assert len(there["reaches"]) == len(need.reaches)
            for reach, number in zip(need.reaches, there["reaches"], strict=True):
                assert data["reaches"][number]["destination"] == reach.destination
                assert tuple(data["reaches"][number]["layers"]) == reach.layers
            assert need.capability in data["lines"][need.declared] or need.origin == "platform" or need.capability in {
                "agent.call", "aws.lambda"
            }  # fmt: skip
        residuals += len(shown.get("residuals", ()))
    assert residuals == len(report.residuals)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_generated_rule_is_on_the_page_once_for_each_agent_it_is_for(environment: str) -> None:
    enforcement, data = review_of(environment).enforcement, data_of(environment)
    names = {agent["name"]: agent for agent in data["agents"]}
    assert enforcement.firewall is not None or environment == "dev"
    for group in enforcement.security_groups:
        if group.agent is not None:
            own = [text for text, *_ in names[group.agent].get("groups", ()) if "(of group" not in text]
            assert len(own) == len(group.rules)
    doors = sum(len(group.rules) for group in enforcement.security_groups if group.agent is None)
    assert doors == sum("(of group" in each[0] for agent in data["agents"] for each in agent.get("groups", ()))
    for acl in enforcement.network_acls:
        if acl.agent is not None:
            assert len(names[acl.agent].get("acls", ())) == len(acl.rules)
    rules = [rule.text for group in enforcement.firewall.rules.groups for rule in group.rules] if (
        enforcement.firewall
    ) else []  # fmt: skip
    assert [text for _, text in data["firewall"]] == rules
    said = {number for agent in data["agents"] for number, _ in agent.get("firewall", ())}
    assert said | set(data["default"]) == set(range(len(rules)))
    assert not said & set(data["default"])
    statements = sum(
        len(endpoint.policy.statements)
        for endpoint in (*enforcement.gateway_endpoints, *enforcement.interface_endpoints)
    )
    assert len(data["endpoints"]) == statements
    assert {number for agent in data["agents"] for number, _ in agent.get("endpoints", ())} == set(range(statements))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_rule_that_lets_something_through_names_a_need(environment: str) -> None:
    data = data_of(environment)
    for agent in data["agents"]:
        for kind in ("groups", "acls", "endpoints"):
            for text, places in rules_of(agent, kind, data).items() if kind in agent else ():
                assert places or " deny " in text, (agent["name"], kind, text)
                assert not (places and " deny " in text)


def test_a_rule_leads_to_the_lines_that_it_is_there_for() -> None:
    data = data_of("prod")
    sandbox, caller = agent_of(data, "code-sandbox"), agent_of(data, "orchestrator")
    groups = rules_of(sandbox, "groups", data)
    assert groups["ingress tcp 8090 from group orchestrator"] == ["orchestrator: agent.call"]
    assert groups["egress tcp 443 to 0.0.0.0/0"] == [
        "pypi.install code-sandbox.yaml:14", "npm.install code-sandbox.yaml:15", "crates.install code-sandbox.yaml:16",
    ]  # fmt: skip
    called = rules_of(caller, "groups", data)["egress tcp 8090 to group code-sandbox"]
    assert called == ["agent.call orchestrator.yaml:19"]
    number = next(numbers for text, numbers, *_ in caller["groups"] if text == "egress tcp 8080 to group reviewer")
    (reach,) = caller["needs"][number[0]]["reaches"]
    assert data["reaches"][reach]["destination"] == "agent reviewer:8080"
    database = rules_of(agent_of(data, "data-analyst"), "acls", data)
    asked = next(places for text, places in database.items() if text.endswith(" allow tcp 5432 to 10.62.8.9/32"))
    assert asked == [f"tcp data-analyst.yaml:{line_with('data-analyst', '- tcp:')}"]


def test_a_firewall_rule_leads_to_the_needs_that_its_message_and_its_host_name() -> None:
    data = data_of("prod")
    found = rules_of(agent_of(data, "pr-contributor"), "firewall", data)
    github = {tuple(places) for text, places in found.items() if " host=api.github.com " in text}
    assert github == {("github.repository pr-contributor.yaml:17",)}
    names = next(places for text, places in found.items() if "ringfence http-host agents=6 capability=" in text)
    assert {place.partition(" ")[0] for place in names} == {
        "github.repository", "https", "acme.wiki", "anthropic.messages",
    }  # fmt: skip


def test_a_rule_whose_message_names_no_agent_is_there_for_all() -> None:
    reviewed = review_of("prod")
    default = [rule for rule in firewall_rules(reviewed.plan.declared, reviewed.enforcement) if not rule.agents]
    assert {rule.group for rule in default} == {"ringfence-default"}


def test_an_endpoint_statement_leads_to_the_needs_of_the_roles_that_it_names() -> None:
    data = data_of("prod")
    found = rules_of(agent_of(data, "data-analyst"), "endpoints", data)
    athena = next(places for text, places in found.items() if "athena:StartQueryExecution" in text)
    assert athena == ["aws.athena data-analyst.yaml:15"]


def test_every_text_is_made_visible(tmp_path: Path) -> None:
    lines = f'owner: "{HOSTILE}"\npurpose: "{HOSTILE}"\nneeds: []\n'
    text = json.dumps(data_of("dev", write_tree(tmp_path, agent=lines)), ensure_ascii=False)
    assert visible(text) == text
