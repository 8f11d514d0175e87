"""The example fleet's environments, compiled and registered in-process."""

import datetime
import shutil
from dataclasses import dataclass
from pathlib import Path

from ringfence.aws.allocation_file import allocation_of, allocation_path, allocation_text
from ringfence.aws.enforcement.enforce import enforce
from ringfence.aws.enforcement.model import Enforcement
from ringfence.aws.resources.environment import register
from ringfence.aws.resources.imagined import Account
from ringfence.aws.resources.recorder import record
from ringfence.plan import plan_environment
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory
from ringfence.verify.graph import ResourceGraph

ROOT = Path(__file__).parents[3]
AS_OF = datetime.date(2026, 11, 23)
ENVIRONMENTS = ("dev", "staging", "prod")


@dataclass(frozen=True)
class Registered:
    """One environment: what it should be, what an in-process run registers, and what a preview shows of it."""

    enforcement: Enforcement
    account: Account
    deployed: ResourceGraph
    previewed: ResourceGraph


def copy_of_the_project(folder: Path) -> Path:
    """The example fleet in a folder of its own, where a test may change it, with addresses for every agent."""
    shutil.copytree(ROOT / "profiles", folder / "profiles")
    for name in ("Pulumi.yaml", *(f"Pulumi.{environment}.yaml" for environment in ENVIRONMENTS)):
        shutil.copy(ROOT / name, folder / name)
    for environment in ENVIRONMENTS:
        tree, findings = Directory(folder), Findings()
        plan = plan_environment(tree, environment, AS_OF, findings)
        path = folder / allocation_path(environment)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(allocation_text(allocation_of(plan, tree, findings)))
    return folder


def compiled(root: Path, environment: str) -> Enforcement:
    tree, findings = Directory(root), Findings()
    plan = plan_environment(tree, environment, AS_OF, findings)
    return enforce(plan, allocation_of(plan, tree, findings))


def registered_from(root: Path, environment: str) -> Registered:
    enforcement = compiled(root, environment)
    account = Account(enforcement.account, enforcement.region, enforcement.zones)
    deployed, previewed = (
        record(lambda: register(enforcement), account, stack=environment, preview=preview) for preview in (False, True)
    )
    return Registered(enforcement, account, deployed, previewed)


def rewrite(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, (path, before)
    path.write_text(text.replace(before, after), encoding="utf-8")
