"""A firewall with a table of flows, in the shapes of AWS's own service model: moto models no flow operations.

botocore checks what is asked before it is answered; its patterns, which it does not check, are checked here, and so is
every answer. As AWS says of it, an operation goes on for a while, and a zone has one at a time
(https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-flow-operations.html).
"""

import ipaddress
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from botocore.session import Session
from botocore.validate import validate_parameters

Json = dict[str, Any]
Flow = tuple[str, str, str]
"""Zone, source, destination."""


class Firewall:
    """Its flows, and the operations on it; ``ends`` says how an operation ends, by its zone, else COMPLETED."""

    def __init__(self, arn: str, vpc: str, flows: Iterable[Flow], looks: int = 0) -> None:
        self.arn = arn
        self.vpc = vpc
        self.others: list[str] = []
        self.flows = set(flows)
        self.looks = looks
        self.ends: dict[str, tuple[str, str]] = {}
        self.started: list[Json] = []
        self.running: dict[str, tuple[Json, int]] = {}

    def register(self, session: Session) -> None:
        """Answer on every client that the session makes from now on."""
        answers: dict[str, Callable[[Json], Json]] = {
            "ListFirewalls": self._listed,
            "StartFlowFlush": self._start,
            "DescribeFlowOperation": self._describe,
        }

        def answer(model: Any, context: Json, **_: Any) -> tuple[AWSResponse, Json]:
            asked = context["asked"]
            for pattern, text in _patterns(model.input_shape, asked):
                assert re.search(pattern, text), (pattern, text)
            told = answers[model.name](asked)
            validate_parameters(told, model.output_shape)
            return AWSResponse("", 200, {}, None), told

        for operation in answers:
            session.register(f"before-parameter-build.network-firewall.{operation}", _remember)
            session.register(f"before-call.network-firewall.{operation}", answer)

    def _listed(self, asked: Json) -> Json:
        assert asked["VpcIds"] == [self.vpc]
        names = [self.arn, *self.others]
        return {"Firewalls": [{"FirewallArn": arn, "FirewallName": arn.rpartition("/")[2]} for arn in names]}

    def _start(self, asked: Json) -> Json:
        assert 1 <= len(asked["FlowFilters"]) <= 20
        if any(of["AvailabilityZone"] == asked["AvailabilityZone"] for of, _ in self.running.values()):
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "one at a time"}}, "StartFlowFlush")
        number = str(uuid.UUID(int=len(self.started) + 1))
        self.started.append(asked)
        self.running[number] = (asked, self.looks)
        return {"FirewallArn": self._own(asked), "FlowOperationId": number, "FlowOperationStatus": "IN_PROGRESS"}

    def _describe(self, asked: Json) -> Json:
        number = asked["FlowOperationId"]
        flush, left = self.running.pop(number)
        told = {"FirewallArn": self._own(asked), "FlowOperationId": number, "FlowOperationType": "FLOW_FLUSH"}
        assert asked["AvailabilityZone"] == flush["AvailabilityZone"]
        if left:
            self.running[number] = (flush, left - 1)
            return told | {"FlowOperationStatus": "IN_PROGRESS"}
        if flush["AvailabilityZone"] in self.ends:
            status, reason = self.ends[flush["AvailabilityZone"]]
            return told | {"FlowOperationStatus": status, "StatusMessage": reason}
        self.flows = {flow for flow in self.flows if not _matches(flow, flush)}
        return told | {"FlowOperationStatus": "COMPLETED"}

    def _own(self, asked: Json) -> str:
        assert asked["FirewallArn"] == self.arn
        return self.arn


def _matches(flow: Flow, flush: Json) -> bool:
    zone, source, _ = flow
    networks = [each["SourceAddress"]["AddressDefinition"] for each in flush["FlowFilters"]]
    address = ipaddress.IPv4Address(source)
    return zone == flush["AvailabilityZone"] and any(address in ipaddress.IPv4Network(each) for each in networks)


def _patterns(shape: Any, value: Any) -> Iterator[tuple[str, str]]:
    """Every text in some parameters with the pattern that the model has for it."""
    match shape.type_name:
        case "structure":
            for name, each in value.items():
                yield from _patterns(shape.members[name], each)
        case "list":
            for each in value:
                yield from _patterns(shape.member, each)
        case _ if "pattern" in shape.metadata:
            yield shape.metadata["pattern"], value


def _remember(params: Json, context: Json, **_: Any) -> None:
    context["asked"] = dict(params)
