"""The provider: Pulumi's protocol on one side, a world on the other."""

import importlib.metadata
import json
import os
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from world import table
from world.account import Fault, Held, World
from world.outputs import EXCLUSIVE, all_rules, following, identified, listed, unlisted
from world.refusals import Refused, check, check_delete
from world.schema import TYPES, problems

VERSION = importlib.metadata.version("pulumi-aws")


class Server:
    """A provider of a world, listening on ``port``.

    ``die`` ends the provider and ``kill`` the command line, when a fault says so; left out, this process and its
    parent, which is right for a process that the engine started.
    """

    def __init__(
        self, world: World, die: Callable[[], None] | None = None, kill: Callable[[], None] | None = None
    ) -> None:
        self._provider = Provider(world, die, kill)
        self._server = grpc.server(ThreadPoolExecutor(max_workers=32))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(self._provider, self._server)
        self.port: int = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def end(self) -> threading.Event:
        """Stop at once, whatever is under way; the event is set when nothing is left."""
        self._provider.ended.set()
        return self._server.stop(None)


class _Ended(Exception):
    """The provider was ended during an operation."""


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine. Method names are the protocol's."""

    def __init__(self, world: World, die: Callable[[], None] | None, kill: Callable[[], None] | None) -> None:
        self.world = world
        self.ended = threading.Event()
        self._die = die or (lambda: os.kill(os.getpid(), signal.SIGKILL))
        self._kill = kill or (lambda: os.kill(os.getppid(), signal.SIGKILL))

    # What the engine asks first

    def Handshake(self, _request: Any, _context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=False, accept_outputs=False)

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    def Attach(self, _request: Any, _context: Any) -> Any:
        return empty_pb2.Empty()

    def Cancel(self, _request: Any, _context: Any) -> Any:
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, _context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, _request: Any, _context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, _context: Any) -> Any:
        given = plain(request.args).get("region") or request.variables.get("aws:config:region")
        if given and given != self.world.setting("region"):
            raise AssertionError(f"this world is in {self.world.setting('region')}, and the stack in {given}")
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Invoke(self, request: Any, context: Any) -> Any:
        account, region = self.world.setting("account"), self.world.setting("region")
        zones = self.world.setting("zones")
        match request.tok:
            case "aws:index/getCallerIdentity:getCallerIdentity":
                arn = f"arn:aws:sts::{account}:assumed-role/deployer/session"
                answer = {"accountId": account, "arn": arn, "id": account, "userId": "AROAEXAMPLE:session"}
            case "aws:index/getRegion:getRegion":
                answer = {"id": region, "name": region, "region": region, "description": region, "endpoint": ""}
            case "aws:index/getPartition:getPartition":
                answer = {
                    "id": "aws",
                    "partition": "aws",
                    "dnsSuffix": "amazonaws.com",
                    "reverseDnsPrefix": "com.amazonaws",
                }
            case "aws:index/getAvailabilityZones:getAvailabilityZones":
                answer = {"id": region, "names": zones, "zoneIds": zones, "groupNames": [region]}
            case "aws:ec2/getNetworkAcls:getNetworkAcls":
                wanted = plain(request.args)["tags"].items()
                acls = self.world.resources("aws:ec2/networkAcl:NetworkAcl")
                ids = [acl.id for acl in acls if wanted <= (acl.inputs.get("tags") or {}).items()]
                answer = {"id": region, "ids": ids, "region": region}
            case other:
                context.abort(grpc.StatusCode.UNIMPLEMENTED, f"this world has no answer to {other}")
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(struct(answer))
        return response

    # Before a change

    def Check(self, request: Any, _context: Any) -> Any:
        kind, inputs = _kind(request.urn), plain(request.news)
        if kind not in TYPES:
            return _failed([("", f"this world knows no {kind}")])
        if found := problems(kind, inputs):
            return _failed(found)
        named, _ = table.NAMED.get(kind, ("", ""))
        if named and not inputs.get(named):
            olds = plain(request.olds)
            automatic = olds.get(named) if named in (olds.get("__defaults") or ()) else None
            inputs[named] = automatic or _automatic(kind, request.urn.rpartition("::")[2], request.randomSeed)
            inputs["__defaults"] = [named]
        else:
            inputs["__defaults"] = []
        return provider_pb2.CheckResponse(inputs=struct(inputs))

    def Diff(self, request: Any, _context: Any) -> Any:
        kind, olds, news = _kind(request.urn), plain(request.old_inputs), plain(request.news)
        changed = sorted(
            name for name in {*olds, *news} - {"__defaults"} if _meant(olds.get(name)) != _meant(news.get(name))
        )
        replaced = [name for name in changed if name in table.IMMUTABLE.get(kind, ())]
        if any(name in changed and bool(olds.get(name)) != bool(news.get(name)) for name in table.RULE_PEERS):
            replaced += [name for name in table.RULE_PEERS if name in changed]
        named, _ = table.NAMED.get(kind, ("", ""))
        # A name that the program gives is taken until the old one is gone.
        first = bool(replaced) and bool(named) and named not in (news.get("__defaults") or ()) and named not in changed
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=changed,
            replaces=replaced,
            deleteBeforeReplace=first,
        )

    # Changes

    def Create(self, request: Any, context: Any) -> Any:
        kind, inputs = _kind(request.urn), plain(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=struct(_without_marks(inputs)))

        def create() -> Held:
            identity, outputs = identified(self.world, kind, inputs)
            made = Held(kind, identity, request.urn, inputs, outputs)
            check(self.world, None, made)
            return made

        made = self._operate("create", Held(kind, "", request.urn, inputs, {}), create, context)
        return provider_pb2.CreateResponse(id=made.id, properties=_state(made))

    def Update(self, request: Any, context: Any) -> Any:
        kind, inputs, olds = _kind(request.urn), plain(request.news), plain(request.olds)
        if request.preview:
            known = {**olds, **_without_marks(inputs)}
            if _meant(olds.get("subnetMappings")) != _meant(inputs.get("subnetMappings")):
                known.pop("firewallStatuses", None)
            return provider_pb2.UpdateResponse(properties=struct(known))

        def update() -> Held:
            before = self.world.get(kind, request.id)
            if before is None:
                raise Refused("NotFound", f"{kind} {request.id} does not exist")
            outputs = {**before.outputs, **following(self.world, kind, inputs, before.outputs)}
            after = Held(kind, before.id, request.urn, inputs, outputs)
            check(self.world, before, after)
            return after

        made = self._operate("update", Held(kind, request.id, request.urn, inputs, {}), update, context)
        return provider_pb2.UpdateResponse(properties=_state(made))

    def Delete(self, request: Any, context: Any) -> Any:
        kind = _kind(request.urn)

        def delete() -> Held:
            held = self.world.get(kind, request.id)
            if held is None:  # gone already, which the provider takes as done
                return Held(kind, request.id, request.urn, {}, {})
            check_delete(self.world, held)
            return held

        self._operate("delete", Held(kind, request.id, request.urn, {}, {}), delete, context)
        return empty_pb2.Empty()

    def Read(self, request: Any, _context: Any) -> Any:
        kind = _kind(request.urn)
        held = self.world.get(kind, request.id) or _imported(self.world, kind, request.id)
        if held is not None and kind == EXCLUSIVE:
            held = all_rules(self.world, held)
        if held is None:
            return provider_pb2.ReadResponse()
        properties = struct({**listed(self.world, held), **plain(_state(held))})
        return provider_pb2.ReadResponse(id=held.id, properties=properties, inputs=struct(held.inputs))

    def _operate(self, operation: str, asked: Held, act: Callable[[], Held], context: Any) -> Held:
        """Do one operation: alone, written down, and with whatever is to go wrong."""
        try:
            fault = self.world.next_fault(asked)
            if fault is not None and not fault.late:
                self._strike(fault)
            with self.world.transaction():
                done = act()
                self.world.write(operation, done)
                _consequences(self.world, operation, done)
            if fault is not None and fault.late:
                self._strike(fault)
        except Refused as refused:
            self.world.write(operation, asked, str(refused))
            context.abort(grpc.StatusCode.UNKNOWN, f"{operation} {asked.type}: {refused}")
            raise
        except _Ended:
            context.abort(grpc.StatusCode.UNAVAILABLE, "the provider is no more")
            raise
        return done

    def _strike(self, fault: Fault) -> None:
        match fault.kind:
            case "error":
                raise Refused("InternalError", "an internal error has occurred")
            case "throttled":
                raise Refused("ThrottlingException", "Rate exceeded")
            case "death":
                self._die()
            case "kill":
                self._kill()
            case "hang":
                (self.world.path.parent / f"{self.world.path.name}.hangs").open("w").close()
            case other:
                raise AssertionError(f"no such fault: {other}")
        self.ended.wait()
        raise _Ended


def _imported(world: World, kind: str, identity: str) -> Held | None:
    """A resource that has no id of its own in AWS, by what an import calls it."""
    if kind != "aws:ec2/networkAclRule:NetworkAclRule":
        return None
    names = ("networkAclId", "ruleNumber", "protocol", "egress")
    for held in world.resources(kind):
        if ":".join(str(held.inputs[name]) for name in names).lower() == identity.lower():
            return held
    return None


def _consequences(world: World, operation: str, done: Held) -> None:
    """What AWS changes elsewhere with an operation."""
    match done.type:
        case "aws:ec2/networkAcl:NetworkAcl" if operation != "delete":
            # A subnet has one NACL: the new one takes it from the other.
            mine = set(done.inputs.get("subnetIds") or ())
            for other in world.resources(done.type):
                theirs = other.inputs.get("subnetIds") or []
                if other.id != done.id and mine & set(theirs):
                    left = [subnet for subnet in theirs if subnet not in mine]
                    world.write("update by AWS", _with(other, subnetIds=left))
        case "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive" if operation != "delete":
            for rule in unlisted(world, done):
                world.write("delete by the provider", rule)
        case "aws:ec2/flowLog:FlowLog" if operation == "create":
            for bucket in world.resources("aws:s3/bucket:Bucket"):
                if bucket.outputs["arn"] == done.inputs.get("logDestination") and not bucket.outputs.get("written"):
                    outputs = {**bucket.outputs, "written": True}
                    world.write("update by AWS", Held(bucket.type, bucket.id, bucket.urn, bucket.inputs, outputs))
        case _:
            return


def _with(held: Held, **inputs: Any) -> Held:
    return Held(held.type, held.id, held.urn, {**held.inputs, **inputs}, held.outputs)


def _kind(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _automatic(kind: str, name: str, seed: bytes) -> str:
    """A name as the provider gives one: the logical name and seven hexadecimal digits."""
    made = f"{name}-{seed.hex()[:7]}"
    return made.lower() if kind == "aws:s3/bucket:Bucket" else made


def _failed(found: list[tuple[str, str]]) -> Any:
    failures = [provider_pb2.CheckFailure(property=path, reason=reason) for path, reason in found]
    return provider_pb2.CheckResponse(failures=failures)


def _state(held: Held) -> Any:
    return struct({**_without_marks(held.inputs), **held.outputs, "id": held.id})


def _without_marks(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if name != "__defaults"}


def _meant(value: Any) -> Any:
    """A value as AWS understands it: unset, empty and absent are one; sets have no order."""
    if isinstance(value, Mapping):
        return {
            name: meant for name, item in value.items() if name != "__defaults" and (meant := _meant(item)) is not None
        }
    if isinstance(value, list):
        return sorted((_meant(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return None if value == "" else value


def plain(message: Any) -> dict[str, Any]:
    """A message's values: whole numbers as integers, secrets as what they hold."""
    return {name: _value(value) for name, value in message.fields.items()}


_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - Pulumi's mark of a secret, none itself


def _value(value: Any) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_value(item) for item in value.list_value.values]
        case "struct_value":
            held = plain(value.struct_value)
            return held["value"] if held.get(_SIGNATURE) == _SECRET else held
        case _:
            return None


def struct(values: Mapping[str, Any]) -> Any:
    """Values as a message."""
    made = struct_pb2.Struct()
    made.update(values)
    return made
