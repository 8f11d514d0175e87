"""`ringfence verify`, as a user runs it."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def verify(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = "from ringfence.cli import main; main()"
    command = [sys.executable, "-c", program, "verify", "--root", str(ROOT), "--as-of", "2026-11-23", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_examples_are_proved_and_what_the_proof_is_not_is_said() -> None:
    done = verify("--env", "dev")
    assert (done.returncode, done.stderr) == (0, "")
    assert "pr-contributor: proved" in done.stdout
    assert "not part of this proof: " in done.stdout
    assert "residuals are part of the effective policy" in done.stdout


def test_json_names_every_agent_and_the_source(tmp_path: Path) -> None:
    done = verify("--env", "prod", "--format", "json")
    written = json.loads(done.stdout)
    assert done.returncode == 0
    assert written["proved"] is True
    assert set(written["agents"].values()) == {"proved"}
    assert written["source"] == "the program"
    assert written["findings"] == []


def test_a_file_that_is_no_state_is_a_located_error(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("{}")
    done = verify("--env", "dev", "--stack-export", str(path))
    assert done.returncode == 2
    assert "RF120" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_another_environment_has_is_not_proved_and_ends_in_findings(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    script = (
        "import datetime, pathlib, sys; from ringfence.source.tree import Directory; "
        "from ringfence.aws.resources.graph import registered_graph; "
        "day = datetime.date(2026, 11, 23); tree = Directory(pathlib.Path(sys.argv[1])); "
        "sys.stdout.write(registered_graph(tree, 'dev', day).to_json())"
    )
    recorded = subprocess.run([sys.executable, "-c", script, str(ROOT)], capture_output=True, text=True, check=True)
    path.write_text(recorded.stdout.replace('"stack": "dev"', '"stack": "prod"'))
    done = verify("--env", "prod", "--stack-export", str(path))
    assert done.returncode == 1
    assert "proved" in done.stdout
    assert "less than declared" in done.stdout or "not proved" in done.stdout


def test_two_sources_are_a_usage_error(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("{}")
    done = verify("--env", "dev", "--stack-export", str(path), "--preview", str(path))
    assert done.returncode == 2
    assert "give one" in done.stderr


def test_a_workload_is_held_against_what_is_deployed_only(tmp_path: Path) -> None:
    path = tmp_path / "workload.json"
    path.write_text("{}")
    done = verify("--env", "dev", "--workload", str(path))
    assert done.returncode == 2
    assert "--workload needs the ids of what is deployed: give --stack-export or --live as well" in done.stderr


def test_sarif_is_valid_and_places_differences_in_the_project(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    graph = '{"format_version": 1, "project": "ringfence", "stack": "dev", "outputs": {}, "resources": []}'
    path.write_text(graph)
    done = verify("--env", "dev", "--stack-export", str(path), "--format", "sarif")
    assert done.returncode == 1
    (run,) = json.loads(done.stdout)["runs"]
    assert {result["ruleId"] for result in run["results"]} >= {"V102", "V103"}
    places = [each["physicalLocation"]["artifactLocation"] for result in run["results"] for each in result["locations"]]
    assert all((ROOT / place["uri"]).is_file() and place["uriBaseId"] == "%SRCROOT%" for place in places)
    assert str(tmp_path) not in done.stdout
