"""`ringfence quarantine --direct` in a process of its own, which asks AWS over HTTP: moto's, in this process."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import yaml
from account_of_prod import ACCOUNTS, Prod, project_in
from aws_over_http import endpoint
from commanding import Ran, ringfence
from moto import mock_aws
from quarantined import AGENT, ROOT
from ringfence.operate.direct import OWN_POLICY

WHY = ("--because", "wrote to a stranger", "--ticket", "SEC-9")
ALLOWED = {(20_000, True, "allow", "6"), (20_000, False, "allow", "6")}
DENIED = {(1, True, "deny", "-1"), (1, False, "deny", "-1")}


class Emergency:
    """A clone, and an account of its own that the clone's prod is in."""

    def __init__(self, root: Path, address: str) -> None:
        self.root = root
        self.address = address
        self.aws = project_in(root)
        shutil.copytree(ROOT / "infra", root / "infra", ignore=shutil.ignore_patterns("__pycache__"))

    def quarantine(self, credentials: tuple[str, ...]) -> Ran:
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        return ringfence(
            "quarantine", AGENT, "--env", "prod", *WHY, "--direct", cwd=self.root / "profiles",
            AWS_ENDPOINT_URL=self.address, PATH="/usr/bin:/bin", **dict(zip(names, credentials, strict=True)),
        )  # fmt: skip

    @property
    def profile(self) -> str:
        return (self.root / "profiles" / "agents" / f"{AGENT}.yaml").read_text(encoding="utf-8")


@pytest.fixture
def emergency(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emergency]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    boto3.DEFAULT_SESSION = None
    with mock_aws(), endpoint() as address:
        yield Emergency(tmp_path, address)
    boto3.DEFAULT_SESSION = None


def test_one_command_cuts_off_without_pulumi_and_again_changes_nothing(emergency: Emergency) -> None:
    aws = emergency.aws
    others = {acl["NetworkAclId"] for acl in aws.ec2.describe_network_acls()["NetworkAcls"]} - {aws.acl}
    before = {acl: aws.entries(acl) for acl in others}
    ran = emergency.quarantine(aws.credentials)
    assert ran.code == 0, ran.err
    said = [line for line in ran.out.splitlines() if line.startswith("prod: ")]
    assert said[:2] == [
        f"prod: {aws.acl} denies all egress, by entry 1", f"prod: {aws.acl} denies all ingress, by entry 1",
    ]  # fmt: skip
    assert aws.entries(aws.acl) == ALLOWED | DENIED
    assert {acl: aws.entries(acl) for acl in others} == before
    assert aws.iam.list_role_policies(RoleName=AGENT)["PolicyNames"] == [OWN_POLICY]
    # Pulumi takes the entries over, which the profile says, and what it would run is printed.
    quarantined = yaml.safe_load(emergency.profile)["quarantined"]
    assert (quarantined["because"], quarantined["ticket"]) == WHY[1::2]
    assert quarantined["direct"] == ["prod"]
    assert any(line.startswith("pulumi up ") for line in ran.out.splitlines())

    profile = emergency.profile
    again = emergency.quarantine(aws.credentials)
    assert again.code == 0, again.err
    assert f"prod: {aws.acl} denies all egress already" in again.out.splitlines()
    assert aws.entries(aws.acl) == ALLOWED | DENIED
    assert emergency.profile == profile


def test_credentials_of_another_account_touch_nothing(emergency: Emergency) -> None:
    other = Prod(str(next(ACCOUNTS)))
    ran = emergency.quarantine(other.credentials)
    assert ran.code == 2
    assert "RF151 the credentials are of the account " in ran.err
    assert other.entries(other.acl) == ALLOWED
    assert emergency.aws.entries(emergency.aws.acl) == ALLOWED
