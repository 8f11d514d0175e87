"""Text, Markdown and JSON: complete, stable, and nothing in a profile can steer who reads them."""

import html
import json
import re
from pathlib import Path

import jsonschema
import pytest
from markdown_reading import outside_code, tags_of
from reviewing import ENVIRONMENTS, HOSTILE_PROFILE, ROOT, review_of, write_tree
from ringfence.review.as_json import json_of
from ringfence.review.markdown import code, markdown_of
from ringfence.review.merged import needs
from ringfence.review.report import Report
from ringfence.review.schema import output_schemas
from ringfence.review.text import WIDTH, text_of


@pytest.fixture
def hostile(tmp_path: Path) -> Report:
    return review_of("dev", write_tree(tmp_path, agent=HOSTILE_PROFILE)).report


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_text_shows_every_flow_and_residual_once(environment: str) -> None:
    report = review_of(environment).report
    text = text_of(report)
    reaches = [reach for _, need in needs(report) for reach in need.reaches]
    assert len(re.findall(r"(?m)(?:^|  )sg nacl\b.*$", text)) == len(reaches)
    assert text.count("PUBLIC WRITE") == sum(reach.public_write for reach in reaches)
    flat = re.sub(r"\s+", " ", text)
    for _, need in needs(report):
        assert f"{need.declared}" in flat
        for reach in need.reaches:
            for request in reach.requests:
                assert request.partition(" ")[2] in flat
            for word in (*reach.actions, *reach.resources):
                assert word in flat
    for left in report.residuals:
        assert re.sub(r"\s+", " ", left.reason) in flat
        assert left.subject in flat
    assert flat.count(" R1") + flat.count(" R2") + flat.count(" R3") >= len({left.code for left in report.residuals})


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_lines_are_broken_between_words_only(environment: str) -> None:
    for line in text_of(review_of(environment).report).splitlines():
        assert len(line) <= WIDTH or " " not in line.strip() or line.startswith(environment)
        assert not re.search(r"(?:GET|HEAD|POST|PUT|PATCH|DELETE|any)$", line), line
        assert line == line.rstrip()


def test_the_first_line_says_what_everybody_must_know() -> None:
    first = {environment: text_of(review_of(environment).report).splitlines()[0] for environment in ENVIRONMENTS}
    assert first["dev"] == "dev · 7 agents · inspection names · as of 2026-11-23 · allocation current"
    assert first["staging"].startswith("staging · NOTHING IS ENFORCED by firewall and DNS Firewall (mode: observe) · ")
    assert first["prod"] == "prod · 9 agents · inspection requests · as of 2026-11-23 · allocation current"


def test_a_single_observed_agent_is_named_in_the_first_line(tmp_path: Path) -> None:
    lines = "owner: o\npurpose: p\nneeds: []\n"
    write_tree(tmp_path, one=lines + "mode: observe\n", two=lines)
    first = text_of(review_of("dev", tmp_path).report).splitlines()[0]
    assert first.startswith("dev · NOT ENFORCED FOR one by firewall and DNS Firewall (mode: observe) · 2 agents")


def test_an_exceeded_quota_stands_with_its_mend(tmp_path: Path) -> None:
    lines = "owner: o\npurpose: p\nneeds: []\n"
    report = review_of("dev", write_tree(tmp_path, "    quotas: {subnets_per_vpc: 1}\n", one=lines)).report
    assert re.search(r"subnets_per_vpc +\d+ of 1 \(AWS's default is 200\)", text_of(report))
    assert "EXCEEDED: ask AWS for more" in text_of(report)
    assert "**exceeded**" in markdown_of(report)


def test_hostile_text_stays_on_its_line_in_text(hostile: Report) -> None:
    text = text_of(hostile)
    assert all(line.isprintable() for line in text.splitlines())
    assert not re.search("[\u202e\x1b]", text)
    assert "\\u202eevil \\x1b[31mred \\n## H" in re.sub(r"\s+", " ", text)


def test_hostile_text_is_code_and_nothing_else_in_markdown(hostile: Report) -> None:
    markdown = markdown_of(hostile)
    outside = outside_code(markdown)
    for bad in ("script", "@kim", "#412", "e.vil", "](", "**b**", "red"):
        assert bad not in outside
        assert bad in markdown
    assert tags_of(outside) == {"details", "summary"}
    assert html.unescape(outside) == outside


@pytest.mark.parametrize("text", ["", " ", "`", "``", "a`b", "``a`", "`a``", "a", " a", "a ", "|", "\\`", "\n", "x\ny"])
def test_a_code_span_holds_any_text(text: str) -> None:
    span = code(text)
    assert outside_code(f"x{span}y") == "xy"
    assert "\n" not in span


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_markdown_shows_every_flow_and_residual(environment: str) -> None:
    report = review_of(environment).report
    markdown = markdown_of(report)
    reaches = [reach for _, need in needs(report) for reach in need.reaches]
    assert markdown.count("*sg nacl") == len(reaches)
    assert markdown.count("**public write**") == sum(reach.public_write for reach in reaches)
    assert markdown.count("\n- R") == len({(left.code, left.subject, left.reason) for left in report.residuals})


def test_hostile_text_is_a_string_in_json(hostile: Report) -> None:
    written = json_of(hostile)
    assert written.isascii()
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", written)
    assert json.loads(written)["agents"][0]["purpose"] == hostile.agents[0].purpose


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_json_is_what_its_committed_schema_says(environment: str) -> None:
    written = json_of(review_of(environment).report)
    assert written.isascii()
    document = json.loads(written)
    schema = json.loads((ROOT / "docs/schemas/review.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(document)
    assert document["format_version"] == 1
    assert len(document["residuals"]) == len(review_of(environment).plan.effective.residuals)
    del document["agents"][0]["needs"]
    assert not jsonschema.Draft7Validator(schema).is_valid(document)


def test_the_committed_output_schemas_are_current() -> None:
    folder = ROOT / "docs/schemas"
    schemas = output_schemas()
    assert {path.name for path in folder.iterdir()} == {f"{name}.schema.json" for name in schemas}
    for name, schema in schemas.items():
        assert json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8")) == schema, "run `make schema`"
        jsonschema.Draft7Validator.check_schema(schema)
