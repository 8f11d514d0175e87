"""Hosts: what is written is what is meant; what any client might read otherwise is refused, with its reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList
from ringfence.policy import host as host_module
from ringfence.policy.host import HostError, HostPattern

LABEL = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True).filter(lambda label: label[2:4] != "--")
NAME = st.lists(LABEL, min_size=1, max_size=3).map(lambda labels: ".".join([*labels, "example-host", "com"]))
PATTERN = st.builds(HostPattern, NAME, st.booleans())


@given(PATTERN)
def test_a_pattern_reads_back_from_its_text(pattern: HostPattern) -> None:
    assert HostPattern.parse(str(pattern)) == pattern


@given(st.text(alphabet="aAbB0-.*xX:[]%é₁ß\uff11", max_size=20))
def test_whatever_is_accepted_is_canonical(text: str) -> None:
    try:
        pattern = HostPattern.parse(text)
    except HostError:
        return
    assert HostPattern.parse(str(pattern)) == pattern
    assert pattern.name == pattern.name.lower()
    assert pattern.name.isascii()
    assert not pattern.name.endswith(".")


@given(PATTERN, PATTERN, st.lists(NAME, max_size=5))
def test_covers_means_matching_all_that_the_other_matches(
    one: HostPattern, other: HostPattern, names: list[str]
) -> None:
    examples = [*names, one.name, other.name, f"x.{one.name}", f"x.{other.name}", f"a.b.{other.name}"]
    if one.covers(other):
        assert all(one.matches(name) for name in examples if other.matches(name))
    else:
        # a name of the other's that is none of this one's: itself, or a fresh one below it
        below = f"no-such-label.{other.name}" if other.subdomains else other.name
        witnesses = [below] if below != one.name else [below, f"another.{below}"]
        assert any(other.matches(name) and not one.matches(name) for name in witnesses)


@given(PATTERN, PATTERN, PATTERN)
def test_covers_is_a_partial_order(one: HostPattern, two: HostPattern, three: HostPattern) -> None:
    assert one.covers(one)
    if one.covers(two) and two.covers(one):
        assert one == two
    if one.covers(two) and two.covers(three):
        assert one.covers(three)


def test_a_wildcard_is_its_subdomains_without_the_apex() -> None:
    wildcard, apex = HostPattern.parse("*.example.com"), HostPattern.parse("example.com")
    assert wildcard.matches("a.example.com")
    assert wildcard.matches("a.b.example.com")
    assert not wildcard.matches("example.com")
    assert not wildcard.matches("notexample.com")
    assert not wildcard.matches("evil-example.com")
    assert apex.matches("example.com")
    assert not apex.matches("a.example.com")
    assert not wildcard.covers(apex)
    assert not apex.covers(wildcard)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("\uff45xample.com", "example.com"),
        ("a" * 63 + ".example.com", "a" * 63 + ".example.com"),
        ("1.example.com", "1.example.com"),
        ("0x7f.example.com", "0x7f.example.com"),
    ],
)
def test_a_name_is_held_in_its_ascii_form(text: str, name: str) -> None:
    assert HostPattern.parse(text) == HostPattern(name)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not a host name"),
        (".", "is not a host name"),
        ("*", "a wildcard is only the whole first label"),
        ("*.", "is not a host name"),
        ("**.example.com", "a wildcard is only the whole first label"),
        ("a*.example.com", "a wildcard is only the whole first label"),
        ("a.*.example.com", "a wildcard is only the whole first label"),
        ("*.*.example.com", "a wildcard is only the whole first label"),
        (".example.com", "is not a host name"),
        ("a..example.com", "is not a host name"),
        ("example.com..", "is not a host name"),
        ("-a.example.com", "is not a host name"),
        ("a_b.example.com", "is not a host name"),
        ("a b.example.com", "is not a host name"),
        ("a" * 64 + ".example.com", "is not a host name"),
        (".".join(["abcdefg"] * 32), "is not a host name"),
        ("example.com\n", "is not a host name"),
        ("https://example.com", "is a URL, not a host"),
        ("example.com/path", "is a URL, not a host"),
        ("example.com:443", "carries a port"),
        ("user@example.com", "is not a host name"),
        ("localhost", "names this machine"),
        ("a.localhost", "names this machine"),
        ("metadata.google.internal", "names this machine or its credentials"),
        ("instance-data", "names this machine or its credentials"),
        ("example", "has one label only"),
        ("10.60.8.9", "is an address, not a host"),
        ("127.1", "is an address, not a host"),
        ("2130706433", "is an address, not a host"),
        ("0x7f000001", "is an address, not a host"),
        ("0177.0.0.1", "is an address, not a host"),
        ("10.0.0.1.", "is an address, not a host"),
        ("::1", "is an address, not a host"),
        ("[2001:db8::1]", "is an address, not a host"),
        ("169.254.169.254", "is link-local: instance metadata"),
        ("169.254.170.2", "is link-local: instance metadata"),
        ("169.254.43518", "is link-local: instance metadata"),
        ("2852039166", "is link-local: instance metadata"),
        ("0xA9FEA9FE", "is link-local: instance metadata"),
        ("fe80::1%eth0", "is link-local: instance metadata"),
        ("\uff11\uff16\uff19.254.169.254", "is an address, not a host"),
        ("10.0.0.①", "ends in a number"),
        ("a.example.123", "ends in a number"),
        ("a.example.0x7f", "ends in a number"),
        ("0\uff58a9.0xfe.0xa9.0x\uff46e", "ends in a number"),
        ("*.com", "spans everybody's names: `com` is a public suffix"),
        ("*.compute.amazonaws.com", "spans everybody's names"),
        ("*.co.uk", "spans everybody's names: `co.uk` is a public suffix"),
        ("*.github.io", "spans everybody's names: `github.io` is a public suffix"),
        ("*.nosuchsuffix", "spans everybody's names"),
        ("*.ck", "spans everybody's names"),
        ("*.anything.ck", "spans everybody's names"),
        ("xn--a.example", "is not valid punycode"),
        ("a\u0301\u0301\u200d.example", "is not a valid international name"),
    ],
)
def test_what_is_no_host_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(HostError) as caught:
        HostPattern.parse(text)
    assert reason in str(caught.value)
    assert caught.value.mend


@pytest.mark.parametrize("text", ["*.www.ck", "*.example.co.uk", "*.acme.github.io", "s3.amazonaws.com", "github.io"])
def test_names_below_a_public_suffix_or_equal_to_one_are_hosts(text: str) -> None:
    assert str(HostPattern.parse(text)) == text


def test_public_suffixes_are_those_of_the_list() -> None:
    """The package's own reading is the oracle, for every rule of the list and its neighbours."""
    oracle = PublicSuffixList(only_icann=False)
    rules = [rule for rule in host_module._suffix_rules() if rule and not rule.startswith("//")]
    assert len(rules) > 9000
    checked = 0
    for rule in rules[::3]:
        name = rule.lstrip("*!.").encode("idna").decode()
        for candidate in (name, f"example.{name}", f"a.example.{name}"):
            assert host_module._is_public_suffix(candidate) == (oracle.publicsuffix(candidate) == candidate), candidate
            checked += 1
    assert checked > 9000
