"""The proof of a fleet, cold: nothing is proved in that process before."""

import resource
import sys
import time
from typing import Any

from ringfence.aws.enforcement.model import Enforcement
from ringfence.aws.resources.environment import register
from ringfence.aws.resources.imagined import Account
from ringfence.aws.resources.recorder import record
from ringfence.plan import Plan
from ringfence.verify.proof import prove
from ringfence.verify.settings import Settings


def prove_fleet(plan: Plan, enforcement: Enforcement) -> dict[str, Any]:
    """Record the program, and prove what it registers; raises `RuntimeError` where that is not proved."""
    account = Account(enforcement.account, enforcement.region, enforcement.zones)
    graph = record(lambda: register(enforcement), account)
    environment = plan.environment.environment
    settings = Settings(environment.inspection, environment.http2, enforcement.region, enforcement.account)
    memory, start = _most_memory(), time.perf_counter()
    proof = prove(graph, plan.effective, settings)
    seconds = time.perf_counter() - start
    if proof.findings:
        raise RuntimeError(f"not proved: {proof.findings[0]}")
    return {"resources": len(graph.resources), "seconds": seconds, "memory": _most_memory() - memory}


def _most_memory() -> float:
    """The most memory that this process has held, in MiB."""
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
