"""An example environment in an account of moto's AWS, and the means to read it and to change it by hand."""

import re
import shutil
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from deploying import Deployed
from registered_examples import ENVIRONMENTS, ROOT, Example, example_of
from ringfence.aws.live.api import Api, connect
from ringfence.aws.live.environment import read_environment
from ringfence.profile.fleet import read_environments
from ringfence.profile.written import WrittenEnvironment
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory
from ringfence.verify.finding import Finding
from ringfence.verify.graph import ResourceGraph


class Account:
    """One example environment in an account of its own: the project, what was made of it, and how to read it."""

    def __init__(self, environment: str, root: Path) -> None:
        self.environment = environment
        self.root = root
        for name in ("profiles", "Pulumi.yaml", *(f"Pulumi.{each}.yaml" for each in ENVIRONMENTS)):
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, root / name)
        written = self.written()
        self.account, self.region = written.environment.account, written.region
        self.session = self._credentials()
        self._gateways()
        self.example: Example = example_of(environment, root)
        self.use()
        self.deployed = Deployed(self.example.deployed, self.account, self.region)
        self.recorded = self.deployed.recorded
        self.recorded.register(self.session)
        self.deployed.make()
        self._workloads()

    def written(self) -> WrittenEnvironment:
        return read_environments(Directory(self.root), Findings())[self.environment]

    def _credentials(self) -> botocore.session.Session:
        """A session of the environment's account: moto gives whoever assumes a role there credentials of it."""
        role = f"arn:aws:iam::{self.account}:role/reader"
        given = boto3.client("sts", region_name=self.region).assume_role(RoleArn=role, RoleSessionName="reader")
        keys = given["Credentials"]
        session = botocore.session.Session()
        session.set_credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        return session

    def _gateways(self) -> None:
        """The environment's private destinations lie behind a transit gateway that exists; moto names it."""
        made = self.session.create_client("ec2", region_name=self.region).create_transit_gateway()
        path = self.root / f"Pulumi.{self.environment}.yaml"
        way = made["TransitGateway"]["TransitGatewayId"]
        path.write_text(re.sub(r"tgw-[0-9a-f]+", way, path.read_text(encoding="utf-8")), encoding="utf-8")

    def use(self) -> None:
        """Make this account's session the one that boto3 takes."""
        boto3.setup_default_session(botocore_session=self.session)

    def client(self, service: str) -> Any:
        return self.deployed.client(service)

    def api(self) -> Api:
        self.use()
        return Api(connect(self.region), self.written().span("config", "ringfence:environment", "account"))

    def read(self) -> ResourceGraph:
        roles = [agent.role for agent in self.example.effective.agents]
        return read_environment(self.api(), self.written(), roles)

    def findings(self) -> tuple[Finding, ...]:
        return self.example.prove(self.read()).findings

    # What stands in segments

    def subnets(self, agent: str) -> list[str]:
        tagged = [{"Name": "tag:ringfence:agent", "Values": [agent]}]
        return sorted(each["SubnetId"] for each in self.client("ec2").describe_subnets(Filters=tagged)["Subnets"])

    def group(self, agent: str) -> str:
        return self.deployed.id_of("aws:ec2/securityGroup:SecurityGroup", f"{self.environment}-{agent}")

    def interface(self, subnet: str, group: str, **others: Any) -> str:
        """An interface; ``others`` are what AWS writes into it and moto does not."""
        made = self.client("ec2").create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]
        interface = self.deployed.backend.enis[made["NetworkInterfaceId"]]
        for name, value in others.items():
            setattr(interface, name, value)
        return str(made["NetworkInterfaceId"])

    def task(self, agent: str) -> str:
        """An interface as Fargate makes it."""
        description = f"arn:aws:ecs:{self.region}:{self.account}:attachment/f6d9fc22-dbaf-4bff-b501-a41b41f27826"
        return self.interface(
            self.subnets(agent)[0], self.group(agent), description=description, requester_managed=True
        )

    def _workloads(self) -> None:
        """One instance of an agent on each platform."""
        for agent in self.example.effective.agents:
            subnet, group = self.subnets(agent.name)[0], self.group(agent.name)
            match agent.platform:
                case "ecs":
                    self.task(agent.name)
                case "lambda":
                    self.interface(
                        subnet, group, interface_type="lambda", description=f"AWS Lambda VPC ENI-{agent.name}"
                    )
                case _:
                    image = self.client("ec2").describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
                    self.client("ec2").run_instances(
                        ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, SecurityGroupIds=[group]
                    )
