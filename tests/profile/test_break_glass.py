"""What is opened in an emergency: in a profile's text, in the policy, and first in every review."""

import datetime

import pytest
from ringfence.profile.break_glass import Opening, opened_text
from ringfence.profile.model import Need, Profile
from ringfence.source.diagnostic import Findings
from ringfence.source.document import parse_document
from ringfence.source.model import validate

MOMENT = datetime.datetime(2026, 11, 20, 9, 0, tzinfo=datetime.UTC)
OPENING = Opening("the release is blocked", "kim", "SEC-9", MOMENT, datetime.date(2026, 11, 20), ("prod",))
NEED = Need.model_validate({"https": {"host": "example.com", "methods": ["GET"], "paths": ["/x"]}})
HEAD = """\
agent: a
owner: docs
purpose: p
workload: {platform: lambda, role: "arn:aws:iam::${account}:role/a"}
environments: [dev, prod]  # both
"""
ITEM = """\
https: {host: "example.com", methods: ["GET"], paths: ["/x"]}
    because: "the release is blocked"
    ticket: "SEC-9"
    approved_by: "kim"
    until: "2026-11-20"
    break_glass: {since: "2026-11-20T09:00:00Z", environments: ["prod"]}
"""


def read(text: str) -> tuple[Profile | None, Findings]:
    findings = Findings()
    document = parse_document("profiles/agents/a.yaml", text.encode(), findings)
    assert document is not None
    return validate(Profile, document, findings), findings


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"needs:\n  - {ITEM}"),
        ("needs:\n  # why\n  - tcp: {to: db, port: 1}\nmode: observe\n", None),
    ],
    ids=["without needs", "with needs and a comment"],
)
def test_the_need_is_added_and_nothing_else_changes(before: str, after: str | None) -> None:
    text = opened_text(HEAD + before, NEED, OPENING)
    if after is None:
        after = before.replace("mode:", f"  - {ITEM}mode:")
    assert text == HEAD + after
    profile, findings = read(text)
    assert profile is not None, findings.diagnostics
    opened = profile.needs[-1]
    assert opened.parameters == NEED.parameters
    assert opened.break_glass is not None
    assert (opened.break_glass.since, opened.break_glass.environments) == (MOMENT, ("prod",))
    assert opened.until == OPENING.until


@pytest.mark.parametrize("missing", ["because", "approved_by", "until"])
def test_nobody_opens_anything_without_saying_why_who_and_until_when(missing: str) -> None:
    lines = opened_text(HEAD, NEED, OPENING).splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith(f"    {missing}:"))
    profile, findings = read(text)
    assert profile is None
    (found,) = findings.diagnostics
    assert found.message == f"what is opened in an emergency needs {missing}"
