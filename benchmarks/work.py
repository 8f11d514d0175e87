"""What is measured: `python -m benchmarks.work TASK FOLDER` does one task in this process and prints JSON.

The parent measures the whole process, interpreter and imports included. Garbage is not collected meanwhile, as in
every command of Ringfence.
"""

import gc
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from ringfence.plan import Plan, plan_environment
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory

from benchmarks.cold import ROOT
from benchmarks.fleet import AS_OF, ENVIRONMENT

_RESOURCES = "resources.json"
EXAMPLE = "example.json"
"""The example fleet's resources, as `exported` writes them."""


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


def registered(folder: Path) -> Any:
    """Write what the program registers for a fleet into its folder, as `proof` reads it: how many resources."""
    return _write_graph(folder, ENVIRONMENT, folder / _RESOURCES)


def exported(folder: Path) -> Any:
    """Write what the program registers for the example fleet in production into a folder: how many resources."""
    return _write_graph(ROOT, "prod", folder / EXAMPLE)


def _write_graph(project: Path, environment: str, file: Path) -> int:
    from ringfence.aws.resources.graph import registered_graph

    graph = registered_graph(Directory(project), environment, AS_OF)
    file.write_text(graph.to_json(), encoding="utf-8")
    return len(graph.resources)


def read(folder: Path) -> Any:
    """Read all that a proof reads, profiles and resources, and prove nothing: what is left of its time is the proof."""
    return len(_to_prove(folder)[1].resources)


def proof(folder: Path) -> Any:
    """Read profiles and resources, and prove them: the findings, and the processor's seconds of the proof alone."""
    from ringfence.verify.proof import prove
    from ringfence.verify.settings import Settings

    plan, graph = _to_prove(folder)
    settings = Settings.of(plan.environment)
    start = time.process_time()
    findings = len(prove(graph, plan.effective, settings).findings)
    return {"findings": findings, "seconds": time.process_time() - start}


def _to_prove(folder: Path) -> tuple[Plan, Any]:
    from ringfence.verify.graph import ResourceGraph

    return _plan(folder), ResourceGraph.from_json((folder / _RESOURCES).read_text(encoding="utf-8"))


def _plan(folder: Path) -> Plan:
    return plan_environment(Directory(folder), ENVIRONMENT, AS_OF, Findings())


def prepare(folder: Path) -> Any:
    """Rules and traffic for the engines: see `benchmarks.engine`."""
    from benchmarks.engine import prepare as write

    return write(folder)


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
    tasks = (nothing, policy, enforcement, counts, broken, program, prepare, registered, exported, read, proof, page)
    gc.disable()
    name, folder = sys.argv[1:]
    print(json.dumps({task.__name__: task for task in tasks}[name](Path(folder))), flush=True)
    os._exit(0)  # as every command of Ringfence ends


if __name__ == "__main__":
    main()
