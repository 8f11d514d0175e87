"""What outlives a narrowing: held against the NACLs and routes that the later side compiles to, packet by packet."""

import ipaddress
import shlex
from pathlib import Path

import pytest
from comparing import ANALYST, EDITS, FILES, PR, Memory, accesses, between, files_with, state_of
from ringfence.aws.allocation_file import allocation_of
from ringfence.aws.enforcement.enforce import enforce
from ringfence.aws.enforcement.model import Enforcement, NetworkAcl
from ringfence.cli import _run
from ringfence.review.difference import AccessChange, Difference, Outliving
from ringfence.review.difference_markdown import difference_markdown
from ringfence.review.difference_sarif import difference_sarif
from ringfence.review.difference_text import difference_text
from ringfence.source.diagnostic import Findings

ROOT = Path(__file__).parents[2]
DEV, REVIEWER = "Pulumi.dev.yaml", "profiles/agents/reviewer.yaml"
SERVER = ipaddress.IPv4Address("198.51.100.20")
CLIENT_PORT = 45_000
Files = dict[str, str]


def rewritten(path: str, *pairs: tuple[str, str], of: Files = FILES) -> Files:
    text = of[path]
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return {**of, path: text}


def difference(before: Files, after: Files, environment: str = "dev") -> Difference:
    return between(state_of(before, environment), state_of(after, environment), environment)


def outliving(before: Files, after: Files, environment: str = "dev") -> tuple[Outliving, ...]:
    found = difference(before, after, environment)
    assert found.narrowed
    assert found.outliving is not None
    return found.outliving


# Packet by packet


def enforced(files: Files, environment: str) -> Enforcement:
    plan = state_of(files, environment).plan
    assert plan is not None
    return enforce(plan, allocation_of(plan, Memory(files), Findings()))


def passes(acl: NetworkAcl, direction: str, address: ipaddress.IPv4Address, port: int) -> bool:
    """What a NACL says to a TCP packet, whose port at the receiver is ``port``: the first entry decides."""
    for rule in sorted(acl.rules, key=lambda rule: rule.number):
        ports = rule.protocol == "-1" or (rule.protocol == "tcp" and rule.first_port <= port <= rule.last_port)
        if rule.direction == direction and ports and address in rule.network:
            return rule.action == "allow"
    return False


def packets_pass(later: Enforcement, agent: str, access: AccessChange) -> bool:
    """Whether those layers of the later side that know no connections let one go on that was open before."""
    acls = {acl.agent: acl for acl in later.network_acls if acl.agent}
    if agent not in acls:
        return False
    if access.kind == "agent":
        callee = access.destination.removeprefix("agent ")
        if callee not in acls:
            return False
        here, there = (next(place.networks[0][4] for place in later.places if place.agent == each)
                       for each in (agent, callee))  # fmt: skip
        port = int(access.what[0].removeprefix("port "))
        far = passes(acls[callee], "ingress", here, port) and passes(acls[callee], "egress", here, CLIENT_PORT)
        return far and passes(acls[agent], "egress", there, port) and passes(acls[agent], "ingress", there, CLIENT_PORT)
    if access.kind == "transport":
        network, port = access.example.removeprefix("tcp ").split("/32:")
        address = ipaddress.IPv4Address(network)
    else:
        address, port = SERVER, access.destination.rpartition(":")[2]
    tables = [table for table in later.route_tables if table.agent == agent]
    routed = all(any(address in route.destination for route in table.routes) for table in tables)
    acl = acls[agent]
    return routed and passes(acl, "egress", address, int(port)) and passes(acl, "ingress", address, CLIENT_PORT)


def firewall_keeps(before: Enforcement, after: Enforcement, agent: str) -> bool:
    """Whether what a firewall knows of an agent's connections is the same: none on both sides, or one that decrypts
    the agent's TLS on both or on neither."""

    def treats(side: Enforcement) -> bool | None:
        mine = [place.networks[0] for place in side.places if place.agent == agent]
        decrypted = side.firewall.rules.inspected if side.firewall else ()
        return any(network.subnet_of(each) for network in mine for each in decrypted) if side.firewall else None

    return treats(before) == treats(after)


def the_rest_of(edit: str) -> tuple[Files, Files]:
    return files_with(), files_with(edit)


MUTUAL = rewritten(
    PR, ("calls: [reviewer]", "serves: {port: 8080}\ncalls: [reviewer]"),
    of=rewritten(REVIEWER, ("serves: {port: 8080}", "serves: {port: 8080}\ncalls: [pr-contributor]"),
                 ("  - deny: agent pr-contributor # it is called, it does not call\n", "")),
)  # fmt: skip
"""Two agents that call each other."""
NEED = "  - aws.secrets-manager: {secret: agents/data-analyst/orders-db}\n"
ODD = "  - https: {host: odd.example.net, port: 8443, methods: [GET]}\n"
PLAIN = "  - https: {host: files.example.net, methods: [GET]}\n"
ANY = (
    "  - https: {host: any.example.net}\n"
    "    because: reports\n    ticket: DATA-78\n    approved_by: kim\n    until: 2027-06-30\n"
)
"""A need that no request is judged for."""
BOTH = rewritten(ANALYST, (NEED, NEED + ODD + PLAIN))
"""An agent with a gateway endpoint, whose way is open on 443, and needs of the internet on two ports."""
ONLY_ODD = rewritten(ANALYST, (NEED, NEED + ODD))
CASES: dict[str, tuple[Files, Files]] = {
    **{edit: the_rest_of(edit) for edit in EDITS},
    "the port of a mutual call": (MUTUAL, rewritten(REVIEWER, ("port: 8080", "port: 8081"), of=MUTUAL)),
    "one of two mutual calls": (MUTUAL, rewritten(REVIEWER, ("calls: [pr-contributor]\n", ""), of=MUTUAL)),
    "the last need on a port": (BOTH, rewritten(ANALYST, (NEED, NEED + PLAIN))),
    "the last need on the gateway's port": (BOTH, ONLY_ODD),
    "the last need of the internet": (rewritten(ANALYST, (NEED, NEED + PLAIN)), FILES),
    "the last need that is decrypted": (
        rewritten(ANALYST, (NEED, NEED + PLAIN + ANY)),
        rewritten(ANALYST, (NEED, NEED + ANY)),
    ),
}


@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize("forward", [True, False], ids=["done", "undone"])
@pytest.mark.parametrize("case", CASES)
def test_what_is_named_is_what_no_stateless_layer_ends(case: str, forward: bool, environment: str) -> None:
    before, after = CASES[case] if forward else CASES[case][::-1]
    found = difference(before, after, environment)
    earlier, later = enforced(before, environment), enforced(after, environment)
    expected = {
        (agent, access.destination)
        for agent, access in accesses(found.narrowed)
        if access.kind in ("https", "tls", "internet", "agent", "transport")
        and packets_pass(later, agent, access)
        and (access.kind == "agent" or firewall_keeps(earlier, later, agent))
    }
    assert found.outliving is not None
    assert {agent for each in found.outliving for agent in each.agents} == {agent for agent, _ in expected}
    assert {name for each in found.outliving for name in each.destinations} == {name for _, name in expected}


# Single cases


def test_a_port_that_stays_open_for_other_needs_keeps_connections_until_they_are_flushed() -> None:
    (only,) = outliving(files_with(), files_with("a need less"), "prod")
    assert only == Outliving(
        ("pr-contributor",), ("matplotlib.org:443",), "firewall", 350, "the firewall and the NAT gateway",
        "ringfence flush pr-contributor --env prod",
    )  # fmt: skip


def test_a_port_that_closes_ends_its_connections() -> None:
    assert outliving(*CASES["the last need on a port"]) == ()


def test_an_agent_that_loses_its_way_out_has_no_route_for_its_connections() -> None:
    assert outliving(*CASES["the last need of the internet"]) == ()


def test_a_gateway_endpoint_keeps_a_port_open() -> None:
    (only,) = outliving(*CASES["the last need on the gateway's port"])
    assert (only.layer, only.agents, only.destinations) == ("firewall", ("data-analyst",), ("files.example.net:443",))


def test_without_a_firewall_the_group_keeps_it_and_no_flush_ends_it() -> None:
    none = ("inspection: names", "inspection: none")
    before, after = (rewritten(DEV, none, of=files) for files in CASES["the last need on the gateway's port"])
    (only,) = outliving(before, after)
    assert (only.layer, only.destinations, only.idle_seconds, only.command) == (
        "sg", ("any public address:443",), 350, None,
    )  # fmt: skip


def test_what_is_decrypted_no_more_has_ended_on_its_own() -> None:
    before, after = CASES["the last need that is decrypted"]
    assert outliving(before, after, "prod") == ()
    (only,) = outliving(before, after, "dev")
    assert only.destinations == ("files.example.net:443",)


def test_between_agents_the_group_keeps_it_where_they_call_each_other() -> None:
    (only,) = outliving(*CASES["the port of a mutual call"])
    assert (only.layer, only.agents, only.destinations, only.command) == (
        "sg", ("pr-contributor",), ("agent reviewer",), None,
    )  # fmt: skip
    assert outliving(*CASES["one of two mutual calls"]) == ()


@pytest.mark.parametrize("edit", ["quarantine", "environments", "a call", "a prefix", "a private network", "a port"])
def test_what_ends_or_is_judged_by_the_request_is_not_named(edit: str) -> None:
    before, after = files_with(), files_with(edit)
    if edit in ("a call", "a private network", "a port"):  # these open something
        before, after = after, before
    assert outliving(before, after) == ()


def test_an_agent_without_written_addresses_was_never_deployed() -> None:
    nowhere = {path: text for path, text in FILES.items() if path != "profiles/allocations/dev.yaml"}
    assert outliving(nowhere, rewritten(PR, EDITS["a need less"][1:], of=nowhere)) == ()


def test_every_rendering_says_what_goes_on_how_long_and_what_ends_it() -> None:
    found = difference(files_with(), files_with("a need less"), "prod")
    words = (
        "matplotlib.org:443",
        "the firewall keeps it as long as it is in use, until 350 s without a packet",
        "after the deployment: ringfence flush pr-contributor --env prod",
    )
    for text in (difference_text(found), difference_markdown(found), difference_sarif(found)):
        flat = " ".join(text.split())
        assert [word for word in words if word not in flat] == []


def test_where_nothing_goes_on_nothing_is_said() -> None:
    found = difference(*CASES["the last need on a port"])
    for text in (difference_text(found), difference_markdown(found)):
        assert "outlives" not in text.lower()


def test_the_command_that_is_named_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    (only,) = outliving(files_with(), files_with("a need less"), "prod")
    assert only.command is not None
    name, *words = shlex.split(only.command)
    assert name == "ringfence"
    assert _run([*words, "--print", "--root", str(ROOT)]) == 0
    assert capsys.readouterr().out.count("# pr-contributor\n") == 3
