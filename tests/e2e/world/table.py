"""What AWS refuses, replaces and limits, each with where that is read. Nothing that is tested here reads this table.

Sources, by their short names in the rows:

- EC2: the operation's page under https://docs.aws.amazon.com/AWSEC2/latest/APIReference/
- ERRORS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
- VPC: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
- LINK: https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html
- NFW: the operation's page under https://docs.aws.amazon.com/network-firewall/latest/APIReference/
- NFWQ: https://docs.aws.amazon.com/network-firewall/latest/developerguide/quotas.html
- DNS: the operation's page under https://docs.aws.amazon.com/Route53/latest/APIReference/
- DNSQ: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html
- ECS: the operation's page under https://docs.aws.amazon.com/AmazonECS/latest/APIReference/
- LAMBDA: the operation's page under https://docs.aws.amazon.com/lambda/latest/api/
- LOGS: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
- IAM, S3: the operation's page of those services' API references
- PROVIDER: the resource's schema under https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service
- MEASURED: by others against the live API, https://github.com/badmintoncryer/cdk-preflight; in no document of AWS
"""

from collections.abc import Mapping
from dataclasses import dataclass

IMMUTABLE: Mapping[str, tuple[str, ...]] = {
    "aws:cloudwatch/logGroup:LogGroup": ("name",),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": ("name", "logGroupName"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("name",),
    "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": ("defaultNetworkAclId",),
    "aws:ec2/defaultRouteTable:DefaultRouteTable": ("defaultRouteTableId",),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": ("vpcId",),
    "aws:ec2/eip:Eip": ("domain",),
    "aws:ec2/flowLog:FlowLog": (
        "vpcId", "subnetId", "eniId", "trafficType", "logDestination", "logDestinationType", "logFormat",
        "iamRoleArn", "destinationOptions", "maxAggregationInterval",
    ),
    "aws:ec2/natGateway:NatGateway": ("allocationId", "connectivityType", "subnetId"),
    "aws:ec2/networkAcl:NetworkAcl": ("vpcId",),
    # AWS could replace an entry in place (ReplaceNetworkAclEntry); the provider does not.
    "aws:ec2/networkAclRule:NetworkAclRule": (
        "networkAclId", "egress", "ruleNumber", "ruleAction", "protocol", "cidrBlock", "fromPort", "toPort",
    ),
    "aws:ec2/route:Route": ("routeTableId", "destinationCidrBlock"),
    "aws:ec2/routeTable:RouteTable": ("vpcId",),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": ("subnetId", "gatewayId"),
    "aws:ec2/securityGroup:SecurityGroup": ("name", "description", "vpcId"),
    "aws:ec2/subnet:Subnet": ("vpcId", "availabilityZone", "cidrBlock"),
    "aws:ec2/vpc:Vpc": ("cidrBlock",),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("vpcId", "serviceName", "vpcEndpointType"),
    "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": ("vpcEndpointId", "routeTableId"),
    "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation": ("vpcId", "cidrBlock"),
    "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive": ("securityGroupId",),
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": ("vpcId", "transitGatewayId"),
    "aws:ecs/cluster:Cluster": ("name",),
    "aws:ecs/service:Service": ("name", "cluster", "launchType", "schedulingStrategy"),
    "aws:ecs/taskDefinition:TaskDefinition": (
        "family", "containerDefinitions", "cpu", "memory", "networkMode", "requiresCompatibilities", "taskRoleArn",
        "executionRoleArn",
    ),
    "aws:iam/role:Role": ("name",),
    "aws:iam/rolePolicy:RolePolicy": ("name", "role"),
    "aws:lambda/function:Function": ("name", "packageType"),
    "aws:networkfirewall/firewall:Firewall": ("name", "vpcId"),
    "aws:networkfirewall/firewallPolicy:FirewallPolicy": ("name",),
    "aws:networkfirewall/loggingConfiguration:LoggingConfiguration": ("firewallArn",),
    "aws:networkfirewall/ruleGroup:RuleGroup": ("name", "type", "capacity"),
    "aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration": ("name",),
    "aws:route53/resolverFirewallConfig:ResolverFirewallConfig": ("resourceId",),
    "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList": ("name",),
    "aws:route53/resolverFirewallRule:ResolverFirewallRule": ("firewallRuleGroupId", "firewallDomainListId", "qType"),
    "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup": ("name",),
    "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation": (
        "firewallRuleGroupId", "vpcId",
    ),
    "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig": ("name", "destinationArn"),
    "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation": (
        "resolverQueryLogConfigId", "resourceId",
    ),
    "aws:s3/bucket:Bucket": ("bucket",),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": ("bucket",),
    "aws:s3/bucketPolicy:BucketPolicy": ("bucket",),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ("bucket",),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": ("bucket",),
    "aws:sns/topic:Topic": ("name",),
    "aws:sns/topicPolicy:TopicPolicy": ("arn",),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ("securityGroupId",),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ("securityGroupId",),
}  # fmt: skip
"""Properties whose change makes another resource: no operation of AWS's changes them (PROVIDER says `ForceNew`)."""

RULE_PEERS = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
"""A rule's kind of peer is fixed, its value is not ("you cannot change the rule's source type", PROVIDER)."""

NAMED: Mapping[str, tuple[str, str]] = {
    "aws:cloudwatch/logGroup:LogGroup": ("name", "ResourceAlreadyExistsException"),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": ("name", ""),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("name", ""),
    "aws:ec2/securityGroup:SecurityGroup": ("name", "InvalidGroup.Duplicate"),
    "aws:ecs/cluster:Cluster": ("name", ""),
    "aws:ecs/service:Service": ("name", ""),
    "aws:iam/role:Role": ("name", "EntityAlreadyExists"),
    "aws:iam/rolePolicy:RolePolicy": ("name", ""),
    "aws:lambda/function:Function": ("name", "ResourceConflictException"),
    "aws:networkfirewall/firewall:Firewall": ("name", "InvalidRequestException"),
    "aws:networkfirewall/firewallPolicy:FirewallPolicy": ("name", "InvalidRequestException"),
    "aws:networkfirewall/ruleGroup:RuleGroup": ("name", "InvalidRequestException"),
    "aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration": ("name", "InvalidRequestException"),
    "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList": ("name", ""),
    "aws:route53/resolverFirewallRule:ResolverFirewallRule": ("name", ""),
    "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup": ("name", ""),
    "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation": ("name", ""),
    "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig": ("name", ""),
    "aws:s3/bucket:Bucket": ("bucket", "BucketAlreadyOwnedByYou"),
    "aws:sns/topic:Topic": ("name", ""),
}
"""Types that Pulumi names where the program does not, by what property, and the error where the name is taken."""


@dataclass(frozen=True)
class Reference:
    """A property that names another resource: what names what is not there is refused with ``missing``.

    ``path`` leads through tables and lists; ``by`` is "id" or the output that is named. ``in_use`` is the error with
    which the other is not deleted before this one, empty where AWS does not mind; ``source`` says so.
    """

    type: str
    path: str
    target: str
    by: str
    missing: str
    in_use: str
    source: str


_VPC = "aws:ec2/vpc:Vpc"
_SUBNET = "aws:ec2/subnet:Subnet"
_GROUP = "aws:ec2/securityGroup:SecurityGroup"
_TABLE = "aws:ec2/routeTable:RouteTable"
_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
_ROLE = "aws:iam/role:Role"
_BUCKET = "aws:s3/bucket:Bucket"
_LOGS = "aws:cloudwatch/logGroup:LogGroup"
_NO_VPC, _NO_SUBNET, _NO_GROUP = "InvalidVpcID.NotFound", "InvalidSubnetID.NotFound", "InvalidGroup.NotFound"
_NO_TABLE, _IN_USE = "InvalidRouteTableID.NotFound", "DependencyViolation"
_FIREWALL_MISSING, _FIREWALL_IN_USE = "ResourceNotFoundException", "InvalidOperationException"

REFERENCES: tuple[Reference, ...] = (
    *(
        Reference(kind, "vpcId", _VPC, "id", _NO_VPC, _IN_USE, "EC2 DeleteVpc: all that belongs to it goes first")
        for kind in (
            "aws:ec2/internetGateway:InternetGateway", "aws:ec2/networkAcl:NetworkAcl", _TABLE, _GROUP, _SUBNET,
            _ENDPOINT, "aws:ec2transitgateway/vpcAttachment:VpcAttachment", "aws:networkfirewall/firewall:Firewall",
        )
    ),
    Reference(
        "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation", "vpcId", _VPC, "id", _NO_VPC, "",
        "EC2 AssociateVpcCidrBlock",
    ),
    Reference("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "vpcId", _VPC, "id", _NO_VPC, "", "PROVIDER"),
    Reference(
        "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl", "defaultNetworkAclId", _VPC, "defaultNetworkAclId",
        "InvalidNetworkAclID.NotFound", "", "PROVIDER",
    ),
    Reference(
        "aws:ec2/defaultRouteTable:DefaultRouteTable", "defaultRouteTableId", _VPC, "defaultRouteTableId",
        _NO_TABLE, "", "PROVIDER",
    ),
    Reference("aws:ec2/flowLog:FlowLog", "vpcId", _VPC, "id", _NO_VPC, "", "EC2 DeleteVpc: removed with it"),
    Reference("aws:ec2/flowLog:FlowLog", "iamRoleArn", _ROLE, "arn", "InvalidParameter", "", "EC2 CreateFlowLogs"),
    Reference(
        "aws:ec2/natGateway:NatGateway", "subnetId", _SUBNET, "id", _NO_SUBNET, _IN_USE, "EC2 DeleteSubnet: interfaces"
    ),
    Reference(
        "aws:ec2/natGateway:NatGateway", "allocationId", "aws:ec2/eip:Eip", "id", "InvalidAllocationID.NotFound",
        "InvalidIPAddress.InUse", "EC2 ReleaseAddress",
    ),
    Reference(
        "aws:ec2/networkAcl:NetworkAcl", "subnetIds[]", _SUBNET, "id", _NO_SUBNET, "", "EC2 DeleteSubnet: not refused"
    ),
    Reference(
        "aws:ec2/networkAclRule:NetworkAclRule", "networkAclId", "aws:ec2/networkAcl:NetworkAcl", "id",
        "InvalidNetworkAclID.NotFound", "", "EC2 DeleteNetworkAcl: entries go with it",
    ),
    Reference("aws:ec2/route:Route", "routeTableId", _TABLE, "id", _NO_TABLE, "", "EC2 DeleteRouteTable"),
    Reference(
        "aws:ec2/route:Route", "gatewayId", "aws:ec2/internetGateway:InternetGateway", "id",
        "InvalidGatewayID.NotFound", "", "EC2 DetachInternetGateway: routes are left as black holes",
    ),
    Reference(
        "aws:ec2/route:Route", "natGatewayId", "aws:ec2/natGateway:NatGateway", "id", "InvalidNatGatewayID.NotFound",
        "", "EC2 DeleteNatGateway: routes are left as black holes",
    ),
    Reference(
        "aws:ec2/route:Route", "vpcEndpointId", "aws:networkfirewall/firewall:Firewall", "endpoints",
        "InvalidVpcEndpointId.NotFound", _FIREWALL_IN_USE,
        "EC2 DeleteVpcEndpoints: Gateway Load Balancer endpoints only without routes; NFW DeleteFirewall",
    ),
    Reference(
        "aws:ec2/routeTableAssociation:RouteTableAssociation", "routeTableId", _TABLE, "id", _NO_TABLE, _IN_USE,
        "EC2 DeleteRouteTable: disassociate first",
    ),
    Reference(
        "aws:ec2/routeTableAssociation:RouteTableAssociation", "subnetId", _SUBNET, "id", _NO_SUBNET, "",
        "EC2 DeleteSubnet: not refused",
    ),
    Reference(
        _ENDPOINT, "subnetIds[]", _SUBNET, "id", _NO_SUBNET, _IN_USE, "EC2 DeleteSubnet: interfaces"
    ),
    Reference(_ENDPOINT, "securityGroupIds[]", _GROUP, "id", _NO_GROUP, _IN_USE, "EC2 DeleteSecurityGroup"),
    Reference(
        "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation", "vpcEndpointId", _ENDPOINT, "id",
        "InvalidVpcEndpointId.NotFound", "", "EC2 DeleteVpcEndpoints: its routes go with it",
    ),
    Reference(
        "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation", "routeTableId", _TABLE, "id",
        "InvalidRouteTableId.NotFound", "", "EC2 DeleteRouteTable: routes go with it",
    ),
    Reference(
        "aws:ec2transitgateway/vpcAttachment:VpcAttachment", "subnetIds[]", _SUBNET, "id", _NO_SUBNET, _IN_USE,
        "EC2 DeleteSubnet: interfaces",
    ),
    *(
        reference
        for kind in ("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
                     "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        for reference in (
            Reference(kind, "securityGroupId", _GROUP, "id", _NO_GROUP, "", "EC2 DeleteSecurityGroup"),
            Reference(
                kind, "referencedSecurityGroupId", _GROUP, "id", _NO_GROUP, _IN_USE,
                "EC2 DeleteSecurityGroup: referenced by another group",
            ),
            Reference(
                kind, "prefixListId", _ENDPOINT, "prefixListId", "InvalidPrefixListID.NotFound", "",
                "EC2 AuthorizeSecurityGroupEgress; the list is AWS's own and stays",
            ),
        )
    ),
    Reference(
        "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive", "securityGroupId", _GROUP, "id",
        _NO_GROUP, "", "PROVIDER: it goes with its group",
    ),
    Reference(
        "aws:networkfirewall/firewall:Firewall", "firewallPolicyArn",
        "aws:networkfirewall/firewallPolicy:FirewallPolicy", "arn", "InvalidRequestException", _FIREWALL_IN_USE,
        "NFW DeleteFirewallPolicy: InvalidOperationException",
    ),
    Reference(
        "aws:networkfirewall/firewall:Firewall", "subnetMappings[].subnetId", _SUBNET, "id", "InvalidRequestException",
        _IN_USE, "EC2 DeleteSubnet: interfaces",
    ),
    Reference(
        "aws:networkfirewall/firewallPolicy:FirewallPolicy", "firewallPolicy.statefulRuleGroupReferences[].resourceArn",
        "aws:networkfirewall/ruleGroup:RuleGroup", "arn", "InvalidRequestException", _FIREWALL_IN_USE,
        "NFW DeleteRuleGroup: InvalidOperationException",
    ),
    Reference(
        "aws:networkfirewall/firewallPolicy:FirewallPolicy", "firewallPolicy.tlsInspectionConfigurationArn",
        "aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration", "arn", "InvalidRequestException",
        _FIREWALL_IN_USE, "NFW DeleteTLSInspectionConfiguration: InvalidOperationException",
    ),
    Reference(
        "aws:networkfirewall/loggingConfiguration:LoggingConfiguration", "firewallArn",
        "aws:networkfirewall/firewall:Firewall", "arn", _FIREWALL_MISSING, "", "NFW DeleteFirewall: goes with it",
    ),
    Reference(
        "aws:networkfirewall/loggingConfiguration:LoggingConfiguration",
        "loggingConfiguration.logDestinationConfigs[].logDestination.logGroup", _LOGS, "name",
        "LogDestinationPermissionException", "", "NFW UpdateLoggingConfiguration",
    ),
    Reference(
        "aws:route53/resolverFirewallConfig:ResolverFirewallConfig", "resourceId", _VPC, "id",
        _FIREWALL_MISSING, "", "DNS UpdateFirewallConfig",
    ),
    Reference(
        "aws:route53/resolverFirewallRule:ResolverFirewallRule", "firewallRuleGroupId",
        "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup", "id", _FIREWALL_MISSING,
        "ConflictException", "DNS DeleteFirewallRuleGroup: ConflictException",
    ),
    Reference(
        "aws:route53/resolverFirewallRule:ResolverFirewallRule", "firewallDomainListId",
        "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList", "id", _FIREWALL_MISSING,
        "ConflictException", "DNS DeleteFirewallDomainList: ConflictException",
    ),
    Reference(
        "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation", "firewallRuleGroupId",
        "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup", "id", _FIREWALL_MISSING,
        "ConflictException", "DNS DeleteFirewallRuleGroup: ConflictException",
    ),
    Reference(
        "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation", "vpcId", _VPC, "id",
        _FIREWALL_MISSING, "", "DNS AssociateFirewallRuleGroup",
    ),
    Reference(
        "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig", "destinationArn", _LOGS, "arn",
        _FIREWALL_MISSING, "", "DNS CreateResolverQueryLogConfig",
    ),
    Reference(
        "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation", "resolverQueryLogConfigId",
        "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig", "id", _FIREWALL_MISSING, "InvalidRequestException",
        "DNS DeleteResolverQueryLogConfig: disassociate first",
    ),
    Reference(
        "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation", "resourceId", _VPC, "id",
        _FIREWALL_MISSING, "", "DNS AssociateResolverQueryLogConfig",
    ),
    Reference(
        "aws:iam/rolePolicy:RolePolicy", "role", _ROLE, "name", "NoSuchEntity", "DeleteConflict",
        "IAM DeleteRole: inline policies go first",
    ),
    *(
        Reference(kind, "bucket", _BUCKET, "id", "NoSuchBucket", "", "S3 DeleteBucket: goes with it")
        for kind in (
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
            "aws:s3/bucketPolicy:BucketPolicy",
            "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        )
    ),
    Reference(
        "aws:ecs/service:Service", "cluster", "aws:ecs/cluster:Cluster", "id", "ClusterNotFoundException",
        "ClusterContainsServicesException", "ECS DeleteCluster",
    ),
    Reference(
        "aws:ecs/service:Service", "taskDefinition", "aws:ecs/taskDefinition:TaskDefinition", "arn", "ClientException",
        "", "ECS DeregisterTaskDefinition: services that run it go on",
    ),
    *(
        reference
        for kind, subnets, groups, missing in (
            (
                "aws:ecs/service:Service", "networkConfiguration.subnets[]", "networkConfiguration.securityGroups[]",
                "InvalidParameterException",
            ),
            (
                "aws:lambda/function:Function", "vpcConfig.subnetIds[]", "vpcConfig.securityGroupIds[]",
                "InvalidParameterValueException",
            ),
        )
        for reference in (
            Reference(kind, subnets, _SUBNET, "id", missing, _IN_USE, "EC2 DeleteSubnet: interfaces"),
            Reference(kind, groups, _GROUP, "id", missing, _IN_USE, "EC2 DeleteSecurityGroup: interfaces"),
        )
    ),
    Reference(
        "aws:cloudwatch/logMetricFilter:LogMetricFilter", "logGroupName", _LOGS, "name", _FIREWALL_MISSING, "",
        "LOGS: ResourceNotFoundException",
    ),
    Reference("aws:sns/topicPolicy:TopicPolicy", "arn", "aws:sns/topic:Topic", "id", "NotFound", "", "SNS API"),
    Reference(
        "aws:cloudwatch/metricAlarm:MetricAlarm", "alarmActions[]", "aws:sns/topic:Topic", "id", "ValidationError", "",
        "CloudWatch PutMetricAlarm; that the topic exists is not checked by AWS: stricter here",
    ),
)  # fmt: skip
"""Every property that names another resource of the account."""


@dataclass(frozen=True)
class Quota:
    """How many there may be. ``error`` is AWS's code, ``source`` where the number is read."""

    most: int
    error: str
    source: str


QUOTAS: Mapping[str, Quota] = {
    "cidrs of a VPC": Quota(5, "CidrLimitExceeded", "VPC"),
    "subnets of a VPC": Quota(200, "SubnetLimitExceeded", "VPC"),
    "route tables of a VPC": Quota(200, "RouteTableLimitExceeded", "VPC"),
    "routes of a route table": Quota(500, "RouteLimitExceeded", "VPC"),
    "security groups": Quota(2500, "SecurityGroupLimitExceeded", "VPC"),
    "rules of a security group": Quota(60, "RulesPerSecurityGroupLimitExceeded", "VPC; each direction"),
    "security groups of an interface": Quota(5, "SecurityGroupsPerInterfaceLimitExceeded", "VPC"),
    "NACLs of a VPC": Quota(200, "NetworkAclLimitExceeded", "VPC"),
    "entries of a NACL": Quota(
        19, "NetworkAclEntryLimitExceeded", "VPC: 20 each direction, AWS's last denial included"
    ),
    "NAT gateways of a zone": Quota(5, "NatGatewayLimitExceeded", "VPC"),
    "elastic addresses": Quota(5, "AddressLimitExceeded", "VPC"),
    "interface endpoints of a VPC": Quota(50, "VpcEndpointLimitExceeded", "LINK"),
    "gateway endpoints": Quota(20, "VpcEndpointLimitExceeded", "LINK"),
    "firewalls": Quota(5, "LimitExceededException", "NFWQ"),
    "firewall policies": Quota(20, "LimitExceededException", "NFWQ"),
    "stateful rule groups": Quota(50, "LimitExceededException", "NFWQ"),
    "stateful rule groups of a policy": Quota(20, "LimitExceededException", "MEASURED"),
    "capacity of a policy": Quota(30_000, "LimitExceededException", "NFWQ"),
    "rules of a DNS rule group": Quota(100, "LimitExceededException", "DNSQ"),
    "domain lists": Quota(1_000, "LimitExceededException", "DNSQ"),
    "domains": Quota(100_000, "LimitExceededException", "DNSQ"),
    "metric filters of a log group": Quota(100, "LimitExceededException", "LOGS"),
}
"""The defaults; a world may have higher ones, as AWS raises most on request."""
