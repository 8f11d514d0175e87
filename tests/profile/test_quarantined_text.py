"""A quarantine in a profile's text: added, narrowed, lifted, with everything else as it was."""

import datetime

import pytest
from ringfence.profile.model import Profile, Quarantine
from ringfence.profile.quarantine import lifted_text, quarantined_text
from ringfence.source.diagnostic import Findings
from ringfence.source.document import parse_document
from ringfence.source.model import validate

MOMENT = datetime.datetime(2026, 11, 20, 9, 0, tzinfo=datetime.UTC)
LATER = MOMENT + datetime.timedelta(hours=2)
TEXT = """\
# Proposes fixes.
agent: a  # the one
owner: docs
purpose: p
workload: {platform: lambda, role: "arn:aws:iam::${account}:role/a"}
environments: [dev, prod]
"""


def profile(text: str) -> Profile:
    findings = Findings()
    document = parse_document("profiles/agents/a.yaml", text.encode(), findings)
    assert document is not None
    read = validate(Profile, document, findings)
    assert read is not None, findings.diagnostics
    return read


def cut(*environments: str, **more: object) -> Quarantine:
    return Quarantine.model_validate({"because": "b", "since": MOMENT, "environments": environments, **more})


def test_cutting_off_says_why_and_since_when_and_changes_nothing_else() -> None:
    text = quarantined_text(TEXT, profile(TEXT), cut(ticket="SEC-9"))
    added = 'quarantined:\n  because: "b"\n  ticket: "SEC-9"\n  since: "2026-11-20T09:00:00Z"\n'
    assert text == TEXT.replace("# the one\n", f"# the one\n{added}")
    assert profile(text).quarantined == cut(ticket="SEC-9")


def test_doing_it_again_changes_no_octet() -> None:
    once = quarantined_text(TEXT, profile(TEXT), cut())
    again = quarantined_text(once, profile(once), cut(since=LATER))
    assert again == once


@pytest.mark.parametrize(
    ("first", "second", "environments"),
    [
        (("dev",), ("prod",), ("dev", "prod")),
        (("dev",), (), ()),
        ((), ("dev",), ()),
    ],
)
def test_it_never_ends_in_an_environment_by_being_cut_off_in_another(
    first: tuple[str, ...], second: tuple[str, ...], environments: tuple[str, ...]
) -> None:
    once = quarantined_text(TEXT, profile(TEXT), cut(*first))
    held = profile(quarantined_text(once, profile(once), cut(*second))).quarantined
    assert held is not None
    assert held.environments == environments


def test_what_was_written_ahead_of_pulumi_is_kept() -> None:
    once = quarantined_text(TEXT, profile(TEXT), cut())
    twice = quarantined_text(once, profile(once), cut(direct=("dev",)))
    held = profile(quarantined_text(twice, profile(twice), cut(direct=("prod",)))).quarantined
    assert held is not None
    assert held.direct == ("dev", "prod")


def test_lifting_leaves_the_roles_earlier_sessions_worthless() -> None:
    text = quarantined_text(TEXT, profile(TEXT), cut())
    lifted = lifted_text(text, profile(text), (), LATER)
    assert lifted == TEXT.replace("# the one\n", '# the one\nsessions_since: "2026-11-20T11:00:00Z"\n')
    assert lifted_text(lifted, profile(lifted), (), LATER) == lifted, "there is nothing more to lift"


def test_lifting_in_one_environment_keeps_the_others_cut_off() -> None:
    text = quarantined_text(TEXT, profile(TEXT), cut(direct=("dev", "prod")))
    lifted = profile(lifted_text(text, profile(text), ("dev",), LATER))
    assert lifted.quarantine_in("dev") is None
    assert lifted.quarantine_in("prod") == cut("prod", direct=("prod",))
    assert lifted.sessions_since == LATER


def test_lifting_where_it_is_not_cut_off_changes_nothing() -> None:
    text = quarantined_text(TEXT, profile(TEXT), cut("prod"))
    assert lifted_text(text, profile(text), ("dev",), LATER) == text


def test_a_profile_that_has_other_errors_is_cut_off_all_the_same() -> None:
    text = TEXT.replace("owner: docs\n", "owners: docs\n")
    assert "quarantined:\n" in quarantined_text(text, None, cut())
