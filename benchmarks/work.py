"""What is measured: `python -m benchmarks.work TASK FOLDER` does one task in this process and prints JSON.

The parent measures the whole process, interpreter and imports included. Garbage is not collected meanwhile, as in
every command of Ringfence.
"""

import gc
import json
import sys
from pathlib import Path
from typing import Any

from ringfence.plan import Plan, plan_environment
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory

from benchmarks.fleet import AS_OF, ENVIRONMENT


def nothing(_folder: Path) -> Any:
    """The interpreter and the imports of `policy`: what is left of its time is Ringfence's work."""
    return None


def policy(folder: Path) -> Any:
    """Read, check and compile to the policy."""
    plan = _plan(folder)
    return {"agents": len(plan.declared.agents), "flows": len(plan.effective.flows)}


def enforcement(folder: Path) -> Any:
    """Read, check, compile to the policy, and write it in AWS's terms, the firewall's rules included."""
    return {"subnets": len(enforced(folder)[1].subnets)}


def counts(folder: Path) -> Any:
    """Resources by type."""
    from ringfence.aws.enforcement.resource_counts import resource_counts

    return dict(resource_counts(enforced(folder)[1]))


def broken(folder: Path) -> Any:
    """The quotas that a fleet exceeds at AWS's defaults: name, use and default."""
    from ringfence.aws.enforcement.quotas import usages

    plan, enforcement = enforced(folder)
    return [
        (usage.quota, usage.used, usage.default)
        for usage in usages(enforcement, plan.environment.environment)
        if usage.used > usage.default
    ]


def program(folder: Path) -> Any:
    """The Pulumi program beside the bare SDK: see `benchmarks.program`."""
    from benchmarks.program import compare

    return compare(enforced(folder)[1])


def _plan(folder: Path) -> Plan:
    return plan_environment(Directory(folder), ENVIRONMENT, AS_OF, Findings())


def prepare(folder: Path) -> Any:
    """Rules and traffic for the engines: see `benchmarks.engine`."""
    from benchmarks.engine import prepare as write

    return write(folder)


def resources(folder: Path) -> Any:
    """What the program of a fleet registers, kept for `proof`."""
    from benchmarks.proof import write_resources

    return write_resources(folder)


def proof(folder: Path) -> Any:
    """The proof of a fleet: see `benchmarks.proof`."""
    from benchmarks.proof import proved

    return proved(folder)


def page(folder: Path) -> Any:
    """The review's page, all its agents new: written into the fleet's folder by the command itself."""
    from ringfence.cli import main as ringfence

    file = folder / "review.html"
    words = ["review", "--root", str(folder), "--env", ENVIRONMENT, "--as-of", str(AS_OF), "--format", "html"]
    try:
        ringfence([*words, "--against-dir", str(folder / "before"), "--out", str(file)])
    except SystemExit as ended:
        # A large fleet exceeds quotas: findings, and written all the same.
        return {"code": ended.code, "octets": file.stat().st_size}


def enforced(folder: Path) -> tuple[Plan, Any]:
    """The plan and the enforcement of a fleet."""
    from ringfence.aws.allocation_file import allocation_of
    from ringfence.aws.enforcement.enforce import enforce

    tree, findings = Directory(folder), Findings()
    plan = plan_environment(tree, ENVIRONMENT, AS_OF, findings)
    return plan, enforce(plan, allocation_of(plan, tree, findings))


def main() -> None:
    """Do the task that is named."""
    tasks = (nothing, policy, enforcement, counts, broken, program, prepare, resources, proof, page)
    gc.disable()
    name, folder = sys.argv[1:]
    print(json.dumps({task.__name__: task for task in tasks}[name](Path(folder))))


if __name__ == "__main__":
    main()
