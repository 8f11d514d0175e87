"""The example fleet: it compiles clean in each environment, keeps what its profiles expect, and confines its agents."""

import datetime
import functools
import shutil
from pathlib import Path

import pytest
from ringfence.catalogue.load import load_catalogue
from ringfence.catalogue.model import APPROVED_RISKS
from ringfence.plan import Plan, plan_environment
from ringfence.policy.effective import inspected_agents
from ringfence.policy.flow import AgentCall, Https, Internet, Service, Tls, Transport
from ringfence.policy.target import parse_target
from ringfence.policy.verdict import PolicyVerdict, judge
from ringfence.profile.expect import check_expectations
from ringfence.profile.grants import open_need, variables
from ringfence.source.diagnostic import Findings, Severity
from ringfence.source.tree import Directory

ROOT = Path(__file__).parents[2]
AS_OF = datetime.date(2026, 11, 23)
ENVIRONMENTS = ("dev", "staging", "prod")

AGENTS = {
    "code-sandbox": ENVIRONMENTS,
    "data-analyst": ENVIRONMENTS,
    "ledger-reconciler": ("prod",),
    "on-call-assistant": ("staging", "prod"),
    "orchestrator": ENVIRONMENTS,
    "pr-contributor": ENVIRONMENTS,
    "research-assistant": ENVIRONMENTS,
    "reviewer": ENVIRONMENTS,
    "support-triage": ENVIRONMENTS,
}

each_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)


@functools.cache
def plan(environment: str) -> Plan:
    findings = Findings()
    planned = plan_environment(Directory(ROOT), environment, AS_OF, findings, strict=True)
    assert findings.sorted() == ()
    return planned


def verdict(agent: str, target: str, environment: str = "prod") -> PolicyVerdict:
    return judge(plan(environment).declared.of(agent), parse_target(target))


@each_environment
def test_the_fleet_compiles_without_a_diagnostic(environment: str) -> None:
    declared = plan(environment).declared
    assert [agent.name for agent in declared.agents] == [name for name in AGENTS if environment in AGENTS[name]]
    assert list(declared.elsewhere) == [name for name in AGENTS if environment not in AGENTS[name]]
    assert all(declared.of(agent.name) for agent in declared.agents)


@each_environment
def test_every_expectation_holds(environment: str) -> None:
    planned = plan(environment)
    assert check_expectations(planned.fleet, planned.declared) == ()


def test_every_profile_says_whose_it_is_and_what_matters_both_ways() -> None:
    for name, written in plan("dev").fleet.profiles.items():
        profile = written.profile
        assert written.document.path == f"profiles/agents/{name}.yaml"
        assert profile.owner
        assert profile.purpose
        assert any(expectation.allow for expectation in profile.expect), name
        assert any(expectation.deny for expectation in profile.expect), name


def test_the_fleet_has_each_platform_that_agents_run_on() -> None:
    platforms = {written.profile.workload.platform for written in plan("dev").fleet.profiles.values()}
    assert platforms == {"ecs", "eks", "lambda"}


@pytest.mark.parametrize("folder", ["agents", "classes", "catalogue"])
def test_every_file_names_its_schema_for_editors(folder: str) -> None:
    schema = {"agents": "profile", "classes": "class", "catalogue": "catalogue"}[folder]
    files = sorted((ROOT / "profiles" / folder).glob("*.yaml"))
    assert files
    for file in files:
        first = file.read_text().splitlines()[0]
        assert first == f"# yaml-language-server: $schema=../schema/{schema}.schema.json", file


@each_environment
def test_every_environment_names_its_schema_for_editors(environment: str) -> None:
    first = (ROOT / f"Pulumi.{environment}.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=profiles/schema/environment.schema.json"


def test_the_environments_differ_in_size_inspection_mode_and_account() -> None:
    found = {name: plan(name).environment.environment for name in ENVIRONMENTS}
    assert {name: len(environment.zones) for name, environment in found.items()} == {"dev": 2, "staging": 2, "prod": 3}
    assert [found[name].inspection for name in ENVIRONMENTS] == ["names", "requests", "requests"]
    assert [found[name].mode for name in ENVIRONMENTS] == ["enforce", "observe", "enforce"]
    assert [found[name].protect for name in ENVIRONMENTS] == [False, False, True]
    assert len({environment.account for environment in found.values()}) == 3
    assert len({environment.cidrs for environment in found.values()}) == 3


@each_environment
def test_every_risky_grant_is_approved_until_a_day_that_is_not_near(environment: str) -> None:
    flows = plan(environment).declared.flows
    risky = [flow for flow in flows if not APPROVED_RISKS.isdisjoint(flow.grant.risks)]
    risky += [flow for flow in flows if flow.grant.capability == "jira.issues"]  # asks for approval without a risk
    assert {flow.agent for flow in risky} >= {"pr-contributor", "support-triage"}
    for flow in risky:
        grant = flow.grant
        assert grant.because, flow
        assert grant.ticket, flow
        assert grant.approved_by, flow
        assert grant.until is not None, flow
        assert grant.until > AS_OF + datetime.timedelta(days=30), flow


def test_only_these_agents_may_write_in_public() -> None:
    writers = {flow.agent for flow in plan("prod").declared.flows if "writes-in-public" in flow.grant.risks}
    assert writers == {"ledger-reconciler", "pr-contributor"}


@each_environment
@pytest.mark.parametrize("agent", ["data-analyst", "orchestrator"])
def test_an_agent_of_the_inside_has_no_flow_to_the_internet(environment: str, agent: str) -> None:
    for policy in (plan(environment).declared, plan(environment).effective):
        assert not [flow for flow in policy.of(agent) if isinstance(flow.access, Https | Tls | Internet)]


@each_environment
def test_only_the_analyst_reaches_the_database_and_on_its_port_only(environment: str) -> None:
    found = [flow for flow in plan(environment).declared.flows if isinstance(flow.access, Transport)]
    assert [(flow.agent, str(flow.access.ports)) for flow in found if isinstance(flow.access, Transport)] == [
        ("data-analyst", "5432")
    ]


@each_environment
def test_agents_call_those_that_they_name_and_nobody_calls_back(environment: str) -> None:
    calls = {
        (flow.agent, flow.access.callee)
        for flow in plan(environment).declared.flows
        if isinstance(flow.access, AgentCall)
    }
    assert calls == {
        ("orchestrator", "code-sandbox"),
        ("orchestrator", "data-analyst"),
        ("orchestrator", "research-assistant"),
        ("orchestrator", "reviewer"),
        ("pr-contributor", "reviewer"),
    }


def test_the_sandbox_has_no_service_of_its_own_and_no_host_but_the_registries() -> None:
    flows = [flow for flow in plan("prod").declared.of("code-sandbox") if flow.grant.origin != "platform"]
    assert not [flow for flow in flows if isinstance(flow.access, Service)]
    assert {flow.grant.capability for flow in flows} == {"pypi.install", "npm.install", "crates.install"}


def test_tls_that_must_not_be_decrypted_stands_in_an_agent_that_is_not_inspected() -> None:
    declared = plan("prod").declared
    opaque = {flow.agent for flow in declared.flows if isinstance(flow.access, Tls)}
    assert opaque == {"ledger-reconciler"}
    assert not opaque & inspected_agents(declared)


# The confined agent: the one that the project starts from.

SECRETS = "arn:aws:secretsmanager:eu-central-1:333333333333:secret"

WORK = [
    "GET https://github.com/matplotlib/matplotlib.git/info/refs?service=git-upload-pack",
    "POST https://github.com/matplotlib/matplotlib.git/git-upload-pack",
    "GET https://github.com/acme-bot/matplotlib.git/info/refs?service=git-upload-pack",
    "GET https://github.com/acme-bot/matplotlib.git/info/refs?service=git-receive-pack",
    "POST https://github.com/acme-bot/matplotlib.git/git-receive-pack",
    "GET https://api.github.com/repos/matplotlib/matplotlib",
    "GET https://api.github.com/repos/matplotlib/matplotlib/pulls?state=open",
    "POST https://api.github.com/repos/matplotlib/matplotlib/pulls",
    "PATCH https://api.github.com/repos/matplotlib/matplotlib/pulls/28000",
    "POST https://api.anthropic.com/v1/messages",
    "GET https://matplotlib.org/stable/devel/contribute.html",
    "GET https://docs.python.org/3/library/pathlib.html",
    "GET https://wiki.acme.example/spaces/engineering/pages/42",
    "agent reviewer",
    "dns github.com",
    "dns api.github.com",
    f"secretsmanager:GetSecretValue {SECRETS}:agents/pr-contributor/github-token-a1B2c3",
]

NOT_ITS_WORK = [
    # publishing: repositories, gists, pages, releases, web sites
    "POST https://api.github.com/user/repos",
    "POST https://api.github.com/orgs/acme/repos",
    "POST https://api.github.com/repos/matplotlib/matplotlib/forks",
    "POST https://api.github.com/repos/acme-bot/template/generate",
    "POST https://api.github.com/gists",
    "PATCH https://api.github.com/gists/0123456789abcdef",
    "POST https://gist.github.com/",
    "POST https://api.github.com/repos/acme-bot/matplotlib/pages",
    "PUT https://api.github.com/repos/acme-bot/matplotlib/pages",
    "POST https://api.github.com/repos/acme-bot/matplotlib/releases",
    "POST https://uploads.github.com/repos/acme-bot/matplotlib/releases/1/assets?name=post.html",
    "GET https://acme-bot.github.io/",
    "POST https://api.wordpress.com/rest/v1.1/sites/1/posts/new",
    # everything at once
    "POST https://api.github.com/graphql",
    # pushing elsewhere
    "GET https://github.com/matplotlib/matplotlib.git/info/refs?service=git-receive-pack",
    "POST https://github.com/matplotlib/matplotlib.git/git-receive-pack",
    "POST https://github.com/acme-bot/blog.git/git-receive-pack",
    "GET https://github.com/acme-bot/blog.git/info/refs?service=git-receive-pack",
    "POST https://github.com/acme-bot/matplotlib2.git/git-receive-pack",
    # administering
    "POST https://api.github.com/user/keys",
    "PATCH https://api.github.com/user",
    "PATCH https://api.github.com/repos/acme-bot/matplotlib",
    "DELETE https://api.github.com/repos/acme-bot/matplotlib",
    "POST https://api.github.com/repos/acme-bot/matplotlib/hooks",
    "POST https://api.github.com/repos/acme-bot/matplotlib/keys",
    "PUT https://api.github.com/repos/acme-bot/matplotlib/collaborators/someone",
    "POST https://api.github.com/repos/acme-bot/matplotlib/actions/workflows/1/dispatches",
    "PUT https://api.github.com/repos/matplotlib/matplotlib/pulls/28000/merge",
    "PUT https://api.github.com/repos/matplotlib/matplotlib/contents/index.html",
    # a person
    "GET https://api.github.com/users/someone/events",
    "PUT https://api.github.com/user/following/someone",
    "GET https://api.github.com/search/users?q=someone",
    # the same hosts, otherwise
    "POST https://matplotlib.org/stable/",
    "GET https://www.matplotlib.org/",
    "GET https://matplotlib.org:8443/",
    "POST https://api.anthropic.com/v1/files",
    "GET https://api.github.com/repos/matplotlib/matplotlib/../../user",
    "GET https://api.github.com/repos/matplotlib%2Fmatplotlib",
    "POST https://api.github.com//user/repos",
    "GET https://wiki.acme.example/spaces/people/pages/42",
    # other places
    "dns gist.github.com",
    "dns pastebin.com",
    "tls pastebin.com",
    "tcp orders-db:5432",
    "tcp 10.62.8.9/32:5432",
    "agent data-analyst",
    "agent code-sandbox",
    "agent orchestrator",
    f"secretsmanager:GetSecretValue {SECRETS}:agents/data-analyst/orders-db-a1B2c3",
    f"secretsmanager:PutSecretValue {SECRETS}:agents/pr-contributor/github-token-a1B2c3",
    "s3:GetObject arn:aws:s3:::acme-prod-lake/sales/2027/orders.parquet",
    "sts:AssumeRole arn:aws:iam::333333333333:role/data-analyst",
    "bedrock:InvokeModel arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0",
]


@pytest.mark.parametrize("target", WORK)
def test_the_confined_agent_does_its_work(target: str) -> None:
    found = verdict("pr-contributor", target)
    assert found.allowed, found.reason


@pytest.mark.parametrize("target", NOT_ITS_WORK)
def test_the_confined_agent_does_nothing_else(target: str) -> None:
    found = verdict("pr-contributor", target)
    assert not found.allowed, found.reason


def test_what_the_confined_agents_permitted_writes_may_carry_is_said() -> None:
    residuals = [
        residual
        for residual in plan("prod").effective.residuals
        if residual.agent == "pr-contributor" and residual.subject == "github.repository"
    ]
    assert residuals
    assert {residual.code for residual in residuals} == {"R301"}


def test_without_inspection_the_same_agent_is_held_by_names_only_and_that_is_said() -> None:
    effective = plan("dev").effective
    flows = effective.of("pr-contributor")
    assert judge(flows, parse_target("POST https://api.github.com/user/repos")).allowed
    assert not judge(flows, parse_target("POST https://gist.github.com/")).allowed
    codes = {residual.code for residual in effective.residuals if residual.agent == "pr-contributor"}
    assert {"R101", "R102"} <= codes


# The approvals and their end.


def copied(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    for name in ENVIRONMENTS:
        shutil.copy(ROOT / f"Pulumi.{name}.yaml", tmp_path)
    return tmp_path


@pytest.mark.parametrize("key", ["because", "approved_by", "until"])
def test_the_contribution_is_refused_without_each_part_of_its_approval(tmp_path: Path, key: str) -> None:
    file = copied(tmp_path) / "profiles" / "agents" / "pr-contributor.yaml"
    needs, calls, rest = file.read_text().partition("\ncalls:")
    kept = [line for line in needs.splitlines(keepends=True) if not line.startswith(f"    {key}:")]
    file.write_text("".join(kept) + calls + rest)
    findings = Findings()
    with pytest.raises(Exception, match="problems"):
        plan_environment(Directory(tmp_path), "prod", AS_OF, findings)
    (diagnostic,) = findings.sorted()
    assert diagnostic.code == "RF072"
    assert diagnostic.span.path == "profiles/agents/pr-contributor.yaml"
    assert diagnostic.message.endswith(f"so it needs {key}")


def test_after_its_last_day_the_contribution_opens_nothing_and_the_rest_stays() -> None:
    findings = Findings()
    after = datetime.date(2027, 7, 1)
    planned = plan_environment(Directory(ROOT), "prod", after, findings)
    ended = [found for found in findings.sorted() if found.span.path.endswith("pr-contributor.yaml")]
    assert [(found.code, found.severity) for found in ended] == [("RF071", Severity.WARNING)]
    flows = planned.declared.of("pr-contributor")
    assert not judge(flows, parse_target("POST https://api.github.com/repos/matplotlib/matplotlib/pulls")).allowed
    assert judge(flows, parse_target("POST https://api.anthropic.com/v1/messages")).allowed


# The organisation's own catalogue.


def test_the_organisations_capabilities_grant_what_their_fixtures_say() -> None:
    planned = plan("prod")
    findings = Findings()
    catalogue = load_catalogue(Directory(ROOT), findings)
    assert findings.sorted() == ()
    own = {name: written for name, written in catalogue.capabilities.items() if name.startswith("acme.")}
    assert set(own) == {"acme.deployments", "acme.wiki"}
    for name, written in own.items():
        assert written.capability.fixtures, name
        for fixture in written.capability.fixtures:
            opened = open_need(written, fixture.with_, planned.environment, variables(planned.environment, "agent"))
            flow = planned.declared.flows[0]
            flows = [type(flow)("agent", granted.access, flow.grant) for granted in opened.granted]
            for target in fixture.allow:
                assert judge(flows, parse_target(target)).allowed, target
            for target in fixture.deny:
                assert not judge(flows, parse_target(target)).allowed, target
