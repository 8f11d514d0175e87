"""The account of prod in moto's AWS: the agent's NACL and another's, and the agent's role."""

import itertools
import shutil
from pathlib import Path

import boto3
import botocore.session
import yaml
from quarantined import AGENT, ROOT

REGION = "eu-central-1"
ACCOUNTS = itertools.count(300_000_000_000)
"""Each test has an account of its own: what moto holds of one stays while other tests use moto."""
POLICY = f"prod-{AGENT}-0a1b2c3"
"""As Pulumi names what the program leaves unnamed."""


class Prod:
    """The agent's NACL, with its ordinary entries, and its role, in the account of prod."""

    def __init__(self, account: str) -> None:
        self.account = account
        role = f"arn:aws:iam::{account}:role/operator"
        keys = boto3.client("sts", region_name=REGION).assume_role(RoleArn=role, RoleSessionName="operator")
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        self.credentials: tuple[str, ...] = tuple(keys["Credentials"][name] for name in names)
        session = self.session = botocore.session.Session()
        session.set_credentials(*self.credentials)
        self.calls: list[str] = []
        session.register("before-call.*.*", lambda model, **_: self.calls.append(model.name))
        boto3.setup_default_session(botocore_session=session)
        self.ec2 = boto3.client("ec2", region_name=REGION)
        self.iam = boto3.client("iam", region_name=REGION)
        self.vpc = self.ec2.create_vpc(CidrBlock="10.48.0.0/16")["Vpc"]["VpcId"]
        self.acl = self.make_acl(AGENT)
        self.make_acl("reviewer")
        self.iam.create_role(RoleName=AGENT, AssumeRolePolicyDocument="{}")

    def make_acl(self, agent: str) -> str:
        tags = [{"Key": "ringfence:environment", "Value": "prod"}, {"Key": "ringfence:agent", "Value": agent}]
        specification = [{"ResourceType": "network-acl", "Tags": tags}]
        made = self.ec2.create_network_acl(VpcId=self.vpc, TagSpecifications=specification)["NetworkAcl"][
            "NetworkAclId"
        ]
        self.allow(made, 20_000)
        return str(made)

    def allow(self, acl: str, number: int) -> None:
        for egress in (True, False):
            self.ec2.create_network_acl_entry(
                NetworkAclId=acl, RuleNumber=number, Egress=egress, Protocol="6", RuleAction="allow",
                CidrBlock="0.0.0.0/0", PortRange={"From": 443, "To": 443},
            )  # fmt: skip

    def entries(self, acl: str) -> set[tuple[int, bool, str, str]]:
        (found,) = self.ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"]
        return {
            (entry["RuleNumber"], entry["Egress"], entry["RuleAction"], entry["Protocol"])
            for entry in found["Entries"]
            if entry["RuleNumber"] < 32767
        }

    def written(self) -> list[str]:
        """The calls that change something, since last asked."""
        changing = [call for call in self.calls if not call.startswith(("Describe", "List", "Get"))]
        self.calls.clear()
        return changing


def project_in(root: Path) -> Prod:
    """The project's profiles and stacks, copied; its prod is in an account of its own."""
    shutil.copytree(ROOT / "profiles", root / "profiles")
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, root)
    account = str(next(ACCOUNTS))
    stack = root / "Pulumi.prod.yaml"
    text = stack.read_text(encoding="utf-8")
    written = yaml.safe_load(text)["config"]["ringfence:environment"]["account"]
    stack.write_text(text.replace(written, account), encoding="utf-8")
    return Prod(account)
