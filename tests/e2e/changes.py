"""Changes that people make to a fleet, each as an edit of the project's files."""

from collections.abc import Callable, Mapping
from pathlib import Path

from example_fleet import rewrite
from two_agents import allocate

LIBRARIAN = """\
agent: librarian
owner: docs-team
purpose: looks books up
workload: {platform: lambda, role: "arn:aws:iam::${account}:role/librarian"}
environments: [dev, staging, prod]
needs:
  - https: {host: books.example, methods: [GET]}
  - aws.sqs: {queue: books, access: send}
"""


def _agent(project: Path, name: str) -> Path:
    return project / "profiles" / "agents" / f"{name}.yaml"


def add_an_agent(project: Path, environment: str) -> None:
    _agent(project, "librarian").write_text(LIBRARIAN, encoding="utf-8")
    allocate(project, environment)


def remove_an_agent(project: Path, environment: str) -> None:
    _agent(project, "support-triage").unlink()
    allocate(project, environment)


def add_a_need(project: Path, _environment: str) -> None:
    rewrite(
        _agent(project, "research-assistant"),
        "  - papers.read: {}\n",
        "  - papers.read: {}\n"
        "  - https: {host: books.example, methods: [GET]}\n"
        "  - aws.sns: {topic: findings}\n"
        "    because: says that something was found\n",
    )


def drop_a_need(project: Path, _environment: str) -> None:
    """Of an agent that alone has it: the service's endpoint goes with it."""
    path = _agent(project, "support-triage")
    rewrite(path, "  - aws.dynamodb: {table: support-tickets, access: read-write}\n", "")
    _without_expectations(path)


def widen_a_need(project: Path, _environment: str) -> None:
    rewrite(
        _agent(project, "pr-contributor"),
        "{host: matplotlib.org, methods: [GET]}",
        "{host: matplotlib.org, methods: [GET, HEAD]}",
    )
    rewrite(_agent(project, "data-analyst"), "prefix: reports, access: read-write", "access: read-write")
    _without_expectations(_agent(project, "data-analyst"))


def narrow_a_need(project: Path, _environment: str) -> None:
    path = _agent(project, "support-triage")
    rewrite(path, "projects: SUP, access: triage", "projects: SUP, access: read")
    rewrite(path, "table: support-tickets, access: read-write", "table: support-tickets, access: read")
    _without_expectations(path)


def change_an_approval(project: Path, _environment: str) -> None:
    path = _agent(project, "support-triage")
    path.write_text(path.read_text(encoding="utf-8").replace("approved_by: lena", "approved_by: max"), encoding="utf-8")


def rename_an_agent(project: Path, environment: str) -> None:
    path = _agent(project, "support-triage")
    rewrite(path, "agent: support-triage\n", "agent: support-desk\n")
    path.rename(_agent(project, "support-desk"))
    allocate(project, environment)


def add_a_zone(project: Path, environment: str) -> None:
    rewrite(project / f"Pulumi.{environment}.yaml", "eu-west-1b]", "eu-west-1b, eu-west-1c]")
    allocate(project, environment)


def remove_a_zone(project: Path, environment: str) -> None:
    stack = project / f"Pulumi.{environment}.yaml"
    rewrite(stack, ", eu-central-1c]", "]")
    allocate(project, environment)


def lift_protection(project: Path, environment: str) -> None:
    rewrite(project / f"Pulumi.{environment}.yaml", "protect: true", "protect: false")


CERTIFICATE = "arn:aws:acm:eu-west-1:111111111111:certificate/5d0c9a71-3f0e-4b6a-9b3c-7c1f2e8d4a60"


def turn_inspection_on(project: Path, environment: str) -> None:
    rewrite(
        project / f"Pulumi.{environment}.yaml",
        "inspection: names",
        f'inspection: requests\n    ca_certificate_arn: "{CERTIFICATE}"',
    )


def turn_inspection_off(project: Path, environment: str) -> None:
    stack = project / f"Pulumi.{environment}.yaml"
    lines = stack.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if "ca_certificate_arn" not in line]
    stack.write_text("".join(kept).replace("inspection: requests", "inspection: names"), encoding="utf-8")


def _without_expectations(path: Path) -> None:
    """What a profile expects of itself is not what changes here."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("expect:\n")], encoding="utf-8")


Change = Callable[[Path, str], None]

EVERYWHERE: Mapping[str, Change] = {
    change.__name__: change
    for change in (
        add_an_agent, remove_an_agent, add_a_need, drop_a_need, widen_a_need, narrow_a_need, change_an_approval,
        rename_an_agent,
    )
}  # fmt: skip
"""Changes that are made to every environment."""
