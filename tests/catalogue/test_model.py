"""A catalogue file that is wrong: each defect by its place, its code and what it says.

Each file under ``bad/`` is named for its one defect; its first line says the line, the code and the message's start.
"""

import re
from pathlib import Path

import pytest
from ringfence.catalogue.model import PARAMETER_TYPES, Capability, CatalogueFile, Parameter, parameter_of
from ringfence.source.diagnostic import Findings
from ringfence.source.document import parse_document
from ringfence.source.model import validate

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_defect_is_the_one_thing_that_is_reported_at_its_place(path: Path) -> None:
    content = path.read_bytes()
    expected = re.match(r"# (\d+) (RF\d+) (.+)\n", content.decode())
    assert expected is not None
    findings = Findings()
    document = parse_document(path.name, content, findings)
    assert document is not None
    assert validate(CatalogueFile, document, findings) is None
    found = findings.sorted()
    assert found
    assert [(str(each.span.line), each.code) for each in found] == [expected.group(1, 2)] * len(found)
    assert any(each.message.startswith(expected.group(3)) for each in found), [each.message for each in found]
    assert all(each.help for each in found)


def test_the_bad_files_lack_nothing_but_their_defect() -> None:
    good = b"""\
format_version: 1
capabilities:
  acme.api:
    summary: reads the catalogue of acme
    parameters: {name: {type: project, required: true, describe: a name}, page: {type: name, describe: a page}}
    grants:
      - {hosts: [api.example.com], requests: ["GET /${name.encoded}", "GET /${values.base}/${agent}"]}
      - {when: {page: given}, hosts: [api.example.com], requests: ["GET /pages/${page}"]}
    sources:
      - {page: "https://docs.example.com/api", read: 2026-11-24}
    fixtures:
      - {with: {name: acme/site}, allow: [GET https://api.example.com/acme%2Fsite]}
"""
    findings = Findings()
    document = parse_document("good.yaml", good, findings)
    assert document is not None
    assert validate(CatalogueFile, document, findings) is not None
    assert findings.sorted() == ()


def test_a_variable_speaks_of_its_parameter_encoded_or_not() -> None:
    assert parameter_of("project") == "project"
    assert parameter_of("project.encoded") == "project"
    assert parameter_of("values.encoded") == "values.encoded"


def test_every_type_but_the_ones_with_readers_of_their_own_has_an_expression() -> None:
    named = set(Parameter.model_json_schema()["properties"]["type"]["enum"])
    assert named == {*PARAMETER_TYPES, "choice"}
    assert {name for name, expression in PARAMETER_TYPES.items() if not expression} == {"host", "hostname", "port"}


WIDENING = ("", "*", "a*", "{a}", "a{b}", "a/**", "a?b", "a%2Fb", "a b", "a\n", "\n", "\u00e9", "a\\b", "${agent}")


@pytest.mark.parametrize("kind", [name for name in PARAMETER_TYPES if name not in {"host", "hostname", "path", "port"}])
def test_no_type_takes_a_text_that_could_widen_a_pattern(kind: str) -> None:
    expression = re.compile(rf"(?:{PARAMETER_TYPES[kind]})\Z")
    assert [text for text in WIDENING if expression.match(text)] == []


@pytest.mark.parametrize("kind", ["name", "repository", "project", "label", "channel", "model", "bucket"])
def test_a_type_that_stands_in_a_path_takes_no_empty_segment_and_none_of_dots(kind: str) -> None:
    expression = re.compile(rf"(?:{PARAMETER_TYPES[kind]})\Z")
    assert [text for text in ("a//b", "a/", "/a", "..", ".", "a/..", "../a", "a/./b") if expression.match(text)] == []


def test_a_platforms_capability_may_open_nothing_another_may_not() -> None:
    assert Capability.model_validate({"summary": "x", "platform": True, "unconfirmed": ["x"]}).grants == ()
    with pytest.raises(ValueError, match="a capability has grants"):
        Capability.model_validate({"summary": "x", "unconfirmed": ["x"]})
