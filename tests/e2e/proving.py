"""The verifier on graphs of a project's environment."""

import datetime
from pathlib import Path

from deployment import DAY
from ringfence.plan import Plan, plan_environment
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory
from ringfence.verify.graph import ResourceGraph
from ringfence.verify.proof import Proof, prove
from ringfence.verify.settings import Settings


def plan_of(project: Path, environment: str) -> Plan:
    return plan_environment(Directory(project), environment, datetime.date.fromisoformat(DAY), Findings())


def settings_of(plan: Plan) -> Settings:
    written = plan.environment
    return Settings(
        written.environment.inspection, written.environment.http2, written.region, written.environment.account
    )


def prove_graph(graph: ResourceGraph, project: Path, environment: str) -> Proof:
    """The proof of a graph against the effective policy that a project's files declare."""
    plan = plan_of(project, environment)
    return prove(graph, plan.effective, settings_of(plan))
