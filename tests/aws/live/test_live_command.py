"""`ringfence verify --live`, as a person runs it, against moto's AWS."""

import json
import subprocess
import sys

import pytest
from live_account import Account
from ringfence.aws.live.calls import CALLS
from ringfence.cli import _run


def run(dev: Account, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    dev.use()
    given = ["verify", "--env", "dev", "--root", str(dev.root), "--as-of", "2026-11-23", *arguments]
    code = _run(given)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_account_is_proved_and_what_is_read_is_said(dev: Account, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(dev, capsys, "--live")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "dev · 7 agents · read from AWS, account 111111111111 in eu-west-1 · as of 2026-11-23"
    assert "pr-contributor: proved" in lines
    assert "permissions of the agents' roles beyond their profiles: none" in lines
    assert "no role is there yet of " + ", ".join(agent.name for agent in dev.example.effective.agents) in lines
    assert "interfaces of a workload" not in lines[-1]


def test_permissions_beyond_a_profile_are_listed_and_strictness_makes_them_findings(
    dev: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    iam = dev.client("iam")
    iam.create_role(RoleName="reviewer", AssumeRolePolicyDocument="{}")
    statement = {"Effect": "Allow", "Action": ["sqs:*"], "Resource": "*", "Condition": {"Bool": {"a:b": "true"}}}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_role_policy(RoleName="reviewer", PolicyName="own", PolicyDocument=document)
    try:
        code, out, _ = run(dev, capsys, "--live")
        strict, _, _ = run(dev, capsys, "--live", "--strict")
        _, written, _ = run(dev, capsys, "--live", "--format", "json")
    finally:
        iam.delete_role_policy(RoleName="reviewer", PolicyName="own")
        iam.delete_role(RoleName="reviewer")
    assert code == 0
    assert "  reviewer: sqs:* on * · own of reviewer · under conditions" in out.splitlines()
    assert strict == 1
    permissions = json.loads(written)["permissions"]
    assert "reviewer" not in permissions["without_role"]
    assert permissions["beyond"] == [
        {
            "agent": "reviewer", "role": "reviewer", "policy": "own", "actions": ["sqs:*"], "resources": ["*"],
            "conditional": True, "problem": "",
        }
    ]  # fmt: skip


def test_a_finding_ends_in_one(dev: Account, capsys: pytest.CaptureFixture[str]) -> None:
    made = dev.interface(dev.subnets("reviewer")[0], dev.group("reviewer"))
    try:
        code, out, _ = run(dev, capsys, "--live", "--format", "json")
    finally:
        dev.client("ec2").delete_network_interface(NetworkInterfaceId=made)
    written = json.loads(out)
    assert code == 1
    assert written["source"] == "AWS, account 111111111111 in eu-west-1"
    assert written["agents"]["reviewer"] == "more than declared"
    assert written["agents"]["orchestrator"] == "proved"
    (finding,) = written["findings"]
    assert (finding["layer"], finding["agent"]) == ("interface", "reviewer")
    assert made in finding["traffic"]
    assert not any("--live" in each for each in written["not_covered"])


def test_the_policy_is_printed_without_asking_anybody(dev: Account, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(dev, capsys, "--print-policy")
    statements = json.loads(out)["Statement"]
    assert code == 0
    assert {action for each in statements for action in each["Action"]} == {
        call.permission for call in CALLS if call.permission
    }
    assert "arn:aws:iam::111111111111:role/reviewer" in statements[1]["Resource"]


def test_three_sources_are_a_usage_error(dev: Account, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(dev, capsys, "--live", "--preview", "x.json")
    assert code == 2
    assert "give one" in err


def test_without_the_extra_it_is_a_located_error(dev: Account) -> None:
    program = (
        "import sys; sys.modules['boto3'] = None\n"
        "from ringfence.cli import main\n"
        "main(['verify', '--env', 'dev', '--live', '--root', sys.argv[1]])\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(dev.root)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("Pulumi.dev.yaml:6:14: RF130 AWS cannot be asked here: ")
    assert "help: install the extra `live`" in done.stderr
