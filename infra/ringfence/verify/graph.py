"""The resource graph: what a program registers, or what a stack holds, as plain data.

This is all that the proof reads, so it can come from an in-process run, a preview or a state file alike. Property
names are those on Pulumi's wire (camelCase), whole numbers are integers, secrets are shown as their values.
"""

import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

FORMAT_VERSION = 1

Value: TypeAlias = "str | int | float | bool | Sequence[Value] | Mapping[str, Value] | None"
"""A property's value."""

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands, in a preview, for a value that only a deployment decides: the engine's own mark in its JSON
(`plugin.UnknownStringValue`, https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go)."""


class GraphError(ValueError):
    """The resources do not make a graph, or the text is not one."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource.

    ``inputs`` is what the program asked for; ``outputs`` what is known of the result: in a preview often nothing
    more than the inputs. ``id`` is None for components, and where it is unknown. ``property_dependencies`` names,
    for each input that refers to others, the URNs of those: so a reference can be followed when its value is unknown.
    ``options`` holds what else was said about its life, such as ``deleteBeforeReplace`` or ``ignoreChanges``.
    """

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Value]
    outputs: Mapping[str, Value] = field(default_factory=dict[str, Value])
    id: str | None = None
    custom: bool = True
    parent: str | None = None
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    protect: bool = False
    options: Mapping[str, Value] = field(default_factory=dict[str, Value])


@dataclass(frozen=True, slots=True)
class ResourceGraph:
    """All resources of one stack, sorted by URN; two of one URN are refused with `GraphError`.

    ``outputs`` are the stack's exports. ``unread`` says what whoever made the graph could not read, each with the
    reason: with it, nothing is proved.
    """

    project: str
    stack: str
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Value] = field(default_factory=dict[str, Value])
    unread: tuple[str, ...] = ()
    _by_urn: Mapping[str, Resource] = field(init=False, repr=False, compare=False)
    _by_type: Mapping[str, tuple[Resource, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.resources, key=lambda resource: resource.urn))
        by_urn = {resource.urn: resource for resource in ordered}
        if len(by_urn) < len(ordered):
            counted = Counter(resource.urn for resource in ordered)
            twice = ", ".join(urn for urn, count in counted.items() if count > 1)
            raise GraphError(f"several resources have one URN, which a deployment refuses: {twice}")
        object.__setattr__(self, "resources", ordered)
        object.__setattr__(self, "_by_urn", by_urn)
        by_type: dict[str, list[Resource]] = defaultdict(list)
        for resource in ordered:
            by_type[resource.type].append(resource)
        object.__setattr__(self, "_by_type", {kind: tuple(each) for kind, each in by_type.items()})

    def get(self, urn: str) -> Resource | None:
        """The resource of this URN."""
        return self._by_urn.get(urn)

    def of_type(self, *types: str) -> tuple[Resource, ...]:
        """The resources of these types, by URN."""
        found = [self._by_type.get(kind, ()) for kind in types]
        return found[0] if len(found) == 1 else tuple(heapq.merge(*found, key=lambda resource: resource.urn))

    def counts(self) -> dict[str, int]:
        """How many resources there are of each type: those that a provider manages, by type."""
        managed = (resource.type for resource in self.resources if resource.custom)
        return dict(sorted(Counter(kind for kind in managed if not kind.startswith("pulumi:")).items()))

    def to_json(self) -> str:
        """The graph as JSON; the same graph gives the same bytes."""
        written = {
            "format_version": FORMAT_VERSION,
            "project": self.project,
            "stack": self.stack,
            "outputs": self.outputs,
            "unread": self.unread,
            "resources": [
                {
                    "urn": resource.urn,
                    "type": resource.type,
                    "name": resource.name,
                    "id": resource.id,
                    "custom": resource.custom,
                    "parent": resource.parent,
                    "dependencies": resource.dependencies,
                    "property_dependencies": resource.property_dependencies,
                    "protect": resource.protect,
                    "options": resource.options,
                    "inputs": resource.inputs,
                    "outputs": resource.outputs,
                }
                for resource in self.resources
            ],
        }
        return json.dumps(written, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    @staticmethod
    def from_json(text: str) -> "ResourceGraph":
        """The graph that `to_json` wrote; raises `GraphError` where the text is not one of this version."""
        try:
            written = cast("dict[str, Any]", json.loads(text))
            if written["format_version"] != FORMAT_VERSION:
                raise GraphError(f"a resource graph of format {written['format_version']}; this reads {FORMAT_VERSION}")
            resources = cast("Iterable[dict[str, Any]]", written["resources"])
            return ResourceGraph(
                written["project"],
                written["stack"],
                tuple(map(_resource, resources)),
                written["outputs"],
                tuple(written.get("unread", ())),
            )
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise GraphError(f"not a resource graph: {error!r}") from error


def _resource(written: dict[str, Any]) -> Resource:
    dependencies = cast("dict[str, list[str]]", written["property_dependencies"])
    known: dict[str, Any] = {
        **written,
        "dependencies": tuple(written["dependencies"]),
        "property_dependencies": {name: tuple(urns) for name, urns in dependencies.items()},
    }
    return Resource(**known)
