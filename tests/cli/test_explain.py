"""`ringfence explain` as a user runs it: from a file, without what only a deployment needs."""

import datetime
from pathlib import Path

import pytest
from commanding import DAY, ROOT, ringfence
from heavy_imports import run_and_list
from ringfence.aws.resources.graph import registered_graph
from ringfence.source.tree import Directory

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


def test_what_the_ceiling_forbids_is_said_in_place_of_a_need(state: Path) -> None:
    asked = ("explain", "pr-contributor", FORBIDDEN, "--env", "prod", "--as-of", DAY, "--stack-export", str(state))
    said = " ".join(ringfence(*asked).out.split())
    assert f"no need would allow it: the ceiling forbids it in prod: {FORBIDDEN}: repositories are created" in said
    assert "profiles/ceiling.yaml:9" in said
    assert "needs:" not in said
