"""Resource graphs from what Pulumi's command line writes: `pulumi preview --json --show-sames`, `pulumi stack export`.

Both hold resource states of one shape (`apitype.ResourceV3`, https://github.com/pulumi/pulumi/blob/master/sdk/go/
common/apitype/core.go). A state export is what was deployed, or what a refresh found; a preview is what would be, and
without `--show-sames` it leaves out what stays as it is: that is no graph of anything, and refused.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from ringfence.verify.graph import GraphError, Resource, ResourceGraph, Value

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - Pulumi's mark of a secret, none itself

GONE = frozenset({"delete", "delete-replaced", "discard", "discard-replaced", "read-discard"})
"""Steps after which a resource is not there any more; a replacement has a step of its own for what comes."""
_OVERTAKEN = frozenset({"replace"})
"""Steps that only announce others: what is created instead has its own."""
_STAYING = frozenset({"same", "update", "refresh"})
"""Steps after which the resource is the one that was there before."""

Json = dict[str, Any]


def read_state(text: str) -> ResourceGraph:
    """The graph of an export or a preview, whichever the text is; raises `GraphError`."""
    try:
        document: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise GraphError(f"not JSON: {error}") from error
    if not isinstance(document, dict):
        raise GraphError("neither a stack export nor a preview")
    known = cast("Json", document)
    if isinstance(known.get("deployment"), dict):
        return _graph(_exported(cast("Json", known["deployment"])))
    if isinstance(known.get("steps"), list) or "changeSummary" in known:  # without a step the list is left out
        return _graph(_previewed(known))
    if "format_version" in known:
        return ResourceGraph.from_json(text)
    raise GraphError("neither a stack export (`deployment`) nor a preview (`steps`)")


def _exported(deployment: Json) -> Iterator[Json]:
    pending: Any = deployment.get("pending_operations")
    if pending:
        raise GraphError("the stack was left in the middle of a deployment: run `pulumi refresh`, then export again")
    for state in cast("Sequence[Json]", deployment.get("resources") or ()):
        if not state.get("delete"):  # one that a replacement has left behind and the next deployment removes
            yield state


def _previewed(preview: Json) -> Iterator[Json]:
    steps = cast("list[Json]", preview.get("steps") or [])
    summary: Any = preview.get("changeSummary") or {}
    if not all(isinstance(each, dict) for each in (*steps, summary)):
        raise GraphError("a preview whose steps or summary cannot be read")
    counted: Any = cast("Json", summary).get("same", 0)
    if not isinstance(counted, int):
        raise GraphError(f"a preview that counts {counted!r} resources which stay as they are")
    left_out = counted - sum(step.get("op") == "same" for step in steps)
    if left_out > 0:
        raise GraphError(
            f"a preview that leaves out {left_out} resources that stay as they are: "
            "run `pulumi preview --json --show-sames`"
        )
    for step in steps:
        operation = str(step.get("op"))
        if operation in GONE | _OVERTAKEN:
            continue
        state: Any = step.get("newState") or step.get("oldState")
        if not isinstance(state, dict):
            raise GraphError(f"the step {operation} of {step.get('urn')} has no state")
        yield {**_kept(step, operation), **{name: value for name, value in cast("Json", state).items() if value}}


def _kept(step: Json, operation: str) -> Json:
    """What stays of a resource that is there already: a preview's new state has neither its id nor its outputs, by
    which others name it.
    """
    old: Any = step.get("oldState")
    if operation not in _STAYING or not isinstance(old, dict):
        return {}
    return {name: value for name, value in cast("Json", old).items() if name in ("id", "outputs")}


def _graph(states: Iterator[Json]) -> ResourceGraph:
    resources: list[Resource] = []
    outputs: Mapping[str, Value] = {}
    project = stack = ""
    for state in states:
        try:
            resource = _resource(state)
        except (KeyError, TypeError, AttributeError) as error:
            raise GraphError(f"a resource that cannot be read: {error!r}") from error
        if resource.type == "pulumi:pulumi:Stack":
            outputs = resource.outputs
            _, _, rest = resource.urn.partition("urn:pulumi:")
            stack, project = rest.split("::")[:2]
        resources.append(resource)
    if not resources:
        raise GraphError("it holds no resources")
    return ResourceGraph(project, stack, tuple(resources), outputs)


def _resource(state: Json) -> Resource:
    urn = str(state["urn"])
    dependencies = cast("Mapping[str, Sequence[str] | None]", state.get("propertyDependencies") or {})
    return Resource(
        urn=urn,
        type=str(state["type"]),
        name=urn.rpartition("::")[2],
        inputs={name: _plain(value) for name, value in cast("Json", state.get("inputs") or {}).items()},
        outputs={name: _plain(value) for name, value in cast("Json", state.get("outputs") or {}).items()},
        id=str(state["id"]) if state.get("id") else None,
        custom=bool(state.get("custom")),
        parent=str(state["parent"]) if state.get("parent") else None,
        dependencies=tuple(sorted(cast("Sequence[str]", state.get("dependencies") or ()))),
        property_dependencies={name: tuple(sorted(urns)) for name, urns in dependencies.items() if urns},
        protect=bool(state.get("protect")),
    )


def _plain(value: Any) -> Value:
    """A property as plain data: whole numbers as integers, secrets as what is shown of them, no provider's marks."""
    match value:
        case bool() | int() | str() | None:
            return value
        case float():
            return int(value) if value.is_integer() else value
        case list():
            return [_plain(item) for item in cast("list[Any]", value)]
        case dict():
            table = cast("Json", value)
            if table.get(_SIGNATURE) == _SECRET:
                return _secret(table)
            return {name: _plain(item) for name, item in table.items() if name != "__defaults"}
        case _:
            raise TypeError(f"a value of type {type(value).__name__}")


def _secret(table: Json) -> Value:
    plain = table.get("plaintext")
    if not isinstance(plain, str):
        return "[secret]"
    try:
        return _plain(json.loads(plain))
    except json.JSONDecodeError:
        return plain
