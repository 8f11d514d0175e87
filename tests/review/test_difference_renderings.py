"""Text, Markdown, JSON and SARIF of a difference: what opened comes first, and nothing in a profile steers a reader."""

import dataclasses
import json
import re

import jsonschema
import pytest
import yaml
from comparing import FILES, PR, accesses, after_edit, between, edited, state_of
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_reading import outside_code, tags_of
from reviewing import HOSTILE, ROOT
from ringfence.review.as_json import difference_json
from ringfence.review.difference import AccessEntry, Against, AnswerChange, Difference, ResidualChange
from ringfence.review.difference_markdown import LIMIT, command, difference_markdown
from ringfence.review.difference_sarif import difference_sarif
from ringfence.review.difference_text import difference_text
from sarif_schema import read_sarif

EDITED = ("a class's need", "the catalogue", "a need less", "an approver", "a comment")


def hostile() -> Difference:
    need = (
        "  - https: {host: example.com, methods: [POST]}\n"
        f'    because: "{HOSTILE}"\n    ticket: "{HOSTILE}"\n    approved_by: "{HOSTILE}"\n    until: 2027-01-01\n'
    )
    changed = FILES[PR].replace("calls: [reviewer]", f"{need}calls: [reviewer]").replace("docs-team", f'"{HOSTILE}"')
    return between(edited(frozenset(), "prod"), state_of({**FILES, PR: changed}, "prod"), "prod")


def test_what_opened_is_the_first_thing_seen() -> None:
    difference = after_edit(*EDITED, environment="prod")
    text = difference_text(difference).splitlines()
    assert text[0] == "prod · against before · as of 2026-11-23"
    assert text[1] == "1 access widened · 2 accesses narrowed · 1 of the widened risky"
    assert text[2] == "9 agents · 126 → 125 flows · 3 public writes · 80 → 79 residuals"
    assert text.index("WIDENED") < text.index("narrowed")
    markdown = difference_markdown(difference)
    assert markdown.startswith("## ⚠️ `prod`: 1 access widened, 2 accesses narrowed, 1 of the widened risky\n")
    assert markdown.index("### Widened") < markdown.index("### Narrowed")
    assert markdown.index("### Widened") < markdown.index("<details>")


def test_a_difference_of_nothing_says_so_in_every_format() -> None:
    difference = after_edit(environment="prod")
    assert difference_text(difference).splitlines()[1] == "nothing opens · nothing closes"
    assert difference_markdown(difference).startswith("## `prod`: nothing opens, nothing closes\n")
    assert "<details>" not in difference_markdown(difference)
    assert read_sarif(difference_sarif(difference))["runs"][0]["results"] == []


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_text_and_markdown_show_every_access_with_its_example_and_change(environment: str) -> None:
    difference = after_edit(*EDITED, environment=environment)
    flat = re.sub(r"\s+", " ", difference_text(difference))
    markdown = difference_markdown(difference)
    for _, access in (*accesses(difference.widened), *accesses(difference.narrowed)):
        assert f"such as {access.example}" in flat
        for word in (*access.what, *access.besides):
            assert word in flat
            assert f"`{word}`" in markdown
    for entry in (*difference.widened, *difference.narrowed):
        for change in entry.through:
            assert change.text in flat
            for place in (change.before and f"before:{change.before}", change.after):
                assert place is None or (place in flat and f"`{place}`" in markdown)


def test_hostile_text_stays_on_its_line_in_text() -> None:
    text = difference_text(hostile())
    assert all(line.isprintable() for line in text.splitlines())
    assert "\\u202eevil \\x1b[31mred \\n## H" in re.sub(r"\s+", " ", text)


def test_hostile_text_is_code_and_nothing_else_in_markdown() -> None:
    markdown = difference_markdown(hostile())
    outside = outside_code(re.sub(r"\]\(https://[^)]*\)", "]", markdown))
    for bad in ("script", "@kim", "#412", "e.vil", "](", "red"):
        assert bad not in outside
        assert bad in markdown
    assert tags_of(outside) == {"details", "summary"}


def test_json_is_what_its_committed_schema_says() -> None:
    schema = json.loads((ROOT / "docs/schemas/difference.schema.json").read_text(encoding="utf-8"))
    for difference in (after_edit(*EDITED, environment="prod"), hostile(), after_edit("inspection")):
        written = difference_json(difference)
        assert written.isascii()
        document = json.loads(written)
        jsonschema.Draft7Validator(schema).validate(document)
        assert len(document["widened"]) == len(difference.widened)
    del document["against"]
    assert not jsonschema.Draft7Validator(schema).is_valid(document)


def test_sarif_has_a_result_for_each_access_that_opened_at_the_line_it_came_through() -> None:
    difference = after_edit("a class's need", "the catalogue", environment="prod")
    run = read_sarif(difference_sarif(difference))["runs"][0]
    (result,) = run["results"]
    assert (result["ruleId"], result["level"]) == ("access-widened", "warning")
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("profiles/classes/coder.yaml", 8)
    assert [each["message"]["text"] for each in result["relatedLocations"]] == ["capability `acme.wiki`"]
    assert "GET https://wiki.acme.example/attachments/" in result["message"]["text"]


def test_sarif_names_techniques_and_controls_of_what_is_completed() -> None:
    # code-sandbox reads private data now, in an environment that judges no requests
    path = "profiles/agents/code-sandbox.yaml"
    files = {
        **FILES,
        path: FILES[path].replace("  - pypi.install: {}", "  - pypi.install: {}\n  - aws.cloudwatch: {}"),
    }
    difference = between(edited(frozenset()), state_of(files))
    assert [(risk.risk, risk.agent) for risk in difference.completed] == [("private-to-anywhere", "code-sandbox")]
    run = read_sarif(difference_sarif(difference))["runs"][0]
    (result,) = [each for each in run["results"] if each["ruleId"] == "private-to-anywhere"]
    assert result["level"] == "error"
    named = {taxon["id"]: component["name"] for component in run["taxonomies"] for taxon in component["taxa"]}
    assert named["T1048"] == "MITRE ATT&CK"
    assert named["AC-4"] == named["SC-7"] == "NIST SP 800-53"
    assert named["13.10"] == "CIS Controls"


def many(count: int, text: str) -> Difference:
    """A difference with so many entries of each kind, whose texts are so long."""
    difference = after_edit(*EDITED, environment="prod")
    (entry,) = difference.widened

    def entries() -> tuple[AccessEntry, ...]:
        return tuple(
            dataclasses.replace(
                entry,
                agents=agents,
                accesses=(dataclasses.replace(entry.accesses[0], agents=agents, what=(text, str(number))),),
            )
            for number in range(count)
            if (agents := (f"agent-{number}",))
        )

    residuals = tuple(ResidualChange("R101", "content", f"{number}", text, ("a",)) for number in range(count))
    answers = tuple(AnswerChange(("a",), f"{number}", "because", text, None, "a:1", "b:2") for number in range(count))
    return dataclasses.replace(
        difference, widened=entries(), narrowed=entries(), residuals_came=residuals, answers=answers
    )


@settings(max_examples=12, deadline=None)
@given(st.sampled_from((1, 7, 60, 400, 3000)), st.sampled_from(("x", "é" * 200, "😀`" * 150)))
def test_markdown_fits_a_comment_and_counts_what_it_leaves_out(count: int, text: str) -> None:
    difference = many(count, text)
    markdown = difference_markdown(difference)
    assert len(markdown.encode()) <= LIMIT
    assert markdown == difference_markdown(difference)
    assert markdown.count("<details>") == markdown.count("</details>")
    for title, of in (("Widened", "changes"), ("Narrowed", "changes"), ("Residuals that came", "residuals")):
        section = markdown.partition(f"### {title}\n")[2].partition("\n### ")[0]
        head = section.partition("\n<details>")[0]
        shown = len(re.findall(r"(?m)^- (?!and \d+ more|details of)", head))
        left = re.search(rf"(?m)^- and (\d+) more {of}, not shown here: ", section)
        assert shown + (int(left.group(1)) if left else 0) == count
        if title == "Residuals that came" or of == "changes":
            details = section.partition("<details>")[2].partition("</details>")[0]
            given_ones = len(re.findall(r"(?m)^- (?!and \d+ more|details of)", details))
            missing = re.search(rf"(?mi)details of (\d+)(?: more)? {of} do not fit here: ", section)
            assert given_ones + (int(missing.group(1)) if missing else 0) == count


def test_a_difference_that_is_too_long_still_shows_what_opened_first() -> None:
    markdown = difference_markdown(many(3000, "x"))
    assert "`agent-0` → " in markdown
    assert command(many(1, "x")) == "ringfence diff --env prod --against-dir before --as-of 2026-11-23"
    assert command(many(1, "x")) in markdown


def test_the_command_is_one_that_a_shell_takes() -> None:
    difference = dataclasses.replace(after_edit(), against=Against("revision", "a b;rm", "0" * 40))
    assert command(difference) == "ringfence diff --env dev --against 'a b;rm' --as-of 2026-11-23"


def test_hostile_strings_are_the_ones_of_reviews() -> None:
    assert yaml.safe_load(f'"{HOSTILE}"') in [answer.after for answer in hostile().answers]
