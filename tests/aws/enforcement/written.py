"""Agents as text, and what comes of an environment that is compiled for one test."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from ringfence.aws.allocation import Allocation
from ringfence.aws.enforcement.model import Enforcement
from ringfence.plan import Plan

AS_OF = datetime.date(2026, 11, 23)
REGION = "eu-west-1"

WEB = "  - https: {host: docs.example.com, methods: [GET]}\n"
"""A need that leads to the internet."""


@dataclass(frozen=True)
class Compiled:
    plan: Plan
    allocation: Allocation
    enforcement: Enforcement


def agent(
    name: str, needs: str = "", *, platform: str = "lambda", peak: int = 1, serves: int | None = None, more: str = ""
) -> str:
    """A profile's text; ``needs`` are lines of the list, ``more`` further lines."""
    execution = f', execution_role: "arn:aws:iam::111111111111:role/{name}-exec"' if platform == "ecs" else ""
    lines = [
        f"agent: {name}",
        f"owner: team {name}",
        "purpose: works",
        f'workload: {{platform: {platform}, role: "arn:aws:iam::111111111111:role/{name}"{execution}, peak: {peak}}}',
        "environments: [dev]",
        f"needs:\n{needs}" if needs else "needs: []",
    ]
    if serves is not None:
        lines.append(f"serves: {{port: {serves}}}")
    return "\n".join(line.rstrip("\n") for line in lines) + f"\n{more}"


Build = Callable[..., Compiled]
