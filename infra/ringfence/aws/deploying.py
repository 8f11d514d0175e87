"""The least IAM policy with which an environment is deployed, from the types that it registers.

Whoever holds it changes what bears the environment's tag, or its name where AWS can tell by nothing else; what it
cannot be kept from is said with it (`wider`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ringfence.aws.deployed_by import (
    ACTIONS,
    DEFAULTS,
    EMPTYING,
    LOG_DELIVERY,
    NEW_IN_EC2,
    PROGRAM,
    SERVICE_ROLES,
    TAGGED_LATER,
    TAGS_READ,
)
from ringfence.aws.enforcement.model import Enforcement
from ringfence.aws.enforcement.resource_counts import resource_counts
from ringfence.aws.iam import Condition, PolicyDocument, Statement
from ringfence.aws.place import partition_of

TAG = "ringfence:environment"
SIZE = 6_144
"""Characters of a managed policy (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)."""

_BY_TAG = ("ec2", "network-firewall", "route53resolver")
"""Services whose resources are told by their tags when they are made and afterwards."""
_UNTAGGED = ("route53resolver:UpdateFirewallConfig",)
"""Actions on what has neither tags nor a name."""


@dataclass(frozen=True, slots=True)
class Deploying:
    """The policies, each of a size that AWS takes, and in words what they allow beyond the environment's own."""

    documents: tuple[PolicyDocument, ...]
    wider: tuple[str, ...]


def deploying(enforcement: Enforcement, vpc: str | None) -> Deploying:
    """What a deployment of an environment needs; ``vpc`` is the id of its VPC, None before it was first deployed."""
    return Deploying(tuple(_documents(_Permissions(enforcement, vpc).statements())), _wider(enforcement, vpc))


class _Permissions:
    def __init__(self, enforcement: Enforcement, vpc: str | None) -> None:
        self.enforcement = enforcement
        self.vpc = vpc
        self.types = tuple(resource_counts(enforcement))
        self.mine = (Condition("StringEquals", f"aws:ResourceTag/{TAG}", (enforcement.environment,)),)
        self.made = (Condition("StringEquals", f"aws:RequestTag/{TAG}", (enforcement.environment,)),)
        # The tag that tells whose a thing is stays as it is, so nothing of others is taken for the environment's.
        self.kept = Condition("ForAllValues:StringNotEquals", "aws:TagKeys", (TAG,))

    def statements(self) -> Iterator[Statement]:
        region = Condition("StringEquals", "aws:RequestedRegion", (self.enforcement.region,))
        looking = {*PROGRAM, *self.actions("reads", _BY_TAG), *(TAGS_READ[service] for service in self.tagged())}
        looking |= {each for each in self.actions("reads", ("logs", "cloudwatch")) if ":Describe" in each}
        yield Statement("Look", "Allow", tuple(sorted(looking)), ("*",), (region,))
        yield from self.network()
        yield from self.by_name()
        yield from self.roles()
        delivery = self.arn("iam", "role/aws-service-role/*", region="")
        names = Condition("StringEquals", "iam:AWSServiceName", SERVICE_ROLES)
        yield Statement("ServiceRoles", "Allow", ("iam:CreateServiceLinkedRole",), (delivery,), (names,))
        yield Statement("LogDelivery", "Allow", LOG_DELIVERY, ("*",), (region,))

    def network(self) -> Iterator[Statement]:
        """What is told by its tags: in the request where it is made, on the resource ever after."""
        everything = (self.arn("ec2", "*/*"),)
        new = self.actions("new", ("ec2",))
        for kind in dict.fromkeys(NEW_IN_EC2[action] for action in new):
            title = "".join(word.title() for word in kind.split("-"))
            making = tuple(action for action in new if NEW_IN_EC2[action] == kind)
            yield Statement(f"Make{title}", "Allow", making, (self.arn("ec2", f"{kind}/*"),), self.made)
        yield Statement("MakeWithin", "Allow", new, everything, self.mine)
        # A gateway may be another account's, which shares it; its id is known.
        place = f"arn:{partition_of(self.enforcement.region)}:ec2:{self.enforcement.region}:*"
        gateways = tuple(f"{place}:transit-gateway/{each.gateway_id}" for each in self.enforcement.transit_attachments)
        if gateways:
            yield Statement("Attach", "Allow", ("ec2:CreateTransitGatewayVpcAttachment",), gateways)
        created = Condition("StringEquals", "ec2:CreateAction", tuple(each.partition(":")[2] for each in new))
        yield Statement("TagNetwork", "Allow", ("ec2:CreateTags",), everything, (created, *self.made))
        yield Statement("Network", "Allow", self.actions("own", ("ec2",)), everything, self.mine)
        tagging = ("ec2:CreateTags", "ec2:DeleteTags")
        yield Statement("TagsOfNetwork", "Allow", tagging, everything, (*self.mine, self.kept))
        if self.vpc:
            closing = tuple(sorted({action for actions in DEFAULTS.values() for action in actions}))
            kinds = tuple(self.arn("ec2", f"{kind}/*") for kind in ("network-acl", "route-table", "security-group"))
            within = Condition("ArnEquals", "ec2:Vpc", (self.arn("ec2", f"vpc/{self.vpc}"),))
            yield Statement("Defaults", "Allow", (*closing, "ec2:CreateTags"), kinds, (within,))
        for service in self.tagged():
            title = "".join(word.title() for word in service.split("-"))
            resources = tuple(self.resources(service))
            tag, untag = TAGGED_LATER[service]
            yield Statement(f"Make{title}", "Allow", (*self.actions("new", (service,)), tag), resources, self.made)
            own = tuple(each for each in self.actions("own", (service,)) if each not in _UNTAGGED)
            yield Statement(title, "Allow", own, resources, self.mine)
            yield Statement(f"TagsOf{title}", "Allow", (tag, untag), resources, (*self.mine, self.kept))
        config = (self.arn("route53resolver", "firewall-config/*"),)
        yield Statement("DnsFailOpen", "Allow", _UNTAGGED, config)

    def by_name(self) -> Iterator[Statement]:
        """What is told by its name, which begins with the environment's."""
        name, logs = self.enforcement.environment, self.enforcement.logs
        paths = tuple(self.arn("logs", f"log-group:{group.path}{end}") for group in logs.groups for end in ("", ":*"))
        of_logs = self.actions("new", ("logs",)) + self.actions("own", ("logs",))
        yield Statement("Logs", "Allow", (*of_logs, "logs:ListTagsForResource"), paths)
        alarms = (self.arn("cloudwatch", f"alarm:{name}-*"),)
        of_alarms = self.actions("new", ("cloudwatch",)) + self.actions("own", ("cloudwatch",))
        yield Statement("Alarms", "Allow", (*of_alarms, "cloudwatch:ListTagsForResource"), alarms)
        topics = (self.arn("sns", f"{name}-{logs.topic.name}-*"),)
        yield Statement("Topic", "Allow", self.actions("own", ("sns",)) + self.actions("reads", ("sns",)), topics)
        bucket = f"arn:{partition_of(self.enforcement.region)}:s3:::{name}-{logs.bucket.name}-*"
        of_bucket = self.actions("own", ("s3",)) + self.actions("reads", ("s3",))
        emptying = () if logs.bucket.protected else EMPTYING
        yield Statement("Bucket", "Allow", (*of_bucket, *emptying), (bucket, *((f"{bucket}/*",) if emptying else ())))

    def roles(self) -> Iterator[Statement]:
        """The role that delivers flow logs, and the agents' own where their perimeter is attached."""
        delivery = self.enforcement.logs.delivery_role.name
        arn = self.arn("iam", f"role/{self.enforcement.environment}-{delivery}-*", region="")
        actions = tuple(action for kind in ("new", "own", "reads") for action in self.actions(kind, ("iam",)))
        yield Statement("DeliveryRole", "Allow", actions, (arn,))
        passed = Condition("StringEquals", "iam:PassedToService", ("vpc-flow-logs.amazonaws.com",))
        yield Statement("PassDeliveryRole", "Allow", ("iam:PassRole",), (arn,), (passed,))
        attached = [each.role_name for each in self.enforcement.role_policies if each.attached]
        if attached:
            agents = tuple(self.arn("iam", f"role/{name}", region="") for name in attached)
            yield Statement(
                "Perimeter", "Allow", (*ACTIONS["aws:iam/rolePolicy:RolePolicy"].own, "iam:GetRolePolicy"), agents
            )

    def tagged(self) -> tuple[str, ...]:
        """The services of this environment whose tags are set by calls of their own."""
        used = {action.partition(":")[0] for kind in self.types if kind in ACTIONS for action in ACTIONS[kind].own}
        return tuple(service for service in TAGGED_LATER if service in used)

    def resources(self, service: str) -> Iterator[str]:
        """A service's resources: by the environment's name where its ARNs hold names."""
        if service == "network-firewall":
            for kind in ("firewall", "firewall-policy", "stateful-rulegroup", "tls-configuration"):
                yield self.arn(service, f"{kind}/{self.enforcement.environment}-*")
        else:
            yield self.arn(service, "*")

    def actions(self, which: str, services: Iterable[str]) -> tuple[str, ...]:
        """Every action of one sort that the environment's types need of some services, sorted."""
        wanted = tuple(f"{service}:" for service in services)
        known = (getattr(ACTIONS[kind], which) for kind in self.types if kind in ACTIONS)
        return tuple(sorted({action for actions in known for action in actions if action.startswith(wanted)}))

    def arn(self, service: str, resource: str, *, region: str | None = None) -> str:
        """An ARN in the environment's place; ``region`` is empty for a service that has none."""
        place = self.enforcement.region if region is None else region
        return f"arn:{partition_of(self.enforcement.region)}:{service}:{place}:{self.enforcement.account}:{resource}"


def _wider(enforcement: Enforcement, vpc: str | None) -> tuple[str, ...]:
    found = [
        "DnsFailOpen: a VPC's setting has neither tag nor name; whoever holds this can turn it on for any VPC here",
        "MakeRoute53Resolver: the tag of a new DNS rule group cannot be told from one put on another's, to take it",
        "LogDelivery: deliveries and resource policies of logs are the account's in this region",
        "DeliveryRole: whoever writes a role's policy gives it any permission; a control policy holds that down",
    ]
    if any(policy.attached for policy in enforcement.role_policies):
        found.append("Perimeter: inline policies of the agents' roles can be written, whatever they say")
    if vpc is None:
        found.append(
            "nothing is allowed on what the VPC came with, so the first deployment stops after the VPC: give --vpc then"
        )
    return tuple(found)


def _documents(statements: Iterable[Statement]) -> Iterator[PolicyDocument]:
    """As few documents as take the statements in their order, each within `SIZE`."""
    held: list[Statement] = []
    for statement in statements:
        if held and len(PolicyDocument((*held, statement)).text()) > SIZE:
            yield PolicyDocument(tuple(held))
            held = []
        held.append(statement)
    yield PolicyDocument(tuple(held))
