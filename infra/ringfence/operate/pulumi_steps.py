"""Calls of Pulumi's command line, as a person would type them: what is printed is what is run."""

import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ringfence.aws.enforcement.model import Enforcement
from ringfence.project import MARKER
from ringfence.source.diagnostic import Findings
from ringfence.source.document import read_document
from ringfence.source.tree import Tree

_UNATTENDED = ("--yes", "--skip-preview", "--non-interactive")


@dataclass(frozen=True, slots=True)
class Step:
    """One call: what it is for, and its words after `pulumi`."""

    purpose: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return shlex.join(("pulumi", *self.words))


def project_name(tree: Tree) -> str:
    """The project's name, which every URN holds: `name` in Pulumi.yaml."""
    document = read_document(tree, MARKER, Findings())
    named = document.value.get("name") if document and isinstance(document.value, dict) else None
    return str(named or "ringfence")


def urn(stack: str, project: str, kinds: Sequence[str], name: str) -> str:
    """A resource's URN: the types of its parents and its own, and its name
    (https://www.pulumi.com/docs/iac/concepts/resources/names/)."""
    return f"urn:pulumi:{stack}::{project}::{'$'.join(kinds)}::{name}"


def cut_off_steps(enforcement: Enforcement, agent: str, project: str, *, whole: bool) -> tuple[Step, ...]:
    """What deploys a quarantine, in order: the denial at the agent's NACL, its role's, then everything else.

    ``enforcement`` is the one in which the agent is quarantined. The first step is the cut: two NACL entries, and no
    resource of anybody else; a NACL is stateless, so established flows end with it. Without ``whole`` the last step,
    which changes what other agents' resources say of this one, is left out.
    """
    stack = enforcement.environment
    (acl,) = (acl for acl in enforcement.network_acls if acl.agent == agent)
    entries = [
        urn(
            stack,
            project,
            ("ringfence:acls:NetworkAcls", "aws:ec2/networkAclRule:NetworkAclRule"),
            f"{stack}-{rule.name}",
        )
        for rule in acl.rules
    ]
    steps = [Step("denies everything at its NACL", _up(stack, entries))]
    roles = [
        urn(
            stack,
            project,
            ("ringfence:identity:RolePolicies", "aws:iam/rolePolicy:RolePolicy"),
            f"{stack}-{policy.name}",
        )
        for policy in enforcement.role_policies
        if policy.agent == agent and policy.attached
    ]
    if roles:
        steps.append(Step("makes its role worth nothing", _up(stack, roles)))
    if whole:
        steps.append(Step("removes every way that led to it or from it", _up(stack, ())))
    return tuple(steps)


def whole_step(stack: str, purpose: str) -> Step:
    """A deployment of the whole environment."""
    return Step(purpose, _up(stack, ()))


def _up(stack: str, targets: Sequence[str]) -> tuple[str, ...]:
    return ("up", "--stack", stack, *_UNATTENDED, *(word for target in targets for word in ("--target", target)))


def find_pulumi() -> str | None:
    """The Pulumi CLI on PATH."""
    return shutil.which("pulumi")


def run(step: Step, pulumi: str, folder: Path) -> int:
    """Run a step in a project's folder; its exit code. What Pulumi says goes where our own progress goes."""
    return subprocess.run(  # noqa: S603 - Pulumi itself, and no shell
        [pulumi, *step.words], cwd=folder, stdin=subprocess.DEVNULL, stdout=2, check=False
    ).returncode
