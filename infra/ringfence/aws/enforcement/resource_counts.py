"""How many resources of each type an environment has, counted from its enforcement and not from a program.

A test holds this equal to what the program registers, so the review's numbers are the deployment's.
"""

from collections import Counter
from collections.abc import Mapping

from ringfence.aws.enforcement.model import Enforcement


def resource_counts(enforcement: Enforcement) -> Mapping[str, int]:
    """Resources by Pulumi's type token (``aws:ec2/subnet:Subnet``), sorted, none of them zero.

    Components, providers and functions (``get_caller_identity``) are not counted: AWS holds nothing for them.
    """
    counts: Counter[str] = Counter()
    _count_network(enforcement, counts)
    _count_guards(enforcement, counts)
    _count_logs(enforcement, counts)
    return {token: counts[token] for token in sorted(counts) if counts[token]}


def _count_network(enforcement: Enforcement, counts: Counter[str]) -> None:
    counts["aws:ec2/vpc:Vpc"] = 1
    counts["aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation"] = len(enforcement.vpc.cidrs) - 1
    counts["aws:ec2/defaultRouteTable:DefaultRouteTable"] = 1
    counts["aws:ec2/defaultNetworkAcl:DefaultNetworkAcl"] = 1
    counts["aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"] = 1
    counts["aws:ec2/internetGateway:InternetGateway"] = int(enforcement.internet)
    counts["aws:ec2/eip:Eip"] = len(enforcement.nat_gateways)
    counts["aws:ec2/natGateway:NatGateway"] = len(enforcement.nat_gateways)
    counts["aws:ec2transitgateway/vpcAttachment:VpcAttachment"] = len(enforcement.transit_attachments)
    counts["aws:ec2/subnet:Subnet"] = len(enforcement.subnets)
    counts["aws:ec2/routeTable:RouteTable"] = len(enforcement.route_tables)
    counts["aws:ec2/routeTableAssociation:RouteTableAssociation"] = sum(
        len(table.subnets) for table in enforcement.route_tables
    )
    counts["aws:ec2/route:Route"] = sum(len(table.routes) for table in enforcement.route_tables)
    endpoints = (*enforcement.gateway_endpoints, *enforcement.interface_endpoints)
    counts["aws:ec2/vpcEndpoint:VpcEndpoint"] = len(endpoints)
    counts["aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation"] = sum(
        len(endpoint.route_tables) for endpoint in enforcement.gateway_endpoints
    )


def _count_guards(enforcement: Enforcement, counts: Counter[str]) -> None:
    counts["aws:ec2/securityGroup:SecurityGroup"] = len(enforcement.security_groups)
    directions = Counter(rule.direction for group in enforcement.security_groups for rule in group.rules)
    counts["aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"] = len(enforcement.security_groups)
    counts["aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"] = directions["ingress"]
    counts["aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"] = directions["egress"]
    counts["aws:ec2/networkAcl:NetworkAcl"] = len(enforcement.network_acls)
    counts["aws:ec2/networkAclRule:NetworkAclRule"] = sum(len(acl.rules) for acl in enforcement.network_acls)
    firewall = enforcement.firewall
    if firewall is not None:
        counts["aws:networkfirewall/firewall:Firewall"] = 1
        counts["aws:networkfirewall/firewallPolicy:FirewallPolicy"] = 1
        counts["aws:networkfirewall/ruleGroup:RuleGroup"] = len(firewall.rules.groups)
        counts["aws:networkfirewall/loggingConfiguration:LoggingConfiguration"] = 1
        counts["aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration"] = int(
            firewall.ca_certificate_arn is not None
        )
    counts["aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList"] = len(enforcement.dns.lists)
    counts["aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup"] = 1
    counts["aws:route53/resolverFirewallRule:ResolverFirewallRule"] = len(enforcement.dns.rules)
    counts["aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation"] = 1
    counts["aws:route53/resolverFirewallConfig:ResolverFirewallConfig"] = 1
    counts["aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig"] = 1
    counts["aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation"] = 1
    counts["aws:iam/rolePolicy:RolePolicy"] = sum(policy.attached for policy in enforcement.role_policies)


def _count_logs(enforcement: Enforcement, counts: Counter[str]) -> None:
    logs = enforcement.logs
    counts["aws:cloudwatch/logGroup:LogGroup"] = len(logs.groups)
    counts["aws:s3/bucket:Bucket"] = 1
    counts["aws:s3/bucketPolicy:BucketPolicy"] = 1
    counts["aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"] = 1
    counts["aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"] = 1
    counts["aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"] = 1
    counts["aws:ec2/flowLog:FlowLog"] = len(logs.flow_logs)
    counts["aws:iam/role:Role"] = 1
    counts["aws:iam/rolePolicy:RolePolicy"] += 1
    counts["aws:cloudwatch/logMetricFilter:LogMetricFilter"] = len(logs.metric_filters)
    counts["aws:cloudwatch/metricAlarm:MetricAlarm"] = len(logs.alarms)
    counts["aws:sns/topic:Topic"] = 1
    counts["aws:sns/topicPolicy:TopicPolicy"] = 1
