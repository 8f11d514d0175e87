"""The incident on both engines: what stops each stage and why, and what a policy of domains only would let through."""

import datetime
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ringfence.aws.allocation_file import allocation_of
from ringfence.engine.configuration import Setting
from ringfence.engine.incident import AGENT, ATTEMPTS, Expected, Stage
from ringfence.engine.replay import Outcome, domains_only, replay
from ringfence.engine.suricata import Engine
from ringfence.plan import Plan, plan_environment
from ringfence.policy.flow import Https
from ringfence.policy.target import parse_target
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory

ROOT = Path(__file__).parents[2]
DAY = datetime.date(2026, 11, 23)

PAGES_OF_MITRE = (
    "https://attack.mitre.org/techniques/",
    "https://center-for-threat-informed-defense.github.io/mappings-explorer/attack/",
    "https://github.com/mitre/cti/blob/",
)
REQUEST = "ringfence http-request agent=pr-contributor"
HOST = "ringfence http-host agents="  # a rule of several agents: `ringfence attribute` names the one by its address
DECIDED: dict[str, tuple[str, str, bool]] = {
    # What is tried: the layer that stops it, how its rule or reason begins, and whether domains only would let it pass.
    "follows a link of that issue to a page of the attacker": ("firewall", HOST, False),
    "reads a gist that the issue names": ("firewall", HOST, False),
    "reads a page without TLS, which anybody on the way may change": ("firewall", "ringfence port", False),
    "makes itself another token": ("firewall", REQUEST, True),
    "adds a key to its account": ("firewall", REQUEST, True),
    "invites itself to an organisation": ("firewall", REQUEST, True),
    "uses the interface that does everything by one path": ("firewall", REQUEST, True),
    "starts a workflow": ("firewall", REQUEST, True),
    "reads another agent's secret": ("endpoint policy and IAM", "secretsmanager:GetSecretValue is declared", False),
    "takes the credentials of another agent's role": ("endpoint policy and IAM", "nothing is declared", False),
    "calls an agent that sees the company's numbers": ("security group", "nothing is declared", False),
    "calls the agent that hands out work": ("security group", "nothing is declared", False),
    "connects to the private database": ("security group", "nothing is declared", False),
    "logs in where the database runs": ("security group", "nothing is declared", False),
    "asks an unlisted host for orders": ("firewall", HOST, False),
    "asks it under an allowed name, at the attacker's address": ("firewall", HOST, True),
    "resolves a name of the attacker": ("DNS Firewall", "nothing is declared", False),
    "resolves the name that its orders have today": ("DNS Firewall", "nothing is declared", False),
    "reaches what another agent may": ("firewall", HOST, False),
    "asks a resolver of the attacker": ("firewall", "ringfence udp", False),
    "reads orders in another repository of an allowed host": ("firewall", REQUEST, True),
    "reads them with a climbing path": ("firewall", "ringfence dot-segment", True),
    "opens a shell out": ("firewall", "ringfence port", False),
    "writes a gist": ("firewall", REQUEST, True),
    "writes a gist as a browser does": ("firewall", HOST, False),
    "creates a repository": ("firewall", REQUEST, True),
    "pushes to another repository": ("firewall", REQUEST, True),
    "writes a file by interface": ("firewall", REQUEST, True),
    "spells it in names": ("DNS Firewall", "nothing is declared", False),
    "publishes a site": ("firewall", REQUEST, True),
    "publishes on a blog": ("firewall", HOST, False),
    "comments on the maintainer's decision": ("firewall", REQUEST, True),
    "opens an issue about the maintainer": ("firewall", REQUEST, True),
    "merges its change itself": ("firewall", REQUEST, True),
    "pushes to the project": ("firewall", REQUEST, True),
}


def replayed(
    engine: Engine,
    environment: str = "prod",
    root: Path = ROOT,
    setting: Setting = Setting(),  # noqa: B008 - frozen
) -> tuple[Plan, tuple[Outcome, ...]]:
    tree, findings = Directory(root), Findings()
    plan = plan_environment(tree, environment, DAY, findings)
    return plan, replay(plan, allocation_of(plan, tree, findings), AGENT, ATTEMPTS, [engine], setting)


@pytest.mark.suricata
@pytest.mark.parametrize("setting", [Setting(), Setting(http1_only=True)], ids=["as is", "http is HTTP/1"])
def test_each_forbidden_step_is_stopped_by_the_layer_and_rule_that_should(engine: Engine, setting: Setting) -> None:
    _, outcomes = replayed(engine, setting=setting)
    assert [outcome.attempt.says for outcome in outcomes if not outcome.as_expected] == []
    said = {
        outcome.attempt.says: (outcome.decisions[0].layer, outcome.decisions[0].rule, outcome.domains_only[0].passed)
        for outcome in outcomes
        if outcome.attempt.expected is Expected.STOPPED
    }
    assert said.keys() == DECIDED.keys()
    for says, (layer, rule, by_name) in said.items():
        assert (layer, by_name) == (DECIDED[says][0], DECIDED[says][2]), says
        assert rule.startswith(DECIDED[says][1]), (says, rule)
    for outcome in outcomes:
        [decision] = outcome.decisions
        by_engine = decision.layer == "firewall"
        assert decision.said_by == (str(engine) if by_engine else f"model: {decision.layer}")
        assert (decision.sid is not None) == (by_engine and not decision.passed)


@pytest.mark.suricata
def test_legitimate_work_passes_and_nothing_else_does_but_stated_residuals(engine: Engine) -> None:
    plan, outcomes = replayed(engine)
    assert [outcome.attempt.says for outcome in outcomes if not outcome.as_expected] == []
    codes = {residual.code for residual in plan.effective.residuals if residual.agent == AGENT}
    for outcome in outcomes:
        expected = outcome.attempt.expected
        assert outcome.passed == (expected is not Expected.STOPPED), outcome.attempt.says
        assert bool(outcome.residual) == (expected is Expected.RESIDUAL)
        assert outcome.attempt.code in codes | {""}


@pytest.mark.suricata
def test_where_the_agent_is_only_observed_what_passes_is_a_residual_of_that(engine: Engine) -> None:
    _, outcomes = replayed(engine, "staging")
    by_says = {outcome.attempt.says: outcome for outcome in outcomes}
    gist = by_says["writes a gist"]
    assert gist.passed
    assert gist.residual.startswith("R104: every public address passes")
    assert by_says["resolves a name of the attacker"].residual.startswith("R104: a name that nobody declares resolves")
    resolver = by_says["asks a resolver of the attacker"]
    assert (resolver.passed, resolver.decisions[0].layer) == (False, "security group")


@pytest.mark.suricata
def test_where_only_names_are_judged_what_passes_is_a_residual_of_that(engine: Engine) -> None:
    _, outcomes = replayed(engine, "dev")
    by_says = {outcome.attempt.says: outcome for outcome in outcomes}
    assert [outcome.attempt.says for outcome in outcomes if not outcome.as_expected] == []
    assert by_says["writes a gist"].residual.startswith("R101: ")
    assert by_says["asks it under an allowed name, at the attacker's address"].residual.startswith("R102: ")
    assert not by_says["asks an unlisted host for orders"].passed


@pytest.mark.suricata
def test_where_nothing_is_inspected_no_engine_is_asked_and_names_still_do_not_resolve(
    engine: Engine, tmp_path: Path
) -> None:
    root = copied(tmp_path)
    stack = root / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text().replace("inspection: names", "inspection: none"))
    _, outcomes = replayed(engine, "dev", root)
    assert [outcome.attempt.says for outcome in outcomes if not outcome.as_expected] == []
    assert {one.said_by.partition(":")[0] for outcome in outcomes for one in outcome.decisions} == {"model"}
    by_says = {outcome.attempt.says: outcome for outcome in outcomes}
    assert by_says["asks an unlisted host for orders"].residual.startswith("R103: ")
    assert by_says["resolves a name of the attacker"].decisions[0].layer == "DNS Firewall"
    assert not by_says["resolves a name of the attacker"].passed
    assert not by_says["opens a shell out"].passed


@pytest.mark.suricata
def test_a_profile_that_lets_more_through_is_found(engine: Engine) -> None:
    """The replay is no tautology: under rules of domains only in the same place it does not come out as expected."""
    tree, findings = Directory(ROOT), Findings()
    plan = plan_environment(tree, "prod", DAY, findings)
    wide = Plan(plan.fleet, plan.environment, domains_only(plan.declared), domains_only(plan.effective))
    outcomes = replay(wide, allocation_of(plan, tree, findings), AGENT, ATTEMPTS, [engine])
    passed = {outcome.attempt.says for outcome in outcomes if not outcome.as_expected}
    assert {"writes a gist", "creates a repository", "pushes to another repository", "publishes a site"} <= passed


def test_every_stage_is_tried_and_every_target_is_one() -> None:
    assert {attempt.stage for attempt in ATTEMPTS} == set(Stage)
    for attempt in ATTEMPTS:
        parse_target(attempt.target.replace("${account}", "333333333333").replace("${region}", "eu-central-1"))
        assert bool(attempt.why) == (attempt.expected is Expected.RESIDUAL)
        assert (attempt.stage is Stage.WORK) == (attempt.expected is Expected.ALLOWED)


def test_every_stage_of_the_attack_carries_techniques_each_with_the_page_in_which_it_was_read() -> None:
    techniques = {attempt.technique for attempt in ATTEMPTS if attempt.technique}
    assert {attempt.stage for attempt in ATTEMPTS if attempt.technique} == set(Stage) - {Stage.WORK}
    assert len({technique.identifier for technique in techniques}) == len(techniques)
    for technique in techniques:
        assert re.fullmatch(r"T\d{4}(\.\d{3})?", technique.identifier)
        assert technique.page.startswith(PAGES_OF_MITRE), technique
    assert {technique.identifier.partition(".")[0] for technique in techniques} == {
        "T1566", "T1659", "T1078", "T1021", "T1550", "T1071", "T1102", "T1568", "T1567", "T1048", "T1491", "T1565",
    }  # fmt: skip


def test_domains_only_leaves_hosts_and_ports() -> None:
    declared = plan_environment(Directory(ROOT), "prod", DAY, Findings()).declared
    plain = domains_only(declared)
    assert [str(flow.access) for flow in plain.of(AGENT)] == [str(flow.access) for flow in declared.of(AGENT)]
    assert not any(flow.access.requests for flow in plain.flows if isinstance(flow.access, Https))


def copied(folder: Path) -> Path:
    """The example project's input, to be changed."""
    shutil.copytree(ROOT / "profiles", folder / "profiles")
    for path in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(path, folder)
    return folder


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    program = "from ringfence.cli import main; main()"
    called = [sys.executable, "-c", program, "replay", "incident", "--root", str(ROOT), "--as-of", str(DAY), *arguments]
    return subprocess.run(called, capture_output=True, text=True, check=False, env=environment or None)


@pytest.mark.suricata
def test_the_command_prints_stage_technique_attempt_rule_and_who_said_so(engine: Engine) -> None:
    done = command()
    assert (done.returncode, done.stderr) == (0, "")
    assert str(engine).removeprefix("Suricata ") in done.stdout.splitlines()[0]
    assert (
        "exfiltration\nT1567.001  stopped   passes        writes a gist: POST https://api.github.com/gists"
        in done.stdout
    )
    assert "[model: DNS Firewall]" in done.stdout
    assert "residual R301: a harmful sentence in a permitted text passes" in done.stdout
    assert " 0 passed; 10 steps of legitimate work: 0 refused" in done.stdout


@pytest.mark.suricata
def test_a_project_without_the_agent_is_a_located_error(engine: Engine, tmp_path: Path) -> None:
    assert engine
    (copied(tmp_path) / "profiles" / "agents" / f"{AGENT}.yaml").unlink()
    done = command("--root", str(tmp_path))
    assert done.returncode == 2
    assert "RF122" in done.stderr


def test_without_an_engine_the_command_ends_in_2_and_says_how_to_get_one(tmp_path: Path) -> None:
    done = command(RINGFENCE_CACHE=str(tmp_path), PATH="/usr/bin:/bin")
    assert done.returncode == 2
    assert "no engine was found" in done.stderr
    assert "RINGFENCE_SURICATA_7" in done.stderr


@pytest.mark.suricata
def test_the_engine_that_is_missing_is_named(engine: Engine, tmp_path: Path) -> None:
    done = command(
        RINGFENCE_CACHE=str(tmp_path), PATH="/usr/bin:/bin", **{f"RINGFENCE_SURICATA_{engine.major}": str(engine.path)}
    )
    assert done.returncode == 0
    assert f"missing: Suricata {15 - engine.major}" in done.stdout
