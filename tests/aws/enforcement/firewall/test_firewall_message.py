import pytest
from firewall_policies import ADDRESSES, agent, firewall, https, policy, text, tls
from hypothesis import given
from hypothesis import strategies as st
from ringfence.aws.enforcement.firewall.lint import lint
from ringfence.aws.enforcement.firewall.message import digest_of, message, plain, reasons_of

HOSTILE = (
    'x"; sid:1;)', "a;b", "back\\slash", "colon: x", "line\nfeed", "$HOME_NET", "@ref", "ünïcode", "(parens)", "|41|",
    "#", "'", "\x00", " ",
)  # fmt: skip


@given(st.text(max_size=200))
def test_any_text_is_safe_in_a_message(some: str) -> None:
    safe = plain(some)
    assert len(safe) <= 60
    assert safe.isascii()
    assert not set(safe) & set("\";\\:$@|()'# \n\t")


@pytest.mark.parametrize("owner", HOSTILE)
def test_hostile_owners_and_tickets_leave_the_rules_whole(owner: str) -> None:
    of = policy([agent("bot", owner=owner)], [https("bot", "api.github.com", "GET /", ticket=owner)])
    for group in firewall(of).groups:
        assert lint(group.text) == ()
        assert all(rule.text.count("sid:") == 1 for rule in group.rules)


def test_a_rule_of_one_agent_names_agent_owner_capability_ticket_and_access() -> None:
    of = policy([agent("bot")], [https("bot", "api.github.com", "GET /x", ticket="SEC-4")])
    rule = next(rule.text for rule in firewall(of).groups[1].rules if "http-request" in rule.text)
    digest = digest_of((443, "api.github.com", "GET /x"))
    assert (
        'msg:"ringfence http-request agent=bot owner=docs-team host=api.github.com capability=https ticket=SEC-4 '
        f'access={digest}"'
    ) in rule


def test_a_shared_rule_counts_its_agents_and_names_none() -> None:
    of = policy([agent("bot"), agent("coder")], [tls("bot", "github.com"), tls("coder", "github.com")])
    rules = [rule.text for rule in firewall(of).groups[1].rules if "tls-name" in rule.text]
    assert len(rules) == 1
    assert "agents=2" in rules[0]
    assert "agent=bot" not in text(firewall(of))


def test_a_name_that_one_agent_lacks_is_refused_to_it_by_name_and_says_why_others_have_it() -> None:
    flows = [https("bot", "api.github.com", ticket="SEC-4"), tls("coder", "github.com"), tls("bot", "github.com")]
    of = policy([agent("bot"), agent("coder", owner="web-team")], flows)
    [rule] = [rule.text for rule in firewall(of).groups[1].rules if 'content:"api.github.com"' in rule.text]
    assert (
        'msg:"ringfence tls-name agent=coder owner=web-team host=api.github.com capability=https ticket=SEC-4 '
        f'access={digest_of((443, "api.github.com"))}"'
    ) in rule
    assert rule.startswith(f"reject tls [{','.join(map(str, ADDRESSES['coder']))}] any -> any 443 ")


def test_long_lists_of_tickets_are_cut_with_their_number() -> None:
    flows = [https("bot", f"h{index}.example.com", ticket=f"SEC-{index}") for index in range(9)]
    named = message("form", agent("bot"), reasons_of(flows), "0")
    assert named.endswith("capability=https ticket=SEC-0,SEC-1,SEC-2,SEC-3,SEC-4,SEC-5,+3 access=0")


def test_digests_tell_accesses_apart_and_not_their_order() -> None:
    assert digest_of(("a", "b")) == digest_of(("b", "a"))
    assert digest_of(("a", "b")) != digest_of(("a",))
