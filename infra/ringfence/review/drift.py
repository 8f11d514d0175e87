"""What somebody has changed by hand, in terms of access, each with its resource and its mend."""

import datetime
import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from ringfence.plan import Plan
from ringfence.review.proof import Counterexample, counterexample
from ringfence.source.diagnostic import visible
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.graph import Resource, ResourceGraph
from ringfence.verify.proof import prove
from ringfence.verify.refreshed import ACL, ENTRY, ROUTE, Changed, Refreshed
from ringfence.verify.settings import Settings

FORMAT_VERSION = 1

WIDENED = "widened"
NOT_KNOWN = "not known"
PERMISSIONS = "permissions"
WEAKENED = "weakened"
NARROWED = "narrowed"
UNWATCHED = "unwatched"
SETTING = "setting"
COSMETIC = "cosmetic"
MEANINGS = {
    WIDENED: "something passes that no profile declares",
    NOT_KNOWN: "what passes cannot be told any more",
    PERMISSIONS: "an agent's role may do other things than it was given",
    WEAKENED: "one layer lets through what another still stops, or stops what nothing needs",
    NARROWED: "something is stopped that a profile declares",
    UNWATCHED: "what happens is logged or told otherwise, or no more",
    SETTING: "a setting on which no access depends",
    COSMETIC: "tags and texts for people",
}
"""What a change by hand is, the gravest first."""

_BY_KIND = ((Kind.MORE, WIDENED), (Kind.NOT_PROVED, NOT_KNOWN), (Kind.LESS, NARROWED), (Kind.INCONSISTENT, WEAKENED))
_WATCHING = (
    "aws:cloudwatch/", "aws:ec2/flowLog:", "aws:networkfirewall/loggingConfiguration:",
    "aws:networkfirewall/ruleGroup:", "aws:route53/resolverQueryLogConfig", "aws:s3/", "aws:sns/",
)  # fmt: skip
"""Types that watch. A rule group that changes no access is one where refusals are only logged (`mode: observe`)."""
SHOWN = 10
"""How many findings of one change the text shows; the rest is counted, and in the JSON."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """One change. ``was`` is "changed", "gone" or "added"; ``name``, ``type``, ``id`` and ``urn`` tell the resource.

    ``effect`` is one of `MEANINGS`; ``properties`` differ; ``findings`` are what it alone does to the proof, and
    ``mend`` are commands that undo it.
    """

    effect: str
    was: str
    name: str
    type: str
    id: str | None
    urn: str
    properties: tuple[str, ...]
    findings: tuple[Counterexample, ...]
    mend: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """What differs between what was deployed and what is there.

    ``together`` are findings that no change has alone; ``deployed`` counts those that the state itself has: profiles
    have changed since, and a deployment is due.
    """

    format_version: int
    environment: str
    as_of: datetime.date
    changes: tuple[ByHand, ...]
    together: tuple[Counterexample, ...]
    deployed: int


_ADAPTER = TypeAdapter(Drift)


def drift_of(refreshed: Refreshed, plan: Plan) -> Drift:
    """Prove what the state holds, what is there, and each change by itself."""
    known = set(_findings(refreshed.before, plan))
    new = [each for each in _findings(refreshed.after, plan) if each not in known]
    changes: list[ByHand] = []
    seen: set[Finding] = set()
    for group in _acts(refreshed.changes):
        alone: list[Finding] = []
        if not all(change.is_cosmetic for change in group):
            alone = [each for each in _findings(refreshed.with_only(group), plan) if each not in known]
        seen.update(alone)
        changes += [_by_hand(change, alone, plan.environment.name) for change in group]
    order = list(MEANINGS)
    return Drift(
        format_version=FORMAT_VERSION,
        environment=plan.environment.name,
        as_of=plan.declared.as_of,
        changes=tuple(sorted(changes, key=lambda each: (order.index(each.effect), each.urn))),
        together=tuple(counterexample(each) for each in new if each not in seen),
        deployed=len(known),
    )


def _findings(graph: ResourceGraph, plan: Plan) -> tuple[Finding, ...]:
    return prove(graph, plan.effective, Settings.of(plan.environment)).findings


def _acts(changes: Sequence[Changed]) -> Iterator[tuple[Changed, ...]]:
    """What was done at once: a subnet that is put under another NACL leaves one and comes to another."""
    moved = tuple(change for change in changes if change.resource.type == ACL and "subnetIds" in change.properties)
    if moved:
        yield moved
    for change in changes:
        if change not in moved:
            yield (change,)


def _by_hand(change: Changed, found: Sequence[Finding], environment: str) -> ByHand:
    resource = change.resource
    by_call = change.kind == "added" and resource.type in (ENTRY, ROUTE)  # a group's rules Pulumi lists
    return ByHand(
        effect=_effect(change, found),
        was=change.kind,
        name=resource.name,
        type=resource.type,
        id=resource.id,
        urn=resource.urn,
        properties=change.properties,
        findings=tuple(map(counterexample, found)),
        mend=(_undo(resource) if by_call else f"pulumi up --stack {environment} --refresh",),
    )


def _effect(change: Changed, found: Sequence[Finding]) -> str:
    if change.is_cosmetic:
        return COSMETIC
    kinds = {finding.kind for finding in found}
    for kind, effect in _BY_KIND:
        if kind in kinds:
            return effect
    if change.resource.type.startswith("aws:iam/"):
        return PERMISSIONS
    return UNWATCHED if change.resource.type.startswith(_WATCHING) else SETTING


def _undo(added: Resource) -> str:
    """The call that takes away an entry or a route that Pulumi did not make, and lists nowhere."""
    inputs = added.inputs
    if added.type == ENTRY:
        way = "--egress" if inputs.get("egress") else "--ingress"
        words = ["delete-network-acl-entry", "--network-acl-id", inputs.get("networkAclId"), way]
        words += ["--rule-number", inputs.get("ruleNumber")]
    else:
        option, value = next(
            (option, inputs[name])
            for name, option in (
                ("destinationCidrBlock", "--destination-cidr-block"),
                ("destinationIpv6CidrBlock", "--destination-ipv6-cidr-block"),
                ("destinationPrefixListId", "--destination-prefix-list-id"),
            )
            if name in inputs
        )
        words = ["delete-route", "--route-table-id", inputs.get("routeTableId"), option, value]
    return shlex.join(["aws", "ec2", *map(str, words)])


# Writing it


def drift_json(drift: Drift) -> str:
    """The report as JSON in ASCII, keys in a fixed order, a newline at the end."""
    return json.dumps(_ADAPTER.dump_python(drift, mode="json"), indent=2) + "\n"


def drift_schema() -> dict[str, Any]:
    """The JSON Schema of `drift_json` as pydantic writes it (2020-12)."""
    return _ADAPTER.json_schema(mode="serialization")


def drift_text(drift: Drift) -> str:
    """The report as lines of text, a newline at the end; control and direction characters are shown as escapes."""
    return "".join(f"{visible(line)}\n" for line in _lines(drift))


def _lines(drift: Drift) -> Iterator[str]:
    counted = len(drift.changes)
    what = "nothing was changed by hand" if not counted else f"{counted} changed by hand"
    yield f"{drift.environment} · {what} · as of {drift.as_of}"
    for effect, meaning in MEANINGS.items():
        changes = [change for change in drift.changes if change.effect == effect]
        if changes:
            yield f"{effect}: {meaning}"
        for change in changes:
            properties = f": {', '.join(change.properties)}" if change.properties else ""
            yield f"  {change.name} ({change.type}{f' {change.id}' if change.id else ''}) {change.was}{properties}"
            yield from _listed(change.findings)
            yield from (f"    mend: {command}" for command in change.mend)
    if drift.together:
        yield "together: what no change does alone"
        yield from _listed(drift.together)
    if drift.deployed:
        yield f"{drift.deployed} findings are in the state itself: profiles have changed since, and a deployment is due"


def _listed(found: Sequence[Counterexample]) -> Iterator[str]:
    for each in found[:SHOWN]:
        lines = f" · {', '.join(each.declared)}" if each.declared else ""
        yield f"    {each.agent or 'environment'}: {each.kind}: {each.traffic} [{each.layer}] {each.rule}{lines}"
    if len(found) > SHOWN:
        yield f"    and {len(found) - SHOWN} more"
