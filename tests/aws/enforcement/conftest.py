"""Environments written for one test each, compiled from their files."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import written
from ringfence.aws.allocation_file import allocation_of
from ringfence.aws.enforcement.enforce import enforce
from ringfence.plan import plan_environment
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory
from written import AS_OF, Build, Compiled


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Compiles agents, by name their profiles' text, in an environment with settings of its own."""
    counter = iter(range(1_000))

    def compiled(agents: Mapping[str, str], **settings: object) -> Compiled:
        root = tmp_path / str(next(counter))
        (root / "profiles" / "agents").mkdir(parents=True)
        given = {
            "account": '"111111111111"',
            "cidrs": "[10.40.0.0/16]",
            "zones": "[eu-west-1a, eu-west-1b]",
            **settings,
        }
        lines = [f"    {key}: {value}" for key, value in given.items()]
        (root / "Pulumi.dev.yaml").write_text(
            f"config:\n  aws:region: {written.REGION}\n  ringfence:environment:\n" + "\n".join(lines) + "\n"
        )
        for name, text in agents.items():
            (root / "profiles" / "agents" / f"{name}.yaml").write_text(text)
        tree = Directory(root)
        findings = Findings()
        plan = plan_environment(tree, "dev", AS_OF, findings)
        allocation = allocation_of(plan, tree, findings)
        return Compiled(plan, allocation, enforce(plan, allocation))

    return compiled
