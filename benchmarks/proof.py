"""The proof of a fleet: its resources are written by one process, and read and proved by another."""

import pickle
import time
from pathlib import Path
from typing import Any

from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory
from ringfence.verify.graph import ResourceGraph
from ringfence.verify.proof import prove
from ringfence.verify.settings import Settings

from benchmarks.fleet import AS_OF, ENVIRONMENT

_RESOURCES = "resources.pickle"


def write_resources(folder: Path) -> dict[str, Any]:
    """Run the program of a fleet and keep what it registers."""
    from ringfence.aws.resources.graph import registered_graph

    graph = registered_graph(Directory(folder), ENVIRONMENT, AS_OF)
    (folder / _RESOURCES).write_bytes(pickle.dumps(graph))
    return {"resources": len(graph.resources)}


def proved(folder: Path) -> dict[str, Any]:
    """Compile the fleet, read its resources and prove them: the seconds of the proof alone, and what it found."""
    from ringfence.plan import plan_environment

    plan = plan_environment(Directory(folder), ENVIRONMENT, AS_OF, Findings())
    graph: ResourceGraph = pickle.loads((folder / _RESOURCES).read_bytes())  # noqa: S301 - written by `write_resources`
    environment = plan.environment.environment
    settings = Settings(environment.inspection, environment.http2, plan.environment.region, environment.account)
    start = time.perf_counter()
    proof = prove(graph, plan.effective, settings)
    return {"seconds": time.perf_counter() - start, "findings": len(proof.findings)}
