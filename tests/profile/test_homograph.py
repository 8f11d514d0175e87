"""Hosts that look alike: which pairs are found, which are not, and where the warning stands."""

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ringfence.plan import plan_environment
from ringfence.policy.host import HostPattern
from ringfence.profile.homograph import look_alikes, shown, skeleton
from ringfence.source.diagnostic import Findings, Severity
from ringfence.source.tree import Directory

CYRILLIC_I = "\u0456"


def name(text: str) -> str:
    return HostPattern.parse(text).name


@pytest.mark.parametrize(
    ("written", "like"),
    [
        (f"g{CYRILLIC_I}thub.com", "github.com"),  # a Cyrillic letter
        ("g\u03bfogle.com", "google.com"),  # a Greek omicron
        ("g\u0585ogle.com", "google.com"),  # an Armenian oh
        ("g\u0131thub.com", "github.com"),  # a dotless i
        ("p\u00e9pi.org", "pepi.org"),  # a mark on a letter
        ("paypa1.com", "paypal.com"),  # one for l
        ("g00gle.com", "google.com"),  # zero for o
    ],
)
def test_a_name_that_is_drawn_like_another_is_found_as_the_suspicious_one(written: str, like: str) -> None:
    assert list(look_alikes([like, name(written)])) == [(name(written), like)]


@pytest.mark.parametrize(
    "names",
    [
        ["github.com", "api.github.com"],
        ["github.com", "gitlab.com"],
        ["s3.example.com", "s4.example.com"],
        ["m\u00fcnchen.de", "berlin.de"],
    ],
)
def test_names_that_differ_to_the_eye_are_not(names: list[str]) -> None:
    assert list(look_alikes(name(text) for text in names)) == []


def test_a_host_below_a_domain_that_looks_like_another_is_found() -> None:
    written = name(f"api.g{CYRILLIC_I}thub.com")
    assert list(look_alikes(["github.com", written])) == [(written, "github.com")]


def test_a_name_is_shown_in_its_own_letters() -> None:
    assert shown(name(f"g{CYRILLIC_I}thub.com")) == f"g{CYRILLIC_I}thub.com"
    assert shown("github.com") == "github.com"


@given(st.from_regex(r"[a-z]{1,12}\.[a-z]{2,6}", fullmatch=True))
def test_a_name_of_latin_letters_is_its_own_skeleton(text: str) -> None:
    assert skeleton(text) == text


@given(st.lists(st.from_regex(r"[a-z]{1,8}\.(com|org)", fullmatch=True), max_size=6))
def test_names_of_latin_letters_never_look_like_each_other(names: list[str]) -> None:
    assert list(look_alikes(names)) == []


def profile(agent: str, host: str) -> str:
    return (
        f"agent: {agent}\nowner: team\npurpose: reads\n"
        f'workload: {{platform: ec2, role: "arn:aws:iam::${{account}}:role/{agent}"}}\n'
        f"environments: [dev]\nneeds:\n  - https: {{host: {host}, methods: [GET]}}\n"
    )


def test_the_plan_warns_at_the_need_and_names_the_other(tmp_path: Path) -> None:
    agents = tmp_path / "profiles" / "agents"
    agents.mkdir(parents=True)
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "config:\n  aws:region: eu-west-1\n  ringfence:environment:\n"
        '    {account: "111111111111", cidrs: [10.0.0.0/16], zones: [eu-west-1a]}\n'
    )
    (agents / "honest.yaml").write_text(profile("honest", "api.github.com"))
    (agents / "odd.yaml").write_text(profile("odd", f"api.g{CYRILLIC_I}thub.com"))
    findings = Findings()
    plan_environment(Directory(tmp_path), "dev", datetime.date(2026, 11, 23), findings)
    (warning,) = findings.sorted()
    assert (warning.code, warning.severity) == ("RF075", Severity.WARNING)
    assert (warning.span.path, warning.span.line) == ("profiles/agents/odd.yaml", 7)
    assert "api.xn--gthub-n2e.com" in warning.message
    assert "`api.github.com`, which honest reaches" in warning.message
    assert [place.path for place, _ in warning.related] == ["profiles/agents/honest.yaml"]
