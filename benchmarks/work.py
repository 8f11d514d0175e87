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


def graph(folder: Path) -> Any:
    """What the program registers in the example fleet's environment `dev`, as commands read it from a file."""
    from ringfence.aws.resources.graph import registered_graph

    return json.loads(registered_graph(Directory(folder), "dev", AS_OF).to_json())


def prove(folder: Path) -> Any:
    """The proof of what the program registers: its seconds, and the MiB that it adds to the most held before."""
    from benchmarks.proof import prove_fleet

    plan, enforcement = enforced(folder)
    return prove_fleet(plan, enforcement)


def _plan(folder: Path) -> Plan:
    return plan_environment(Directory(folder), ENVIRONMENT, AS_OF, Findings())


def prepare(folder: Path) -> Any:
    """Rules and traffic for the engines: see `benchmarks.engine`."""
    from benchmarks.engine import prepare as write

    return write(folder)


def enforced(folder: Path) -> tuple[Plan, Any]:
    """The plan and the enforcement of a fleet."""
    from ringfence.aws.allocation_file import allocation_of
    from ringfence.aws.enforcement.enforce import enforce

    tree, findings = Directory(folder), Findings()
    plan = plan_environment(tree, ENVIRONMENT, AS_OF, findings)
    return plan, enforce(plan, allocation_of(plan, tree, findings))


def main() -> None:
    """Do the task that is named."""
    tasks = {
        task.__name__: task for task in (nothing, policy, enforcement, counts, broken, program, prepare, graph, prove)
    }
    gc.disable()
    name, folder = sys.argv[1:]
    print(json.dumps(tasks[name](Path(folder))))


if __name__ == "__main__":
    main()
