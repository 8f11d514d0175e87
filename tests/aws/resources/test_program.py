"""The program as Pulumi runs it: it deploys what reviews read, in the account that it names, or nothing at all."""

import json
import re
import runpy
import shutil
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from example_fleet import ENVIRONMENTS, ROOT, Registered
from ringfence.aws.resources import program
from ringfence.aws.resources.imagined import Account
from ringfence.aws.resources.recorder import record
from ringfence.verify.graph import ResourceGraph

DAY = "ringfence:as_of: 2026-11-23"


def configuration(root: Path, stack: str) -> dict[str, str]:
    """A stack's configuration as the engine hands it to the program: objects as JSON, a date in Go's own form."""
    config = yaml.safe_load((root / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
    handed = {key: json.dumps(value) if isinstance(value, dict) else str(value) for key, value in config.items()}
    if "ringfence:as_of" in handed:
        handed["ringfence:as_of"] += " 00:00:00 +0000 UTC"
    return handed


def run_program(
    root: Path,
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
    *,
    stack: str = "dev",
    folder: str = ".",
    config: dict[str, str] | None = None,
    log: list[tuple[str, str]] | None = None,
) -> ResourceGraph:
    monkeypatch.chdir(root / folder)
    heard = [] if log is None else log
    return record(
        lambda: runpy.run_path(str(ROOT / "infra"), run_name="__main__") and None,
        account,
        stack=stack,
        config=configuration(root, stack) if config is None else config,
        log=lambda severity, text: heard.append((severity, text)),
    )


@pytest.fixture
def stacks(project: Path, tmp_path: Path) -> Path:
    """A copy of the project that a test may change, its day pinned."""
    root = tmp_path / "project"
    shutil.copytree(project, root)
    for stack in root.glob("Pulumi.*.yaml"):
        stack.write_text(stack.read_text(encoding="utf-8") + f"  {DAY}\n", encoding="utf-8")
    return root


@pytest.fixture
def here() -> Account:
    return Account("111111111111", "eu-west-1", ("eu-west-1a", "eu-west-1b", "eu-west-1c"))


def refusal(run: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the program says when it refuses; that it registered nothing before is part of every refusal."""

    def never(_enforcement: object) -> None:
        raise AssertionError("something was registered")

    monkeypatch.setattr(program, "register", never)
    with pytest.raises(pulumi.RunError) as raised:
        run()
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    return str(raised.value)


@pytest.mark.parametrize("registered", ENVIRONMENTS, indirect=True)
def test_it_registers_what_the_environments_file_says(
    stacks: Path, registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    log: list[tuple[str, str]] = []
    graph = run_program(stacks, registered.account, monkeypatch, stack=registered.enforcement.environment, log=log)
    assert graph.to_json() == registered.deployed.to_json()
    assert [text for _, text in log if "deprecated" in text] == []


def test_it_finds_the_project_from_its_own_folder_as_pulumi_starts_it(
    stacks: Path, here: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    (stacks / "infra").mkdir()
    assert run_program(stacks, here, monkeypatch, folder="infra").of_type("aws:ec2/vpc:Vpc")


def test_another_account_is_refused_at_the_account_that_is_written(
    stacks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Account("999999999999", "eu-west-1", ("eu-west-1a", "eu-west-1b"))
    said = refusal(lambda: run_program(stacks, other, monkeypatch), monkeypatch)
    assert re.match(r"Pulumi\.dev\.yaml:\d+:\d+: RF112 the credentials are of the account 999999999999", said)
    assert said.endswith("1 error")


def test_another_region_is_refused(stacks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Account("111111111111", "us-east-1", ("us-east-1a",))
    said = refusal(lambda: run_program(stacks, other, monkeypatch), monkeypatch)
    assert "RF113 the provider works in us-east-1, and the environment is in eu-west-1" in said


def test_a_zone_that_the_account_has_not_is_refused_at_its_place(stacks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = Account("111111111111", "eu-west-1", ("eu-west-1a", "eu-west-1c"))
    said = refusal(lambda: run_program(stacks, lacking, monkeypatch), monkeypatch)
    assert "RF114 the account has no zone eu-west-1b in eu-west-1" in said
    assert "help: one of: eu-west-1a, eu-west-1c" in said


def test_a_configuration_that_reviews_do_not_read_is_refused(
    stacks: Path, here: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configuration(stacks, "dev")
    environment = json.loads(config["ringfence:environment"])
    config["ringfence:environment"] = json.dumps({**environment, "mode": "observe"})
    said = refusal(lambda: run_program(stacks, here, monkeypatch, config=config), monkeypatch)
    assert "RF110 Pulumi's configuration of this stack is not what stands here" in said


@pytest.mark.parametrize("given", ["[]", json.dumps({"account": 1}), None])
def test_a_configuration_of_a_wrong_shape_is_refused_too(
    stacks: Path, here: Account, given: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configuration(stacks, "dev")
    del config["ringfence:environment"]
    if given is not None:
        config["ringfence:environment"] = given
    said = refusal(lambda: run_program(stacks, here, monkeypatch, config=config), monkeypatch)
    assert "RF110 Pulumi's configuration of this stack is not what stands here" in said


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("aws:region", "us-east-1", "RF110 Pulumi's configuration of this stack says us-east-1"),
        ("ringfence:as_of", "2020-01-01", "RF110 Pulumi's configuration of this stack names another day"),
    ],
)
def test_a_region_or_day_that_reviews_do_not_read_is_refused(
    stacks: Path, here: Account, key: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configuration(stacks, "dev") | {key: value}
    assert said in refusal(lambda: run_program(stacks, here, monkeypatch, config=config), monkeypatch)


def test_agents_without_addresses_are_refused_by_name(
    stacks: Path, here: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    allocation = stacks / "profiles" / "allocations" / "dev.yaml"
    lines = allocation.read_text(encoding="utf-8").splitlines(keepends=True)
    allocation.write_text("".join(line for line in lines if not line.startswith("  reviewer:")), encoding="utf-8")
    said = refusal(lambda: run_program(stacks, here, monkeypatch), monkeypatch)
    assert "RF111 these agents have no addresses yet, or too few: reviewer" in said
    assert "ringfence allocate --env dev" in said


def test_every_problem_of_the_input_is_shown_with_its_line(
    stacks: Path, here: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    for agent in ("reviewer", "orchestrator"):
        profile = stacks / "profiles" / "agents" / f"{agent}.yaml"
        profile.write_text(profile.read_text(encoding="utf-8") + "surprise: here\n", encoding="utf-8")
    said = refusal(lambda: run_program(stacks, here, monkeypatch), monkeypatch)
    for agent in ("reviewer", "orchestrator"):
        assert re.search(rf"^profiles/agents/{agent}\.yaml:\d+:1: RF033 unknown key `surprise`$", said, re.MULTILINE)
    assert "    surprise: here\n    ^^^^^^^^" in said
    assert "Traceback" not in said


def test_a_folder_outside_any_project_is_refused(
    tmp_path: Path, stacks: Path, here: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configuration(stacks, "dev")
    said = refusal(lambda: run_program(tmp_path, here, monkeypatch, config=config), monkeypatch)
    assert "RF004 there is no Pulumi.yaml here or in any folder above" in said


def test_a_stack_without_a_file_is_refused(stacks: Path, here: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    said = refusal(lambda: run_program(stacks, here, monkeypatch, stack="nowhere", config={}), monkeypatch)
    assert "RF050 there is no environment `nowhere`" in said


def test_warnings_go_to_pulumis_own_log(stacks: Path, here: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = stacks / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text(encoding="utf-8").replace(DAY, "ringfence:as_of: 2099-01-01"), encoding="utf-8")
    log: list[tuple[str, str]] = []
    run_program(stacks, here, monkeypatch, log=log)
    expired = [text for severity, text in log if severity == "warning" and "RF071" in text]
    assert expired
    assert all("(as of 2099-01-01)" in text and "help: " in text for text in expired)
