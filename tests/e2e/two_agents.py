"""A project of two agents in one zone that has a resource of every type: small enough to be interrupted everywhere."""

import shutil
import subprocess
from pathlib import Path

from deployment import DAY, ROOT

ENVIRONMENT = "dev"

_FILES = {
    "Pulumi.dev.yaml": f"""\
config:
  aws:region: eu-west-1
  ringfence:environment:
    account: "111111111111"
    cidrs: [10.40.0.0/24, 10.41.0.0/24]
    zones: [eu-west-1a]
    inspection: requests
    ca_certificate_arn: "arn:aws:acm:eu-west-1:111111111111:certificate/5d0c9a71-3f0e-4b6a-9b3c-7c1f2e8d4a60"
    private:
      orders-db: {{cidr: 10.60.8.9/32, via: tgw-0d1e2f3a4b5c6d7e8}}
  ringfence:as_of: "{DAY}"
""",
    "profiles/agents/asker.yaml": """\
agent: asker
owner: docs-team
purpose: reads one site and one bucket, and asks the other agent
workload: {platform: lambda, role: "arn:aws:iam::${account}:role/asker"}
environments: [dev]
needs:
  - https: {host: example.com, methods: [GET]}
  - aws.s3: {bucket: answers, access: read}
calls: [answerer]
""",
    "profiles/agents/answerer.yaml": """\
agent: answerer
owner: docs-team
purpose: answers from a database
workload: {platform: lambda, role: "arn:aws:iam::${account}:role/answerer"}
environments: [dev]
needs:
  - tcp: {to: orders-db, port: 5432}
  - aws.sqs: {queue: questions, access: receive}
serves: {port: 8080}
""",
}


def two_agents(folder: Path) -> Path:
    """Write the project; its agents have their addresses."""
    for name, text in _FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    shutil.copytree(ROOT / "infra", folder / "infra", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".venv").symlink_to(ROOT / ".venv")
    allocate(folder)
    return folder


def allocate(project: Path, environment: str = ENVIRONMENT) -> None:
    """Run `ringfence allocate`."""
    command = [str(ROOT / ".venv" / "bin" / "ringfence"), "allocate", "--env", environment]
    ran = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
