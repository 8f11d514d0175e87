"""SARIF: valid by OASIS's own schema, the same bytes each time, and nothing in a file can steer who reads it."""

import dataclasses
import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from reviewing import HOSTILE
from ringfence import __version__
from ringfence.policy.span import Span
from ringfence.review.sarif import Level, Result, Rule, Taxon, Taxonomy, sarif_of
from sarif_schema import read_sarif, validator

ATTACK = Taxonomy("ATT&CK", "17", "MITRE", "https://attack.mitre.org/")
CONTROLS = Taxonomy("NIST SP 800-53", "5", "NIST", "https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final")
EXFILTRATION = Taxon(ATTACK, "T1567", "Exfiltration Over Web Service", "https://attack.mitre.org/techniques/T1567")
BOUNDARY = Taxon(CONTROLS, "SC-7", "Boundary Protection", CONTROLS.source)
FLOW = Taxon(CONTROLS, "AC-4", "Information Flow Enforcement", CONTROLS.source)

OPEN = Rule("RF900", "MoreThanDeclared", "more passes", "close it", ("security",), (BOUNDARY, EXFILTRATION))
SHUT = Rule("RF901", "LessThanDeclared", "less passes", "open it", (), (FLOW,))
PLACE = Span("profiles/agents/pr-contributor.yaml", 17, 5, 20)
ONE = Result(OPEN, Level.ERROR, "POST https://api.github.com/user/repos passes", PLACE)


def run_of(*results: Result, **options: object) -> dict:
    return read_sarif(sarif_of(results, category="verify/prod", **options))["runs"][0]


def test_a_result_says_rule_level_message_and_place() -> None:
    run = run_of(ONE)
    (result,) = run["results"]
    assert (result["ruleId"], result["level"]) == ("RF900", "error")
    assert result["message"]["text"] == ONE.message
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "profiles/agents/pr-contributor.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 17, "startColumn": 5, "endColumn": 25},
    }
    assert run["tool"]["driver"]["version"] == __version__
    assert run["automationDetails"] == {"id": "ringfence/verify/prod/"}


def test_the_order_of_what_is_given_changes_no_byte() -> None:
    results = [ONE, dataclasses.replace(ONE, rule=SHUT), dataclasses.replace(ONE, message="another")]
    assert sarif_of(results, category="x") == sarif_of(reversed(results), category="x")


def test_rules_stand_once_by_their_id_also_without_a_result() -> None:
    run = run_of(ONE, dataclasses.replace(ONE, message="again"), rules=(SHUT, OPEN))
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["RF900", "RF901"]
    assert [result["ruleIndex"] for result in run["results"]] == [0, 0]


def test_two_rules_of_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="two rules are called RF900"):
        sarif_of([ONE], category="x", rules=[dataclasses.replace(SHUT, id="RF900")])


def test_taxa_name_their_taxonomy_and_their_page() -> None:
    run = run_of(ONE, dataclasses.replace(ONE, rule=SHUT))
    assert [(each["name"], [taxon["id"] for taxon in each["taxa"]]) for each in run["taxonomies"]] == [
        ("ATT&CK", ["T1567"]),
        ("NIST SP 800-53", ["AC-4", "SC-7"]),
    ]
    assert run["taxonomies"][0]["taxa"][0]["helpUri"] == EXFILTRATION.source
    assert {each["isComprehensive"] for each in run["taxonomies"]} == {False}
    targets = [each["target"]["id"] for each in run["tool"]["driver"]["rules"][0]["relationships"]]
    assert targets == ["T1567", "SC-7"]


def test_a_fingerprint_stays_while_lines_move_and_tells_results_of_one_line_apart() -> None:
    moved = dataclasses.replace(ONE, place=dataclasses.replace(PLACE, line=99))
    other = dataclasses.replace(ONE, message="another")

    def fingerprints(*results: Result) -> list[str]:
        return [result["partialFingerprints"]["primaryLocationLineHash"] for result in run_of(*results)["results"]]

    assert fingerprints(ONE) == fingerprints(moved)
    assert len(set(fingerprints(ONE, other, ONE))) == 3
    reworded = dataclasses.replace(ONE, identity=("a",))
    assert fingerprints(reworded) == fingerprints(dataclasses.replace(reworded, message="in other words"))


@pytest.mark.parametrize("path", ["/home/kim/state.json", "../state.json", "a/../../state.json", ""])
def test_a_path_of_this_machine_is_left_out(path: str) -> None:
    text = sarif_of([dataclasses.replace(ONE, place=Span(path), related=((Span(path), "x"),))], category="x")
    (result,) = read_sarif(text)["runs"][0]["results"]
    assert "locations" not in result
    assert "relatedLocations" not in result


def test_a_built_in_capability_is_relative_to_what_is_no_project() -> None:
    run = run_of(dataclasses.replace(ONE, related=((Span("catalogue/github.yaml", 12), "what it opens"),)))
    (related,) = run["results"][0]["relatedLocations"]
    artifact = related["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "github.yaml", "uriBaseId": "RINGFENCE_CATALOGUE"}
    assert related["message"]["text"] == "what it opens"


def test_hostile_text_is_text() -> None:
    text = yaml.safe_load(f'"{HOSTILE}"')
    hostile = dataclasses.replace(
        ONE, message=f"{text} {{0}} [l](http://e.vil)", properties={"why": text, "all": [text, 1, None, {"b": True}]}
    )
    (result,) = run_of(hostile)["results"]
    assert "{{0}}" in result["message"]["text"]
    assert "[l] (http://e.vil)" in result["message"]["text"]
    assert "\\x1b[31m" in result["message"]["text"]
    assert "\\u202e" in result["properties"]["why"]
    assert result["properties"]["all"][1:] == [1, None, {"b": True}]


@given(st.text(), st.text(min_size=1), st.integers(1, 10**6), st.integers(1, 500))
def test_any_text_and_any_path_make_a_valid_log(message: str, path: str, line: int, width: int) -> None:
    result = dataclasses.replace(ONE, message=message, place=Span(path, line, 1, width), properties={"text": message})
    run_of(result, properties={"environment": message})


def test_the_schema_refuses_what_is_no_log() -> None:
    log = json.loads(sarif_of([ONE], category="x"))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not validator().is_valid(log)
