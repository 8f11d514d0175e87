"""The ceiling: refused at the need's line and the limit's, by everything that compiles a profile."""

import datetime
from pathlib import Path

import pytest
from ringfence.aws.resources.graph import registered_graph
from ringfence.cli import _run
from ringfence.plan import plan_environment
from ringfence.policy.effective import RESIDUALS
from ringfence.profile.ceiling import PATH
from ringfence.source.diagnostic import Diagnostic, Findings, InputError
from ringfence.source.tree import Directory

ROOT = Path(__file__).parents[2]
DAY = datetime.date(2026, 11, 23)
ANSWER = "    because: x\n    approved_by: kim\n    until: 2027-01-01\n"


def write(
    root: Path, limits: str, needs: str, *, inspection: str = "names", more: str = "", agent: str = "one"
) -> Path:
    (root / "profiles" / "agents").mkdir(parents=True, exist_ok=True)
    (root / "Pulumi.yaml").write_text("name: ringfence\nruntime: python\n", encoding="utf-8")
    certificate = '    ca_certificate_arn: "arn:aws:acm:eu-west-1:111111111111:certificate/' + "0" * 8
    certificate += "-0000-0000-0000-" + "0" * 12 + '"\n'
    (root / "Pulumi.dev.yaml").write_text(
        "config:\n"
        "  aws:region: eu-west-1\n"
        "  ringfence:environment:\n"
        '    account: "111111111111"\n'
        "    cidrs: [10.40.0.0/16]\n"
        "    zones: [eu-west-1a]\n"
        f"    inspection: {inspection}\n"
        "    private: {db: {cidr: 10.60.8.0/24, via: tgw-0abc}}\n"
        "    values: {site: site.example.com}\n" + (certificate if inspection == "requests" else ""),
        encoding="utf-8",
    )
    (root / "profiles" / "agents" / f"{agent}.yaml").write_text(
        f"agent: {agent}\nowner: o\npurpose: p\n"
        f'workload: {{platform: lambda, role: "arn:aws:iam::${{account}}:role/{agent}"}}\n'
        f"environments: [dev]\nneeds:\n{needs}{more}",
        encoding="utf-8",
    )
    (root / PATH).write_text(f"format_version: 1\nnever:\n{limits}", encoding="utf-8")
    return root


def refusals(root: Path) -> list[Diagnostic]:
    findings = Findings()
    try:
        plan_environment(Directory(root), "dev", DAY, findings)
    except InputError as error:
        return list(error.diagnostics)
    return []


LIMITS = (
    # a limit, a need that it refuses, and one that differs in one thing
    ("target: POST https://site.example.com/admin/**", "https: {host: site.example.com, methods: [POST]}",
     "https: {host: site.example.com, methods: [GET]}"),
    ("target: POST https://site.example.com/admin/**", "https: {host: site.example.com}",
     'https: {host: site.example.com, methods: [POST], paths: ["/public/**"]}'),
    ("target: any https://*.github.io/**", "tls: {host: acme.github.io}", "tls: {host: acme.github.dev}"),
    ("target: POST https://${values.site}/**", "https: {host: site.example.com, methods: [POST]}",
     "https: {host: other.example.com, methods: [POST]}"),
    ("target: tcp 10.60.8.7/32:22", "tcp: {to: db, port: 20-30}", "tcp: {to: db, port: 23-30}"),
    ("target: tcp db:22", "tcp: {to: db, port: 22}", "udp: {to: db, port: 22}"),
    ("target: s3:Put* arn:aws:s3:::payroll/*", "aws.s3: {bucket: payroll, access: read-write}",
     "aws.s3: {bucket: payroll, access: read}"),
    ("target: dns *.example.com", "https: {host: a.example.com, methods: [GET]}",
     "https: {host: example.com, methods: [GET]}"),
    ("capability: tls", "tls: {host: a.example.com}", "https: {host: a.example.com}"),
    ("risk: writes-in-public", "https: {host: a.example.com, methods: [POST]}",
     "https: {host: a.example.com, methods: [GET]}"),
)  # fmt: skip


@pytest.mark.parametrize(("limit", "refused", "granted"), LIMITS, ids=[f"{index}" for index in range(len(LIMITS))])
def test_what_the_ceiling_forbids_is_refused_and_its_neighbour_is_not(
    tmp_path: Path, limit: str, refused: str, granted: str
) -> None:
    text = f"  - {limit}\n    because: forbidden\n"
    (found,) = refusals(write(tmp_path, text, f"  - {refused}\n{ANSWER}"))
    assert (found.code, str(found.span)) == ("RF181", "profiles/agents/one.yaml:7")
    ((place, why),) = found.related
    assert (str(place), why.endswith(": forbidden")) == (f"{PATH}:3", True)
    assert "no agent may have in dev" in found.message
    assert refusals(write(tmp_path, text, f"  - {granted}\n{ANSWER}")) == []


def test_a_limit_holds_where_it_says(tmp_path: Path) -> None:
    limits = "  - target: tls *\n    because: forbidden\n    environments: [{}]\n"
    need = "  - https: {host: a.example.com, methods: [GET]}\n"
    assert len(refusals(write(tmp_path, limits.format("dev"), need))) == 1
    (found,) = refusals(write(tmp_path, limits.format("prod"), need))
    assert (found.code, found.message) == ("RF047", "unknown environment `prod`")


def test_calls_of_an_agent_can_be_forbidden(tmp_path: Path) -> None:
    need = "  - https: {host: a.example.com, methods: [GET]}\n"
    write(tmp_path, "  - target: agent two\n    because: forbidden\n", need, more="serves: {port: 80}\n", agent="two")
    (found,) = refusals(write(tmp_path, "  - target: agent two\n    because: forbidden\n", need, more="calls: [two]\n"))
    assert str(found.span) == "profiles/agents/one.yaml:8"


def test_a_need_of_a_class_is_refused_once_with_every_agent(tmp_path: Path) -> None:
    limits = "  - target: tls *\n    because: forbidden\n"
    for agent in ("one", "two"):
        write(tmp_path, limits, "  - aws.dynamodb: {table: a}\n", more="extends: [reader]\n", agent=agent)
    (tmp_path / "profiles" / "classes").mkdir()
    (tmp_path / "profiles" / "classes" / "reader.yaml").write_text(
        "class: reader\npurpose: p\nneeds:\n  - https: {host: a.example.com, methods: [GET]}\n", encoding="utf-8"
    )
    (found,) = refusals(tmp_path)
    assert str(found.span) == "profiles/classes/reader.yaml:4"
    assert found.message.startswith("`https` gives `one`, `two` GET /** on a.example.com:443")


@pytest.mark.parametrize(
    "command", ["check", "review --env dev", "rules --env dev", "verify --env dev", "diff --env dev"]
)
def test_every_command_that_compiles_refuses_it(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = "  - target: tls *\n    because: forbidden\n"
    root = write(tmp_path, limits, "  - https: {host: a.example.com, methods: [GET]}\n")
    against = ["--against-dir", str(root)] if command.startswith("diff") else []
    assert _run([*command.split(), *against, "--root", str(root)]) == 2
    said = capsys.readouterr()
    assert "RF181" in said.err
    assert "  see profiles/ceiling.yaml:3:13: tls *: forbidden" in said.err
    assert said.out == ""
    assert not (root / "out").exists()


def test_the_program_refuses_it(tmp_path: Path) -> None:
    limits = "  - target: tls *\n    because: forbidden\n"
    root = write(tmp_path, limits, "  - https: {host: a.example.com, methods: [GET]}\n")
    with pytest.raises(InputError) as caught:
        registered_graph(Directory(root), "dev", DAY)
    assert [found.code for found in caught.value.diagnostics] == ["RF181"]


@pytest.mark.parametrize(("inspection", "passes"), [("names", True), ("none", True), ("requests", False)])
def test_what_passes_because_nothing_judges_it_is_a_residual(tmp_path: Path, inspection: str, passes: bool) -> None:
    limits = "  - target: POST https://a.example.com/gists\n    because: forbidden\n"
    need = "  - https: {host: a.example.com, methods: [GET]}\n"
    root = write(tmp_path, limits, need, inspection=inspection)
    plan = plan_environment(Directory(root), "dev", DAY, Findings())
    found = [left for left in plan.effective.residuals if left.code == "R107"]
    assert bool(found) == passes
    if passes:
        assert (found[0].agent, found[0].subject, str(found[0].declared)) == (
            "one", "POST https://a.example.com/gists", f"{PATH}:3",
        )  # fmt: skip
    assert "R107" in RESIDUALS


def test_the_example_fleet_keeps_below_its_ceiling_and_stays_what_it_was() -> None:
    with_ceiling = plan_environment(Directory(ROOT), "prod", DAY, Findings())
    assert with_ceiling.fleet.ceiling is not None
    assert len(with_ceiling.fleet.ceiling.ceiling.never) >= 8
    assert [left for left in with_ceiling.effective.residuals if left.code == "R107"] == []
