"""What ends soon, in every environment: approvals and accepted risks, once each, the first first."""

import datetime
import json

import jsonschema
from comparing import DAY, FILES, Memory
from pydantic import TypeAdapter
from reviewing import ROOT
from ringfence.profile.fleet import Fleet, read_fleet
from ringfence.review.expiring import NOT_KNOWN, Endings, endings, endings_text
from ringfence.source.diagnostic import Findings

PR = "profiles/agents/pr-contributor.yaml"


def fleet_of(files: dict[str, str]) -> Fleet:
    findings = Findings()
    fleet = read_fleet(Memory(files), findings)
    findings.raise_if_failed()
    return fleet


def test_every_day_of_the_example_fleet_is_listed_in_order() -> None:
    found = endings(fleet_of(FILES), DAY, 9999)
    texts = "".join(text for path, text in FILES.items() if path.startswith(("profiles/agents", "profiles/classes")))
    assert len(found.endings) == texts.count("until: 20")
    assert [each.until for each in found.endings] == sorted(each.until for each in found.endings)
    assert {each.kind for each in found.endings} == {"approval", "risk"}
    first = found.endings[0]
    assert (first.what, first.agents, first.environments) == (
        "pagerduty.incidents", ("on-call-assistant",), ("staging", "prod"),
    )  # fmt: skip
    assert (first.approved_by, first.ticket, first.days) == ("noor", "REL-118", (first.until - DAY).days)


def test_the_last_day_is_within_and_the_next_is_not() -> None:
    fleet = fleet_of(FILES)
    last = datetime.date(2027, 3, 31)
    assert endings(fleet, last - datetime.timedelta(days=31), 30).endings == ()
    soon = endings(fleet, last - datetime.timedelta(days=30), 30).endings
    assert {(each.days, each.until) for each in soon} == {(30, last)}
    over = endings(fleet, last + datetime.timedelta(days=1), 0).endings
    assert {each.days for each in over} == {-1}
    assert "ENDED" in "\n".join(endings_text(endings(fleet, last + datetime.timedelta(days=1), 0)))


def test_a_need_of_a_class_is_one_with_all_its_agents() -> None:
    path = "profiles/classes/coder.yaml"
    dated = FILES[path].replace("- anthropic.messages: {}", "- anthropic.messages: {}\n    until: 2026-12-01")
    (found,) = endings(fleet_of({**FILES, path: dated}), DAY, 30).endings
    assert (found.agents, found.declared) == (("pr-contributor", "reviewer"), f"{path}:7")


def test_what_is_not_known_is_said() -> None:
    text = " ".join("\n".join(endings_text(endings(fleet_of(FILES), DAY, 30))).split())
    assert text.startswith("0 endings by 2026-12-23 · as of 2026-11-23")
    for unknown in NOT_KNOWN:
        assert unknown in text


def test_json_is_what_its_committed_schema_says() -> None:
    schema = json.loads((ROOT / "docs/schemas/expiring.schema.json").read_text(encoding="utf-8"))
    document = TypeAdapter(Endings).dump_python(endings(fleet_of(FILES), DAY, 9999), mode="json")
    jsonschema.Draft7Validator(schema).validate(document)
