"""The example fleet with edits, compiled from memory and compared: each edit is one change that a person might make."""

import datetime
import functools
from pathlib import Path

from ringfence.aws.allocation_file import read_allocation
from ringfence.plan import plan_environment
from ringfence.policy.span import Span
from ringfence.profile.fleet import read_environments, read_fleet
from ringfence.review.compare import compare
from ringfence.review.difference import AccessChange, AccessEntry, Against, Difference
from ringfence.review.through import State
from ringfence.source.diagnostic import Diagnostic, Findings, InputError

ROOT = Path(__file__).parents[2]
DAY = datetime.date(2026, 11, 23)
AGAINST = Against("directory", "before", None)

FILES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (*ROOT.glob("Pulumi.*.yaml"), *(ROOT / "profiles").rglob("*.yaml"))
    if "schema" not in path.parts
}

PR = "profiles/agents/pr-contributor.yaml"
ANALYST = "profiles/agents/data-analyst.yaml"
TRIAGE = "profiles/agents/support-triage.yaml"
TICKET = "    ticket: SEC-412\n"
EXPIRY = f"{TICKET}    approved_by: kim\n    until: 2027-06-30\n"

EDITS: dict[str, tuple[str, str, str]] = {
    # name: (file, what stands there, what is written instead)
    "a need": (PR, "calls: [reviewer]", "  - https: {host: docs.acme.example, methods: [GET]}\ncalls: [reviewer]"),
    "a need less": (PR, "  - https: {host: matplotlib.org, methods: [GET]}\n", ""),
    "a parameter": (PR, "host: matplotlib.org, methods: [GET]}", "host: matplotlib.org, methods: [GET, HEAD]}"),
    "a path": (PR, "matplotlib.org, methods: [GET]}", 'matplotlib.org, methods: [GET], paths: ["/docs/**"]}'),
    "an expiry": (PR, EXPIRY, f"{TICKET}    approved_by: kim\n    until: 2026-01-01\n"),
    "an approver": (PR, EXPIRY, f"{TICKET}    approved_by: lee\n    until: 2027-06-30\n"),
    "a class's need": ("profiles/classes/coder.yaml", "space: engineering", "space: [engineering, people]"),
    "a class": (TRIAGE, "extends: [thinks-on-bedrock]", "extends: [thinks-on-bedrock, coder]"),
    "the catalogue": ("profiles/catalogue/acme.yaml", '"GET /attachments/${space}/**"', '"GET /attachments/**"'),
    "inspection": ("Pulumi.dev.yaml", "inspection: names", "inspection: none"),
    "the mode": ("Pulumi.dev.yaml", "mode: enforce", "mode: observe"),
    "an agent's mode": (TRIAGE, "owner: support", "owner: support\nmode: observe"),
    "a value": ("Pulumi.dev.yaml", "lake: acme-dev-lake", "lake: acme-other-lake"),
    "a private network": ("Pulumi.dev.yaml", "10.60.8.9/32", "10.60.8.0/28"),
    "a port": (ANALYST, "port: 5432", "port: 5432-5433"),
    "a prefix": (ANALYST, "data_prefix: [sales, reference]", "data_prefix: [sales]"),
    "a call": (PR, "calls: [reviewer]", "calls: [reviewer, research-assistant]"),
    "a port served": ("profiles/agents/reviewer.yaml", "serves: {port: 8080}", "serves: {port: 8081}"),
    "quarantine": (TRIAGE, "owner: support", "owner: support\nquarantined: true"),
    "environments": (TRIAGE, "environments: [dev, staging, prod]", "environments: [staging, prod]"),
    "a role": (TRIAGE, "role/support-triage", "role/support-triage-2"),
    "a platform": (TRIAGE, "platform: lambda", 'platform: ecs\n  execution_role: "arn:aws:iam::${account}:role/x"'),
    "an owner": (TRIAGE, "owner: support", "owner: helpdesk"),
    "a comment": (TRIAGE, "owner: support", "# theirs\nowner: support"),
    "an order": (
        TRIAGE,
        "agents/support-triage/slack, agents/support-triage/jira",
        "agents/support-triage/jira, agents/support-triage/slack",
    ),
    "a rewrite": (PR, "host: matplotlib.org, methods: [GET]}", 'host: matplotlib.org, methods: [GET], paths: ["/**"]}'),
}  # fmt: skip


class Memory:
    """A tree in memory."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def names(self, folder: str, suffix: str) -> tuple[str, ...]:
        parent = "" if folder == "." else folder
        return tuple(sorted(path for path in self.files if path.endswith(suffix) and path.rpartition("/")[0] == parent))

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise InputError([Diagnostic(Span(path), "RF001", "does not exist", "write it")])
        return self.files[path].encode()

    def exists(self, path: str) -> bool:
        return path in self.files or any(each.startswith(f"{path}/") for each in self.files)


def files_with(*edits: str) -> dict[str, str]:
    files = dict(FILES)
    for name in edits:
        path, old, new = EDITS[name]
        if old in files[path]:  # an edit before it may have taken its place
            files[path] = files[path].replace(old, new)
    return files


def state_of(files: dict[str, str], environment: str = "dev") -> State:
    tree = Memory(files)
    if environment not in read_environments(tree, Findings()):
        return State(read_fleet(tree, Findings()), None)
    plan = plan_environment(tree, environment, DAY, Findings())
    allocation = read_allocation(tree, environment, Findings())
    networks = {
        name: tuple(str(segment.network) for segment in held)
        for name, held in (allocation.agents.items() if allocation else ())
    }
    return State(plan.fleet, plan, networks)


@functools.lru_cache(maxsize=256)
def edited(edits: frozenset[str], environment: str = "dev") -> State:
    return state_of(files_with(*sorted(edits)), environment)


def between(before: State, after: State, environment: str = "dev") -> Difference:
    return compare(before, after, environment, DAY, AGAINST)


def after_edit(*edits: str, environment: str = "dev") -> Difference:
    return between(edited(frozenset(), environment), edited(frozenset(edits), environment), environment)


def accesses(entries: tuple[AccessEntry, ...]) -> list[tuple[str, AccessChange]]:
    """Each access of each agent, whatever it came through."""
    return sorted(
        ((agent, access) for entry in entries for access in entry.accesses for agent in access.agents),
        key=lambda pair: (pair[0], pair[1].kind, pair[1].destination, pair[1].what, pair[1].example),
    )
