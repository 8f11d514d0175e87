"""What `review`, `rules` and `allocate` start from: an environment compiled as of a day, with its addresses."""

import datetime
from dataclasses import dataclass

from ringfence.aws.allocation import Allocation
from ringfence.aws.allocation_file import allocation_of
from ringfence.plan import Plan, plan_environment
from ringfence.profile.fleet import read_environments
from ringfence.project import pinned_day, today
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Tree


@dataclass(frozen=True, slots=True)
class Compiled:
    """An environment's plan and its addresses, provisional ones where none are written."""

    plan: Plan
    allocation: Allocation


def compile_environment(
    tree: Tree, env: str, as_of: datetime.date | None, findings: Findings, *, strict: bool = False
) -> Compiled:
    """Compile an environment as of the day given, the day that its stack pins, or today; raises `InputError`."""
    written = read_environments(tree, Findings()).get(env)
    day = today(as_of, pinned_day(written.document) if written else None)
    plan = plan_environment(tree, env, day, findings, strict=strict)
    return Compiled(plan, allocation_of(plan, tree, findings))
