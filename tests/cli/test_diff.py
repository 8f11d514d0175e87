"""`ringfence diff` in a real clone: revisions, folders, exports; formats, exit codes; sides that do not compile."""

import datetime
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from commanding import DAY, ROOT, Ran, ringfence
from ringfence.aws.resources.graph import registered_graph
from ringfence.source.tree import Directory

PR = Path("profiles") / "agents" / "pr-contributor.yaml"
NEED = "  - https: {host: docs.acme.example, methods: [GET]}\n"


def git(root: Path, *arguments: str) -> str:
    names = {f"GIT_{who}_{what}": "kim" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    ran = subprocess.run(
        ["git", "-C", str(root), *arguments], env={**os.environ, **names}, capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The example fleet, committed on `main`."""
    root = tmp_path / "clone"
    shutil.copytree(ROOT / "profiles", root / "profiles")
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, root)
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "fleet")
    return root


def add_need(root: Path) -> None:
    path = root / PR
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("calls: [reviewer]", f"{NEED}calls: [reviewer]"), encoding="utf-8")


def diff(root: Path, *arguments: str, env: str = "prod") -> Ran:
    return ringfence("diff", "--env", env, "--as-of", DAY, *arguments, cwd=root)


def test_what_is_not_committed_is_compared_with_the_main_line(clone: Path) -> None:
    assert diff(clone).out.splitlines()[1] == "nothing opens · nothing closes"
    add_need(clone)
    ran = diff(clone)
    commit = git(clone, "rev-parse", "HEAD")[:12]
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == f"prod · against commit {commit} · as of {DAY}"
    assert "GET /**" in ran.out
    assert "such as GET https://docs.acme.example/" in ran.out
    assert git(clone, "status", "--porcelain") == f"M {PR}"


def test_a_branch_is_compared_with_where_it_left_or_with_the_revision_that_is_named(clone: Path) -> None:
    git(clone, "switch", "--quiet", "--create", "change")
    add_need(clone)
    git(clone, "commit", "--quiet", "--all", "--message", "need")
    assert "WIDENED" in diff(clone).out
    assert "nothing opens" in diff(clone, "--against", "HEAD").out
    named = diff(clone, "--against", "main")
    assert named.out.splitlines()[0].startswith("prod · against main (")
    back = diff(clone, "--against", "change~0")
    assert "nothing opens" in back.out


def test_another_folder_is_compared(clone: Path) -> None:
    add_need(clone)
    ran = diff(clone, "--against-dir", str(ROOT))
    assert ran.code == 0
    assert f"{ROOT}:profiles" not in ran.out
    assert "`https` added · profiles/agents/pr-contributor.yaml:" in ran.out


def test_the_gate_fails_on_what_it_is_told_to(clone: Path) -> None:
    codes = [diff(clone, "--fail-on", gate).code for gate in ("widening", "risky", "never")]
    assert codes == [0, 0, 0]
    add_need(clone)
    codes = [diff(clone, "--fail-on", gate).code for gate in ("widening", "risky", "never")]
    assert codes == [1, 0, 0]
    path = clone / "profiles" / "catalogue" / "acme.yaml"
    path.write_text(path.read_text().replace('"GET /attachments/${space}/**"', '"GET /attachments/**"'))
    assert diff(clone, "--fail-on", "risky").code == 1


def test_every_format_is_one_command_with_the_same_bytes_each_time(clone: Path) -> None:
    add_need(clone)
    for form in ("text", "markdown", "json", "sarif"):
        runs = {
            ringfence("diff", "--env", "prod", "--as-of", DAY, "--format", form, cwd=clone, PYTHONHASHSEED=seed).out
            for seed in ("0", "1")
        }
        assert len(runs) == 1
        assert "docs.acme.example" in runs.pop()


def test_an_old_tree_that_does_not_compile_is_located_in_it_and_beside_errors_of_ours(clone: Path) -> None:
    path = clone / PR
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace("owner: docs-team", "onwer: docs-team"), encoding="utf-8")
    git(clone, "commit", "--quiet", "--all", "--message", "broken")
    path.write_text(good, encoding="utf-8")
    ran = diff(clone)
    commit = git(clone, "rev-parse", "HEAD")[:12]
    assert (ran.code, ran.out) == (2, "")
    assert f"{commit}:profiles/agents/pr-contributor.yaml:7:1: RF033 unknown key `onwer`" in ran.err
    assert "    onwer: docs-team\n    ^^^^^\n" in ran.err  # the old tree's own line
    path.write_text(good.replace("purpose:", "porpuse:"), encoding="utf-8")
    both = diff(clone)
    assert "\nprofiles/agents/pr-contributor.yaml:8:1: RF033 unknown key `porpuse`" in both.err
    assert both.err.splitlines()[-1] == "4 errors"


def test_an_environment_of_one_side_is_new_and_of_neither_side_an_error(clone: Path) -> None:
    shutil.copy(clone / "Pulumi.dev.yaml", clone / "Pulumi.test.yaml")
    path = clone / PR
    path.write_text(path.read_text().replace("environments: [dev, ", "environments: [test, dev, "))
    ran = diff(clone, env="test")
    assert (ran.code, ran.out.splitlines()[3]) == (0, "the environment is new, + pr-contributor")
    ran = diff(clone, env="nowhere")
    assert (ran.code, ran.out) == (2, "")
    assert "RF050 there is no environment `nowhere` on either side" in ran.err


def test_a_catalogue_that_the_tree_carries_is_each_sides_own(clone: Path) -> None:
    shutil.copytree(ROOT / "infra" / "ringfence" / "catalogue" / "data", clone / "infra/ringfence/catalogue/data")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", "catalogue")
    assert "nothing opens" in diff(clone).out
    path = clone / "infra/ringfence/catalogue/data/web.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[GET /**, HEAD /**]", "[GET /**, HEAD /**, POST /**]"), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != text
    ran = diff(clone)
    assert "capability `web.read`" in ran.out
    assert "infra/ringfence/catalogue/data/web.yaml:" in ran.out
    assert "POST /**" in ran.out


def test_a_deployed_stack_is_compared_by_its_export(clone: Path) -> None:
    graph = registered_graph(Directory(clone), "dev", datetime.date.fromisoformat(DAY))
    (clone / "stack.json").write_text(graph.to_json(), encoding="utf-8")
    assert "nothing opens · nothing closes" in diff(clone, "--against-export", "stack.json", env="dev").out
    add_need(clone)
    ran = diff(clone, "--against-export", "stack.json", "--format", "json", "--fail-on", "widening", env="dev")
    assert ran.code == 1
    found = json.loads(ran.out)
    assert found["against"] == {"kind": "export", "name": "stack.json", "commit": None}
    assert "dns docs.acme.example" in ran.out
    broken = diff(clone, "--against-export", str(PR), env="dev")
    assert (broken.code, "RF120 cannot be read: not JSON" in broken.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--against", "main", "--against-dir", "."), "three answers to one question"),
        (("--against", "nowhere"), "RF140 there is no revision `nowhere` here"),
        (("--against", "--help"), "RF140 there is no revision `--help` here"),
        (("--against-dir", "nowhere"), "nowhere:1:1: RF005 is no folder"),
        (("--against-export", "nowhere"), "RF120 cannot be read: No such file or directory"),
    ],
)
def test_a_wrong_call_ends_in_2(clone: Path, arguments: tuple[str, ...], said: str) -> None:
    ran = diff(clone, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
