"""What profiles and capabilities grant goes through on both engines, and their denied neighbours do not.

Each fixture of each capability is an agent of its own, and each example profile is one under the rules of its own
environment, so that one engine start judges all of them.
"""

import dataclasses
import datetime
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import generated
import pytest
from ringfence.aws.allocation_file import allocation_of
from ringfence.aws.enforcement.firewall import firewall_rules
from ringfence.catalogue.load import load_catalogue
from ringfence.engine.configuration import Setting
from ringfence.engine.flow import Conversation
from ringfence.engine.suricata import Engine
from ringfence.plan import plan_environment
from ringfence.policy.effective import inspected_agents
from ringfence.policy.flow import Flow, Https, Tls
from ringfence.policy.target import RequestTarget, TlsTarget, parse_target
from ringfence.policy.verdict import judge
from ringfence.profile.fixtures import fixture_flows
from ringfence.profile.fleet import read_fleet
from ringfence.profile.grants import substitute, variables
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory

pytestmark = pytest.mark.suricata

TREE = Directory(Path(__file__).parents[2])
DAY = datetime.date(2026, 11, 23)
SETTINGS = {"as is": Setting(), "http is HTTP/1": Setting(http1_only=True)}


@dataclasses.dataclass(frozen=True)
class Asked:
    """One target of one agent. ``same_host`` says whether the agent may ask that host for something."""

    agent: str
    capability: str
    text: str
    target: generated.Target
    allowed: bool
    same_host: bool


def asked(agent: str, capability: str, text: str, flows: list[Flow], *, allowed: bool) -> Iterator[Asked]:
    """The target, where it is one that crosses the firewall."""
    target = parse_target(text)
    if not isinstance(target, RequestTarget | TlsTarget):
        return
    hosts = [flow.access.host for flow in flows if isinstance(flow.access, Https | Tls)]
    yield Asked(agent, capability, text, target, allowed, any(host.matches(target.host) for host in hosts))


def of_capabilities() -> tuple[list[Flow], list[Asked]]:
    """Every fixture of every capability, the built-in ones and the example organisation's."""
    environment = read_fleet(TREE, Findings()).environments["prod"]
    flows: list[Flow] = []
    found: list[Asked] = []
    for name, written in sorted(load_catalogue(TREE, Findings()).capabilities.items()):
        for index, fixture in enumerate(written.capability.fixtures):
            if not any(re.match("[A-Z]+ https://|tls ", text) for text in fixture.allow):
                continue
            agent = f"{name.replace('.', '-')}-{index}"
            own = [
                dataclasses.replace(flow, agent=agent)
                for flow in fixture_flows(written, fixture, environment)
                if isinstance(flow.access, Https | Tls)
            ]
            flows += own
            for side, texts in ((True, fixture.allow), (False, fixture.deny)):
                for text in texts:
                    found += asked(agent, name, text, own, allowed=side)
    return flows, found


def granted_by(flow: Flow) -> Iterator[str]:
    """A target for each thing that a flow grants."""
    access = flow.access
    assert isinstance(access, Https | Tls)
    host = f"a.{access.host.name}" if access.host.subdomains else access.host.name
    if isinstance(access, Tls):
        yield f"tls {host}:{access.port}"
        return
    for request in access.requests or ("GET /any/path?q=1",):
        method, _, path = str(request).partition(" ")
        path = re.sub(r"\{[^}]*\}", "a1", path.removesuffix("?-").replace("/**", "/a/b"))
        yield f"{method} https://{host}:{access.port}{path}"


def judged(
    engine: Engine, setting: str, rules: str, inspected: frozenset[str], clients: dict[str, object], found: list[Asked]
) -> tuple[list[str], str]:
    """What went the wrong way, and the counts."""
    conversations: list[Conversation] = []
    kept: list[Asked] = []
    for one in found:
        if isinstance(one.target, TlsTarget) and one.agent in inspected:
            continue  # there is no TLS left where it is decrypted
        kept.append(one)
        conversations.append(generated.conversation(one.target, clients[one.agent], inspected=one.agent in inspected))
    verdicts = engine.judge(rules, conversations, SETTINGS[setting])
    wrong = [
        f"{one.capability}: {one.text}: {verdict}"
        for one, verdict in zip(kept, verdicts, strict=True)
        if (verdict.completed if one.allowed else verdict.step(generated.LAST).passed) != one.allowed
    ]
    allowed = sum(one.allowed for one in kept)
    near = sum(one.same_host for one in kept if not one.allowed)
    return wrong, f"{allowed} granted, {len(kept) - allowed} denied ({near} on a granted host), {len(wrong)} wrong"


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_request_fixture_of_every_capability_is_judged_by_the_engine_as_it_says(
    engine: Engine, setting: str, record_property: Callable[[str, object], None]
) -> None:
    flows, found = of_capabilities()
    rules, clients = generated.rules(flows, "requests")
    inspected = inspected_agents(generated.policy(flows))
    wrong, counts = judged(engine, setting, rules, inspected, dict(clients), found)
    record_property("counts", f"capabilities' fixtures, {engine}, {setting}: {counts}")
    assert wrong == []
    granting = {
        name
        for name, written in load_catalogue(TREE, Findings()).capabilities.items()
        if any(grant.requests for grant in written.capability.grants)
    }
    assert granting <= {one.capability for one in found if one.allowed}
    assert granting <= {one.capability for one in found if one.same_host and not one.allowed}


def test_a_hole_in_the_rules_is_found(engine: Engine) -> None:
    """Without the rules that judge a request by its host's grants, the denied neighbours go through."""
    flows, found = of_capabilities()
    rules, clients = generated.rules(flows, "requests")
    without = "".join(line for line in rules.splitlines(keepends=True) if "ringfence http-request " not in line)
    wrong, _ = judged(engine, "as is", without, inspected_agents(generated.policy(flows)), dict(clients), found)
    assert any("github.repository: POST https://api.github.com/gists" in line for line in wrong)


@pytest.mark.parametrize("environment", ["prod", "staging"])
def test_what_every_example_profile_grants_goes_through_and_what_it_expects_to_be_denied_does_not(
    engine: Engine, environment: str, record_property: Callable[[str, object], None]
) -> None:
    """Staging observes: here its rules are those that it will have when it enforces."""
    plan = plan_environment(TREE, environment, DAY, Findings())
    policy = dataclasses.replace(
        plan.declared, agents=tuple(dataclasses.replace(agent, mode="enforce") for agent in plan.declared.agents)
    )
    allocation = allocation_of(plan, TREE, Findings())
    addresses = {agent.name: allocation.networks(agent.name) for agent in policy.agents}
    settings = plan.environment.environment
    made = firewall_rules(
        policy, addresses, inspection=settings.inspection, http2=settings.http2, home_net=settings.cidrs
    )
    found: list[Asked] = []
    for agent in policy.agents:
        own = [flow for flow in policy.of(agent.name) if isinstance(flow.access, Https | Tls)]
        for flow in own:
            for text in granted_by(flow):
                assert judge(own, parse_target(text)).allowed, text
                found += asked(agent.name, flow.grant.capability, text, own, allowed=True)
        known = variables(plan.environment, agent.name)
        for expectation in plan.fleet.profiles[agent.name].profile.expect:
            text = substitute(expectation.target, known)
            found += asked(agent.name, "expect", text, own, allowed=expectation.allow is not None)
    wrong, counts = judged(
        engine, "as is", "".join(group.text for group in made.groups), inspected_agents(policy),
        {name: networks[0][10] for name, networks in addresses.items()}, found,
    )  # fmt: skip
    record_property("counts", f"example profiles of {environment}, {engine}: {counts}")
    assert wrong == []
    assert {one.agent for one in found if one.allowed} == {
        flow.agent for flow in policy.flows if isinstance(flow.access, Https | Tls)
    }
