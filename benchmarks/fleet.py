"""Fleets of any size, the same for the same size: agents that each need 20 of a shared pool of hosts.

The pool does not grow with the fleet, as the services that a company uses do not, but hardly two agents need the
same 20, so nothing is won by agents being alike. Requests are judged, so every layer has something to hold.
`python -m benchmarks.fleet FOLDER AGENTS` writes one: some 10,000 agents at most, since a VPC has five networks.
"""

import argparse
import datetime
import random
from collections.abc import Sequence
from pathlib import Path

from ringfence.aws.allocation_file import allocation_of, allocation_path, allocation_text
from ringfence.aws.enforcement.quota_limits import QUOTAS
from ringfence.plan import plan_environment
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory

ENVIRONMENT = "bench"
AS_OF = datetime.date(2026, 11, 23)
HOSTS = 200
NEEDS = 20

_REGION = "eu-west-1"
_METHODS = ("[GET]", "[GET, HEAD]")
_PATHS = ('["/v1/projects/**"]', '["/v1/projects/{project}/items", "/v1/status"]', '["/v1/**", "/health"]')


def needs_of(index: int) -> tuple[tuple[str, str, str], ...]:
    """The hosts, methods and paths, in YAML, that the agent of this number needs."""
    chosen = random.Random(index)
    return tuple(
        (f"api.service-{host:03}.example.com", chosen.choice(_METHODS), chosen.choice(_PATHS))
        for host in sorted(chosen.sample(range(HOSTS), NEEDS))
    )


def write_fleet(
    folder: Path,
    agents: int,
    *,
    zones: Sequence[str] = ("a", "b"),
    raised: bool = True,
    addresses: bool = True,
    inspection: str = "requests",
) -> None:
    """Write a project with one environment; with ``raised``, each quota as high as AWS goes, or far beyond need."""
    profiles = folder / "profiles" / "agents"
    profiles.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: ringfence\nruntime: python\n", encoding="utf-8")
    (folder / f"Pulumi.{ENVIRONMENT}.yaml").write_text(_environment(zones, raised, inspection), encoding="utf-8")
    for index in range(agents):
        (profiles / f"agent-{index:05}.yaml").write_text(_profile(index), encoding="utf-8")
    if addresses:
        tree, findings = Directory(folder), Findings()
        allocation = allocation_of(plan_environment(tree, ENVIRONMENT, AS_OF, findings), tree, findings)
        path = folder / allocation_path(ENVIRONMENT)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(allocation_text(allocation))


def _environment(zones: Sequence[str], raised: bool, inspection: str) -> str:
    authority = f"arn:aws:acm:{_REGION}:111111111111:certificate/8e2b6f14-0a9d-4c53-8f7e-1b3d5c7a9e02"
    quotas = {name: min(quota.highest or 1_000_000, 1_000_000) for name, quota in QUOTAS.items()} if raised else {}
    return "\n".join(
        (
            "config:",
            f"  aws:region: {_REGION}",
            f'  ringfence:as_of: "{AS_OF}"',
            "  ringfence:environment:",
            '    account: "111111111111"',
            f"    cidrs: [{', '.join(f'10.{second}.0.0/16' for second in range(40, 45))}]",
            f"    zones: [{', '.join(_REGION + zone for zone in zones)}]",
            f"    inspection: {inspection}",
            *([f'    ca_certificate_arn: "{authority}"'] if inspection == "requests" else ()),
            f"    quotas: {{{', '.join(f'{name}: {number}' for name, number in quotas.items())}}}",
            "",
        )
    )


def _profile(index: int) -> str:
    platform = ("lambda", "ec2")[index % 2]
    name = f"agent-{index:05}"
    lines = [
        f"agent: {name}",
        f"owner: team-{index % 20}",
        "purpose: reads what others publish",
        f'workload: {{platform: {platform}, role: "arn:aws:iam::${{account}}:role/{name}"}}',
        f"environments: [{ENVIRONMENT}]",
        "needs:",
    ]
    for host, methods, paths in needs_of(index):
        lines += [
            f"  - https: {{host: {host}, methods: {methods}, paths: {paths}}}",
            f"    because: reads projects of {host}",
            f"    ticket: SEC-{index}",
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the fleet that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description="Write a fleet of some size.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("agents", type=int)
    parser.add_argument("--zones", default="a,b", help="the letters of its zones")
    parser.add_argument("--default-quotas", action="store_true", help="AWS's quotas, none of them raised")
    parser.add_argument("--no-addresses", action="store_true", help="write no allocation file")
    parser.add_argument("--inspection", choices=("names", "requests"), default="requests", help="what is judged")
    given = parser.parse_args()
    write_fleet(
        given.folder,
        given.agents,
        zones=given.zones.split(","),
        raised=not given.default_quotas,
        addresses=not given.no_addresses,
        inspection=given.inspection,
    )


if __name__ == "__main__":
    main()
