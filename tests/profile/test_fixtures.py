"""Fixtures are judged, and a wrong one is found: at its place, with the verdict's own reason."""

from pathlib import Path

import pytest
from ringfence.catalogue.load import WrittenCapability, load_catalogue
from ringfence.policy.flow import Https, Transport
from ringfence.profile.fixtures import judge_fixtures
from ringfence.profile.fleet import read_environment
from ringfence.profile.grants import NeedError, open_need, variables
from ringfence.profile.written import WrittenEnvironment
from ringfence.source.diagnostic import Findings
from ringfence.source.document import parse_document
from ringfence.source.tree import Directory

CAPABILITY = """\
format_version: 1
capabilities:
  acme.api:
    summary: reads the projects of acme
    parameters:
      project: {{type: project, many: true, describe: a project}}
      host: {{type: hostname, default: api.example.com, describe: the host}}
    grants:
      - when: {{project: given}}
        hosts: ["${{host}}"]
        requests: ["GET /projects/${{project.encoded}}", "GET /${{project}}/raw"]
    carries:
      - {{text: "what ${{project}} says", when: {{project: given}}}}
    unconfirmed: [everything]
    fixtures:
      - {fixture}
"""
GOOD = "{with: {project: acme/site}, allow: [GET https://api.example.com/acme/site/raw]}"


def environment() -> WrittenEnvironment:
    findings = Findings()
    document = parse_document(
        "Pulumi.dev.yaml",
        b'config: {aws:region: eu-west-1, ringfence:environment: {account: "111111111111", cidrs: [10.0.0.0/16], '
        b"zones: [eu-west-1a], private: {db: {cidr: 10.9.0.1/32, via: tgw-0abc}}}}\n",
        findings,
    )
    assert document is not None
    written = read_environment("dev", document, findings)
    assert written is not None
    return written


def capability(root: Path, fixture: str) -> WrittenCapability:
    folder = root / "profiles" / "catalogue"
    folder.mkdir(parents=True)
    (folder / "acme.yaml").write_text(CAPABILITY.format(fixture=fixture))
    findings = Findings()
    catalogue = load_catalogue(Directory(root), findings, ())
    assert findings.sorted() == ()
    return catalogue.capabilities["acme.api"]


def judged(root: Path, fixture: str) -> list[tuple[int, int, str, str]]:
    findings = Findings()
    judge_fixtures(capability(root, fixture), environment(), findings)
    return [(found.span.line, found.span.column, found.code, found.message) for found in findings.sorted()]


def test_a_right_fixture_leaves_no_word(tmp_path: Path) -> None:
    assert judged(tmp_path, GOOD) == []


def test_an_allowed_target_that_is_denied_is_an_error_with_the_reason(tmp_path: Path) -> None:
    fixture = "{with: {project: acme/site}, allow: [GET https://api.example.com/acme/other/raw]}"
    message = (
        "`GET https://api.example.com/acme/other/raw` is denied: "
        "no request declared for api.example.com covers GET /acme/other/raw"
    )
    assert judged(tmp_path, fixture) == [(16, 46, "RF053", message)]


def test_a_denied_target_that_is_allowed_is_an_error(tmp_path: Path) -> None:
    fixture = "{with: {project: acme/site}, allow: [], deny: [GET https://api.example.com/projects/acme%2Fsite]}"
    ((line, _, code, message),) = judged(tmp_path, fixture)
    assert (line, code) == (16, "RF053")
    assert message == "`GET https://api.example.com/projects/acme%2Fsite` is allowed"


def test_a_fixture_that_opens_nothing_proves_nothing(tmp_path: Path) -> None:
    ((line, _, code, message),) = judged(tmp_path, "{allow: [], deny: [GET https://api.example.com/x]}")
    assert (line, code) == (16, "RF065")
    assert "opens nothing" in message


def test_a_fixture_whose_parameter_does_not_fit_is_an_error(tmp_path: Path) -> None:
    ((_, _, code, message),) = judged(tmp_path, "{with: {project: acme}, allow: []}")
    assert (code, message) == ("RF063", "`project`: 'acme' is no project")


def test_each_value_is_encoded_where_the_template_says_so_and_plain_elsewhere(tmp_path: Path) -> None:
    written = capability(tmp_path, GOOD)
    known = variables(environment(), "worker")
    opened = open_need(written, {"project": ("acme/site", "a/b/c")}, environment(), known)
    (granted,) = opened.granted
    assert isinstance(granted.access, Https)
    assert [str(request) for request in granted.access.requests] == [
        "GET /a/b/c/raw",
        "GET /acme/site/raw",
        "GET /projects/a%2Fb%2Fc",
        "GET /projects/acme%2Fsite",
    ]
    assert opened.carries == ("what acme/site says", "what a/b/c says")


@pytest.mark.parametrize("host", ["*.example.com", "10.0.0.1", "example.com:8443", "*.com"])
def test_a_hostname_is_one_host(tmp_path: Path, host: str) -> None:
    written = capability(tmp_path, GOOD)
    known = variables(environment(), "worker")
    with pytest.raises(NeedError) as caught:
        open_need(written, {"project": "acme/site", "host": host}, environment(), known)
    assert caught.value.code in {"RF063", "RF064"}
    assert caught.value.parameter == "host"


def test_a_private_destination_has_the_risks_of_its_primitive() -> None:
    known = variables(environment(), "worker")
    catalogue = load_catalogue(None, Findings(), {"tcp"})
    (granted,) = open_need(catalogue.capabilities["tcp"], {"to": "db", "port": 5432}, environment(), known).granted
    assert isinstance(granted.access, Transport)
    assert granted.risks == ("reads-private-data",)
    assert not granted.needs_approval
