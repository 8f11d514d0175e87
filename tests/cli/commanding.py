"""Runs the command as a user does: in a process of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DAY = "2026-11-23"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


def ringfence(*arguments: str, cwd: Path = ROOT, timeout: float = 120, **environment: str) -> Ran:
    """Run the command; its exit code and what it said."""
    finished = subprocess.run(
        [sys.executable, "-c", "from ringfence.cli import main; main()", *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
        timeout=timeout,
    )
    assert "Traceback" not in finished.stderr or environment.get("RINGFENCE_DEBUG"), finished.stderr
    return Ran(finished.returncode, finished.stdout, finished.stderr)


def write_project(root: Path, profile: str = "", name: str = "reader", environment: str = "") -> Path:
    """A project of one agent in one environment, dev; texts replace what stands there otherwise."""
    (root / "profiles" / "agents").mkdir(parents=True)
    (root / "Pulumi.yaml").write_text("name: ringfence\nruntime: python\n", encoding="utf-8")
    (root / "Pulumi.dev.yaml").write_text(
        environment
        or "config:\n"
        "  aws:region: eu-west-1\n"
        "  ringfence:environment:\n"
        '    account: "111111111111"\n'
        "    cidrs: [10.40.0.0/16]\n"
        "    zones: [eu-west-1a, eu-west-1b]\n",
        encoding="utf-8",
    )
    (root / "profiles" / "agents" / f"{name}.yaml").write_text(
        profile
        or f"agent: {name}\n"
        "owner: docs-team\n"
        "purpose: reads one site\n"
        'workload: {platform: lambda, role: "arn:aws:iam::${account}:role/reader"}\n'
        "environments: [dev]\n"
        "needs:\n"
        "  - https: {host: example.com, methods: [GET]}\n"
        "expect:\n"
        "  - allow: GET https://example.com/\n",
        encoding="utf-8",
    )
    return root
