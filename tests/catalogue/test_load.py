"""Loading: only what is wanted of the built-in files, all of an organisation's own, and no name twice."""

import datetime
from pathlib import Path

import pytest
from ringfence.catalogue import load
from ringfence.catalogue.load import load_catalogue
from ringfence.plan import plan_environment
from ringfence.policy.target import parse_target
from ringfence.policy.verdict import judge
from ringfence.source.diagnostic import Diagnostic, Findings, InputError
from ringfence.source.tree import Directory

OWN = """\
format_version: 1
capabilities:
  {name}:
    summary: reads the catalogue of acme
    grants:
      - {{hosts: [api.acme.example.com], requests: [GET /v1/items]}}
    unconfirmed: [who wrote it]
"""
STACK = """\
config:
  aws:region: eu-west-1
  ringfence:environment: {account: "111111111111", cidrs: [10.0.0.0/16], zones: [eu-west-1a]}
"""


def own(root: Path, file: str, text: str) -> Directory:
    folder = root / "profiles" / "catalogue"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(text)
    return Directory(root)


def fleet(root: Path, needs: str, more: str = "") -> Directory:
    agents = root / "profiles" / "agents"
    agents.mkdir(parents=True, exist_ok=True)
    (root / "Pulumi.dev.yaml").write_text(STACK)
    (agents / "worker.yaml").write_text(
        "agent: worker\nowner: team\npurpose: works\nenvironments: [dev]\n"
        'workload: {platform: lambda, role: "arn:aws:iam::111111111111:role/worker"}\n'
        f"needs: {needs}\n{more}"
    )
    return Directory(root)


def problems(tree: Directory) -> tuple[Diagnostic, ...]:
    with pytest.raises(InputError) as caught:
        plan_environment(tree, "dev", datetime.date(2026, 11, 24), Findings())
    return caught.value.diagnostics


def test_only_the_files_that_a_wanted_name_begins_with_are_read() -> None:
    findings = Findings()
    names = set(load_catalogue(None, findings, {"github.repository", "web.read", "nosuch.thing"}).capabilities)
    assert names == {"github.repository", "github.comments", "github.releases", "github.packages", "web.read"}
    assert findings.sorted() == ()
    assert load_catalogue(None, findings, ()).capabilities == {}


def test_an_organisations_own_capability_is_loaded_and_grants_what_it_says(tmp_path: Path) -> None:
    own(tmp_path, "acme.yaml", OWN.format(name="acme.items"))
    plan = plan_environment(fleet(tmp_path, "[acme.items: {}]"), "dev", datetime.date(2026, 11, 24), Findings())
    flows = plan.declared.of("worker")
    assert judge(flows, parse_target("GET https://api.acme.example.com/v1/items")).allowed
    assert not judge(flows, parse_target("POST https://api.acme.example.com/v1/items")).allowed
    assert flows[0].grant.catalogue.path == "profiles/catalogue/acme.yaml"
    assert flows[0].grant.catalogue.line == 3
    assert flows[0].grant.unconfirmed == ("who wrote it",)


def test_a_built_in_name_defined_again_is_an_error_at_both_places(tmp_path: Path) -> None:
    findings = Findings()
    load_catalogue(own(tmp_path, "mine.yaml", OWN.format(name="web.read")), findings)
    (found,) = findings.sorted()
    assert (found.code, str(found.span)) == ("RF040", "profiles/catalogue/mine.yaml:3")
    assert "`web.read` is defined twice" in found.message
    assert [(span.path, what) for span, what in found.related] == [("catalogue/web.yaml", "first here")]


def test_two_files_of_an_organisation_with_one_name_are_an_error_at_both_places(tmp_path: Path) -> None:
    own(tmp_path, "a.yaml", OWN.format(name="acme.items"))
    findings = Findings()
    catalogue = load_catalogue(own(tmp_path, "b.yaml", OWN.format(name="acme.items")), findings, ())
    (found,) = findings.sorted()
    assert (found.code, str(found.span)) == ("RF040", "profiles/catalogue/b.yaml:3")
    assert catalogue.capabilities["acme.items"].document.path == "profiles/catalogue/a.yaml"


def test_a_broken_file_does_not_hide_the_others(tmp_path: Path) -> None:
    own(tmp_path, "a.yaml", "format_version: 1\ncapabilities: {acme.a: {summary: [x]}}\n")
    own(tmp_path, "b.yaml", "format_version: 1\ncapabilities: {\n")
    findings = Findings()
    catalogue = load_catalogue(own(tmp_path, "c.yaml", OWN.format(name="acme.items")), findings, ())
    assert set(catalogue.capabilities) == {"acme.items"}
    assert {found.span.path for found in findings.sorted()} == {f"profiles/catalogue/{name}.yaml" for name in "ab"}


def test_an_unknown_capability_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    (found,) = problems(fleet(tmp_path, "[github.repositry: {repository: acme/site}]"))
    assert found.span.path == "profiles/agents/worker.yaml"
    assert "github.repositry" in found.message
    assert "github.repository" in found.help


def test_an_unknown_parameter_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    (found,) = problems(fleet(tmp_path, "[github.repository: {repositroy: acme/site, repository: acme/site}]"))
    assert (found.code, found.span.line) == ("RF061", 6)
    assert found.help == "did you mean `repository`?"


def test_a_public_write_without_its_approval_is_refused(tmp_path: Path) -> None:
    need = "github.repository: {repository: acme/site, fork: bot/site, access: contribute}"
    (found,) = problems(fleet(tmp_path, f"[{{{need}}}]"))
    assert found.code == "RF072"
    assert "because, approved_by, until" in found.message
    approved = f"[{{{need}, because: opens pull requests, approved_by: kim, until: 2027-06-30}}]"
    findings = Findings()
    plan = plan_environment(fleet(tmp_path, approved), "dev", datetime.date(2026, 11, 24), findings)
    assert findings.sorted() == ()
    assert judge(plan.declared.of("worker"), parse_target("POST https://api.github.com/repos/acme/site/pulls")).allowed


def test_an_agent_is_called_by_calls_and_not_by_a_need(tmp_path: Path) -> None:
    (found,) = problems(fleet(tmp_path, "[agent.call: {}]"))
    assert (found.code, found.help) == ("RF068", "write `calls: [AGENT]` in the profile")
    fleet(tmp_path, "[]", "calls: [reviewer]\n")
    (tmp_path / "profiles" / "agents" / "reviewer.yaml").write_text(
        "agent: reviewer\nowner: team\npurpose: reviews\nenvironments: [dev]\nserves: {port: 8080}\n"
        'workload: {platform: lambda, role: "arn:aws:iam::111111111111:role/reviewer"}\n'
    )
    plan = plan_environment(Directory(tmp_path), "dev", datetime.date(2026, 11, 24), Findings())
    assert judge(plan.declared.of("worker"), parse_target("agent reviewer")).allowed
    assert not judge(plan.declared.of("worker"), parse_target("agent other")).allowed
    assert not judge(plan.declared.of("reviewer"), parse_target("agent worker")).allowed


def test_the_folder_of_an_organisations_own_is_the_documented_one() -> None:
    assert load.FOLDER == "profiles/catalogue"
