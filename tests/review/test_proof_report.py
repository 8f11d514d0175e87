"""A proof's renderings: the same findings in each, valid by their schemas; nothing in a graph can steer a reader."""

import json

import jsonschema
import pytest
from reviewing import HOSTILE, review_of
from ringfence.policy.span import Span
from ringfence.review.proof import ProofReport, proof_json, proof_report, proof_sarif, proof_schema, proof_text
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.proof import ONLY_LIVE, Proof
from ringfence.verify.role import Beyond, Permissions
from sarif_schema import read_sarif

LINE = Span("profiles/agents/pr-contributor.yaml", 17, 5, 17)
OTHER = Span("profiles/classes/coder.yaml", 6, 5, 9)
URN = "urn:pulumi:dev::ringfence::aws:ec2/networkAcl:NetworkAcl::dev-pr-contributor"
FINDINGS = (
    Finding(Kind.MORE, "pr-contributor", "firewall", "TLS to evil.example", "sid 7 (x)", URN, (LINE, OTHER)),
    Finding(Kind.LESS, "pr-contributor", "nacl", "tcp 443 to 1.0.0.0", "30 deny"),
    Finding(Kind.NOT_PROVED, "", "inventory", "a resource of type x may open access", "x", "urn::x"),
    Finding(Kind.INCONSISTENT, "reviewer", "sg", "tcp 22 from 10.0.0.0", HOSTILE.replace("\\e", "\x1b")),
)
BEYOND = (Beyond("reviewer", "arn:aws:iam::1:role/r", "inline", ("s3:*",), ("*",), conditional=True),)


def proof_of(*findings: Finding) -> Proof:
    agents = review_of("dev").plan.effective.agents
    return Proof(tuple(agent.name for agent in agents), tuple(sorted(findings)))


@pytest.fixture
def report() -> ProofReport:
    return proof_report(
        proof_of(*FINDINGS),
        review_of("dev").plan.effective,
        "/home/kim/state.json",
        Permissions(BEYOND, ("orchestrator",)),
    )


def test_the_text_gives_each_agents_verdict_and_every_finding(report: ProofReport) -> None:
    text = proof_text(report)
    assert text.startswith("dev · 7 agents · read from /home/kim/state.json · as of 2026-11-23\n")
    assert "\nreviewer: proved\n" not in text  # what is not read of the environment is not read for anybody
    assert "\nreviewer: not proved\n  ~ tcp 22 from 10.0.0.0\n" in text
    assert f"\n      firewall: sid 7 (x) · dev-pr-contributor · {LINE}, {OTHER}\n" in text
    assert "\nenvironment\n  ? a resource of type x may open access\n" in text
    assert "  reviewer: s3:* on * · inline of arn:aws:iam::1:role/r · under conditions\n" in text
    assert "\x1b" not in text


def test_the_text_counts_what_it_leaves_out() -> None:
    many = [Finding(Kind.MORE, "reviewer", "sg", f"tcp {port} to 1.0.0.0", "x") for port in range(30)]
    text = proof_text(proof_report(proof_of(*many), review_of("dev").plan.effective, "x", None))
    assert text.count("  + tcp ") == 20
    assert "  and 10 more than declared\n" in text


def test_the_json_is_as_its_schema_says_and_holds_everything(report: ProofReport) -> None:
    written = json.loads(proof_json(report))
    jsonschema.validate(written, proof_schema())
    assert [each["kind"] for each in written["findings"]] == [str(each.kind) for each in sorted(FINDINGS)]
    assert written["proved"] is False
    assert written["agents"]["reviewer"] == "not proved"
    assert written["permissions"]["beyond"][0]["actions"] == ["s3:*"]
    assert ONLY_LIVE not in written["not_covered"]


def test_roles_that_were_not_read_are_null_and_said_not_to_be_covered() -> None:
    proved = proof_report(proof_of(), review_of("dev").plan.effective, "the program", None)
    assert (proved.proved, proved.permissions) == (True, None)
    assert ONLY_LIVE in proved.not_covered


def test_sarif_places_each_finding_where_it_is_mended(report: ProofReport) -> None:
    effective = review_of("dev").plan.effective
    text = proof_sarif(report, proof_of(*FINDINGS), effective)
    (run,) = read_sarif(text)["runs"]
    assert run["automationDetails"]["id"] == "ringfence/verify/dev/"
    places = {
        result["ruleId"]: result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in run["results"]
    }
    assert places == {
        "V101": LINE.path,
        "V102": "profiles/agents/pr-contributor.yaml",
        "V103": "Pulumi.dev.yaml",
        "V104": "profiles/agents/reviewer.yaml",
        "V105": "profiles/agents/reviewer.yaml",
    }
    more = next(result for result in run["results"] if result["ruleId"] == "V101")
    (also,) = more["relatedLocations"]
    assert also["physicalLocation"]["artifactLocation"]["uri"] == OTHER.path
    assert "/home/kim" not in text


def test_every_kind_has_a_rule_also_where_nothing_is_found() -> None:
    effective = review_of("dev").plan.effective
    proved = proof_report(proof_of(), effective, "the program", None)
    (run,) = read_sarif(proof_sarif(proved, proof_of(), effective))["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["V101", "V102", "V103", "V104"]
    assert run["results"] == []
