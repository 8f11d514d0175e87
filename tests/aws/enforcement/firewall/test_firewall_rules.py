import fnmatch
import ipaddress
import re
from pathlib import Path

import pytest
from firewall_policies import ADDRESSES, HOME, agent, example, firewall, https, net, policy, text, tls
from ringfence.aws.enforcement.firewall import FirewallError, networks
from ringfence.aws.enforcement.firewall.compile import CAPACITIES, DEFAULT_CAPACITY, DEFAULT_GROUP
from ringfence.aws.enforcement.firewall.default import default_drafts
from ringfence.aws.enforcement.firewall.lint import lint
from ringfence.aws.enforcement.firewall.rule import RULE_MAX, rules_of
from ringfence.aws.enforcement.firewall.signature import FIRST, OBSERVED_OFFSET
from ringfence.policy.policy import Policy

EVERY = [
    (inspection, http2, mode)
    for inspection in ("names", "requests")
    for http2 in ("refuse", "judge")
    for mode in ("enforce", "observe")
]


def sids(rules: str) -> list[int]:
    return [int(sid) for sid in re.findall(r"sid:(\d+);\)", rules)]


@pytest.mark.parametrize(("inspection", "http2", "mode"), EVERY)
def test_every_rule_passes_the_lint_and_none_lets_anything_pass(inspection: str, http2: str, mode: str) -> None:
    of = firewall(example(mode), inspection=inspection, http2=http2)
    for group in of.groups:
        assert lint(group.text) == ()
        assert not re.search(r"^pass ", group.text, re.MULTILINE)
        assert "HOME_NET" not in group.text
    assert len(set(sids(text(of)))) == len(sids(text(of))) == sum(len(group.rules) for group in of.groups)
    assert all(f"sid:{rule.sid};" in rule.text for group in of.groups for rule in group.rules)


def test_the_default_group_has_its_own_name_and_capacity_with_and_without_agents() -> None:
    for of in (example(), policy([], []), policy([agent("idle")], [])):
        group = firewall(of).groups[0]
        assert (group.name, group.capacity) == (DEFAULT_GROUP, DEFAULT_CAPACITY)
        assert 0 < len(group.rules) <= DEFAULT_CAPACITY


def test_without_agents_everything_is_refused_at_the_first_packet() -> None:
    of = firewall(policy([], []))
    assert [group.name for group in of.groups] == [DEFAULT_GROUP]
    assert 'reject tcp any any -> any any (msg:"ringfence port"; flow:to_server; ' in of.groups[0].text


def test_inspected_networks_are_those_of_agents_that_ask_for_requests() -> None:
    assert firewall(example()).inspected == ADDRESSES["bot"]
    assert firewall(example(), inspection="names").inspected == ()
    assert firewall(example()).home_net == HOME


def test_groups_have_head_room_in_steps() -> None:
    for group in firewall(example()).groups[1:]:
        assert group.capacity in CAPACITIES
        assert group.capacity >= len(group.rules) * 5 // 4


def test_opaque_tls_of_an_inspected_agent_opens_nothing() -> None:
    of = policy([agent("bot")], [https("bot", "api.github.com", "GET /"), tls("bot", "pinned.example.com", 9443)])
    assert "pinned" not in text(firewall(of))
    assert "9443" not in text(firewall(of))
    assert "pinned" in text(firewall(of, inspection="names"))


def test_equal_access_is_one_rule_for_all_agents() -> None:
    agents = [agent("bot"), agent("coder"), agent("idle")]
    flows = [https(one.name, "api.github.com", "GET /x") for one in agents]
    rules = [rule.text for rule in firewall(policy(agents, flows)).groups[1].rules]
    everybody = "[10.40.0.0/28,10.40.1.0/28,10.40.2.0/28,10.40.4.0/28,10.40.5.0/28]"
    sources = [rule.split(" ", 4)[2] for rule in rules]
    # the port, every other name and host (told by the mark that the port's rule sets), the encodings, the request
    assert sources == [everybody, "any", "any", everybody, everybody]
    assert sum("flowbits:isset,ringfence.group-0; " in rule for rule in rules) == 2


def many(count: int, step: int = 32) -> tuple[Policy, dict[str, tuple[ipaddress.IPv4Network, ...]]]:
    """Agents whose networks cannot be merged."""
    names = [f"a{index:04}" for index in range(count)]
    base = ipaddress.IPv4Address("10.40.0.0")
    addresses = {name: (ipaddress.IPv4Network((base + index * step, 28)),) for index, name in enumerate(names)}
    return policy([agent(name) for name in names], [tls(name, "github.com") for name in names]), addresses


def test_long_lists_of_networks_are_cut_at_the_limit_and_cover_the_same() -> None:
    of, addresses = many(1500)
    made = firewall(of, addresses=addresses)
    for group in made.groups:
        assert lint(group.text) == ()
        assert max(len(rule.text) for rule in group.rules) <= RULE_MAX
    marks = [rule.text for rule in made.groups[1].rules if "grant-tls" in rule.text]
    assert len(marks) > 1
    assert min(len(rule) for rule in marks[:-1]) > RULE_MAX - 20
    covered = [network for rule in marks for network in re.findall(r"[\d.]+/28", rule)]
    assert covered == [str(network) for networks in addresses.values() for network in networks]
    refused = [rule.text for rule in made.groups[0].rules if "ringfence source" in rule.text]
    assert len(refused) > 1


def test_an_id_stays_when_agents_come_and_go() -> None:
    before = firewall(example())
    of = example()
    more = policy([*of.agents, agent("other")], [*of.flows, https("other", "h.example.com", "GET /y", port=9443)])
    after = firewall(more, addresses={**ADDRESSES, "other": net("10.40.9.0/28")})
    assert set(sids(text(before))) <= set(sids(text(after)))
    about_others = {rule.text for rule in before.groups[1].rules if "agent=coder" in rule.text}
    assert about_others <= {rule.text for rule in after.groups[1].rules}


def test_equal_input_in_any_order_gives_equal_text() -> None:
    of = example()
    turned = Policy(of.environment, of.as_of, of.agents[::-1], of.flows[::-1])
    assert set(text(firewall(of)).splitlines()) == set(text(firewall(turned)).splitlines())
    assert firewall(of) == firewall(of)


def test_observation_has_the_same_matches_as_refusal_one_to_one() -> None:
    def read(mode: str, offset: int) -> dict[int, str]:
        """Each rule's matches by the refusal's id; the mark that tells whom it concerns is apart from them."""
        rules = [rule for group in firewall(example(mode)).groups for rule in group.rules if "noalert" not in rule.text]
        found: dict[int, str] = {}
        for rule in rules:
            if (rule.sid >= FIRST + OBSERVED_OFFSET) == bool(offset):
                matches = re.sub(r"sid:\d+|flowbits:isset,ringfence.observed;", "", rule.text.split("msg:", 1)[1])
                found[rule.sid - offset] = matches.replace(" ", "")
        return found

    enforced, observed = read("enforce", 0), read("observe", OBSERVED_OFFSET)
    never = {sid for sid, rule in enforced.items() if "ringfenceipv6" in rule or "ringfencesource" in rule}
    assert {sid: observed[sid] for sid in enforced.keys() - never} == {
        sid: enforced[sid] for sid in enforced.keys() - never
    }
    actions = {rule.text.split(" ", 1)[0] for group in firewall(example("observe")).groups[1:] for rule in group.rules}
    assert actions == {"alert"}


def test_observed_and_enforced_agents_are_kept_apart() -> None:
    of = policy([agent("bot", "observe"), agent("coder")], [tls("bot", "github.com"), tls("coder", "github.com")])
    rules = [rule.text for rule in firewall(of).groups[1].rules if "tls-name" in rule.text]
    told = {rule.split(" ", 1)[0]: re.findall(r"flowbits:(\w+),ringfence.observed;", rule) for rule in rules}
    assert told == {"alert": ["isset"], "reject": ["isnotset"]}


@pytest.mark.parametrize("modes", ["enforce", "observe"])
def test_a_name_is_refused_to_those_who_lack_it_by_the_shorter_list(modes: str) -> None:
    names = ("bot", "coder", "idle")
    flows = [tls(name, "a.example.com") for name in names[:2]] + [tls(name, "b.example.com") for name in names[:1]]
    flows += [tls("idle", "c.example.com")]
    rules = [
        rule.text
        for rule in firewall(policy([agent(name, modes) for name in names], flows)).groups[1].rules
        if "tls-name" in rule.text
    ]
    sources = {re.search(r'content:"([^"]+)"', rule).group(1): rule.split(" ", 4)[2] for rule in rules[:-1]}
    bot, idle = (",".join(map(str, ADDRESSES[name])) for name in ("bot", "idle"))
    assert sources == {
        "a.example.com": idle,  # one lacks it
        "b.example.com": f"![{bot}]",  # one has it
        "c.example.com": f"!{idle}",
    }
    assert {rule.split(" ", 1)[0] for rule in rules} == {"reject" if modes == "enforce" else "alert"}


def test_a_name_that_all_have_is_refused_to_nobody_and_a_wider_pattern_counts() -> None:
    of = policy(
        [agent("bot"), agent("coder")],
        [tls("bot", "a.example.com"), tls("bot", "*.example.org"), tls("coder", "*.example.com"),
         tls("coder", "a.b.example.org"), tls("bot", "github.com"), tls("coder", "github.com")],
    )  # fmt: skip
    rules = [rule.text for rule in firewall(of).groups[1].rules if "tls-name" in rule.text]
    about = {
        (rule.split(" ", 4)[2].count("10.40.0.0/28"), *re.findall(r'content:(!?"[^"]+")', rule)) for rule in rules[:-1]
    }
    assert about == {
        (0, '".example.com"', '!"a.example.com"'),  # bot has but the one within
        (1, '".example.org"', '!"a.b.example.org"'),  # coder has but the one within
    }
    assert re.findall(r'content:!"([^"]+)"', rules[-1]) == ["github.com"]
    assert r'pcre:!"/\.(?:example\.com|example\.org)\z/i";' in rules[-1]


def test_many_names_are_parted_by_how_they_end() -> None:
    hosts = [f"{letter}{index:02}.example.com" for letter in "abc0" for index in range(60)]
    of = policy([agent("bot")], [*(tls("bot", host) for host in hosts), tls("bot", "*.example.org")])
    rules = [rule.text for rule in firewall(of).groups[1].rules if "tls-name" in rule.text]
    assert 3 < len(rules) < 20
    assert all(len(rule) <= RULE_MAX for rule in rules)
    excepted = [name for rule in rules for name in re.findall(r'content:!"([^"]+)"', rule)]
    assert sorted(excepted) == sorted(hosts)
    assert sum(r'pcre:!"/\.example\.org\z/i";' in rule for rule in rules) == 1


def test_who_has_a_name_is_excepted_by_what_is_left_where_a_list_of_them_is_too_long() -> None:
    of, addresses = many(1500)
    names = [one.name for one in of.agents]
    flows = [*of.flows, *(tls(name, "rare.example.com") for name in names[:700])]
    rules = [
        rule.text
        for rule in firewall(policy(of.agents, flows), addresses=addresses).groups[1].rules
        if 'content:"rare.example.com"' in rule.text
    ]
    assert len(rules) > 1
    refused = [ipaddress.IPv4Network(text) for rule in rules for text in re.findall(r"[\d.]+/\d+", rule)]
    having = [addresses[name][0] for name in names[:700]]
    assert networks.complement(refused) == networks.merged(having)


def test_many_requests_of_one_host_are_parted_by_method() -> None:
    requests = [
        f"{method} /{letter * 60}{index}/**" for method, letter in (("GET", "x"), ("POST", "y")) for index in range(50)
    ]
    of = policy([agent("bot")], [https("bot", "api.github.com", *requests)])
    rules = [rule.text for rule in firewall(of).groups[1].rules if "http-request" in rule.text]
    assert len(rules) == 3
    assert any('http.method; content:!"GET"; startswith; endswith; content:!"POST"' in rule for rule in rules)


def test_what_does_not_fit_is_an_error_with_its_mend() -> None:
    requests = [f"GET /repos/acme/{'x' * 60}{index}/**" for index in range(300)]
    with pytest.raises(FirewallError, match="too long") as error:
        firewall(policy([agent("bot")], [https("bot", "api.github.com", *requests)]))
    assert "name fewer" in error.value.mend


def test_groups_of_many_agents_are_whole_and_below_the_limit() -> None:
    names = [f"a{index:04}" for index in range(400)]
    flows = [
        https(name, f"h{index}.{name}.example.com", f"GET /{'x' * 60}/{{a}}/{index}")
        for name in names
        for index in range(14)
    ]
    base = ipaddress.IPv4Address("10.40.0.0")
    addresses = {name: (ipaddress.IPv4Network((base + index * 32, 28)),) for index, name in enumerate(names)}
    made = firewall(policy([agent(name) for name in names], flows), addresses=addresses)
    assert len(made.groups) > 2
    assert all(len(group.text) <= 2_000_000 for group in made.groups)
    places: dict[str, set[str]] = {}
    for group in made.groups[1:]:
        for rule in group.rules:
            for network in re.findall(r"[\d.]+/28", rule.text):
                places.setdefault(network, set()).add(group.name)
    assert len(places) == 400
    assert all(len(groups) == 1 for groups in places.values())
    assert len(set(sids(text(made)))) == len(sids(text(made)))


def test_a_group_may_have_every_octet_of_its_limit_and_no_more() -> None:
    groups = [list(default_drafts({443: ADDRESSES["bot"]}, ADDRESSES["coder"], "refuse")), []]
    rules = rules_of(groups, 1_000_000)
    assert rules is not None
    octets = len("".join(f"{rule.text}\n" for rule in rules[0]).encode())
    assert rules_of(groups, octets) == rules
    assert rules_of(groups, octets - 1) is None


def test_agents_that_share_an_address_are_refused() -> None:
    of = policy([agent("bot"), agent("coder")], [tls("bot", "github.com")])
    with pytest.raises(FirewallError, match="share addresses"):
        firewall(of, addresses={"bot": net("10.40.0.0/24"), "coder": net("10.40.0.16/28")})


def test_an_agent_with_flows_needs_an_allocation() -> None:
    with pytest.raises(FirewallError, match="`bot` has no addresses"):
        firewall(policy([agent("bot")], [tls("bot", "github.com")]), addresses={"coder": net("10.40.0.0/28")})


def test_encodings_are_looked_at_on_every_host_and_port_where_one_of_them_spells_some_out() -> None:
    of = policy(
        [agent("bot")],
        [
            https("bot", "*.example.com", "GET /acme%2Fsite/{id}"),
            https("bot", "git.example.com", "GET /{id}"),
            https("bot", "api.example.com", "GET /acme%2Fsite/{id}", port=8443),
            https("bot", "api.example.com", "GET /{id}", port=9443),
        ],
    )
    rules = [rule.text for rule in firewall(of).groups[1].rules if "path-encoding" in rule.text]
    spelling = {
        re.search(r"any -> any (\d+) .*? content:\"([^\"]*)\"", rule).groups(): "|2[Ff])" in rule for rule in rules
    }
    assert spelling == {
        ("443", ".example.com"): True,
        ("443", "git.example.com"): True,  # the wildcard's requests are its own as well
        ("8443", "api.example.com"): True,
        ("9443", "."): False,
    }


def test_every_form_is_described() -> None:
    written = re.findall(r"`([a-z][a-z0-9*-]+)`", (Path(__file__).parents[4] / "docs/firewall-rules.md").read_text())
    marks = re.compile(r"noalert")
    found = {
        rule.text.split("ringfence ", 1)[1].split('"')[0].split(" ")[0]
        for http2 in ("refuse", "judge")
        for group in firewall(example(), http2=http2).groups
        for rule in group.rules
        if group.name != DEFAULT_GROUP or not marks.search(rule.text)
    }
    assert {form for form in found if not any(fnmatch.fnmatchcase(form, described) for described in written)} == set()


def test_observing_every_other_agent_of_a_large_environment_stays_within_the_limits() -> None:
    of, addresses = many(1000)
    mixed = policy(
        [agent(one.name, "observe" if index % 2 else "enforce") for index, one in enumerate(of.agents)], of.flows
    )
    made = firewall(mixed, addresses=addresses)
    assert [group.name for group in made.groups] == [DEFAULT_GROUP, "ringfence-agents-0"]
    assert all(lint(group.text) == () for group in made.groups)
