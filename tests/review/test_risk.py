"""Risky combinations: each is found with the lines that show it, and its neighbour that lacks one part is not."""

import pytest
from comparing import DAY, FILES, Memory, edited
from ringfence.plan import Plan, plan_environment
from ringfence.policy.risk import RISKS
from ringfence.review.report import Risk
from ringfence.review.risk import risks_of, unaccepted
from ringfence.source.diagnostic import Findings

ANSWER = "    because: x\n    approved_by: kim\n    until: 2027-01-01\n"
READS = "  - aws.dynamodb: {table: customers}\n"
WRITES = "  - https: {host: site.example.com, methods: [POST]}\n" + ANSWER
BROWSES = "  - https: {host: site.example.com, methods: [GET]}\n"
OPAQUE = "  - tls: {host: site.example.com}\n" + ANSWER
CODE = "  - pypi.install: {}\n"
HOLDS = "  - aws.secrets-manager: {secret: a}\n"


def plan_of(environment: str = "prod", **needs: str) -> Plan:
    """The plan of agents with these needs; what follows a blank line in them stands at the end of the profile."""
    files = {path: text for path, text in FILES.items() if path.startswith("Pulumi.")}
    for name, text in needs.items():
        body, _, rest = text.partition("\n\n")
        head = "needs:\n" if body.strip() else "needs: []\n"
        files[f"profiles/agents/{name}.yaml"] = (
            f"agent: {name}\nowner: o\npurpose: p\n"
            f'workload: {{platform: lambda, role: "arn:aws:iam::${{account}}:role/{name}"}}\n'
            f"environments: [{environment}]\n{head}{body.rstrip()}\n{rest}"
        )
    return plan_environment(Memory(files), environment, DAY, Findings())


def names(plan: Plan) -> list[tuple[str, str]]:
    return [(risk.agent, risk.risk) for risk in risks_of(plan)]


@pytest.mark.parametrize(
    ("needs", "environment", "expected"),
    [
        (READS + WRITES, "prod", ["private-to-public"]),
        (READS + BROWSES, "prod", []),
        (WRITES, "prod", []),
        (READS + OPAQUE, "prod", ["private-to-public", "private-to-anywhere"]),
        (READS + BROWSES, "dev", ["private-to-anywhere"]),
        (READS + BROWSES, "staging", ["private-to-anywhere"]),
        (READS, "staging", []),
        (BROWSES, "staging", []),
        (CODE + HOLDS, "prod", ["code-with-secrets"]),
        (CODE, "prod", []),
        (HOLDS, "prod", []),
        (
            CODE + "  - aws.kms: {key: 6f5e4d3c-2b1a-4098-8765-43210fedcba9, use: decrypt}\n",
            "prod",
            ["code-with-secrets"],
        ),
        (CODE + "  - aws.ssm-parameters: {path: a}\n", "prod", ["code-with-secrets"]),
    ],
)
def test_both_halves_in_one_agent(needs: str, environment: str, expected: list[str]) -> None:
    found = risks_of(plan_of(environment, one=needs))
    assert [risk.risk for risk in found] == expected
    for risk in found:
        assert risk.path == ("one",)
        assert all(evidence.declared for evidence in risk.evidence)


SERVES = "\n\nserves: {port: 8080}\n"


def test_a_combination_that_is_complete_along_calls_shows_the_way() -> None:
    plan = plan_of(
        first=READS + "\n\ncalls: [second]\n",
        second=BROWSES + "\n\ncalls: [third]\nserves: {port: 8080}\n",
        third=WRITES + SERVES,
        other=READS,
    )
    (risk,) = risks_of(plan)
    assert (risk.agent, risk.risk, risk.path) == ("first", "private-to-public-by-calls", ("first", "second", "third"))
    assert [evidence.text for evidence in risk.evidence] == [
        "aws.dynamodb reads private data: dynamodb",
        "https writes in public: site.example.com:443 (by first → second → third)",
    ]
    assert risk.evidence[1].declared == "profiles/agents/third.yaml:7"
    assert "CIS 13.4" in [control.number for control in risk.controls]


def test_an_agent_that_may_call_one_that_can_is_told_and_one_that_may_not_is_not() -> None:
    plan = plan_of(boss="\n\ncalls: [worker]\n", worker=READS + WRITES + SERVES, other="")
    assert names(plan) == [("boss", "private-to-public-by-calls"), ("worker", "private-to-public")]
    assert risks_of(plan)[0].path == ("boss", "worker")


def test_who_calls_answers_for_what_is_called_and_not_the_other_way() -> None:
    plan = plan_of(writer=WRITES + "\n\ncalls: [reader]\n", reader=READS + SERVES)
    assert names(plan) == [("writer", "private-to-public-by-calls")]


def test_agents_that_call_each_other_are_both_told_once() -> None:
    both = "\n\ncalls: [{}]\nserves: {{port: 8080}}\n"
    plan = plan_of(a=READS + both.format("b"), b=WRITES + both.format("a"))
    assert names(plan) == [("a", "private-to-public-by-calls"), ("b", "private-to-public-by-calls")]


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("{host: api.site.example.com, methods: [GET]}", "{host: site.example.com}", True),
        ("{host: api.site.example.com, methods: [GET]}", "{host: site.example.com, methods: [GET, POST]}", True),
        (
            "{host: api.site.example.com, methods: [GET]}",
            '{host: site.example.com, methods: [POST], paths: ["/a/**"]}',
            False,
        ),
        ("{host: api.site.example.com, methods: [GET]}", "{host: site.example.org}", False),
        ("{host: one.github.io, methods: [GET]}", "{host: two.github.io}", False),
        ("{host: api.site.example.com, methods: [GET, PUT]}", "{host: site.example.com}", False),
    ],
)
def test_read_only_beside_an_open_sibling(first: str, second: str, found: bool) -> None:
    plan = plan_of(one=f"  - https: {first}\n{ANSWER}  - https: {second}\n{ANSWER}")
    risks = [risk for risk in risks_of(plan) if risk.risk == "open-sibling"]
    assert bool(risks) == found
    if found:
        assert risks[0].summary == "one is read-only on api.site.example.com while site.example.com stays open"
        assert [evidence.declared for evidence in risks[0].evidence] == [
            "profiles/agents/one.yaml:7",
            "profiles/agents/one.yaml:11",
        ]


ACCEPT = "\n\naccepts:\n  - risk: private-to-public\n    because: x\n    approved_by: kim\n    until: {}\n{}"


@pytest.mark.parametrize(
    ("until", "more", "accepted"),
    [
        ("2026-11-23", "", True),
        ("2026-11-22", "", False),
        ("2027-01-01", "    environments: [prod]\n", True),
        ("2027-01-01", "    environments: [dev]\n", False),
    ],
)
def test_a_risk_is_accepted_until_a_day_and_where_it_says(until: str, more: str, accepted: bool) -> None:
    found = risks_of(plan_of(one=READS + WRITES + ACCEPT.format(until, more)))
    assert [risk.accepted is not None for risk in found] == [accepted]
    assert len(unaccepted(found)) == (not accepted)


def test_a_quarantined_agent_has_no_risk() -> None:
    assert names(plan_of(one=READS + WRITES + "\n\nquarantined: true\n")) == []


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_the_example_fleet_has_risks_and_somebody_answers_for_each(environment: str) -> None:
    plan = edited(frozenset(), environment).plan
    assert plan is not None
    found = risks_of(plan)
    assert len(found) >= 4
    assert unaccepted(found) == ()
    for risk in found:
        assert_complete(risk)


def assert_complete(risk: Risk) -> None:
    assert risk.risk in RISKS
    assert risk.mend
    assert risk.evidence
    for reference in (*risk.techniques, *risk.controls):
        assert reference.page.startswith("https://")
    assert any(reference.number.startswith("T1") for reference in risk.techniques)
    numbers = [reference.number for reference in risk.controls]
    assert "NIST 800-53 AC-4" in numbers
    assert any(number.startswith("CIS ") for number in numbers)


def test_every_risk_is_found_by_some_test() -> None:
    plans = [
        plan_of(one=READS + WRITES), plan_of("dev", one=READS + BROWSES), plan_of(one=CODE + HOLDS),
        plan_of(boss="\n\ncalls: [worker]\n", worker=READS + WRITES + CODE + HOLDS + SERVES),
        plan_of("dev", boss="\n\ncalls: [worker]\n", worker=READS + BROWSES + SERVES),
        plan_of(one=f"  - https: {{host: a.x.com, methods: [GET]}}\n  - https: {{host: x.com}}\n{ANSWER}"),
    ]  # fmt: skip
    found = {risk.risk for plan in plans for risk in risks_of(plan)}
    assert found == set(RISKS)
