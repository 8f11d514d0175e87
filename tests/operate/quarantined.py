"""The example fleet with one agent cut off."""

import datetime
from pathlib import Path

from ringfence.aws.allocation_file import allocation_of
from ringfence.aws.enforcement.enforce import enforce
from ringfence.aws.enforcement.model import Enforcement
from ringfence.plan import plan_environment
from ringfence.profile.fleet import agent_path
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory, Overlay

ROOT = Path(__file__).parents[2]
DAY = datetime.date(2026, 11, 23)
AGENT = "pr-contributor"


def cut_off() -> Overlay:
    tree, path = Directory(ROOT), agent_path(AGENT)
    return Overlay(tree, {path: tree.read(path) + b"quarantined: true\n"})


def enforced(tree: Overlay, environment: str) -> Enforcement:
    plan = plan_environment(tree, environment, DAY, Findings())
    return enforce(plan, allocation_of(plan, tree, Findings()))
