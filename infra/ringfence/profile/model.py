"""What a profile, a class and an environment may say."""

import datetime
import ipaddress
import re
from typing import Annotated, Literal, cast

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SkipValidation,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from ringfence.catalogue.model import VARIABLE
from ringfence.policy.risk import RISKS
from ringfence.policy.target import TargetError, parse_target
from ringfence.source.diagnostic import did_you_mean, nearest
from ringfence.source.model import Complaint, Strict

ANSWERED = ("because", "approved_by", "until")
"""What somebody must say of a need that is risky, or opened in an emergency."""
REASONS = frozenset({"because", "ticket", "approved_by", "until", "break_glass"})
"""The keys that stand beside a capability in a need."""

FORBIDDEN_NETWORKS = tuple(
    ipaddress.IPv4Network(network)
    for network in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4")
)
"""This host, loopback, link-local with the metadata service, multicast, reserved (RFC 6890)."""


def _slug(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", text) or len(text) > 40:
        raise Complaint(f"{text!r} is not a name", "lower-case letters, digits and hyphens, 40 at most")
    return text


def _date(value: object) -> datetime.date:
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(str(value))
    except ValueError as error:
        raise Complaint(f"{value!r} is no date", "write YEAR-MONTH-DAY, such as 2027-06-30") from error


def _moment(value: object) -> datetime.datetime:
    try:
        moment = datetime.datetime.fromisoformat(str(value))
    except ValueError as error:
        raise Complaint(f"{value!r} is no moment", "write it in UTC, such as 2027-06-30T14:05:00Z") from error
    if moment.utcoffset() is None:
        raise Complaint(f"{value!r} does not say its time zone", f"write it in UTC: {value}Z")
    return moment.astimezone(datetime.UTC).replace(microsecond=0)


def moment_text(moment: datetime.datetime) -> str:
    """A moment as profiles write it and people read it: in UTC, to the second."""
    return f"{moment.astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"


def _role(text: str) -> str:
    if not re.fullmatch(
        r"arn:(?:aws[a-z-]*|\$\{partition\}):iam::(?:\d{12}|\$\{account\}):role/[\w+=,.@/${}-]{1,512}", text
    ):
        raise Complaint(f"{text!r} is not a role's ARN", 'write "arn:aws:iam::${account}:role/NAME"')
    return text


Name = Annotated[str, AfterValidator(_slug)]
Date = Annotated[datetime.date, BeforeValidator(_date)]
Moment = Annotated[datetime.datetime, BeforeValidator(_moment)]
RoleArn = Annotated[str, AfterValidator(_role)]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Parameters = dict[str, str | int | tuple[str | int, ...]]


def _parameter(capability: str, name: str, given: object) -> str | int | tuple[str | int, ...]:
    """A parameter that is no text: a number, or a list of texts and numbers."""
    if not isinstance(given, list):
        return _single(name, given, (capability, name))
    items = cast("list[object]", given)
    return tuple(
        [
            item if isinstance(item, str) else _single(name, item, (capability, name, index))
            for index, item in enumerate(items)
        ]
    )


def _single(name: str, given: object, at: tuple[str | int, ...]) -> str | int:
    if isinstance(given, str) or (isinstance(given, int) and not isinstance(given, bool)):
        return given
    kind = "nothing" if given is None else "true or false" if isinstance(given, bool) else "neither text nor number"
    raise Complaint(f"`{name}` is {kind}", "write a text, a number, or a list of them", "RF035", at)


class BreakGlass(Strict):
    """That a need was opened in an emergency: since when, and in which environments, all where none is named."""

    since: Moment
    environments: tuple[Name, ...] = ()


class Need(Strict):
    """One capability with its parameters, and why it is needed.

    Written with the capability as the key: ``- github.repository: {repository: acme/site}``, its reasons beside it.
    """

    capability: str
    parameters: SkipValidation[Parameters]  # `_split` has built it
    because: Text | None = None
    ticket: Text | None = None
    approved_by: Text | None = None
    until: Date | None = None
    break_glass: BreakGlass | None = None

    @model_validator(mode="before")
    @classmethod
    def _split(cls, written: object) -> object:
        if not isinstance(written, dict):
            raise Complaint("a need is a capability with its parameters", "write `- capability.name: {}`")
        need: dict[str, object] = {}
        capabilities: list[tuple[str, object]] = []
        for key, value in cast("dict[str, object]", written).items():
            if key in REASONS:
                need[key] = value
            else:
                capabilities.append((key, value))
        if len(capabilities) != 1:
            named = ", ".join(capability for capability, _ in capabilities) or "none"
            reasons = [near for capability, _ in capabilities if (near := nearest(capability, REASONS))]
            mend = f"did you mean `{reasons[0]}`?" if reasons else "begin each with its own `-`"
            raise Complaint(f"a need names one capability, here: {named}", mend)
        ((capability, parameters),) = capabilities
        if "break_glass" in need and (missing := [key for key in ANSWERED if key not in need]):
            message = f"what is opened in an emergency needs {', '.join(missing)}"
            raise Complaint(message, "say beside it why, who approved it, and until when", at=("break_glass",))
        if parameters is None:
            parameters = {}
        if not isinstance(parameters, dict):
            message = f"the parameters of `{capability}` must be a mapping"
            raise Complaint(message, "write `{name: value}`", at=(capability,))
        need["capability"] = capability
        need["parameters"] = {
            # most are texts, so that is asked first
            name: given if isinstance(given, str) else _parameter(capability, name, given)
            for name, given in cast("dict[str, object]", parameters).items()
        }
        return need


class Workload(Strict):
    """Where the agent runs. ``peak`` counts instances at once; ``image`` is its ECR repository's name."""

    platform: Literal["ecs", "lambda", "eks", "ec2"]
    role: RoleArn
    execution_role: RoleArn | None = None
    peak: Annotated[int, Field(ge=1, le=10000)] = 1
    image: Annotated[str, Field(pattern=r"^[a-z0-9]+(?:[._/-][a-z0-9]+)*$", max_length=256)] | None = None
    log_group: Annotated[str, Field(pattern=r"^[.\-_/#A-Za-z0-9]{1,512}$")] | None = None

    @model_validator(mode="after")
    def _execution(self) -> "Workload":
        if self.platform == "ecs" and self.execution_role is None:
            raise Complaint(
                "ECS pulls the image and writes logs with a role of its own",
                "add `execution_role:` with its ARN",
            )
        return self


class Port(Strict):
    """A TCP port where the agent serves other agents."""

    port: Annotated[int, Field(ge=1, le=65535)]


def _is_target(text: str) -> bool:
    try:
        parse_target(text)
    except TargetError:
        return False
    return True


class Expectation(Strict):
    """A target that the profile must allow, or must deny; checked with the profile."""

    allow: str | None = None
    deny: str | None = None

    @model_validator(mode="after")
    def _one(self) -> "Expectation":
        if (self.allow is None) == (self.deny is None):
            raise Complaint("an expectation is `allow: TARGET` or `deny: TARGET`", "write one of the two")
        try:
            parse_target(self.target)
        except TargetError as error:
            # a variable may stand in any place; what it stands for is read with the environment
            if not any(_is_target(VARIABLE.sub(sample, self.target)) for sample in ("x", "x.example")):
                raise Complaint(str(error), error.mend, at=("allow" if self.allow is not None else "deny",)) from error
        return self

    @property
    def target(self) -> str:
        """The target, as written."""
        return self.allow if self.allow is not None else self.deny or ""


def _risk(text: str) -> str:
    if text not in RISKS:
        raise Complaint(f"{text!r} is no risk", did_you_mean(text, RISKS))
    return text


class AcceptedRisk(Strict):
    """A risky combination (`policy/risk.py`) that somebody answers for, until a day; in every environment, or some."""

    risk: Annotated[str, AfterValidator(_risk), Field(json_schema_extra={"enum": list(RISKS)})]
    because: Text
    approved_by: Text
    until: Date
    environments: tuple[Name, ...] = ()


class Quarantine(Strict):
    """That an agent is cut off, and why; ``quarantined: true`` says it without a reason.

    ``environments`` are the ones in which it is cut off, all of its own where none is named. ``direct`` names those in
    which the NACL entries were written through AWS's API, ahead of Pulumi, which then takes them over.
    """

    because: Text | None = None
    ticket: Text | None = None
    since: Moment | None = None
    environments: tuple[Name, ...] = ()
    direct: tuple[Name, ...] = ()


_FLAG = TypeAdapter(bool)


def _quarantine(value: object) -> object:
    """``true`` is a quarantine without a reason, ``false`` is none."""
    if isinstance(value, dict | Quarantine):
        return cast("object", value)
    try:
        return Quarantine() if _FLAG.validate_python(value) else None
    except ValidationError as error:
        message = "`quarantined` is true, false, or a mapping"
        raise Complaint(message, "write `quarantined: {because: TEXT}`", "RF035") from error


class Profile(Strict):
    """What one agent may do."""

    agent: Name
    extends: tuple[Name, ...] = ()
    owner: Text
    purpose: Text
    workload: Workload
    environments: tuple[Name, ...]
    needs: tuple[Need, ...] = ()
    calls: tuple[Name, ...] = ()
    serves: Port | None = None
    expect: tuple[Expectation, ...] = ()
    accepts: tuple[AcceptedRisk, ...] = ()
    mode: Literal["enforce", "observe"] | None = None
    quarantined: Annotated[Quarantine | None, BeforeValidator(_quarantine)] = None
    # Sessions of the role that began earlier are worth nothing: set when a quarantine is lifted.
    sessions_since: Moment | None = None

    def quarantine_in(self, environment: str) -> Quarantine | None:
        """Why the agent is cut off in an environment; None where it is not."""
        cut = self.quarantined
        return cut if cut is not None and (not cut.environments or environment in cut.environments) else None


class ProfileClass(Strict):
    """Needs that agents share by extending the class; a class may extend others."""

    class_: Annotated[Name, Field(alias="class")]
    purpose: Text
    extends: tuple[Name, ...] = ()
    needs: tuple[Need, ...] = ()


def _network(value: object) -> ipaddress.IPv4Network:
    text = str(value)
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError as error:
        raise Complaint(
            f"{text!r} is no IPv4 network: {error}", "write ADDRESS/LENGTH, such as 10.60.8.9/32"
        ) from error
    for forbidden in FORBIDDEN_NETWORKS:
        if network.overlaps(forbidden):
            raise Complaint(f"{text} lies in {forbidden}, which no agent may reach", "name another network")
    return network


Network = Annotated[ipaddress.IPv4Network, BeforeValidator(_network)]


class PrivateDestination(Strict):
    """A network that is reached through a transit gateway or a peering that exists already."""

    cidr: Network
    via: Annotated[str, Field(pattern=r"^(tgw|pcx)-[0-9a-f]{4,17}$")]


class Environment(Strict):
    """One environment: the value of ``ringfence:environment`` in ``Pulumi.<env>.yaml``."""

    account: Annotated[str, Field(pattern=r"^\d{12}$")]
    cidrs: Annotated[tuple[Network, ...], Field(min_length=1, max_length=5)]
    zones: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z]{2}(?:-[a-z]+)+-\d[a-z]$")], ...], Field(min_length=1)]
    inspection: Literal["none", "names", "requests"] = "names"
    mode: Literal["enforce", "observe"] = "enforce"
    http2: Literal["refuse", "judge"] = "refuse"
    ca_certificate_arn: Annotated[
        str | None, Field(pattern=r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]{36}$")
    ] = None
    private: dict[Name, PrivateDestination] = {}
    values: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")], str] = {}
    quotas: dict[str, Annotated[int, Field(ge=1)]] = {}
    protect: bool = False
    # The periods that CloudWatch Logs knows (PutRetentionPolicy, retentionInDays).
    log_retention_days: Literal[
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
    ] = 90  # fmt: skip
    attach_role_policies: bool = False

    @field_validator("cidrs")
    @classmethod
    def _disjoint(cls, networks: tuple[ipaddress.IPv4Network, ...]) -> tuple[ipaddress.IPv4Network, ...]:
        for index, network in enumerate(networks):
            if not 16 <= network.prefixlen <= 28:
                raise Complaint(f"{network}: a VPC's network is /16 to /28", "choose another length", at=(index,))
            for other in networks[:index]:
                if network.overlaps(other):
                    raise Complaint(f"{network} overlaps {other}", "networks of a VPC are disjoint", at=(index,))
        return networks

    @field_validator("zones")
    @classmethod
    def _distinct(cls, zones: tuple[str, ...]) -> tuple[str, ...]:
        for index, zone in enumerate(zones):
            if zone in zones[:index]:
                raise Complaint(f"the zone {zone} stands twice", "name each zone once", at=(index,))
        return zones

    @model_validator(mode="after")
    def _consistent(self) -> "Environment":
        if (self.inspection == "requests") != (self.ca_certificate_arn is not None):
            raise Complaint(
                "`inspection: requests` and `ca_certificate_arn` go together",
                "TLS inspection signs with a CA certificate of your own, imported into ACM: name its ARN",
            )
        return self
