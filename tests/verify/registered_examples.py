"""The example environments, compiled and registered in-process: graphs as deployed and as previewed."""

import datetime
from dataclasses import dataclass
from pathlib import Path

from ringfence.aws.allocation_file import allocation_of
from ringfence.aws.enforcement.enforce import enforce
from ringfence.aws.resources.environment import register
from ringfence.aws.resources.imagined import Account
from ringfence.aws.resources.recorder import record
from ringfence.plan import plan_environment
from ringfence.policy.policy import Policy
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory
from ringfence.verify.graph import ResourceGraph
from ringfence.verify.proof import Proof, prove
from ringfence.verify.settings import Settings

ROOT = Path(__file__).parents[2]
AS_OF = datetime.date(2026, 11, 23)
ENVIRONMENTS = ("dev", "staging", "prod")


@dataclass(frozen=True)
class Example:
    """One environment: what is effective there, and what the program registers."""

    effective: Policy
    settings: Settings
    deployed: ResourceGraph
    previewed: ResourceGraph

    def prove(self, graph: ResourceGraph | None = None) -> Proof:
        return prove(graph or self.deployed, self.effective, self.settings)


def example_of(name: str, root: Path = ROOT) -> Example:
    tree, findings = Directory(root), Findings()
    plan = plan_environment(tree, name, AS_OF, findings)
    enforcement = enforce(plan, allocation_of(plan, tree, findings))
    account = Account(enforcement.account, enforcement.region, enforcement.zones)
    deployed, previewed = (
        record(lambda: register(enforcement), account, stack=name, preview=preview) for preview in (False, True)
    )
    return Example(plan.effective, Settings.of(plan.environment), deployed, previewed)
