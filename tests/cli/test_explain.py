"""`ringfence explain` as a user runs it: from a file, without what only a deployment needs."""

import datetime
from pathlib import Path

import pytest
from commanding import DAY, ROOT, ringfence
from heavy_imports import run_and_list
from ringfence.aws.resources.graph import registered_graph
from ringfence.source.tree import Directory
from ringfence.verify.graph import ResourceGraph

FORBIDDEN = "POST https://api.github.com/user/repos"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("state") / "prod.json"
    graph = registered_graph(Directory(ROOT), "prod", datetime.date.fromisoformat(DAY))
    path.write_text(graph.to_json(), encoding="utf-8")
    return path


def test_a_file_is_read_without_pulumi_and_without_boto3(state: Path) -> None:
    asked = ("explain", "pr-contributor", FORBIDDEN, "--env", "prod", "--as-of", DAY, "--stack-export", str(state))
    ran = run_and_list(*asked)
    assert ran.stdout.splitlines()[-2:] == ["status 0", "heavy []"], ran.stdout + ran.stderr
    assert ran.stderr == ""


def test_the_file_and_the_program_give_one_answer(state: Path) -> None:
    asked = ("explain", "pr-contributor", FORBIDDEN, "--env", "prod", "--as-of", DAY)
    from_file, from_program = ringfence(*asked, "--stack-export", str(state)), ringfence(*asked)
    assert from_file.code == from_program.code == 0
    answer = " ".join(from_file.out.split()).replace(str(state), "the program")  # lines are wrapped by their length
    assert answer == " ".join(from_program.out.split())


def test_a_file_names_its_environment(state: Path) -> None:
    asked = ("explain", "pr-contributor", FORBIDDEN, "--as-of", DAY, "--stack-export", str(state))
    assert ringfence(*asked).out == ringfence(*asked, "--env", "prod").out


@pytest.mark.parametrize(
    "asked",
    [
        ("verify", "--stack-export"),
        ("explain", "pr-contributor", FORBIDDEN, "--preview"),
        ("flush", "--print", "--stack-export"),
        ("diff", "--against-export"),
    ],
    ids=lambda asked: asked[0],
)
def test_a_file_of_another_environment_is_refused(state: Path, asked: tuple[str, ...]) -> None:
    ran = ringfence(*asked, str(state), "--env", "dev")
    assert (ran.code, ran.out) == (2, "")
    assert f"{state}:1:1: RF120 it is of the stack `prod`, and dev is asked about" in ran.err
    assert "  help: give that of `dev`, or `--env prod`" in ran.err


def test_a_file_that_names_none_asks_for_it(tmp_path: Path) -> None:
    path = tmp_path / "nameless.json"
    path.write_text(ResourceGraph("ringfence", "", ()).to_json(), encoding="utf-8")
    ran = ringfence("explain", "pr-contributor", FORBIDDEN, "--stack-export", str(path))
    assert ran.code == 2
    assert f"{path}:1:1: RF120 cannot be read: it does not say of which stack it is" in ran.err
    assert "--env" in ran.err


def test_without_a_file_each_of_the_agents_environments_answers() -> None:
    asked = ("explain", "on-call-assistant", "dns example.com", "--as-of", DAY)
    each = [ringfence(*asked, "--env", env).out for env in ("staging", "prod")]
    both = ringfence(*asked)
    assert (both.code, both.out) == (0, "\n".join(each))
    refused = ringfence(*asked, "--format", "json")
    assert refused.code == 2
    assert "one report is one environment: --env staging|prod" in refused.err


def test_what_the_ceiling_forbids_is_said_in_place_of_a_need(state: Path) -> None:
    asked = ("explain", "pr-contributor", FORBIDDEN, "--env", "prod", "--as-of", DAY, "--stack-export", str(state))
    said = " ".join(ringfence(*asked).out.split())
    assert f"no need would allow it: the ceiling forbids it in prod: {FORBIDDEN}: repositories are created" in said
    assert "profiles/ceiling.yaml:11" in said
    assert "needs:" not in said
