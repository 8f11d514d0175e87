"""The difference between two trees: what opened, through which line, and nothing where nothing did."""

import dataclasses
import re
from random import Random

import pytest
from comparing import DAY, EDITS, FILES, PR, TRIAGE, accesses, after_edit, between, edited, files_with, state_of
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ringfence.review.difference import AccessEntry, Difference, is_risky

edits = st.sets(st.sampled_from(sorted(EDITS)), max_size=4).map(frozenset)


def is_empty(difference: Difference) -> bool:
    return not (
        difference.widened or difference.narrowed or difference.completed or difference.resolved
        or difference.residuals_came or difference.residuals_went or difference.answers or difference.without_access
        or difference.added or difference.removed or difference.renamed or difference.unread
    )  # fmt: skip


@settings(max_examples=8, deadline=None)
@given(edits)
def test_a_tree_and_itself_have_no_difference(some: frozenset[str]) -> None:
    assert is_empty(between(edited(some), state_of(files_with(*sorted(some)))))


@settings(max_examples=15, deadline=None)
@example(frozenset(), frozenset({"an owner", "environments"}))  # an agent that leaves answers to nobody on either way
@given(edits, edits)
def test_the_way_back_is_the_mirror(some: frozenset[str], others: frozenset[str]) -> None:
    there, back = between(edited(some), edited(others)), between(edited(others), edited(some))
    assert accesses(there.widened) == accesses(back.narrowed)
    assert accesses(there.narrowed) == accesses(back.widened)
    assert (there.added, there.removed) == (back.removed, back.added)
    assert (there.completed, there.residuals_came) == (back.resolved, back.residuals_went)
    assert [turned(entry) for entry in there.widened] == [places(entry) for entry in back.narrowed]
    assert {(each.subject, each.field, each.before, each.after) for each in there.answers} == {
        (each.subject, each.field, each.after, each.before) for each in back.answers
    }


def places(entry: AccessEntry) -> list[tuple[str, str | None, str | None]]:
    return [(change.kind, change.before, change.after) for change in entry.through]


def turned(entry: AccessEntry) -> list[tuple[str, str | None, str | None]]:
    return [(kind, after, before) for kind, before, after in places(entry)]


@settings(max_examples=15, deadline=None)
@given(edits, edits)
def test_every_access_comes_through_a_change_that_is_shown(some: frozenset[str], others: frozenset[str]) -> None:
    difference = between(edited(some), edited(others))
    for entry in (*difference.widened, *difference.narrowed):
        assert entry.through
        assert entry.agents
        for change in entry.through:
            assert change.text != "several places together"
            assert change.before or change.after
        for access in entry.accesses:
            assert access.example
            assert access.what
            assert set(access.agents) <= set(entry.agents)


@settings(max_examples=6, deadline=None)
@given(st.randoms(use_true_random=False))
def test_needs_in_another_order_open_nothing(random: Random) -> None:
    files = dict(FILES)
    for path in (PR, TRIAGE, "profiles/classes/coder.yaml"):
        files[path] = shuffled(files[path], random)
    difference = between(edited(frozenset()), state_of(files))
    assert is_empty(dataclasses.replace(difference, without_access=()))


def shuffled(text: str, random: Random) -> str:
    head, _, rest = text.partition("needs:\n")
    body = re.match(r"(?:(?: .*|#.*)?\n)*", rest)
    assert body is not None
    needs = re.split(r"(?m)^(?=  - )", re.sub(r"(?m)^ *#.*\n", "", body.group()))
    first, needs = needs[0], needs[1:]
    random.shuffle(needs)
    return f"{head}needs:\n{first}{''.join(needs)}{rest[body.end() :]}"


CAUSES = {
    # edit: the direction, the kind of change, its words, and the line that it leads to (None: the other side's)
    "a need": ("widened", "need", "`https` added", f"{PR}:28"),
    "a need less": ("narrowed", "need", "`https` removed", None),
    "an expiry": ("narrowed", "expiry", "`until` 2027-06-30 → 2026-01-01", f"{PR}:25"),
    "a class": ("widened", "class", "extends `coder`", f"{TRIAGE}:5"),
    "inspection": ("widened", "environment", "`inspection` names → none", "Pulumi.dev.yaml:9"),
    "the mode": ("widened", "environment", "`mode` enforce → observe", "Pulumi.dev.yaml:10"),
    "an agent's mode": ("widened", "state", "`mode` as the environment → observe", f"{TRIAGE}:7"),
    "a value": ("widened", "environment", "`values.lake` acme-dev-lake → acme-other-lake", "Pulumi.dev.yaml:14"),
    "a private network": (
        "widened", "environment",
        "`private.orders-db` 10.60.8.9/32 via tgw-0d1e2f3a4b5c6d7e8 → 10.60.8.0/28 via tgw-0d1e2f3a4b5c6d7e8",
        "Pulumi.dev.yaml:12",
    ),
    "a port": ("widened", "need", "`tcp` `port` 5432 → 5432-5433", "profiles/agents/data-analyst.yaml:25"),
    "a prefix": ("narrowed", "need", "`aws.athena` `data_prefix` [sales, reference] → [sales]", None),
    "a call": ("widened", "call", "calls `research-assistant`", f"{PR}:28"),
    "a port served": ("widened", "call", "`reviewer`: `serves` 8080 → 8081", "profiles/agents/reviewer.yaml:15"),
    "quarantine": ("narrowed", "state", "`quarantined` false → true", f"{TRIAGE}:7"),
    "environments": ("narrowed", "agent", "`environments` has no dev any more", f"{TRIAGE}:12"),
    "a role": (
        "widened", "agent",
        "`role` arn:aws:iam::${account}:role/support-triage → arn:aws:iam::${account}:role/support-triage-2",
        f"{TRIAGE}:10",
    ),
    "a platform": ("widened", "agent", "`platform` lambda → ecs", f"{TRIAGE}:9"),
}  # fmt: skip


@pytest.mark.parametrize("edit", sorted(CAUSES))
def test_an_access_names_the_change_it_came_through(edit: str) -> None:
    direction, kind, text, line = CAUSES[edit]
    entries: tuple[AccessEntry, ...] = getattr(after_edit(edit), direction)
    changes = {change.text: change for entry in entries for change in entry.through}
    assert text in changes, sorted(changes)
    assert changes[text].kind == kind
    if line is not None:
        assert changes[text].after == line
    elif "removed" in text:
        assert changes[text].after is None


def test_a_change_of_the_catalogue_is_one_entry_with_all_its_agents() -> None:
    (entry,) = after_edit("the catalogue", environment="prod").widened
    assert [(change.kind, change.text) for change in entry.through] == [("catalogue", "capability `acme.wiki`")]
    assert entry.agents == ("pr-contributor", "reviewer")
    (access,) = entry.accesses
    assert (access.what, access.besides) == (("GET /attachments/**",), ("GET /attachments/engineering/**",))
    assert access.example == "GET https://wiki.acme.example/attachments/"
    assert access.risks == ("reads-private-data",)


def test_a_change_of_a_class_is_one_entry_with_all_its_agents() -> None:
    (entry,) = after_edit("a class's need", environment="prod").widened
    assert [change.kind for change in entry.through] == ["class"]
    assert entry.agents == ("pr-contributor", "reviewer")
    assert {what for access in entry.accesses for what in access.what} == {
        "GET /attachments/people/**",
        "GET|HEAD /spaces/people/**",
    }


def test_a_change_of_the_environment_is_one_entry_with_all_its_agents() -> None:
    opened = [entry for entry in after_edit("inspection").widened if entry.through[0].kind == "environment"]
    (entry,) = opened
    assert len(entry.agents) == 5
    assert {access.destination for access in entry.accesses} == {"any public address:443"}
    assert all("writes-in-public" in access.risks for access in entry.accesses)


def test_what_the_environment_does_not_enforce_is_no_difference_and_is_counted() -> None:
    difference = after_edit("a path")
    assert not difference.widened
    assert not difference.narrowed
    counted = {count.name: count.count for count in difference.without_access}
    assert counted["agents declared otherwise of which the same passes here"] == 1
    enforced = after_edit("a path", environment="prod")
    assert [access.what for _, access in accesses(enforced.narrowed)] == [("GET /**",)]
    assert [access.besides for _, access in accesses(enforced.narrowed)] == [("GET /docs/**",)]


@pytest.mark.parametrize(
    ("edit", "name"),
    [
        ("a comment", "files with other comments or layout"),
        ("an order", "needs written otherwise that open the same"),
        ("a rewrite", "needs written otherwise that open the same"),
    ],
)
def test_what_changes_no_access_is_counted(edit: str, name: str) -> None:
    for environment in ("dev", "prod"):
        difference = after_edit(edit, environment=environment)
        assert is_empty(dataclasses.replace(difference, without_access=()))
        assert {count.name: count.count for count in difference.without_access}[name] == 1


def test_answers_that_changed_are_shown_with_both_places() -> None:
    (change,) = after_edit("an approver").answers
    assert (change.subject, change.field, change.before, change.after) == (
        "github.repository", "approved_by", "kim", "lee",
    )  # fmt: skip
    assert (change.agents, change.place_after) == (("pr-contributor",), f"{PR}:24")
    (owner,) = after_edit("an owner").answers
    assert (owner.subject, owner.before, owner.after) == ("owner", "support", "helpdesk")


def test_a_new_agent_is_all_new_and_one_that_is_gone_all_gone() -> None:
    files = dict(FILES)
    files["profiles/agents/reader.yaml"] = (
        "agent: reader\nowner: o\npurpose: p\n"
        'workload: {platform: lambda, role: "arn:aws:iam::${account}:role/reader"}\n'
        "environments: [dev]\nneeds:\n  - https: {host: example.com, methods: [GET]}\n"
    )
    difference = between(edited(frozenset()), state_of(files))
    assert difference.added == ("reader",)
    (entry,) = difference.widened
    assert [(change.text, change.after) for change in entry.through] == [
        ("the agent is new", "profiles/agents/reader.yaml:1")
    ]
    assert [access.destination for access in entry.accesses] == ["example.com:443", "names in the VPC"]
    back = between(state_of(files), edited(frozenset()))
    assert (back.removed, [change.text for change in back.narrowed[0].through]) == (("reader",), ["is gone"])


def renamed(*, also: str = "") -> Difference:
    """`reviewer` is called `critic`; who calls it says so."""
    files = dict(FILES)
    text = files.pop("profiles/agents/reviewer.yaml")
    files["profiles/agents/critic.yaml"] = text.replace("agent: reviewer", "agent: critic") + also
    for path in (PR, "profiles/agents/orchestrator.yaml"):
        files[path] = re.sub(r"(?m)^(calls: .*)reviewer", r"\1critic", files[path]).replace(
            "agent reviewer", "agent critic"
        )
    return between(edited(frozenset()), state_of(files))


def test_an_agent_of_another_name_with_the_same_access_is_renamed() -> None:
    difference = renamed()
    assert [(pair.before, pair.after) for pair in difference.renamed] == [("reviewer", "critic")]
    assert (difference.added, difference.removed) == ((), ())
    # What its platform needs carries its name: the image that it pulls, the log group that it writes.
    assert {access.kind for _, access in accesses(difference.widened)} == {"service"}
    assert {change.text for entry in difference.widened for change in entry.through} == {"`agent` reviewer → critic"}


def test_an_agent_of_another_name_and_access_is_another_agent() -> None:
    difference = renamed(also="mode: observe\n")
    assert difference.renamed == ()
    assert (difference.added, difference.removed) == (("critic",), ("reviewer",))


def test_an_environment_that_one_side_has_is_all_new_or_all_gone() -> None:
    without = {path: text for path, text in FILES.items() if path != "Pulumi.dev.yaml"}
    without = {path: text.replace("environments: [dev, ", "environments: [") for path, text in without.items()}
    new = between(state_of(without), edited(frozenset()))
    assert (new.before, new.narrowed) == (None, ())
    (entry,) = new.widened
    (change,) = entry.through
    assert (change.text, change.after) == ("the environment is new", "Pulumi.dev.yaml:3")
    assert len(entry.agents) == 7
    gone = between(edited(frozenset()), state_of(without))
    assert (gone.after, gone.widened) == (None, ())
    assert accesses(gone.narrowed) == accesses(new.widened)


def test_tls_that_is_decrypted_no_more_is_wider_although_a_need_was_removed() -> None:
    profile = (
        "agent: reader\nowner: o\npurpose: p\n"
        'workload: {platform: lambda, role: "arn:aws:iam::${account}:role/reader"}\n'
        "environments: [prod]\nneeds:\n"
        "  - https: {host: a.example.com}\n"
        "    because: x\n    approved_by: kim\n    until: 2027-01-01\n"
    )
    files = {**FILES, "profiles/agents/reader.yaml": profile}
    limited = {**FILES, "profiles/agents/reader.yaml": profile + "  - https: {host: b.example.com, methods: [GET]}\n"}
    difference = between(state_of(limited, "prod"), state_of(files, "prod"), "prod")
    (entry,) = difference.widened
    assert [change.text for change in entry.through] == [
        "no need of the agent speaks of requests any more, so its TLS is not decrypted"
    ]
    assert [access.destination for access in entry.accesses] == ["a.example.com:443"]


def test_a_widening_is_risky_by_the_catalogue_or_by_what_it_completes() -> None:
    assert is_risky(after_edit("the catalogue", environment="prod"))
    assert is_risky(after_edit("inspection"))
    assert not is_risky(after_edit("an expiry"))
    assert not is_risky(after_edit("a parameter", environment="prod"))
    assert not is_risky(after_edit("a comment"))


def test_addresses_that_move_are_counted() -> None:
    path = "profiles/allocations/dev.yaml"
    line = next(each for each in FILES[path].splitlines() if "reviewer:" in each)
    elsewhere = "  reviewer: {eu-west-1a: [10.40.9.0/28], eu-west-1b: [10.40.9.16/28]}"
    moved = {**FILES, path: FILES[path].replace(line, elsewhere)}
    difference = between(edited(frozenset()), state_of(moved))
    assert [(count.name, count.count) for count in difference.without_access] == [("agents with other addresses", 1)]


def test_both_sides_are_as_of_one_day() -> None:
    assert after_edit("a need").as_of == DAY
