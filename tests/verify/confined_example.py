"""A small environment in which every form of the firewall's rules has something to refuse.

It grants what the evasions are tried against (`tests/engine/evasions.py`), at the same addresses, so that the same
rules can be judged by the proof and by an engine.
"""

import sys
from pathlib import Path

from registered_examples import Example, example_of

ENGINE_TESTS = str(Path(__file__).parents[1] / "engine")
if ENGINE_TESTS not in sys.path:
    sys.path.append(ENGINE_TESTS)

from evasions import GRANTED, NAMES, NAMES_PORT_8443  # noqa: E402 - found where the line above leads

ENVIRONMENT = """\
config:
  aws:region: eu-west-1
  ringfence:environment:
    account: "111111111111"
    cidrs: [10.40.0.0/16]
    zones: [eu-west-1a]
    inspection: requests
    ca_certificate_arn: arn:aws:acm:eu-west-1:111111111111:certificate/00000000-0000-4000-8000-000000000000
"""
ALLOCATION = """\
format_version: 1
environment: dev
infrastructure:
  endpoints: {eu-west-1a: [10.40.255.128/26]}
  firewall: {eu-west-1a: [10.40.255.96/28]}
  public: {eu-west-1a: [10.40.255.64/28]}
  transit: {eu-west-1a: [10.40.255.32/28]}
agents:
  inspected: {eu-west-1a: [10.40.0.0/28]}
  nothing: {eu-west-1a: [10.40.2.0/28]}
  opaque: {eu-west-1a: [10.40.1.0/28]}
released: {}
"""


CATALOGUE = """\
format_version: 1
capabilities:
"""


def capability(name: str, host: str, requests: tuple[str, ...]) -> str:
    """A capability of the organisation's own: some requests to one host, queries among them."""
    asked = "".join(f'          - "{request}"\n' for request in requests)
    return (
        f"  acme.{name}:\n    summary: {name}\n    unconfirmed: [everything]\n    grants:\n"
        f"      - hosts: [{host}]\n        requests:\n{asked}"
    )


def profile(name: str, *needs: str) -> str:
    reasons = "    because: tests\n    approved_by: kim\n    until: 2027-06-30\n"
    return (
        f"agent: {name}\nowner: owners\npurpose: tests\n"
        f'workload: {{platform: lambda, role: "arn:aws:iam::${{account}}:role/{name}"}}\n'
        "environments: [dev]\nneeds:"
        + ("\n" + "".join(f"  - {need}\n{reasons}" for need in needs) if needs else " []\n")
    )


def confined_example(root: Path) -> Example:
    """The environment, compiled and registered."""
    agents = root / "profiles" / "agents"
    agents.mkdir(parents=True)
    (root / "profiles" / "allocations").mkdir()
    (root / "Pulumi.yaml").write_text("name: ringfence\nruntime: python\n", encoding="utf-8")
    (root / "Pulumi.dev.yaml").write_text(ENVIRONMENT, encoding="utf-8")
    (root / "profiles" / "allocations" / "dev.yaml").write_text(ALLOCATION, encoding="utf-8")
    (root / "profiles" / "catalogue").mkdir()
    capabilities = [capability(f"c{index}", *each) for index, each in enumerate(GRANTED.items())]
    (root / "profiles" / "catalogue" / "acme.yaml").write_text(CATALOGUE + "".join(capabilities), encoding="utf-8")
    names = [f'tls: {{host: "{host}"}}' for host in NAMES]
    names += [f"tls: {{host: {host}, port: 8443}}" for host in NAMES_PORT_8443]
    inspected = [f"acme.c{index}: {{}}" for index in range(len(capabilities))]
    for name, needs in (("inspected", inspected), ("opaque", names), ("nothing", [])):
        (agents / f"{name}.yaml").write_text(profile(name, *needs), encoding="utf-8")
    return example_of("dev", root)
