"""How one resource names another: by its value where that is known, by Pulumi's record of dependencies where not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from ringfence.verify.graph import UNKNOWN, Resource, ResourceGraph, Value

_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"


@dataclass(frozen=True, slots=True)
class References:
    """The resources of a graph by URN and by every identity that another may name them by."""

    graph: ResourceGraph
    by_identity: Mapping[str, Resource]

    @staticmethod
    def of(graph: ResourceGraph) -> "References":
        """Index a graph."""
        known: dict[str, Resource] = {}
        for resource in graph.resources:
            # A gateway endpoint has a prefix list; a rule that names one has it among its outputs just so.
            prefix_list = resource.outputs.get("prefixListId") if resource.type == _ENDPOINT else None
            for identity in (resource.id, resource.outputs.get("arn"), prefix_list):
                if isinstance(identity, str) and identity != UNKNOWN:
                    known.setdefault(identity, resource)
        return References(graph, known)

    def one(self, resource: Resource, name: str) -> Resource | str | None:
        """What a property refers to: a resource of the graph, else the text that stands there, None when unset.

        In a preview the value is unknown; then it is the only resource that the property depends on.
        """
        value = resource.inputs.get(name)
        if isinstance(value, str) and value not in ("", UNKNOWN):
            return self.by_identity.get(value, value)
        found = self.depends_on(resource, name)
        if len(found) == 1:
            return found[0]
        return UNKNOWN if value == UNKNOWN else None

    def many(self, resource: Resource, name: str) -> tuple[Resource | str, ...]:
        """What a list refers to, in its order where the values are known."""
        values = texts(resource.inputs.get(name))
        if UNKNOWN in values:
            known = [self.by_identity.get(value, value) for value in values if value != UNKNOWN]
            return (*known, *self.depends_on(resource, name))
        return tuple(self.by_identity.get(value, value) for value in values)

    def depends_on(self, resource: Resource, name: str) -> tuple[Resource, ...]:
        """The resources of the graph that a property's value comes from."""
        urns = resource.property_dependencies.get(name, ())
        found = (self.graph.get(urn) for urn in urns)
        return tuple(other for other in found if other is not None)


def urn_of(found: Resource | str | None) -> str:
    """The URN of what a property refers to; what stands there, where that is nothing of the graph; empty when unset."""
    return found.urn if isinstance(found, Resource) else found or ""


def text(value: Value) -> str:
    """A property as text; empty when it is none or unset."""
    return value if isinstance(value, str) else ""


def texts(value: Value) -> tuple[str, ...]:
    """A property as texts; a single one counts as a list of it."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Sequence):
        return tuple(item for item in value if isinstance(item, str))
    return ()


def number(value: Value, default: int = 0) -> int:
    """A property as a whole number: state files write some as texts."""
    if isinstance(value, str) and value.lstrip("-").isdecimal():
        return int(value)
    return int(value) if isinstance(value, int | float) else default


def table(value: Value) -> Mapping[str, Value]:
    """A property as a table; empty when it is none."""
    return cast("Mapping[str, Value]", value) if isinstance(value, Mapping) else {}


def tables(value: Value) -> tuple[Mapping[str, Value], ...]:
    """A property as tables; what is none is left out."""
    if isinstance(value, Iterable) and not isinstance(value, str | Mapping):
        return tuple(table(item) for item in value if isinstance(item, Mapping))
    return ()
