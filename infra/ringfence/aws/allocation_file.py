"""The allocation file of an environment: ``profiles/allocations/<env>.yaml``, one line an agent.

One line an agent, so that two branches that add agents conflict where they touch the same place; where a merge
takes the same subnet twice without a conflict, reading finds the overlap. Only `ringfence allocate` writes it.
"""

import ipaddress
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from ringfence.aws.allocation import (
    LONGEST_PREFIX,
    SHORTEST_PREFIX,
    Allocation,
    Segment,
    Segments,
    allocate,
    wanted_of,
)
from ringfence.plan import Plan
from ringfence.policy.span import Span
from ringfence.profile.model import Name
from ringfence.source.diagnostic import Findings
from ringfence.source.document import Document, read_document
from ringfence.source.model import Complaint, Strict, validate
from ringfence.source.tree import Tree

FOLDER = "profiles/allocations"

_HEADER = """\
# Written by `ringfence allocate`, and by nothing else. Where a merge conflicts, keep both sides' lines, remove the
# newer of two agents that have one subnet, and run it again: it gives that agent another, and moves nobody.
"""


def allocation_path(environment: str) -> str:
    """Where an environment's allocation stands in its tree."""
    return f"{FOLDER}/{environment}.yaml"


def _subnet(value: object) -> ipaddress.IPv4Network:
    try:
        network = ipaddress.IPv4Network(str(value))
    except ValueError as error:
        raise Complaint(f"{value!r} is no IPv4 network: {error}", "run `ringfence allocate`", "RF081") from error
    if not SHORTEST_PREFIX <= network.prefixlen <= LONGEST_PREFIX:
        raise Complaint(f"{network}: a subnet is /16 to /28", "run `ringfence allocate`", "RF081")
    return network


_Zone = Annotated[str, Field(pattern=r"^[a-z]{2}(?:-[a-z]+)+-\d[a-z]$")]
_Zones = dict[_Zone, tuple[Annotated[ipaddress.IPv4Network, BeforeValidator(_subnet)], ...]]


class _AllocationFile(Strict):
    format_version: Literal[1]
    environment: Name
    infrastructure: dict[Annotated[str, Field(pattern="^(endpoints|firewall|public|transit)$")], _Zones] = {}
    agents: dict[Name, _Zones] = {}
    released: dict[Name, _Zones] = {}


def read_allocation(tree: Tree, environment: str, findings: Findings) -> Allocation | None:
    """The allocation that stands in the tree; None where there is none, or with findings where it is wrong."""
    path = allocation_path(environment)
    if not tree.exists(path):
        return None
    document = read_document(tree, path, findings)
    model = validate(_AllocationFile, document, findings) if document else None
    if document is None or model is None:
        return None
    if model.environment != environment:
        findings.error(
            document.span(("environment",)),
            "RF082",
            f"this is the allocation of `{model.environment}`, in the file of `{environment}`",
            "rename the file, or restore it from version control",
        )
        return None
    if not _is_disjoint(document, model, findings):
        return None
    return Allocation(environment, _segments(model.agents), _segments(model.infrastructure), _segments(model.released))


def _segments(read: dict[str, _Zones]) -> dict[str, tuple[Segment, ...]]:
    segments = {
        name: sorted(
            (Segment(zone, network) for zone, networks in read[name].items() for network in networks),
            key=lambda segment: segment.order,
        )
        for name in sorted(read)
    }
    return {name: tuple(held) for name, held in segments.items() if held}


def _is_disjoint(document: Document, model: _AllocationFile, findings: Findings) -> bool:
    """Whether no two subnets overlap; each that does is reported at both places."""

    def places() -> Iterator[tuple[int, int, tuple[str, str, str, int]]]:
        for section, holders in (
            ("infrastructure", model.infrastructure),
            ("agents", model.agents),
            ("released", model.released),
        ):
            for name, zones in holders.items():
                for zone, networks in zones.items():
                    for index, network in enumerate(networks):
                        first = int(network.network_address)
                        yield first, first + network.num_addresses - 1, (section, name, zone, index)

    widest = (-1, ("", "", "", 0))
    clean = True
    for first, last, location in sorted(places()):
        if first <= widest[0]:
            clean = False
            findings.error(
                document.span(location),
                "RF083",
                f"the subnet of `{location[1]}` overlaps one of `{widest[1][1]}`",
                "remove the newer agent's line and run `ringfence allocate`, which gives it another subnet",
                ((document.span(widest[1]), "this one"),),
            )
        if last > widest[0]:
            widest = (last, location)
    return clean


def allocation_text(allocation: Allocation) -> bytes:
    """The file's octets: the same allocation always gives the same."""
    lines = [_HEADER + "format_version: 1", f"environment: {allocation.environment}"]
    for section, holders in (
        ("infrastructure", allocation.infrastructure),
        ("agents", allocation.agents),
        ("released", allocation.released),
    ):
        lines.append(f"{section}:" if holders else f"{section}: {{}}")
        lines += [f"  {name}: {{{_zones(segments)}}}" for name, segments in holders.items()]
    return ("\n".join(lines) + "\n").encode()


def _zones(segments: tuple[Segment, ...]) -> str:
    by_zone: dict[str, list[str]] = {}
    for segment in segments:
        by_zone.setdefault(segment.zone, []).append(str(segment.network))
    return ", ".join(f"{zone}: [{', '.join(networks)}]" for zone, networks in by_zone.items())


def allocation_of(plan: Plan, tree: Tree, findings: Findings) -> Allocation:
    """A plan's allocation: what stands in the tree, and provisional addresses for what is missing there.

    Problems of the file go to ``findings``; raises `InputError` with all of them when there is an error, also when
    the environment's networks are too small.
    """
    written = read_allocation(tree, plan.environment.name, findings)
    if written is not None:
        _check_place(plan, written, tree, findings)
    findings.raise_if_failed()
    complete = allocate(written, wanted_of(plan))
    before = written or Allocation(complete.environment, {}, {}, {})
    kinds = (f"infrastructure/{kind}" for kind in _new(before.infrastructure, complete.infrastructure))
    missing = frozenset((*_new(before.agents, complete.agents), *kinds))
    current = written is not None and allocation_text(written) == allocation_text(complete)
    return Allocation(
        complete.environment, complete.agents, complete.infrastructure, complete.released, missing, current
    )


def _new(before: Segments, after: Segments) -> Iterator[str]:
    return (name for name, segments in after.items() if segments != before.get(name))


def require_written(plan: Plan, allocation: Allocation, findings: Findings) -> None:
    """Refuse provisional addresses, at each agent that has them: what is deployed or handed out must stand in a file.

    Raises `InputError` with everything found.
    """
    path = allocation_path(allocation.environment)
    mend = f"run `ringfence allocate --env {allocation.environment}` and commit {path}"
    for agent in plan.declared.agents:
        if agent.name in allocation.provisional:
            findings.error(agent.declared, "RF085", f"`{agent.name}` has no addresses in {path}", mend)
    if any(name.startswith("infrastructure/") for name in allocation.provisional):
        findings.error(Span(path), "RF085", "the environment's own subnets have no addresses here", mend)
    findings.raise_if_failed()


def _check_place(plan: Plan, written: Allocation, tree: Tree, findings: Findings) -> None:
    """Every subnet of the file lies in the environment's networks: what stands is never moved silently."""
    cidrs = plan.environment.environment.cidrs
    bounds = [(int(cidr.network_address), int(cidr.broadcast_address)) for cidr in cidrs]
    document: Document | None = None
    for section in ("infrastructure", "agents", "released"):
        holders: Segments = getattr(written, section)
        for name, segments in holders.items():
            for segment in segments:
                first, last = int(segment.network.network_address), int(segment.network.broadcast_address)
                if any(low <= first and last <= high for low, high in bounds):
                    continue
                document = document or read_document(tree, allocation_path(written.environment), Findings())
                place = document.span((section, name, segment.zone)) if document else Span(allocation_path(""))
                findings.error(
                    place,
                    "RF084",
                    f"{segment.network} of `{name}` lies in none of the environment's networks",
                    "keep its network under `cidrs`, or remove the line and allocate anew: then the agent moves",
                    ((plan.environment.span("config", "ringfence:environment", "cidrs"), "the networks"),),
                )
