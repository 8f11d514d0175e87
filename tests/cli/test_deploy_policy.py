"""`ringfence deploy-policy` as a person calls it."""

import json
from pathlib import Path

from commanding import DAY, ringfence

COMMAND = ("deploy-policy", "--env", "dev", "--as-of", DAY)


def test_each_line_is_a_policy_and_what_is_wider_is_said_beside() -> None:
    ran = ringfence(*COMMAND)
    assert ran.code == 0
    policies = [json.loads(line) for line in ran.out.splitlines()]
    assert [policy["Version"] for policy in policies] == ["2012-10-17"] * len(policies)
    assert ran.err.splitlines()[0].startswith("wider than the environment: DnsFailOpen: ")
    assert "give --vpc then" in ran.err


def test_they_are_written_as_files_and_name_the_vpc_once_it_is_there(tmp_path: Path) -> None:
    ran = ringfence(*COMMAND, "--vpc", "vpc-0abc", "--out", str(tmp_path))
    assert ran.code == 0
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == [f"dev-{number}.json" for number in range(1, len(files) + 1)]
    assert ran.out == f"wrote {len(files)} policies to {tmp_path}\n"
    assert any("vpc/vpc-0abc" in path.read_text() for path in tmp_path.iterdir())
    assert "give --vpc" not in ran.err


def test_what_is_no_vpc_is_written_into_no_policy(tmp_path: Path) -> None:
    ran = ringfence(*COMMAND, "--vpc", "vpc-*", "--out", str(tmp_path))
    assert ran.code == 2
    assert "'vpc-*' is no VPC's id" in ran.err
    assert list(tmp_path.iterdir()) == []
