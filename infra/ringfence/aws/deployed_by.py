"""The API calls by which each resource type is made, read, changed and removed, as IAM actions.

Named as Pulumi's provider calls them (the ``Create``, ``Read``, ``Update`` and ``Delete`` functions of
https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service), in IAM's spelling
(https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html).
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actions:
    """``new`` make the resource and give it its tags, ``own`` act on one that is there, ``reads`` only look."""

    new: tuple[str, ...]
    own: tuple[str, ...]
    reads: tuple[str, ...]


def _of(prefix: str, new: str = "", own: str = "", reads: str = "") -> Actions:
    return Actions(*(tuple(f"{prefix}:{name}" for name in names.split()) for names in (new, own, reads)))


_BUCKET_READS = (
    "GetAccelerateConfiguration GetBucketAcl GetBucketCORS GetBucketLogging GetBucketObjectLockConfiguration "
    "GetBucketPolicy GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite "
    "GetEncryptionConfiguration GetLifecycleConfiguration GetReplicationConfiguration ListBucket"
)
"""A bucket is read with all that could be set on it, whether it is or not."""

ACTIONS: Mapping[str, Actions] = {
    "aws:cloudwatch/logGroup:LogGroup": _of(
        "logs", "CreateLogGroup TagResource", "DeleteLogGroup PutRetentionPolicy UntagResource",
        "DescribeLogGroups ListTagsForResource",
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _of(
        "logs", own="DeleteMetricFilter PutMetricFilter", reads="DescribeMetricFilters"
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _of(
        "cloudwatch", "PutMetricAlarm TagResource", "DeleteAlarms UntagResource", "DescribeAlarms ListTagsForResource"
    ),
    "aws:ec2/eip:Eip": _of(
        "ec2", "AllocateAddress", "ReleaseAddress", "DescribeAddresses DescribeAddressesAttribute"
    ),
    "aws:ec2/flowLog:FlowLog": _of("ec2", "CreateFlowLogs", "DeleteFlowLogs", "DescribeFlowLogs"),
    "aws:ec2/internetGateway:InternetGateway": _of(
        "ec2", "CreateInternetGateway", "AttachInternetGateway DeleteInternetGateway DetachInternetGateway",
        "DescribeInternetGateways",
    ),
    "aws:ec2/natGateway:NatGateway": _of("ec2", "CreateNatGateway", "DeleteNatGateway", "DescribeNatGateways"),
    "aws:ec2/networkAcl:NetworkAcl": _of(
        "ec2", "CreateNetworkAcl", "DeleteNetworkAcl ReplaceNetworkAclAssociation", "DescribeNetworkAcls"
    ),
    "aws:ec2/networkAclRule:NetworkAclRule": _of("ec2", own="CreateNetworkAclEntry DeleteNetworkAclEntry"),
    "aws:ec2/route:Route": _of("ec2", own="CreateRoute DeleteRoute ReplaceRoute"),
    "aws:ec2/routeTable:RouteTable": _of("ec2", "CreateRouteTable", "DeleteRouteTable", "DescribeRouteTables"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _of(
        "ec2", own="AssociateRouteTable DisassociateRouteTable ReplaceRouteTableAssociation"
    ),
    "aws:ec2/securityGroup:SecurityGroup": _of(
        "ec2", "CreateSecurityGroup", "DeleteSecurityGroup RevokeSecurityGroupEgress RevokeSecurityGroupIngress",
        "DescribeNetworkInterfaces DescribeSecurityGroups",
    ),
    "aws:ec2/subnet:Subnet": _of(
        "ec2", "CreateSubnet", "DeleteSubnet ModifySubnetAttribute", "DescribeNetworkInterfaces DescribeSubnets"
    ),
    "aws:ec2/vpc:Vpc": _of(
        "ec2", "CreateVpc", "DeleteVpc ModifyVpcAttribute",
        "DescribeNetworkAcls DescribeRouteTables DescribeSecurityGroups DescribeVpcAttribute DescribeVpcs",
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _of(
        "ec2", "CreateVpcEndpoint", "DeleteVpcEndpoints ModifyVpcEndpoint", "DescribePrefixLists DescribeVpcEndpoints"
    ),
    "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": _of("ec2", own="ModifyVpcEndpoint"),
    "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation": _of(
        "ec2", own="AssociateVpcCidrBlock DisassociateVpcCidrBlock"
    ),
    "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive": _of(
        "ec2", own="RevokeSecurityGroupEgress RevokeSecurityGroupIngress",
        reads="DescribeSecurityGroupRules DescribeSecurityGroups",
    ),
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": _of(
        "ec2", "CreateTransitGatewayVpcAttachment",
        "DeleteTransitGatewayVpcAttachment ModifyTransitGatewayVpcAttachment",
        "DescribeTransitGatewayVpcAttachments DescribeTransitGateways",
    ),
    "aws:iam/role:Role": _of(
        "iam", "CreateRole TagRole", "DeleteRole UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription",
        "GetRole ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies ListRoleTags",
    ),
    "aws:iam/rolePolicy:RolePolicy": _of("iam", own="DeleteRolePolicy PutRolePolicy", reads="GetRolePolicy"),
    "aws:networkfirewall/firewall:Firewall": _of(
        "network-firewall", "CreateFirewall",
        "AssociateFirewallPolicy AssociateSubnets DeleteFirewall DisassociateSubnets UpdateFirewallDeleteProtection "
        "UpdateFirewallDescription UpdateFirewallPolicyChangeProtection UpdateSubnetChangeProtection",
        "DescribeFirewall",
    ),
    "aws:networkfirewall/firewallPolicy:FirewallPolicy": _of(
        "network-firewall", "CreateFirewallPolicy", "DeleteFirewallPolicy UpdateFirewallPolicy",
        "DescribeFirewallPolicy",
    ),
    "aws:networkfirewall/loggingConfiguration:LoggingConfiguration": _of(
        "network-firewall", own="UpdateLoggingConfiguration", reads="DescribeLoggingConfiguration"
    ),
    "aws:networkfirewall/ruleGroup:RuleGroup": _of(
        "network-firewall", "CreateRuleGroup", "DeleteRuleGroup UpdateRuleGroup", "DescribeRuleGroup"
    ),
    "aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration": _of(
        "network-firewall", "CreateTLSInspectionConfiguration",
        "DeleteTLSInspectionConfiguration UpdateTLSInspectionConfiguration", "DescribeTLSInspectionConfiguration",
    ),
    "aws:route53/resolverFirewallConfig:ResolverFirewallConfig": _of(
        "route53resolver", own="UpdateFirewallConfig", reads="GetFirewallConfig ListFirewallConfigs"
    ),
    "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList": _of(
        "route53resolver", "CreateFirewallDomainList", "DeleteFirewallDomainList UpdateFirewallDomains",
        "GetFirewallDomainList ListFirewallDomains",
    ),
    "aws:route53/resolverFirewallRule:ResolverFirewallRule": _of(
        "route53resolver", own="CreateFirewallRule DeleteFirewallRule UpdateFirewallRule", reads="ListFirewallRules"
    ),
    "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup": _of(
        "route53resolver", "CreateFirewallRuleGroup", "DeleteFirewallRuleGroup", "GetFirewallRuleGroup"
    ),
    "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation": _of(
        "route53resolver", "AssociateFirewallRuleGroup",
        "DisassociateFirewallRuleGroup UpdateFirewallRuleGroupAssociation", "GetFirewallRuleGroupAssociation",
    ),
    "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig": _of(
        "route53resolver", "CreateResolverQueryLogConfig", "DeleteResolverQueryLogConfig", "GetResolverQueryLogConfig"
    ),
    "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation": _of(
        "route53resolver", own="AssociateResolverQueryLogConfig DisassociateResolverQueryLogConfig",
        reads="GetResolverQueryLogConfigAssociation",
    ),
    "aws:s3/bucket:Bucket": _of("s3", own="CreateBucket DeleteBucket PutBucketTagging", reads=_BUCKET_READS),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _of(
        "s3", own="PutLifecycleConfiguration", reads="GetLifecycleConfiguration"
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _of("s3", own="DeleteBucketPolicy PutBucketPolicy", reads="GetBucketPolicy"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _of(
        "s3", own="PutBucketPublicAccessBlock", reads="GetBucketPublicAccessBlock"
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _of(
        "s3", own="PutEncryptionConfiguration", reads="GetEncryptionConfiguration"
    ),
    "aws:sns/topic:Topic": _of(
        "sns", own="CreateTopic DeleteTopic SetTopicAttributes TagResource UntagResource",
        reads="GetTopicAttributes ListTagsForResource",
    ),
    "aws:sns/topicPolicy:TopicPolicy": _of("sns", own="SetTopicAttributes", reads="GetTopicAttributes"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _of(
        "ec2", "AuthorizeSecurityGroupEgress", "ModifySecurityGroupRules RevokeSecurityGroupEgress",
        "DescribeSecurityGroupRules",
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _of(
        "ec2", "AuthorizeSecurityGroupIngress", "ModifySecurityGroupRules RevokeSecurityGroupIngress",
        "DescribeSecurityGroupRules",
    ),
}  # fmt: skip
"""By Pulumi's type token. What a VPC came with (`DEFAULTS`) is not made, and is adopted once."""

NEW_IN_EC2: Mapping[str, str] = {
    "ec2:AllocateAddress": "elastic-ip",
    "ec2:AuthorizeSecurityGroupEgress": "security-group-rule",
    "ec2:AuthorizeSecurityGroupIngress": "security-group-rule",
    "ec2:CreateFlowLogs": "vpc-flow-log",
    "ec2:CreateInternetGateway": "internet-gateway",
    "ec2:CreateNatGateway": "natgateway",
    "ec2:CreateNetworkAcl": "network-acl",
    "ec2:CreateRouteTable": "route-table",
    "ec2:CreateSecurityGroup": "security-group",
    "ec2:CreateSubnet": "subnet",
    "ec2:CreateTransitGatewayVpcAttachment": "transit-gateway-attachment",
    "ec2:CreateVpc": "vpc",
    "ec2:CreateVpcEndpoint": "vpc-endpoint",
}
"""What a call makes, as ARNs name it: only that has the tags of the request. Whatever else it names was there before
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html)."""

TAGGED_LATER: Mapping[str, tuple[str, str]] = {
    "network-firewall": ("network-firewall:TagResource", "network-firewall:UntagResource"),
    "route53resolver": ("route53resolver:TagResource", "route53resolver:UntagResource"),
}
"""Services that ask for this permission where tags are given, to something new as well, and for that to take them away
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_route53resolver.html, "API operations")."""

TAGS_READ: Mapping[str, str] = {
    "network-firewall": "network-firewall:ListTagsForResource",
    "route53resolver": "route53resolver:ListTagsForResource",
}

DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": ("ec2:DeleteNetworkAclEntry",),
    "aws:ec2/defaultRouteTable:DefaultRouteTable": ("ec2:DeleteRoute", "ec2:DisableVgwRoutePropagation"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": (
        "ec2:RevokeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
    ),
}
"""What a VPC came with: it has no tag when it is adopted, so only its VPC tells whose it is."""

PROGRAM = (
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeRegions",
)
"""What the program asks before it registers anything; `sts:GetCallerIdentity` needs no permission."""

LOG_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)
"""Deliveries of logs by AWS's services, which have no resource of their own to name
(https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-logging-permissions.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html)."""
EMPTYING = ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucketVersions")
"""To remove a bucket with what is in it (``force_destroy``), where it is not protected."""
SERVICE_ROLES = ("network-firewall.amazonaws.com", "transitgateway.amazonaws.com")
"""Services that make a role of theirs in the account when they are first used there
(https://docs.aws.amazon.com/network-firewall/latest/developerguide/using-service-linked-roles.html,
https://docs.aws.amazon.com/vpc/latest/tgw/service-linked-roles.html)."""
