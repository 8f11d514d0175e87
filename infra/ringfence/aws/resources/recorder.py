"""Runs a program in-process on Pulumi's own runtime and returns what it registers, with no engine and no AWS.

The program meets the runtime that `pulumi up` gives it: a stack of its own, inputs serialised as for the engine,
unknown outputs in a preview. Only the monitor, to which the runtime speaks, is ours: it writes every registration
down. Unlike the SDK's test monitor it keeps parents, dependencies and options, and refuses two resources of one URN.
"""

import asyncio
import contextlib
import contextvars
import dataclasses
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, cast

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import Settings, configure, run_in_stack, set_all_config
from pulumi.runtime.proto import engine_pb2, resource_pb2

from ringfence.aws.resources import imagined
from ringfence.verify.graph import Resource, ResourceGraph, Value

Log = Callable[[str, str], None]
"""Takes a message that the program logs: its severity ("info", "warning", "error") and its text."""

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - marks a secret on Pulumi's wire; it is none itself
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"

_FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
)
"""What the monitor says it can do; `outputValues` is left out, as an engine asks for it from components only."""


class UnknownCallError(LookupError):
    """The program asked AWS something that the recorder has no answer to."""


def record(
    program: Callable[[], None],
    account: imagined.Account,
    *,
    project: str = "ringfence",
    stack: str = "dev",
    config: Mapping[str, str] | None = None,
    preview: bool = False,
    log: Log | None = None,
) -> ResourceGraph:
    """Run ``program`` and return the graph of what it registered.

    ``account`` answers what the program asks about where it runs. ``config`` holds the stack's configuration, objects
    as JSON, keys with their namespace. With ``preview``, nothing is known of a resource but its inputs. Raises what
    the program raises, and `GraphError` where two resources have one URN.
    """
    monitor = _Monitor(account, project, stack, preview)
    settings = Settings(
        project=project, stack=stack, monitor=monitor, engine=_Engine(log), dry_run=preview, organization="organization"
    )

    def run() -> None:
        # Pulumi keeps all its state in context variables: in a copy of the context, runs do not meet each other.
        configure(settings)
        set_all_config(dict(config or {}), [])

        async def call() -> None:
            program()

        # The runtime awaits what the program returns, and takes a plain function too: `None` is nothing to await.
        _run_in_new_loop(run_in_stack(call))

    contextvars.copy_context().run(run)
    return monitor.graph()


class _Inline(ThreadPoolExecutor):
    """Calls the monitor where the runtime would hand it to a thread: it never waits, and order stays the program's."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def _run_in_new_loop(coroutine: Coroutine[Any, Any, None]) -> None:
    loop = asyncio.new_event_loop()
    loop.set_default_executor(_Inline(max_workers=1))
    # A run that fails leaves tasks behind that nobody will look at again.
    loop.set_exception_handler(lambda _loop, _context: None)
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(coroutine)
    finally:
        with contextlib.suppress(RuntimeError):
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        asyncio.set_event_loop(None)
        loop.close()


class _Engine:
    """Takes the program's log."""

    def __init__(self, log: Log | None) -> None:
        self._log = log

    def Log(self, request: Any) -> None:  # noqa: N802 - the name in Pulumi's protocol
        if self._log is not None and request.severity != engine_pb2.DEBUG:
            self._log(engine_pb2.LogSeverity.Name(request.severity).lower(), request.message)


class _Monitor:
    """Answers the runtime as an engine does, and writes down what it is told. Method names are the protocol's."""

    def __init__(self, account: imagined.Account, project: str, stack: str, preview: bool) -> None:
        self.account = account
        self.project = project
        self.stack = stack
        self.preview = preview
        self.registered: list[Resource] = []
        self.zones: dict[str, str] = {}
        self.outputs: dict[str, dict[str, Value]] = {}

    def graph(self) -> ResourceGraph:
        """What was registered."""
        root = f"urn:pulumi:{self.stack}::{self.project}::pulumi:pulumi:Stack::{self.project}-{self.stack}"
        resources = tuple(
            dataclasses.replace(resource, outputs={**resource.outputs, **self.outputs.get(resource.urn, {})})
            for resource in self.registered
        )
        return ResourceGraph(self.project, self.stack, resources, self.outputs.get(root, {}))

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        urn = self._urn(request.parent, request.type, request.name)
        inputs = _plain_struct(request.object)
        identity, outputs = None, inputs
        if request.custom and not self.preview:
            identity, computed = imagined.resource(self.account, request.type, request.name, urn, inputs, self.zones)
            if request.type == "aws:ec2/subnet:Subnet":
                self.zones[identity] = str(inputs["availabilityZone"])
            outputs = {**inputs, **computed}
        registered = Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            inputs=inputs,
            outputs=outputs if request.custom else {},
            id=identity,
            custom=request.custom,
            parent=request.parent or None,
            dependencies=tuple(sorted(request.dependencies)),
            property_dependencies={
                name: tuple(sorted(found.urns))
                for name, found in sorted(request.propertyDependencies.items())
                if found.urns
            },
            protect=request.protect,
            options=_options(request),
        )
        self.registered.append(registered)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=identity or "", object=_struct(outputs))

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        self.outputs[request.urn] = _plain_struct(request.outputs)
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> Any:  # noqa: N802
        answer = imagined.call(self.account, request.tok, _plain_struct(request.args))
        if answer is None:
            raise UnknownCallError(f"the recorder has no answer to {request.tok}")
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(_struct(answer))
        return response

    def GetDeploymentInfo(self, _request: Any) -> Any:  # noqa: N802
        return resource_pb2.DeploymentInfo(supportedFeatures=_FEATURES)

    def SupportsFeature(self, request: Any) -> Any:  # noqa: N802
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id != "outputValues")

    def SignalAndWaitForShutdown(self, _request: Any) -> Any:  # noqa: N802
        return empty_pb2.Empty()

    def _urn(self, parent: str, kind: str, name: str) -> str:
        """A URN as the engine makes it: the types of all parents but the stack, then the type and name."""
        inherited = parent.split("::")[2] if parent else ""
        qualified = kind if inherited in {"", "pulumi:pulumi:Stack"} else f"{inherited}${kind}"
        return f"urn:pulumi:{self.stack}::{self.project}::{qualified}::{name}"


def _options(request: Any) -> dict[str, Value]:
    """What was said about a resource's life, without what was left at its default."""
    said: dict[str, Value] = {
        "deleteBeforeReplace": request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        "ignoreChanges": list(request.ignoreChanges),
        "replaceOnChanges": list(request.replaceOnChanges),
        "retainOnDelete": request.retainOnDelete,
        "deletedWith": request.deletedWith,
        "import": request.importId,
        "aliases": [alias.urn or f"{alias.spec.type}::{alias.spec.name}" for alias in request.aliases],
        "provider": request.provider,
        "version": request.version,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value or (name == "deleteBeforeReplace" and value is False)}


def _plain_struct(struct: Any) -> dict[str, Value]:
    return {name: _plain(value) for name, value in struct.fields.items()}


def _plain(value: Any) -> Value:
    """A value of the wire as plain data: whole numbers as integers, secrets and references as what they hold."""
    match value.WhichOneof("kind"):
        case "string_value":
            return cast("str", value.string_value)
        case "number_value":
            number: float = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return cast("bool", value.bool_value)
        case "list_value":
            return [_plain(item) for item in value.list_value.values]
        case "struct_value":
            held = _plain_struct(value.struct_value)
            if held.get(_SIGNATURE) == _SECRET:
                return held["value"]
            if held.get(_SIGNATURE) == _RESOURCE:
                return held["urn"]
            return held
        case _:
            return None


def _struct(values: Mapping[str, Value]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(cast("dict[str, Any]", values))
    return struct
