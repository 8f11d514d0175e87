"""A catalogue file: capabilities, their parameters, what they grant, and the pages that say so."""

import datetime
import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ringfence.policy.host import HostError, HostPattern
from ringfence.policy.request import METHODS, RequestError, RequestPattern
from ringfence.policy.target import TargetError, parse_target
from ringfence.source.model import Complaint, Strict

Risk = Literal["reads-private-data", "writes-in-public", "executes-code", "moves-money", "long-idle"]
"""What makes a grant worth a second look; the first, second and fourth need an approval (`APPROVED_RISKS`)."""

APPROVED_RISKS = frozenset({"writes-in-public", "moves-money"})
"""Risks that need because, approved_by and until in the profile."""

PARAMETER_TYPES: dict[str, str] = {
    "account": r"\d{12}",
    "action": r"[a-z0-9-]+:[A-Za-z]+",
    "arn": r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(?:\d{12})?:[A-Za-z0-9_./:+=@*-]+",
    "bucket": r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",  # docs.aws.amazon.com, AmazonS3 user guide, bucketnamingrules
    "channel": r"[A-Za-z0-9_-]+",
    "host": r"",  # read by HostPattern
    "hostname": r"",  # read by HostPattern; one host, never its subdomains
    "label": r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?",  # one label of a host name (RFC 1123, 2.1)
    "log-group": r"[A-Za-z0-9._/#-]{1,512}",  # the CloudWatch Logs API, CreateLogGroup, logGroupName
    "method": "|".join(METHODS),
    "model": r"[A-Za-z0-9][A-Za-z0-9._:@-]*",
    "name": r"[A-Za-z0-9_][A-Za-z0-9_.-]*",
    "path": r"/.*",  # read by PathPattern
    "port": r"",  # an integer, 1 to 65535
    "project": r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)+",  # groups/project, owner/image
    "prefix": r"[A-Za-z0-9_.=-]+(?:/[A-Za-z0-9_.=-]+)*",
    "region": r"[a-z]{2}(?:-[a-z]+)+-\d",
    "repository": r"[A-Za-z0-9_][A-Za-z0-9_.-]*/[A-Za-z0-9_][A-Za-z0-9_.-]*",
    "secret": r"[A-Za-z0-9/_+=.@-]+",
    "destination": r"[a-z][a-z0-9-]*",  # a private destination that the environment names
    "agent": r"[a-z][a-z0-9-]*",
}
"""Types of parameters: the texts that each takes. None has a character that could widen a pattern."""

ParameterType = Literal[
    "account", "action", "agent", "arn", "bucket", "channel", "choice", "destination", "host", "hostname", "label",
    "log-group", "method", "model", "name", "path", "port", "prefix", "project", "region", "repository", "secret",
]  # fmt: skip


class Parameter(Strict):
    """One parameter of a capability. ``many`` takes a list as well as one value; ``values`` belong to a choice."""

    type: ParameterType
    describe: str
    required: bool = False
    default: str | int | tuple[str, ...] | None = None
    values: tuple[str, ...] = ()
    many: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> "Parameter":
        if (self.type == "choice") != bool(self.values):
            raise Complaint("`values` belong to the type `choice`, and a choice needs them", "list the choices")
        if self.required and self.default is not None:
            raise Complaint("a required parameter has no default", "remove one of the two")
        if self.type == "choice" and self.default is not None and not {*_texts(self.default)}.issubset(self.values):
            raise Complaint(f"the default {self.default!r} is none of the `values`", "name one of them")
        return self


def _texts(value: str | int | tuple[str, ...]) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (str(value),)


When = dict[str, Literal["given", "absent"] | tuple[str, ...]]
"""Conditions on parameters, all of which must hold: it is given, it is absent, or it is one of these values."""


class Grant(Strict):
    """What a capability opens: requests to hosts, opaque TLS to hosts, or actions of an AWS service.

    ``risks`` are those of this grant; ``approval`` asks for one though no risk does. ``principal`` is who signs the
    call: one of the agent's roles, or "anyone" where nobody of the account does (a URL that AWS signed, or a call
    that carries no signature), so that only the resource can be limited.
    """

    when: When = {}
    hosts: tuple[str, ...] = ()
    port: int | str = 443
    requests: tuple[str, ...] = ()
    tls: bool = False
    service: str | None = None
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    principal: Literal["role", "execution_role", "anyone"] = "role"
    risks: tuple[Risk, ...] = ()
    approval: bool = False

    @model_validator(mode="after")
    def _one_kind(self) -> "Grant":
        if bool(self.hosts) == bool(self.service):
            raise Complaint("a grant names either `hosts` or a `service`", "write one of the two")
        if self.hosts and (bool(self.requests) == self.tls):
            raise Complaint("hosts are granted with `requests`, or with `tls: true`", "write one of the two")
        if self.service and not (self.actions and self.resources):
            raise Complaint("a service is granted with `actions` and `resources`", "write both")
        return self


class Carries(Strict):
    """What a granted request may itself contain, which no network can judge."""

    text: str
    when: When = {}


class Source(Strict):
    """The vendor's page that a capability was written from, and the day it was read."""

    page: Annotated[str, Field(pattern=r"^https://\S+$")]
    read: datetime.date


class Fixture(Strict):
    """Requests as the vendor's client or documentation sends them, and one-edit neighbours that must not pass.

    ``with_`` are the capability's parameters; ``allow`` and ``deny`` are targets.
    """

    with_: Annotated[dict[str, str | int | tuple[str | int, ...]], Field(alias="with")] = {}
    allow: tuple[str, ...]
    deny: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _readable(self) -> "Fixture":
        for side, targets in (("allow", self.allow), ("deny", self.deny)):
            for index, target in enumerate(targets):
                try:
                    parse_target(target)
                except TargetError as error:
                    raise Complaint(str(error), error.mend, at=(side, index)) from error
        return self


class Capability(Strict):
    """A named need. ``primitive`` capabilities are expanded by the compiler itself from their parameters.

    ``platform`` marks what a platform needs before its agent runs; some need nothing from the VPC and have no grants.
    """

    summary: str
    parameters: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")], Parameter] = {}
    grants: tuple[Grant, ...] = ()
    primitive: Literal["https", "tls", "tcp", "udp", "agent.call"] | None = None
    platform: bool = False
    risks: tuple[Risk, ...] = ()
    carries: tuple[Carries, ...] = ()
    clients: str = ""
    sources: tuple[Source, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    fixtures: tuple[Fixture, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> "Capability":
        if bool(self.grants) == bool(self.primitive) and not (self.platform and self.primitive is None):
            raise Complaint("a capability has grants", "list at least one")
        if self.primitive is None and not (self.sources or self.unconfirmed):
            raise Complaint("no source says so", "name the vendor's page and the day, or what is `unconfirmed`")
        for index, grant in enumerate(self.grants):
            templates = (*grant.hosts, *grant.requests, *grant.actions, *grant.resources, str(grant.port))
            self._check_templates(templates, grant.when, ("grants", index))
            self._check_patterns(grant, ("grants", index))
        for index, note in enumerate(self.carries):
            self._check_templates((note.text,), note.when, ("carries", index))
        for index, fixture in enumerate(self.fixtures):
            self._check_fixture(fixture, ("fixtures", index))
        return self

    def _check_templates(self, templates: tuple[str, ...], when: When, at: tuple[str | int, ...]) -> None:
        for name, condition in when.items():
            parameter = self.parameters.get(name)
            if parameter is None:
                raise Complaint(f"`when` speaks of `{name}`, which is no parameter", "declare it", at=at)
            unknown = (
                [] if isinstance(condition, str) else [value for value in condition if value not in parameter.values]
            )
            if unknown:
                message = f"`{name}` is never {unknown[0]!r}, so this would never hold"
                raise Complaint(message, "name one of its `values`", at=at)
        for template in templates:
            for variable in VARIABLE.findall(template):
                self._check_variable(parameter_of(variable), when, at)

    def _check_variable(self, name: str, when: When, at: tuple[str | int, ...]) -> None:
        if name in BUILT_IN or name.startswith("values."):
            return
        parameter = self.parameters.get(name)
        if parameter is None:
            raise Complaint(f"`${{{name}}}` is no parameter", "declare it", at=at)
        if not parameter.required and parameter.default is None and when.get(name) in (None, "absent"):
            raise Complaint(f"`${{{name}}}` may be absent here", f"guard it: `when: {{{name}: given}}`", at=at)

    def _check_patterns(self, grant: Grant, at: tuple[str | int, ...]) -> None:
        """Refuse requests and hosts that could never be read, their variables filled with a harmless text."""
        try:
            for request in grant.requests:
                RequestPattern.parse(VARIABLE.sub(self._sample, request))
            for host in grant.hosts:
                HostPattern.parse(VARIABLE.sub(self._sample, host))
        except (RequestError, HostError) as error:
            raise Complaint(str(error), error.mend, at=at) from error

    def _sample(self, variable: re.Match[str]) -> str:
        parameter = self.parameters.get(parameter_of(variable.group(1)))
        match parameter.type if parameter else "name":
            case "choice" if parameter:
                return parameter.values[0]
            case "path":
                return "/x"
            case "method":
                return "GET"
            case "host" | "hostname":
                return "host.example.com"
            case _:
                return "x"

    def _check_fixture(self, fixture: Fixture, at: tuple[str | int, ...]) -> None:
        for name in fixture.with_:
            if name not in self.parameters:
                raise Complaint(f"`{name}` is no parameter", "declare it, or correct its name", at=(*at, "with", name))
        for name, parameter in self.parameters.items():
            if parameter.required and name not in fixture.with_:
                raise Complaint(f"the fixture leaves out `{name}`, which is required", f"add `{name}:`", at=at)


VARIABLE = re.compile(r"\$\{([a-z][a-z0-9_.-]*)\}")
"""A variable in a template: a parameter, one of `BUILT_IN`, or ``values.NAME`` of the environment.

``${project.encoded}`` is the parameter ``project`` percent-encoded as one path segment (RFC 3986, 2.1), its slashes
as ``%2F``: APIs that name a thing by its whole path want it so.
"""


def parameter_of(variable: str) -> str:
    """The parameter that a variable speaks of: ``project`` for ``project`` and for ``project.encoded``."""
    return variable if variable.startswith("values.") else variable.removesuffix(".encoded")


BUILT_IN = frozenset({"account", "region", "partition", "agent", "environment"})
"""Variables that every profile and capability may use."""


class CatalogueFile(Strict):
    """One file of the catalogue; ``format_version`` is 1."""

    format_version: Literal[1]
    capabilities: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$")], Capability]
