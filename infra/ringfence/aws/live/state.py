"""API answers as resource states: Pulumi's types and property names, what AWS says of each, and references as ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ringfence.verify.graph import Resource, ResourceGraph, Value

PROJECT = "ringfence"


@dataclass(slots=True)
class State:
    """The resources of one environment as they are found; each identity of a type counts once."""

    environment: str
    resources: dict[tuple[str, str], Resource] = field(default_factory=dict[tuple[str, str], Resource])
    named: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def add(
        self,
        kind: str,
        identity: str,
        inputs: Mapping[str, Value],
        *,
        name: str = "",
        outputs: Mapping[str, Value] | None = None,
    ) -> None:
        """One resource of a type, with what is set; ``name`` is how people know it, beside its identity.

        An ARN that ends in the name says nothing more, unless another of the type has that name as well.
        """
        given = {key: value for key, value in inputs.items() if value is not None}
        label = f"{name} {identity}".strip()
        if name and identity.endswith(f"/{name}") and self.named.setdefault((kind, name), identity) == identity:
            label = name
        urn = f"urn:pulumi:{self.environment}::{PROJECT}::{kind}::{label}"
        known = {**given, **{key: value for key, value in (outputs or {}).items() if value is not None}}
        self.resources[kind, identity] = Resource(urn, kind, label, given, known, identity)

    def graph(self, unread: Sequence[str]) -> ResourceGraph:
        """All of them, with what could not be read."""
        return ResourceGraph(
            PROJECT, self.environment, tuple(self.resources.values()), unread=tuple(sorted(set(unread)))
        )


def tags_of(answer: Mapping[str, Any], key: str = "Tags") -> dict[str, Value]:
    """The tags of a thing, by key; AWS's own (``aws:...``) are left out, as Pulumi leaves them."""
    pairs = cast("Sequence[Mapping[str, str]]", answer.get(key) or ())
    return {pair["Key"]: pair["Value"] for pair in pairs if not pair["Key"].startswith("aws:")}


def name_of(answer: Mapping[str, Any], key: str = "Tags") -> str:
    """What a console shows for a thing: its tag ``Name``; empty without one."""
    found = tags_of(answer, key).get("Name", "")
    return found if isinstance(found, str) else ""


def camel(value: Any) -> Value:
    """Nested names as Pulumi writes them (``rulesString`` for ``RulesString``), values untouched, absent ones gone."""
    if isinstance(value, Mapping):
        return camel_table(cast("Mapping[str, Any]", value))
    if isinstance(value, list | tuple):
        return [camel(item) for item in cast("Sequence[Any]", value)]
    return cast("Value", value)


def camel_table(table: Mapping[str, Any]) -> dict[str, Value]:
    """The same of a structure."""
    return {_camel_name(key): camel(item) for key, item in table.items() if item is not None}


def _camel_name(name: str) -> str:
    """``TLSInspectionConfigurationArn`` as ``tlsInspectionConfigurationArn``, ``IPSets`` as ``ipSets``."""
    capitals = len(name) - len(name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    head = max(1, capitals - 1) if capitals < len(name) else capitals
    return name[:head].lower() + name[head:]
