"""Interruptions that a change announces: whose traffic stops on its way, and that nothing else is said to."""

import datetime
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from comparing import ROOT
from ringfence.cli.against import compiled_state
from ringfence.review.compare import compare
from ringfence.review.difference import Against, Difference
from ringfence.review.difference_markdown import difference_markdown
from ringfence.review.difference_text import difference_text
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory

CERTIFICATE = "arn:aws:acm:eu-west-1:111111111111:certificate/5d0c9a71-3f0e-4b6a-9b3c-7c1f2e8d4a60"
REQUESTS = f'inspection: requests\n    ca_certificate_arn: "{CERTIFICATE}"'
DEV, STAGING, PROD = "Pulumi.dev.yaml", "Pulumi.staging.yaml", "Pulumi.prod.yaml"
DAY = datetime.date(2026, 11, 23)
Change = Callable[[Path], None]


def rewritten(name: str, before: str, after: str) -> Change:
    def change(root: Path) -> None:
        text = (root / name).read_text(encoding="utf-8")
        assert before in text
        (root / name).write_text(text.replace(before, after), encoding="utf-8")

    return change


def undecrypted(inspection: str) -> Change:
    """Staging without the inspection of requests."""

    def change(root: Path) -> None:
        lines = (root / STAGING).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = "".join(line for line in lines if "ca_certificate_arn" not in line)
        (root / STAGING).write_text(kept.replace("inspection: requests", f"inspection: {inspection}"), encoding="utf-8")

    return change


def difference(tmp_path: Path, environment: str, *changes: Change) -> Difference:
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    for path in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(path, tmp_path)
    for change in changes:
        change(tmp_path)
    sides = [compiled_state(Directory(root), environment, DAY, Findings()) for root in (ROOT, tmp_path)]
    return compare(*sides, environment, DAY, Against("directory", "before", None))


@pytest.mark.parametrize(
    ("environment", "change", "causes"),
    [
        (
            "prod",
            rewritten(PROD, "eu-central-1b, eu-central-1c", "eu-central-1b"),
            ["the firewall is protected (`protect: true`)", "eu-central-1c is left"],
        ),
        (
            "prod",
            rewritten("profiles/allocations/prod.yaml", "10.48.1.128/28", "10.48.9.128/28"),
            ["its addresses 10.48.1.128/28 are given back"],
        ),
        ("dev", rewritten(DEV, "inspection: names", "inspection: none"), ["inspection: names becomes none"]),
        ("dev", rewritten(DEV, "inspection: names", REQUESTS), ["their TLS is decrypted from now on"]),
        ("staging", undecrypted("names"), ["their TLS is decrypted no more"]),
        ("staging", undecrypted("none"), ["inspection: requests becomes none", "their TLS is decrypted no more"]),
        (
            "dev",
            rewritten(DEV, "10.40.0.0/16", "10.39.0.0/16, 10.40.0.0/16"),
            ["the VPC is made anew: its place or its first network is another"],
        ),
        ("dev", rewritten("profiles/agents/pr-contributor.yaml", "methods: [GET]", "methods: [GET, HEAD]"), []),
        ("dev", rewritten("profiles/agents/pr-contributor.yaml", "kim", "lena"), []),
        ("prod", rewritten(PROD, "protect: true", "protect: false"), []),
    ],
)
def test_what_stops_traffic_that_both_sides_allow_is_announced(
    environment: str, change: Change, causes: list[str], tmp_path: Path
) -> None:
    found = difference(tmp_path, environment, change)
    assert found.interruptions is not None
    assert [each.cause for each in found.interruptions] == causes
    for each in found.interruptions:
        assert each.agents
        assert each.mend
    for text in (difference_text(found), difference_markdown(found)):
        assert ("interrupted by deploying it, though both sides allow it" in text.lower()) == bool(causes)
        assert all(cause in " ".join(text.split()) for cause in causes)


def test_whoever_is_not_decrypted_is_not_interrupted_by_it(tmp_path: Path) -> None:
    found = difference(tmp_path, "dev", rewritten(DEV, "inspection: names", REQUESTS))
    assert found.interruptions is not None
    (only,) = found.interruptions
    assert "data-analyst" not in only.agents
    assert "pr-contributor" in only.agents


def test_an_agent_that_is_cut_off_has_nothing_to_lose(tmp_path: Path) -> None:
    def cut(root: Path) -> None:
        for path in (root / "profiles" / "agents").glob("*.yaml"):
            path.write_text(f"{path.read_text(encoding='utf-8').rstrip()}\nquarantined: true\n", encoding="utf-8")

    found = difference(tmp_path, "dev", cut, rewritten(DEV, "inspection: names", "inspection: none"))
    assert found.interruptions == ()
