"""Names judged by classes: what is said to pass as granted is what rules let pass one after the other."""

from hypothesis import given, settings
from hypothesis import strategies as st
from ringfence.policy.flow import Tls
from ringfence.policy.host import HostPattern
from ringfence.verify.decision.name_classes import NameClasses
from ringfence.verify.decision.opaque import NAMED_HELLO, named_hellos
from ringfence.verify.granted import granted_names
from ringfence.verify.suricata.ruleset import RuleSet, RuleText

NAMES = ("a.example.com", "b.example.com", "ab.example.com", "example.org", "x.example.org")
HOSTS = tuple(HostPattern.parse(name) for name in (*NAMES, "*.example.org"))


def whole(name: str, *, negated: bool = False) -> str:
    return f'content:{"!" * negated}"{name}"; startswith; nocase; endswith;'


def rules_of(*rules: tuple[str, str]) -> RuleSet:
    """Rules of TLS: each an action and its options."""
    lines = [
        f"{action} tls any any -> any 443 (flow:to_server; {options} sid:{number};)"
        for number, (action, options) in enumerate(rules, 1)
    ]
    read = RuleSet.read([RuleText("group", "\n".join(lines), {}, {})])
    assert read.unread == ()
    return read


def seen(rules: RuleSet, granted: tuple[HostPattern, ...]) -> bool:
    candidates = rules.candidates(1, 2, 443, 50000).asking(NAMED_HELLO)
    return NameClasses.of(rules.rules, HOSTS).pass_as_granted(candidates, granted)


def differs(rules: RuleSet, granted: tuple[HostPattern, ...]) -> bool:
    must, may = granted_names(Tls(host, 443) for host in granted)
    return named_hellos(rules.candidates(1, 2, 443, 50000).asking(NAMED_HELLO), must, may) != ()


def by_name(granted: tuple[str, ...]) -> list[tuple[str, str]]:
    """A refusal for each name that is not granted, and one of all that are not listed."""
    lacking = [("drop", f"tls.sni; {whole(name)}") for name in NAMES if name not in granted]
    return [*lacking, ("drop", f"tls.sni; {' '.join(whole(name, negated=True) for name in NAMES)}")]


def test_names_that_are_each_refused_to_whoever_lacks_them_pass_as_granted() -> None:
    granted = NAMES[:2]
    assert seen(rules_of(*by_name(granted)), tuple(map(HostPattern.parse, granted)))


def test_a_refusal_that_is_missing_is_not_overlooked() -> None:
    granted = NAMES[:2]
    for index in range(len(by_name(granted))):
        rules = by_name(granted)
        del rules[index]
        assert not seen(rules_of(*rules), tuple(map(HostPattern.parse, granted)))


def test_a_rule_that_asks_for_a_length_is_left_to_be_looked_at() -> None:
    rules = [("drop", "tls.sni; bsize:>30;"), *by_name(NAMES)]
    assert not seen(rules_of(*rules), tuple(map(HostPattern.parse, NAMES)))


TESTS = st.one_of(
    st.sampled_from(NAMES).map(whole),
    st.sampled_from(NAMES).map(lambda name: whole(name, negated=True)),
    st.lists(st.sampled_from(NAMES), min_size=2, max_size=5).map(
        lambda names: " ".join(whole(name, negated=True) for name in names)
    ),
    st.sampled_from(
        ['dotprefix; content:".example.org"; nocase; endswith;', 'content:"b.";', 'content:"B.EX"; nocase;']
    ),
)
OPTIONS = st.one_of(
    TESTS.map(lambda test: f"tls.sni; {test}"),
    TESTS.map(lambda test: f"flowbits:isset,bit; tls.sni; {test}"),
    TESTS.map(lambda test: f"flowbits:set,bit; tls.sni; {test}"),
    st.sampled_from(["flowbits:isset,bit;", "flowbits:isnotset,bit;", "flowbits:set,bit;"]),
)
ANY_RULES = st.lists(st.tuples(st.sampled_from(("drop", "reject", "pass", "alert")), OPTIONS), max_size=6)


@given(ANY_RULES, st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(HOSTS)))
@settings(deadline=None, max_examples=200)
def test_what_is_seen_to_pass_as_granted_does(
    further: list[tuple[str, str]], given_names: set[str], granted: set[HostPattern]
) -> None:
    """Rules of every kind before those that refuse by name; grants by chance, and those that the refusals are of."""
    names = tuple(sorted(given_names))
    rules = rules_of(*further, *by_name(names))
    for hosts in (tuple(sorted(granted, key=lambda host: host.order)), tuple(map(HostPattern.parse, names))):
        if seen(rules, hosts):
            assert not differs(rules, hosts)
        elif not any(host.subdomains for host in hosts):
            assert differs(rules, hosts)
