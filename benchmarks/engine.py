"""A fleet's rules in the real engines: loading, memory and replay against an empty rule set, and what merging saves.

What is replayed are granted requests of the fleet's own agents, as an inspecting firewall sees them, so every packet
is looked at to its end.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from ringfence.aws.enforcement.firewall.compile import DEFAULT_GROUP, firewall_rules
from ringfence.aws.enforcement.firewall.model import Firewall
from ringfence.aws.enforcement.model import Enforcement
from ringfence.engine import http1
from ringfence.engine.configuration import Setting, render
from ringfence.engine.flow import Conversation
from ringfence.engine.packets import build, capture
from ringfence.engine.suricata import Engine
from ringfence.plan import Plan

from benchmarks.cold import Run, best
from benchmarks.fleet import NEEDS, needs_of
from benchmarks.work import enforced

Row = tuple[str, str]
Prepared = dict[str, int]
"""Numbers of a fleet's rules, by name."""

_CONVERSATIONS = 4_000
_REQUESTS = 5
_RUNS = 2


def prepare(folder: Path) -> Prepared:
    """Write a fleet's rules and its traffic into its folder; for a process of its own, as it takes much memory."""
    plan, enforcement = enforced(folder)
    if enforcement.firewall is None:
        raise RuntimeError("the fleet has no firewall")
    rules: Firewall = enforcement.firewall.rules
    traffic = tuple(_traffic(enforcement))
    packets = build(list(enumerate(traffic)))
    (folder / "many.pcap").write_bytes(capture(packets))
    (folder / "one.pcap").write_bytes(capture(build([(0, traffic[0])])))
    (folder / "fleet.rules").write_text("".join(group.text for group in rules.groups), encoding="utf-8")
    return {
        "alone": _alone(plan, enforcement),
        "merged": _granted(rules),
        "groups": len(rules.groups) - 1,
        "longest": max(len(rule.text) for group in rules.groups for rule in group.rules),
        "largest": max(group.capacity for group in rules.groups),
        "capacity": sum(group.capacity for group in rules.groups),
        "packets": len(packets),
    }


def _alone(plan: Plan, enforcement: Enforcement) -> int:
    """How many rules there would be if each agent's were its own, and none merged by distinct destination."""
    addresses = {place.agent: place.networks for place in enforcement.places}
    declared, environment = plan.declared, plan.environment.environment
    return sum(
        _granted(
            firewall_rules(
                dataclasses.replace(declared, agents=(agent,), flows=declared.of(agent.name)),
                addresses,
                inspection=environment.inspection,
                http2=environment.http2,
                home_net=environment.cidrs,
            )
        )
        for agent in declared.agents
    )


def _granted(rules: Firewall) -> int:
    return sum(len(group.rules) for group in rules.groups if group.name != DEFAULT_GROUP)


def measure(engine: Engine, folder: Path, packets: int) -> list[Row]:
    """The rows of one engine, from what `prepare` has written."""
    text = (folder / "fleet.rules").read_text(encoding="utf-8")
    tested, empty = (_run(engine, folder, rules, "-T") for rules in (text, ""))
    replayed, unruled = (_replay(engine, folder, rules) for rules in (text, ""))
    load = f"{tested.seconds:.2f} s, empty {empty.seconds:.2f} s: {tested.seconds / empty.seconds:.1f} times"
    memory = f"{tested.memory:.0f} MiB, empty {empty.memory:.0f} MiB: {tested.memory / empty.memory:.1f} times"
    speed = f"{packets / replayed:,.0f} packets/s, empty {packets / unruled:,.0f}: {unruled / replayed:.2f} of it"
    return [
        (f"{engine}: rules loaded (`-T`)", load),
        (f"{engine}: memory", memory),
        (f"{engine}: replay of {packets:,} packets", speed),
    ]


def _traffic(enforcement: Enforcement) -> Iterator[Conversation]:
    """Keep-alive connections of all agents in turn, each asking one of its hosts for what it may."""
    places = enforcement.places
    for number in range(_CONVERSATIONS):
        place = places[number % len(places)]
        host, _, paths = needs_of(int(place.agent.removeprefix("agent-")))[number // len(places) % NEEDS]
        path = "/v1/status" if "status" in paths else "/v1/projects/p"
        steps = (http1.request("GET", path, host), http1.response(body=b"x" * 1000)) * _REQUESTS
        yield Conversation(f"{place.agent} {host}", steps, client=place.networks[0][4])


def _replay(engine: Engine, folder: Path, rules: str) -> float:
    """Seconds for the packets alone: the whole run, without one of a single conversation."""
    many, one = (
        _run(engine, folder, rules, "-r", f"{folder}/{name}.pcap", "--simulate-ips", "--runmode", "single")
        for name in ("many", "one")
    )
    return many.seconds - one.seconds


def _run(engine: Engine, folder: Path, rules: str, *arguments: str) -> Run:
    configuration = render(Setting(home_net=("10.40.0.0/13",)), ["rules"], str(folder))
    (folder / "suricata.yaml").write_text(configuration, encoding="utf-8")
    (folder / "rules").write_text(rules, encoding="utf-8")
    return best(
        _RUNS, str(engine.path), "-c", f"{folder}/suricata.yaml", "-l", str(folder), "--init-errors-fatal",
        "-k", "none", *arguments,
    )  # fmt: skip
