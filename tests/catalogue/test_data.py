"""The built-in capabilities: complete, sourced, exercised by their fixtures, and no wider than they say."""

import dataclasses
import itertools
from collections.abc import Iterator
from importlib import resources

import pytest
from ringfence.catalogue.load import Catalogue, WrittenCapability, load_catalogue
from ringfence.catalogue.model import VARIABLE, Fixture, Parameter, parameter_of
from ringfence.policy.flow import Flow, Https, Service
from ringfence.policy.target import ActionTarget, RequestTarget, Target, TlsTarget, TransportTarget, parse_target
from ringfence.policy.verdict import judge
from ringfence.profile.fixtures import fixture_flows, judge_fixtures
from ringfence.profile.grants import SAFE_METHODS, Granted, NeedError, open_need, variables
from ringfence.profile.written import WrittenEnvironment
from ringfence.source.diagnostic import Findings

ALL = load_catalogue(None, Findings()).capabilities
NAMES = sorted(ALL)
OPENED_BY_PARAMETERS = [name for name in NAMES if ALL[name].capability.grants or name in {"https", "tls", "tcp", "udp"}]
BY_REQUEST = [name for name in NAMES if any(grant.requests for grant in ALL[name].capability.grants)]
"""Capabilities of requests to hosts: those whose every line a mutation can put to the test here."""

INSTALLERS = ["pypi.install", "npm.install", "crates.install", "golang.modules", "debian.packages", "ghcr.pull"]
READERS = [*INSTALLERS, "web.read", "github.packages", "gitlab.packages"]

SAMPLES = {
    "account": "222222222222", "action": "s3:GetObject", "agent": "reviewer", "arn": "arn:aws:s3:::acme",
    "bucket": "acme-data", "channel": "T00000000", "destination": "orders-db", "host": "www.example.com",
    "hostname": "git.example.com", "label": "acme", "log-group": "/agents/x", "method": "GET", "model": "m-1",
    "name": "acme", "path": "/a/**", "port": "443", "prefix": "in/2026", "project": "acme/web/site",
    "region": "eu-west-1", "repository": "acme/site", "secret": "prod/db",
}  # fmt: skip
"""A text of each type of parameter."""


def test_every_built_in_file_loads_without_a_word() -> None:
    findings = Findings()
    load_catalogue(None, findings)
    assert findings.sorted() == ()


def test_the_catalogue_has_the_capabilities_that_are_promised(builtin: Catalogue) -> None:
    promised = {
        "anthropic.messages", "openai.responses", "openai.chat", "google.gemini", "mistral.chat",
        "github.repository", "github.comments", "github.releases", "github.packages",
        "gitlab.repository", "gitlab.comments", "gitlab.packages", *INSTALLERS, "web.read", "papers.read",
        "slack.webhook", "jira.issues", "pagerduty.incidents", "pagerduty.events",
        "https", "tls", "tcp", "udp", "agent.call",
    }  # fmt: skip
    assert promised <= set(builtin.capabilities)
    assert len(builtin.capabilities) >= 30


def test_a_file_is_named_for_the_first_part_of_its_capabilities() -> None:
    folder = resources.files("ringfence.catalogue") / "data"
    stems = {entry.name.removesuffix(".yaml") for entry in folder.iterdir()}
    assert stems == {name.partition(".")[0] for name in NAMES}
    for written in ALL.values():
        assert written.document.path == f"catalogue/{written.name.partition('.')[0]}.yaml"


@pytest.mark.parametrize("name", NAMES)
def test_a_capability_says_what_it_is_for_and_where_that_was_read(name: str) -> None:
    capability = ALL[name].capability
    assert len(capability.summary.split()) > 2
    assert not capability.summary.endswith(".")
    assert capability.primitive or capability.sources or capability.unconfirmed
    for source in capability.sources:
        assert source.read.isoformat() >= "2026-11-01"
    for parameter in capability.parameters.values():
        assert len(parameter.describe) > 7
        assert not parameter.describe.endswith(".")


@pytest.mark.parametrize("name", OPENED_BY_PARAMETERS)
def test_a_capability_has_fixtures_both_ways_and_one_of_each_is_near(name: str) -> None:
    fixtures = ALL[name].capability.fixtures
    assert fixtures
    for fixture in fixtures:
        assert fixture.allow
        assert fixture.deny
        assert len({*fixture.allow, *fixture.deny}) == len(fixture.allow) + len(fixture.deny)
        nearest = min(distance(allowed, denied) for allowed in fixture.allow for denied in fixture.deny)
        assert nearest == 1, f"no denied target is one edit from an allowed one: {fixture.with_}"


def distance(one: str, other: str) -> int:
    """How many parts of two targets differ; targets of different kinds share nothing."""
    first, second = _parts(parse_target(one)), _parts(parse_target(other))
    return sum(a != b for a, b in itertools.zip_longest(first, second))


def _parts(target: Target) -> tuple[object, ...]:
    match target:
        case RequestTarget(method, host, port, path):
            return (method, host, port, *path.partition("?")[::2])
        case TlsTarget(host, port):
            return ("tls", host, port)
        case TransportTarget(protocol, destination, port):
            return (protocol, destination, port)
        case ActionTarget(action, resource):
            return (action, resource)
        case _:
            return (target,)


@pytest.mark.parametrize("name", OPENED_BY_PARAMETERS)
def test_fixtures_are_judged_as_they_say(name: str, environment: WrittenEnvironment) -> None:
    findings = Findings()
    judge_fixtures(ALL[name], environment, findings)
    assert [diagnostic.message for diagnostic in findings.sorted()] == []


@pytest.mark.parametrize("name", BY_REQUEST)
def test_a_neighbour_on_a_granted_host_is_denied_for_the_request_not_for_the_host(
    name: str, environment: WrittenEnvironment
) -> None:
    reasons: list[str] = []
    for fixture in ALL[name].capability.fixtures:
        flows = tuple(fixture_flows(ALL[name], fixture, environment))
        reasons += [judge(flows, parse_target(target)).reason for target in fixture.deny]
    assert any("no request declared for" in reason for reason in reasons)


@pytest.mark.parametrize("name", BY_REQUEST)
def test_every_grant_is_exercised_without_it_some_allowed_target_is_denied(
    name: str, environment: WrittenEnvironment
) -> None:
    written = ALL[name]
    for index, grant in enumerate(written.capability.grants):
        if grant.risks and written.capability.grants[index - 1].requests == grant.requests:
            continue  # the same requests with another risk: which of the two holds is a matter of risk alone
        rest = written.capability.grants[:index] + written.capability.grants[index + 1 :]
        without = replaced(written, rest)
        assert any(
            not judge(flows, parse_target(target)).allowed
            for fixture in written.capability.fixtures
            for flows in [opened(without, fixture, environment)]
            for target in fixture.allow
        ), f"no fixture needs grant {index}: {grant.requests}"


@pytest.mark.parametrize("name", BY_REQUEST)
def test_every_host_opened_wide_is_found_by_some_denied_target(name: str, environment: WrittenEnvironment) -> None:
    written = ALL[name]
    hosts = sorted({host for grant in written.capability.grants if grant.requests for host in grant.hosts})
    for host in hosts:
        widened = tuple(
            grant.model_copy(update={"requests": ()}) if host in grant.hosts else grant
            for grant in written.capability.grants
        )
        wide = replaced(written, widened)
        assert any(
            judge(opened(wide, fixture, environment), parse_target(target)).allowed
            for fixture in written.capability.fixtures
            for target in fixture.deny
        ), f"no denied target would find {host} opened wide"


def replaced(written: WrittenCapability, grants: object) -> WrittenCapability:
    return dataclasses.replace(written, capability=written.capability.model_copy(update={"grants": grants}))


def opened(written: WrittenCapability, fixture: Fixture, environment: WrittenEnvironment) -> tuple[Flow, ...]:
    try:
        return tuple(fixture_flows(written, fixture, environment))
    except NeedError:
        return ()


def combinations(written: WrittenCapability) -> Iterator[dict[str, str | int | tuple[str | int, ...]]]:
    """Every combination of a capability's choices, of optional parameters given and left out, of one and two values."""
    every: list[list[tuple[str, str | tuple[str, ...] | None]]] = []
    for name, parameter in written.capability.parameters.items():
        options: list[str | tuple[str, ...] | None] = [*values_of(parameter)]
        if parameter.many:
            options.append(tuple(values_of(parameter)[:2]))
        if not parameter.required:
            options.append(None)
        every.append([(name, option) for option in options])
    for chosen in itertools.product(*every):
        yield {name: value for name, value in chosen if value is not None}


def values_of(parameter: Parameter) -> tuple[str, ...]:
    return parameter.values or (SAMPLES[parameter.type],)


def all_opened(name: str, environment: WrittenEnvironment) -> Iterator[Granted]:
    known = variables(environment, "fixture")
    for parameters in combinations(ALL[name]):
        yield from open_need(ALL[name], parameters, environment, known).granted


@pytest.mark.parametrize("name", OPENED_BY_PARAMETERS)
def test_every_combination_of_parameters_opens_something_and_never_a_whole_host(
    name: str, environment: WrittenEnvironment
) -> None:
    known = variables(environment, "fixture")
    count = 0
    for parameters in combinations(ALL[name]):
        try:
            found = open_need(ALL[name], parameters, environment, known)
        except NeedError as error:
            assert error.code == "RF065", f"{parameters}: {error}"  # noqa: PT017 - most combinations raise nothing
            continue
        count += 1
        assert found.granted or ALL[name].capability.platform
        assert not [text for text in found.carries if "${" in text]
        for granted in found.granted:
            if isinstance(granted.access, Https) and not ALL[name].capability.primitive:
                assert granted.access.requests, f"{parameters} opens every request of {granted.access}"
            if isinstance(granted.access, Service):
                assert not [text for text in granted.access.resources if "${" in text]
    assert count


@pytest.mark.parametrize("name", [name for name in NAMES if not ALL[name].capability.primitive])
def test_every_parameter_makes_a_difference(name: str) -> None:
    capability = ALL[name].capability
    used = {name for grant in capability.grants for name in grant.when}
    for grant in capability.grants:
        for template in (*grant.hosts, *grant.requests, *grant.actions, *grant.resources, str(grant.port)):
            used |= {parameter_of(variable) for variable in VARIABLE.findall(template)}
    assert set(capability.parameters) <= used


@pytest.mark.parametrize("name", READERS)
def test_installing_and_reading_never_send_more_than_get_and_head(name: str, environment: WrittenEnvironment) -> None:
    methods = {
        request.method
        for granted in all_opened(name, environment)
        if isinstance(granted.access, Https)
        for request in granted.access.requests
    }
    assert methods <= {"GET", "HEAD"}


@pytest.mark.parametrize("name", INSTALLERS)
def test_what_installs_programs_says_that_they_run(name: str, environment: WrittenEnvironment) -> None:
    assert all("executes-code" in granted.risks for granted in all_opened(name, environment))


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("github.", "gitlab."))])
def test_on_a_code_host_whatever_writes_is_public_and_needs_an_approval(
    name: str, environment: WrittenEnvironment
) -> None:
    for granted in all_opened(name, environment):
        assert isinstance(granted.access, Https)
        writes = [
            request
            for request in granted.access.requests
            if request.method not in SAFE_METHODS and not request.path.text.endswith("/git-upload-pack")
        ]
        pushes = [request for request in granted.access.requests if "git-receive-pack" in str(request)]
        assert granted.needs_approval == bool(writes or pushes)
        assert ("writes-in-public" in granted.risks) == granted.needs_approval


FORBIDDEN_ON_GITHUB = [
    "POST https://api.github.com/graphql",
    "POST https://github.com/graphql",
    "POST https://api.github.com/user/repos",
    "POST https://api.github.com/orgs/acme/repos",
    "POST https://api.github.com/repos/acme/site/generate",
    "POST https://api.github.com/repos/acme/site/forks",
    "POST https://api.github.com/gists",
    "POST https://api.github.com/repos/acme/site/pages",
    "PUT https://api.github.com/repos/acme/site/pages",
    "POST https://api.github.com/repos/acme/site/keys",
    "POST https://api.github.com/repos/acme/site/hooks",
    "PATCH https://api.github.com/repos/acme/site",
    "DELETE https://api.github.com/repos/acme/site",
    "PUT https://api.github.com/repos/acme/site/actions/secrets/TOKEN",
    "PUT https://api.github.com/repos/acme/site/contents/index.html",
    "POST https://api.github.com/repos/acme/site/dispatches",
    "PUT https://api.github.com/repos/acme/site/collaborators/mallory",
    "POST https://api.github.com/user/keys",
    "POST https://api.github.com/repos/acme/elsewhere/pulls",
    "POST https://github.com/acme/elsewhere.git/git-receive-pack",
    "GET https://github.com/acme/elsewhere.git/info/refs?service=git-receive-pack",
    "POST https://github.com/acme/site.wiki.git/git-receive-pack",
    "POST https://github.com/acme/site.git/info/lfs/objects/batch",
]


@pytest.mark.parametrize("target", FORBIDDEN_ON_GITHUB)
def test_no_github_capability_opens_it_with_whatever_parameters(target: str, environment: WrittenEnvironment) -> None:
    for name in [name for name in NAMES if name.startswith("github.")]:
        for parameters in combinations(ALL[name]):
            flows = tuple(
                fixture_flows(ALL[name], Fixture.model_validate({"with": parameters, "allow": ()}), environment)
            )
            assert not judge(flows, parse_target(target)).allowed, f"{name} {parameters}"


def test_contribute_opens_exactly_this(environment: WrittenEnvironment) -> None:
    parameters = {"repository": "acme/site", "fork": "acme-bot/site", "access": "contribute"}
    found = open_need(ALL["github.repository"], parameters, environment, variables(environment, "fixture"))
    opened_requests = {
        (str(granted.access), str(request))
        for granted in found.granted
        if isinstance(granted.access, Https)
        for request in granted.access.requests
    }
    fetch = [
        (spelling, repository)
        for repository in ("acme/site", "acme-bot/site")
        for spelling in (f"/{repository}", f"/{repository}.git")
    ]
    expected = {
        ("api.github.com:443", "GET /repos/acme/site"),
        ("api.github.com:443", "GET /repos/acme/site/**"),
        ("api.github.com:443", "POST /repos/acme/site/pulls?-"),
        ("api.github.com:443", "PATCH /repos/acme/site/pulls/{number}?-"),
    }
    for path, repository in fetch:
        expected |= {
            ("github.com:443", f"GET {path}/info/refs?service=git-upload-pack"),
            ("github.com:443", f"POST {path}/git-upload-pack?-"),
        }
        if repository == "acme-bot/site":
            expected |= {
                ("github.com:443", f"GET {path}/info/refs?service=git-receive-pack"),
                ("github.com:443", f"POST {path}/git-receive-pack?-"),
            }
    assert opened_requests == expected


def test_contribute_says_what_its_requests_may_carry(environment: WrittenEnvironment) -> None:
    parameters = {"repository": "acme/site", "fork": "acme-bot/site", "access": "contribute"}
    found = open_need(ALL["github.repository"], parameters, environment, variables(environment, "fixture"))
    text = " ".join(found.carries)
    for word in ("a harmful sentence", "gh-pages", "a workflow", "acme-bot/site"):
        assert word in text
    read = open_need(ALL["github.repository"], {"repository": "acme/site"}, environment, variables(environment, "x"))
    assert "gh-pages" not in " ".join(read.carries)


def test_reading_a_private_repository_is_a_risk_unless_it_is_said_to_be_public(
    environment: WrittenEnvironment,
) -> None:
    known = variables(environment, "fixture")
    risks = {
        visibility: {
            risk
            for granted in open_need(
                ALL["github.repository"], {"repository": "acme/site", **visibility_of(visibility)}, environment, known
            ).granted
            for risk in granted.risks
        }
        for visibility in ("public", "private", "")
    }
    assert risks == {"public": set(), "private": {"reads-private-data"}, "": {"reads-private-data"}}


def visibility_of(text: str) -> dict[str, str]:
    return {"visibility": text} if text else {}


def test_a_gitlab_project_is_one_encoded_segment_of_the_api_and_a_plain_path_of_git(
    environment: WrittenEnvironment,
) -> None:
    found = open_need(
        ALL["gitlab.repository"], {"project": "acme/web/site"}, environment, variables(environment, "fixture")
    )
    requests = {
        str(request)
        for granted in found.granted
        if isinstance(granted.access, Https)
        for request in granted.access.requests
    }
    assert "GET /api/v4/projects/acme%2Fweb%2Fsite" in requests
    assert "GET /acme/web/site.git/info/refs?service=git-upload-pack" in requests
    assert not [request for request in requests if "/projects/acme/web" in request]


def test_a_webhooks_secret_stands_in_no_pattern_and_no_parameter() -> None:
    slack = ALL["slack.webhook"].capability
    assert set(slack.parameters) == {"workspace", "webhook"}
    assert slack.grants[0].requests == ("POST /services/${workspace}/${webhook}/{secret}?-",)
