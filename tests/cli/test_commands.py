"""The commands: what they print where, what they write, and how they end."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from commanding import DAY, ROOT, ringfence, write_project


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_the_example_fleet_ends_in_0(environment: str) -> None:
    for command in (["check", "--env", environment], ["review", "--env", environment]):
        ran = ringfence(*command, "--as-of", DAY)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith(f"{environment} · ")


def test_check_names_every_environment_its_expectations_and_the_day() -> None:
    ran = ringfence("check", "--as-of", DAY)
    lines = ran.out.splitlines()
    assert [line.split(" · ")[0] for line in lines] == ["dev", "prod", "staging"]
    for line in lines:
        _, agents, flows, expectations, day = line.split(" · ")
        held, _, of, _, _ = expectations.split()
        assert held == of
        assert int(agents.split()[0]) >= 7
        assert int(flows.split()[0]) > 90
        assert day == f"as of {DAY}"


def test_the_root_is_the_nearest_ancestor_with_pulumi_yaml(tmp_path: Path) -> None:
    write_project(tmp_path)
    inner = tmp_path / "profiles" / "agents"
    assert ringfence("check", cwd=inner).out.startswith("dev · 1 agent · ")
    elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    elsewhere.mkdir()
    ran = ringfence("check", cwd=elsewhere)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"{elsewhere}:1:1: RF004 there is no Pulumi.yaml here or in any folder above\n")
    assert ringfence("check", "--root", str(tmp_path), cwd=elsewhere).code == 0
    missing = ringfence("check", "--root", "nowhere", cwd=elsewhere)
    assert (missing.code, missing.err.splitlines()[0]) == (2, "nowhere:1:1: RF005 is no folder")


def test_all_problems_are_printed_at_once_and_nothing_else(tmp_path: Path) -> None:
    write_project(tmp_path, "agent: reader\nonwer: x\nneeds:\n  - https: {host: 10.0.0.1}\n  - htps: {}\n")
    ran = ringfence("check", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    heads = [line for line in ran.err.splitlines() if line.startswith("profiles/")]
    assert heads == sorted(heads, key=lambda line: [int(each) for each in line.split(":")[1:3]])
    assert "profiles/agents/reader.yaml:2:1: RF033 unknown key `onwer`" in heads
    assert ran.err.splitlines()[-1] == f"{len(heads)} errors"


def test_an_expectation_that_fails_is_a_finding(tmp_path: Path) -> None:
    write_project(tmp_path)
    path = tmp_path / "profiles" / "agents" / "reader.yaml"
    path.write_text(path.read_text() + "  - deny: GET https://example.com/x\n  - allow: dns evil.com\n")
    ran = ringfence("check", cwd=tmp_path)
    assert ran.code == 1
    assert "1 of 3 expectations hold" in ran.out
    assert "reader.yaml:10:11: RF076 reader in dev: expected to deny GET https://example.com/x" in ran.err
    assert "reader.yaml:11:12: RF076 reader in dev: expected to allow dns evil.com" in ran.err
    assert "help: nothing is declared for it" in ran.err


def test_check_as_sarif_prints_the_problems_and_ends_as_it_would(tmp_path: Path) -> None:
    write_project(tmp_path)
    path = tmp_path / "profiles" / "agents" / "reader.yaml"
    good = path.read_text()
    for text, code, rules in (
        (good, 0, []),
        (good + "  - deny: GET https://example.com/x\n", 1, ["RF076"]),
        (good.replace("owner", "onwer"), 2, ["RF032", "RF033"]),
    ):
        path.write_text(text)
        ran = ringfence("check", "--format", "sarif", cwd=tmp_path)
        (run,) = json.loads(ran.out)["runs"]
        assert (ran.code, ran.err) == (code, "")
        assert sorted(result["ruleId"] for result in run["results"]) == rules
        assert str(tmp_path) not in ran.out


def test_a_warning_is_printed_and_ends_in_1_only_with_strict(tmp_path: Path) -> None:
    write_project(tmp_path)
    path = tmp_path / "profiles" / "agents" / "reader.yaml"
    path.write_text(path.read_text().replace("methods: [GET]}", "methods: [GET]}\n    until: 2026-12-01"))
    for command in (["check"], ["review", "--env", "dev"]):
        ran = ringfence(*command, "--as-of", DAY, cwd=tmp_path)
        assert ran.code == 0
        assert "RF070 warning: `https` ends on 2026-12-01" in ran.err
        assert "RF070" not in ran.out
        assert ringfence(*command, "--as-of", DAY, "--strict", cwd=tmp_path).code == 1
    expired = ringfence("check", "--as-of", "2026-12-02", cwd=tmp_path)
    assert (expired.code, "RF071 warning" in expired.err) == (1, True)  # the expectation no longer holds
    assert ringfence("check", "--as-of", "2026-12-02", "--strict", cwd=tmp_path).code == 2


def test_strict_refuses_what_cannot_be_enforced(tmp_path: Path) -> None:
    write_project(tmp_path)
    ran = ringfence("review", "--env", "dev", "--as-of", DAY, cwd=tmp_path)
    assert ran.code == 0
    strict = ringfence("review", "--env", "dev", "--as-of", DAY, "--strict", cwd=tmp_path)
    assert (strict.code, strict.out) == (1, ran.out)
    assert "2 declared restrictions cannot be enforced here (--strict)" in strict.err


def test_an_exceeded_quota_ends_in_1(tmp_path: Path) -> None:
    write_project(tmp_path)
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(path.read_text() + "    quotas: {subnets_per_vpc: 2}\n")
    ran = ringfence("review", "--env", "dev", cwd=tmp_path)
    assert ran.code == 1
    assert "EXCEEDED" in ran.out
    assert ran.err == "a quota is exceeded\n"


def test_the_day_is_the_one_given_or_the_one_that_the_stack_pins(tmp_path: Path) -> None:
    write_project(tmp_path)
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(path.read_text() + "  ringfence:as_of: 2026-01-02\n")
    assert "as of 2026-01-02" in ringfence("check", cwd=tmp_path).out
    assert "as of 2026-01-02" in ringfence("review", "--env", "dev", cwd=tmp_path).out
    assert f"as of {DAY}" in ringfence("check", "--as-of", DAY, cwd=tmp_path).out
    # As `pulumi stack init` writes the same day back.
    path.write_text(path.read_text().replace("2026-01-02", "2026-01-02 00:00:00 +0000 UTC"))
    assert "as of 2026-01-02" in ringfence("check", cwd=tmp_path).out
    path.write_text(path.read_text().replace("2026-01-02 00:00:00 +0000 UTC", "soon"))
    ran = ringfence("check", cwd=tmp_path)
    assert (ran.code, "Pulumi.dev.yaml:7:20: RF052 'soon' is no date" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chek"], "there is no command `chek`; did you mean `check`?"),
        (["check", "--as-of", "23.11.2026"], "'23.11.2026' is no date; write YEAR-MONTH-DAY"),
        (["review"], "Missing option '--env'"),
        (["review", "--env", "dev", "--format", "pdf"], "'pdf' is not one of"),
        (["check", "extra"], "Got unexpected extra argument"),
        (
            ["catalogue", "githb.repository"],
            "there is no capability `githb.repository`; did you mean `github.repository`",
        ),
        (["schema", "profil"], "there is no schema `profil`; did you mean `profile`?"),
    ],
)
def test_a_wrong_call_ends_in_2_with_its_mend(arguments: list[str], said: str) -> None:
    ran = ringfence(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


@pytest.mark.parametrize("name", ["dve", "Dev", "../dev", "dev/../dev", "", "nope\u202e"])
def test_an_unknown_environment_is_a_located_error(name: str) -> None:
    for command in (["review", "--env", name], ["check", "--env", name], ["rules", "--env", name]):
        ran = ringfence(*command)
        assert (ran.code, ran.out) == (2, "")
        assert "RF050 there is no environment" in ran.err
        assert "\u202e" not in ran.err


def test_a_stack_whose_name_no_environment_can_have_is_not_read(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / "Pulumi.Dev.yaml").write_text((tmp_path / "Pulumi.dev.yaml").read_text(), encoding="utf-8")
    ran = ringfence("review", "--env", "Dev", cwd=tmp_path)
    assert (ran.code, ran.err.splitlines()[0]) == (2, "Pulumi.Dev.yaml:1:1: RF050 there is no environment `Dev`")


def test_help_waits_for_nothing() -> None:
    program = (
        "import sys\n"
        "from ringfence.cli import _run\n"
        "code = _run(['--help'])\n"
        "print(code, sorted({'pydantic', 'yaml', 'ipaddress', 'idna'} & set(sys.modules)))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "0 []"


def test_an_error_of_ours_is_short_and_ends_in_2(tmp_path: Path) -> None:
    write_project(tmp_path)
    program = (
        "import sys\n"
        "from ringfence.cli import main\n"
        "import ringfence.profile.fleet as fleet\n"
        "def broken(*_):\n    raise RuntimeError('a \\x1b[31mbug')\n"
        "fleet.classes_of = broken\n"
        "import ringfence.profile.expansion as expansion\n"
        "expansion.classes_of = broken\n"
        "main()\n"
    )

    def run(**environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program, "check"],
            cwd=tmp_path,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    ran = run()
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.splitlines()[0] == "ringfence: internal error: RuntimeError: a \\x1b[31mbug"
    assert "RINGFENCE_DEBUG=1 shows where" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "Traceback" in run(RINGFENCE_DEBUG="1").stderr


def test_a_reader_that_leaves_early_is_no_error() -> None:
    program = "from ringfence.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", program, "catalogue"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() in (0, -signal.SIGPIPE)


def test_output_is_plain_and_survives_a_terminal_without_unicode() -> None:
    ran = ringfence("review", "--env", "dev", "--as-of", DAY, PYTHONIOENCODING="iso8859-5", PYTHONUTF8="0")
    assert ran.code == 0
    assert ran.out.startswith("dev \\xb7 7 agents")
    assert "\x1b" not in ringfence("review", "--env", "dev", FORCE_COLOR="1", CLICOLOR_FORCE="1").out


def test_the_same_input_gives_the_same_bytes_in_every_format() -> None:
    for form in ("text", "markdown", "json"):
        runs = {
            ringfence("review", "--env", "prod", "--as-of", DAY, "--format", form, PYTHONHASHSEED=seed).out
            for seed in ("0", "1", "2")
        }
        assert len(runs) == 1
    assert json.loads(ringfence("review", "--env", "prod", "--format", "json").out)["environment"] == "prod"


def test_rules_writes_every_file_and_removes_its_own_old_ones(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = ringfence("rules", "--env", "prod", "--out", str(out), "--as-of", DAY)
    assert (first.code, first.err) == (0, "")
    files = {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert first.out == f"wrote {len(files)} files to {out} as of {DAY}\n"
    (out / "role-policies" / "gone.json").write_text("{}")
    (out / "notes.txt").write_text("mine")
    assert ringfence("rules", "--env", "prod", "--out", str(out), "--as-of", DAY).code == 0
    after = {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert after.pop(Path("notes.txt")) == b"mine"
    assert after == files


def test_rules_are_written_all_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "routes.json").mkdir(parents=True)
    ran = ringfence("rules", "--env", "dev", "--out", str(out))
    assert (ran.code, ran.out) == (2, "")
    assert f"{out}/routes.json:1:1: RF006 cannot be written: Is a directory" in ran.err
    assert [path for path in out.rglob("*") if path.is_file()] == []
    (tmp_path / "file").touch()
    ran = ringfence("rules", "--env", "dev", "--out", str(tmp_path / "file"))
    assert (ran.code, "RF006 cannot be written: " in ran.err) == (2, True)


def test_rules_refuses_provisional_addresses(tmp_path: Path) -> None:
    write_project(tmp_path)
    ran = ringfence("rules", "--env", "dev", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert "RF085 `reader` has no addresses in profiles/allocations/dev.yaml" in ran.err
    assert not (tmp_path / "out").exists()
    assert ringfence("allocate", "--env", "dev", cwd=tmp_path).code == 0
    assert ringfence("rules", "--env", "dev", cwd=tmp_path).code == 0
    assert (tmp_path / "out" / "dev" / "routes.json").is_file()


def test_allocate_writes_once_and_moves_nobody(tmp_path: Path) -> None:
    write_project(tmp_path)
    path = tmp_path / "profiles" / "allocations" / "dev.yaml"
    check = ringfence("allocate", "--env", "dev", "--check", cwd=tmp_path)
    assert (check.code, path.exists()) == (1, False)
    assert "+ reader: 10.40.0.0/28, 10.40.0.16/28" in check.out
    assert ringfence("allocate", "--env", "dev", cwd=tmp_path).code == 0
    before = path.read_bytes()
    again = ringfence("allocate", "--env", "dev", cwd=tmp_path)
    assert (again.code, again.out, path.read_bytes()) == (0, "profiles/allocations/dev.yaml is current\n", before)
    assert "allocation current" in ringfence("review", "--env", "dev", cwd=tmp_path).out
    profiles = tmp_path / "profiles" / "agents"
    (profiles / "another.yaml").write_text((profiles / "reader.yaml").read_text().replace("reader", "another"))
    assert "provisional" in ringfence("review", "--env", "dev", cwd=tmp_path).out.splitlines()[0]
    assert ringfence("allocate", "--env", "dev", cwd=tmp_path).out.startswith("+ another: ")
    assert b"  reader: {eu-west-1a: [10.40.0.0/28], eu-west-1b: [10.40.0.16/28]}" in path.read_bytes()


def test_what_is_released_is_kept_until_it_is_deployed(tmp_path: Path) -> None:
    write_project(tmp_path)
    assert ringfence("allocate", "--env", "dev", cwd=tmp_path).code == 0
    (tmp_path / "profiles" / "agents" / "reader.yaml").unlink()
    early = ringfence("allocate", "--env", "dev", "--deployed", cwd=tmp_path)
    assert (early.code, "--deployed comes after the allocation" in early.err) == (2, True)
    released = ringfence("allocate", "--env", "dev", cwd=tmp_path)
    assert "- reader: 10.40.0.0/28, 10.40.0.16/28 (kept until it is deployed)" in released.out
    path = tmp_path / "profiles" / "allocations" / "dev.yaml"
    assert "released:\n  reader:" in path.read_text()
    assert ringfence("allocate", "--env", "dev", "--deployed", cwd=tmp_path).code == 0
    assert "released: {}" in path.read_text()


def test_the_catalogue_is_listed_and_explained(tmp_path: Path) -> None:
    listed = ringfence("catalogue")
    names = [line.split()[0] for line in listed.out.splitlines()]
    assert len(names) >= 30
    assert names == sorted(names)
    assert "acme.wiki" in names
    assert not [name for name in names if name.startswith("platform.")]
    outside = ringfence("catalogue", cwd=tmp_path)
    assert (outside.code, "acme.wiki" in outside.out, "github.repository" in outside.out) == (0, False, True)
    explained = ringfence("catalogue", "github.repository").out
    for said in (
        "parameters",
        "opens",
        "carries, whatever the network does",
        "sources",
        "unconfirmed",
        "https://",
    ):
        assert said in explained
    assert ringfence("catalogue", "--root", "nowhere").code == 2


def test_every_capability_can_be_explained() -> None:
    names = [line.split()[0] for line in ringfence("catalogue").out.splitlines()]
    from ringfence.catalogue.describe import describe
    from ringfence.catalogue.load import load_catalogue
    from ringfence.source.diagnostic import Findings
    from ringfence.source.tree import Directory

    catalogue = load_catalogue(Directory(ROOT), Findings())
    assert set(names) < set(catalogue.capabilities)
    for written in catalogue.capabilities.values():
        text = describe(written)
        assert all(source.page in text for source in written.capability.sources)
        assert all(request in text for grant in written.capability.grants for request in grant.requests)


def test_schemas_are_printed_listed_and_written(tmp_path: Path) -> None:
    assert "what people write: profile, class, environment, ceiling, catalogue" in ringfence("schema").out
    assert json.loads(ringfence("schema", "profile").out)["$schema"] == "http://json-schema.org/draft-07/schema#"
    write_project(tmp_path)
    assert ringfence("schema", "--write", "--outputs", "docs", cwd=tmp_path).code == 0
    assert len(list((tmp_path / "profiles" / "schema").iterdir())) == 5
    assert (tmp_path / "docs" / "review.schema.json").is_file()
