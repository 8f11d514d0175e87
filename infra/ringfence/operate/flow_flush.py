"""Ending the flows that the firewall still knows of some agents, so that the rules of now judge what they send.

A flow goes on by the rules that stood when it began; a flush makes the firewall forget it
(https://docs.aws.amazon.com/network-firewall/latest/developerguide/flow-operations-flush.html). Every flow through the
firewall starts at an agent, in front of the NAT gateway, so a flow's source tells whose it is. Needs the extra `live`.
"""

import ipaddress
import itertools
import json
import shlex
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ringfence.aws.allocation import Segments
from ringfence.aws.enforcement.tags import vpc_tags
from ringfence.operate.account import account_api, refused
from ringfence.policy.span import Span
from ringfence.profile.written import WrittenEnvironment
from ringfence.source.diagnostic import Diagnostic, InputError
from ringfence.verify.graph import ResourceGraph
from ringfence.verify.references import text

Network = ipaddress.IPv4Network

FILTERS_MAX = 20
"""Filters of one operation (https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_StartFlowFlush.html).
"""
POLL_SECONDS = 5
TIMEOUT_SECONDS = 900
"""How long an operation is waited for. AWS says of none how long it takes, and cancels none."""

_FIREWALL = "aws:networkfirewall/firewall:Firewall"


@dataclass(frozen=True, slots=True)
class Operation:
    """One flush: all flows in one zone that start in ``networks``; ``held`` are the agents' own of these."""

    zone: str
    networks: tuple[Network, ...]
    held: tuple[tuple[str, Network], ...]

    @property
    def filters(self) -> list[dict[str, Any]]:
        """The filters, in the shape of `StartFlowFlush`."""
        return [{"SourceAddress": {"AddressDefinition": str(network)}} for network in self.networks]

    @property
    def agents(self) -> tuple[str, ...]:
        """Whose flows end, sorted."""
        return tuple(sorted({agent for agent, _ in self.held}))

    def lines(self) -> Iterator[str]:
        """What was flushed, a line for each agent."""
        for agent in self.agents:
            networks = ", ".join(str(network) for name, network in self.held if name == agent)
            yield f"{agent} in {self.zone}: its flows from {networks} have ended"


def operations_of(segments: Segments) -> tuple[tuple[Operation, ...], ...]:
    """The operations that end all flows of some agents, those of one round in zones of their own.

    A firewall takes one operation at a time in each zone (https://docs.aws.amazon.com/network-firewall/latest/
    developerguide/firewall-flow-operations.html), so neighbours are joined where they make one network, never further.
    """
    zones: dict[str, list[tuple[str, Network]]] = {}
    for agent, held in segments.items():
        for segment in held:
            zones.setdefault(segment.zone, []).append((agent, segment.network))
    each = [tuple(_in_zone(zone, held)) for zone, held in sorted(zones.items())]
    return tuple(tuple(filter(None, together)) for together in itertools.zip_longest(*each))


def _in_zone(zone: str, held: Sequence[tuple[str, Network]]) -> Iterator[Operation]:
    joined = tuple(ipaddress.collapse_addresses(network for _, network in held))
    for start in range(0, len(joined), FILTERS_MAX):
        networks = joined[start : start + FILTERS_MAX]
        within = (pair for pair in held if any(pair[1].subnet_of(network) for network in networks))
        yield Operation(zone, networks, tuple(sorted(within)))


def firewall_of(graph: ResourceGraph, written: WrittenEnvironment, place: str) -> str:
    """The ARN of the firewall that a stack holds; ``place`` is the export's.

    Raises `InputError` where it has none or several, and where it is not in the environment's account and region.
    """
    arns = [text(each.outputs.get("arn")) for each in graph.of_type(_FIREWALL)]
    if len(arns) != 1:
        message = f"one firewall has to be in it; found: {', '.join(arns) or 'none'}"
        raise InputError([Diagnostic(Span(place), "RF192", message, f"give an export of {written.name}")])
    (arn,) = arns
    of = (written.region, written.environment.account)
    if tuple(arn.split(":")[3:5]) != of:
        message = f"the firewall {arn} is not in the account {of[1]} in {of[0]}"
        raise InputError([Diagnostic(Span(place), "RF192", message, f"give an export of {written.name}")])
    return arn


def commands(written: WrittenEnvironment, rounds: Iterable[Iterable[Operation]], firewall: str | None) -> Iterator[str]:
    """The same as commands of the AWS CLI; where ``firewall`` is None, those before them find it."""
    region = ("--region", written.region)
    named = '"$firewall"' if firewall is None else shlex.quote(firewall)
    if firewall is None:
        tags = [f"Name=tag:{key},Values={value}" for key, value in vpc_tags(written.name)]
        vpc = ("describe-vpcs", *region, "--filters", *tags, "--query", "Vpcs[].VpcId", "--output", "text")
        yield f"vpc=$({shlex.join(('aws', 'ec2', *vpc))})"
        found = ("--query", "Firewalls[].FirewallArn", "--output", "text")
        lists = shlex.join(("aws", "network-firewall", "list-firewalls", *region))
        yield f'firewall=$({lists} --vpc-ids "$vpc" {shlex.join(found)})'
    for operation in itertools.chain.from_iterable(rounds):
        start = shlex.join(("aws", "network-firewall", "start-flow-flush", *region))
        what = shlex.join(("--availability-zone", operation.zone, "--flow-filters", json.dumps(operation.filters)))
        yield f"{start} --firewall-arn {named} {what}  # {', '.join(operation.agents)}"


def flush(
    written: WrittenEnvironment,
    rounds: Iterable[Sequence[Operation]],
    firewall: str | None,
    wait: Callable[[float], None] = time.sleep,
) -> Iterator[str]:
    """Run the operations, and say of each agent and zone what has ended; ``firewall`` None is found by its VPC.

    Doing it again ends what has begun since. Raises `InputError` where the firewall cannot be told, AWS refuses, or an
    operation does not complete: then those of later rounds are not started.
    """
    done: list[str] = []
    place = written.environment
    with account_api(place.account, written.region, "run what --print prints", done) as client:
        arn = firewall or _find(client, written)
        api = client("network-firewall")
        for together in rounds:
            for line in _completed(api, arn, together, wait):
                done.append(line)
                yield line


def _completed(api: Any, arn: str, together: Iterable[Operation], wait: Callable[[float], None]) -> Iterator[str]:
    """Start some operations, and wait for all of them."""
    running: list[tuple[Operation, str]] = []
    for operation in together:
        asked = {"FirewallArn": arn, "AvailabilityZone": operation.zone, "FlowFilters": operation.filters}
        running.append((operation, str(api.start_flow_flush(**asked)["FlowOperationId"])))
    problems: list[Diagnostic] = []
    for waited in range(0, TIMEOUT_SECONDS + 1, POLL_SECONDS):
        if waited:
            wait(POLL_SECONDS)
        asked_for, running = running, []
        for operation, number in asked_for:
            told = api.describe_flow_operation(FirewallArn=arn, AvailabilityZone=operation.zone, FlowOperationId=number)
            match told["FlowOperationStatus"]:
                case "IN_PROGRESS":
                    running.append((operation, number))
                case "COMPLETED":
                    yield from operation.lines()
                case status:
                    reason = told.get("StatusMessage", "AWS gives no reason")
                    problems.append(_unfinished(operation, f"{number} ended as {status}: {reason}"))
        if not running:
            break
    for operation, number in running:
        problems.append(_unfinished(operation, f"{number} is in progress after {TIMEOUT_SECONDS} seconds"))
    if problems:
        raise InputError(problems)


def _unfinished(operation: Operation, how: str) -> Diagnostic:
    message = f"flows of {', '.join(operation.agents)} in {operation.zone} may go on: the flow operation {how}"
    return Diagnostic(Span("AWS"), "RF190", message, "run it again: what has ended stays ended")


def _find(client: Callable[[str], Any], written: WrittenEnvironment) -> str:
    """The one firewall in the VPC that bears the environment's tags."""
    tags = vpc_tags(written.name)
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags]
    vpcs = [
        str(vpc["VpcId"])
        for page in client("ec2").get_paginator("describe_vpcs").paginate(Filters=filters)
        for vpc in page["Vpcs"]
    ]
    if len(vpcs) != 1:
        wanted = " and ".join(f"{key}={value}" for key, value in tags)
        message = f"one VPC in {written.region} has to have the tags {wanted}; found: {', '.join(vpcs) or 'none'}"
        raise refused("RF192", message, "give --stack-export")
    arns = [
        str(firewall["FirewallArn"])
        for page in client("network-firewall").get_paginator("list_firewalls").paginate(VpcIds=vpcs)
        for firewall in page["Firewalls"]
    ]
    if len(arns) != 1:
        message = f"one firewall has to be in {vpcs[0]}; found: {', '.join(arns) or 'none'}"
        raise refused("RF192", message, "give --stack-export, or deploy the environment first")
    return arns[0]
