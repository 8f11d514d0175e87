"""The resource graph of an environment, from the program run in-process: no engine, no AWS, no credentials."""

import datetime

from ringfence.aws.allocation_file import allocation_of
from ringfence.aws.enforcement.enforce import enforce
from ringfence.aws.resources.environment import register
from ringfence.aws.resources.imagined import Account
from ringfence.aws.resources.recorder import record
from ringfence.plan import plan_environment
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Tree
from ringfence.verify.graph import ResourceGraph


def registered_graph(tree: Tree, environment: str, as_of: datetime.date) -> ResourceGraph:
    """What the program would register for an environment on a day; raises `InputError` where it cannot be compiled.

    Agents without an allocation have provisional addresses here, as in a review.
    """
    findings = Findings()
    plan = plan_environment(tree, environment, as_of, findings)
    enforcement = enforce(plan, allocation_of(plan, tree, findings))
    account = Account(enforcement.account, enforcement.region, enforcement.zones)
    return record(lambda: register(enforcement), account, stack=environment)
