"""Which resource types this proof reads, which open no access, and all others: those are findings, never ignored."""

from collections.abc import Iterator

from ringfence.verify.finding import Finding, Kind
from ringfence.verify.graph import UNKNOWN, ResourceGraph
from ringfence.verify.references import table, text

READ = frozenset(
    {
        "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl",
        "aws:ec2/defaultRouteTable:DefaultRouteTable",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "aws:ec2/eip:Eip",
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/natGateway:NatGateway",
        "aws:ec2/networkAcl:NetworkAcl",
        "aws:ec2/networkAclAssociation:NetworkAclAssociation",
        "aws:ec2/managedPrefixList:ManagedPrefixList",
        "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry",
        "aws:ec2/networkAclRule:NetworkAclRule",
        "aws:ec2/networkInterface:NetworkInterface",
        "aws:ec2/route:Route",
        "aws:ec2/routeTable:RouteTable",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:ec2/subnet:Subnet",
        "aws:ec2/vpc:Vpc",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation",
        "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation",
        "aws:ec2/vpcPeeringConnection:VpcPeeringConnection",
        "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive",
        "aws:ec2transitgateway/vpcAttachment:VpcAttachment",
        "aws:networkfirewall/firewall:Firewall",
        "aws:networkfirewall/firewallPolicy:FirewallPolicy",
        "aws:networkfirewall/ruleGroup:RuleGroup",
        "aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration",
        "aws:route53/resolverFirewallConfig:ResolverFirewallConfig",
        "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList",
        "aws:route53/resolverFirewallRule:ResolverFirewallRule",
        "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup",
        "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    }
)
"""Types whose meaning for access is read."""

HARMLESS = frozenset(
    {
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "aws:ec2/flowLog:FlowLog",
        "aws:iam/policy:Policy",
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "aws:networkfirewall/loggingConfiguration:LoggingConfiguration",
        "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig",
        "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation",
        "aws:s3/bucket:Bucket",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:sns/topic:Topic",
        "aws:sns/topicPolicy:TopicPolicy",
    }
)
"""Types that open no way through the network: logs, alarms, and roles, whose permissions are not part of this proof
(`role.py` lists those that are beyond the profile)."""


def unknown_types(graph: ResourceGraph) -> Iterator[Finding]:
    """Resources of types that are neither; and default ones that are not closed."""
    for resource in graph.resources:
        if not resource.custom or resource.type.startswith("pulumi:") or resource.type in READ | HARMLESS:
            continue
        yield Finding(
            Kind.NOT_PROVED, "", "inventory", f"a resource of type {resource.type} may open access", resource.name,
            resource.urn,
        )  # fmt: skip
    defaults = ("aws:ec2/defaultNetworkAcl:DefaultNetworkAcl", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    for resource in graph.of_type(*defaults):
        for direction in ("ingress", "egress"):
            if resource.inputs.get(direction):
                yield Finding(
                    Kind.INCONSISTENT, "", "inventory", f"{direction} through what the VPC came with", resource.name,
                    resource.urn,
                )  # fmt: skip
    for resource in graph.of_type("aws:ec2/defaultRouteTable:DefaultRouteTable"):
        if resource.inputs.get("routes"):
            yield Finding(
                Kind.INCONSISTENT, "", "inventory", "a way through the main route table", resource.name, resource.urn
            )
    for subnet in graph.of_type("aws:ec2/subnet:Subnet"):
        if text(table(subnet.inputs.get("tags")).get("ringfence:environment")) == "":
            yield Finding(
                Kind.NOT_PROVED, "", "inventory", "a subnet of nobody: no tag says whose it is", subnet.name, subnet.urn
            )


def strangers(graph: ResourceGraph) -> Iterator[Finding]:
    """A second VPC, and what is read as if it stood in the VPC and names another. What no VPC is known of yet to name
    is made with it.
    """
    vpcs = graph.of_type("aws:ec2/vpc:Vpc")
    for vpc in vpcs[1:]:
        yield Finding(Kind.NOT_PROVED, "", "inventory", "a second VPC", vpc.name, vpc.urn)
    known = (*(vpc.id for vpc in vpcs), UNKNOWN, None)
    for resource in graph.of_type(*sorted(READ - {"aws:ec2/vpcPeeringConnection:VpcPeeringConnection"})):
        for name in ("vpcId", "resourceId"):
            if resource.inputs.get(name) not in known:
                what = f"a resource of another VPC, {resource.inputs[name]}"
                yield Finding(Kind.NOT_PROVED, "", "inventory", what, resource.name, resource.urn)
