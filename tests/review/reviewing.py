"""Reviews of the example fleet, and of small trees written for one test."""

import datetime
import functools
from dataclasses import dataclass
from pathlib import Path

from ringfence.aws.allocation import Allocation
from ringfence.aws.allocation_file import allocation_of
from ringfence.aws.enforcement.enforce import enforce
from ringfence.aws.enforcement.model import Enforcement
from ringfence.plan import Plan, plan_environment
from ringfence.review.build import build_report
from ringfence.review.report import Report
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory

ROOT = Path(__file__).parents[2]
DAY = datetime.date(2026, 11, 23)
ENVIRONMENTS = ("dev", "staging", "prod")

HOSTILE = "<script>x</script> `code` **b** [l](http://e.vil) | @kim #412 ![i](x) \\u202eevil \\e[31mred \\n## H"
"""A YAML double-quoted text that tries everything that a report could be misled by."""
HOSTILE_PROFILE = (
    f'owner: "{HOSTILE}"\n'
    f'purpose: "{HOSTILE}"\n'
    f'accepts: [{{risk: open-sibling, because: "{HOSTILE}", approved_by: "{HOSTILE}", until: 2027-01-01}}]\n'
    "needs:\n"
    "  - https: {host: example.com, methods: [POST]}\n"
    f'    because: "{HOSTILE}"\n'
    f'    ticket: "{HOSTILE}"\n'
    f'    approved_by: "{HOSTILE}"\n'
    "    until: 2027-01-01\n"
)


@dataclass(frozen=True)
class Reviewed:
    plan: Plan
    allocation: Allocation
    enforcement: Enforcement
    report: Report


@functools.cache
def review_of(environment: str, root: Path = ROOT) -> Reviewed:
    tree, findings = Directory(root), Findings()
    plan = plan_environment(tree, environment, DAY, findings)
    allocation = allocation_of(plan, tree, findings)
    enforcement = enforce(plan, allocation)
    return Reviewed(plan, allocation, enforcement, build_report(plan, enforcement, allocation))


def write_tree(root: Path, settings: str = "", **agents: str) -> Path:
    """A project with one environment, dev; ``settings`` are further lines of it, ``agents`` lines of profiles."""
    (root / "profiles" / "agents").mkdir(parents=True)
    (root / "Pulumi.yaml").write_text("name: ringfence\nruntime: python\n", encoding="utf-8")
    (root / "Pulumi.dev.yaml").write_text(
        "config:\n"
        "  aws:region: eu-west-1\n"
        "  ringfence:environment:\n"
        '    account: "111111111111"\n'
        "    cidrs: [10.40.0.0/16]\n"
        "    zones: [eu-west-1a, eu-west-1b]\n" + settings,
        encoding="utf-8",
    )
    for name, lines in agents.items():
        (root / "profiles" / "agents" / f"{name}.yaml").write_text(
            f"agent: {name}\n"
            "workload:\n"
            "  platform: lambda\n"
            f'  role: "arn:aws:iam::${{account}}:role/{name}"\n'
            "environments: [dev]\n" + lines,
            encoding="utf-8",
        )
    return root
