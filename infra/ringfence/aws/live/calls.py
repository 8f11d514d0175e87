"""Every API call that is made, in one place: what no call here allows is not asked, and nothing here writes."""

from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.aws.iam import Condition, PolicyDocument, Statement
from ringfence.aws.place import partition_of


@dataclass(frozen=True, slots=True)
class Call:
    """One operation of a service, as boto3 names the service and AWS the operation.

    ``permission`` is the IAM action that it needs (https://docs.aws.amazon.com/service-authorization/latest/reference/
    reference_policies_actions-resources-contextkeys.html); empty where AWS asks for none. ``reads`` says what for.
    """

    service: str
    operation: str
    permission: str
    reads: str


def _calls(service: str, prefix: str, operations: dict[str, str]) -> tuple[Call, ...]:
    return tuple(Call(service, name, f"{prefix}:{name}", reads) for name, reads in operations.items())


CALLS: tuple[Call, ...] = (
    # No policy can deny it (API_GetCallerIdentity).
    Call("sts", "GetCallerIdentity", "", "whose credentials these are"),
    *_calls(
        "ec2",
        "ec2",
        {
            "DescribeAvailabilityZones": "the region that answers, and its zones",
            "DescribeCarrierGateways": "ways out",
            "DescribeEgressOnlyInternetGateways": "ways out",
            "DescribeFlowLogs": "logs",
            "DescribeInternetGateways": "ways out",
            "DescribeManagedPrefixLists": "prefix lists that rules name",
            "DescribeNatGateways": "ways out",
            "DescribeNetworkAcls": "NACLs, their entries and subnets",
            "DescribeNetworkInterfaces": "who stands in each segment",
            "DescribePrefixLists": "the prefix lists of gateway endpoints",
            "DescribeRouteTables": "routes, subnets and gateways",
            "DescribeSecurityGroupRules": "rules of groups",
            "DescribeSecurityGroups": "groups",
            "DescribeSubnets": "subnets",
            "DescribeTransitGatewayVpcAttachments": "ways to other networks",
            "DescribeVpcAttribute": "whether the VPC has a resolver, and names for its endpoints",
            "DescribeVpcEndpoints": "endpoints and their policies",
            "DescribeVpcPeeringConnections": "ways to other networks",
            "DescribeVpcs": "the environment's VPC and its networks",
            "DescribeVpnGateways": "ways to other networks",
            "GetManagedPrefixListEntries": "prefix lists that rules name",
        },
    ),
    *_calls(
        "network-firewall",
        "network-firewall",
        {
            "DescribeFirewall": "the firewall, its endpoints and whether it is ready",
            "DescribeFirewallPolicy": "the order of rule groups, defaults and variables",
            "DescribeLoggingConfiguration": "logs",
            "DescribeRuleGroup": "the rules",
            "DescribeTLSInspectionConfiguration": "what is decrypted",
            "ListFirewalls": "the firewalls of the VPC",
        },
    ),
    *_calls(
        "route53resolver",
        "route53resolver",
        {
            "GetFirewallConfig": "what happens when DNS Firewall cannot answer",
            "GetResolverQueryLogConfig": "logs",
            "ListFirewallDomains": "the names in a list",
            "ListFirewallRuleGroupAssociations": "the rule groups of the VPC, in order",
            "ListFirewallRules": "the rules",
            "ListResolverQueryLogConfigAssociations": "logs",
            "ListResolverRuleAssociations": "names that other resolvers answer",
        },
    ),
    *_calls("route53profiles", "route53profiles", {"ListProfileAssociations": "rules that a profile brings along"}),
    *_calls("vpc-lattice", "vpc-lattice", {"ListServiceNetworkVpcAssociations": "ways to services of other networks"}),
    *_calls(
        "iam",
        "iam",
        {
            "GetPolicy": "the version of a policy that holds",
            "GetPolicyVersion": "what it permits",
            "GetRole": "the agents' roles and what bounds them",
            "GetRolePolicy": "what a role's inline policies permit",
            "ListAttachedRolePolicies": "policies attached to a role",
            "ListRolePolicies": "inline policies of a role",
        },
    ),
)
"""All calls, by service."""

_ON_ROLES = ("iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies")
_ON_POLICIES = ("iam:GetPolicy", "iam:GetPolicyVersion")


def reading_policy(account: str, region: str, roles: Iterable[str]) -> PolicyDocument:
    """What a principal needs in order to read an environment: these calls, its region, its agents' roles alone.

    Most of the calls take no resource; those that do are asked about what a person may have added, so of every one.
    """
    partition = partition_of(region)
    permissions = {call.permission for call in CALLS if call.permission}
    regional = tuple(sorted(permissions - {*_ON_ROLES, *_ON_POLICIES}))
    statements = [Statement("Network", "Allow", regional, ("*",), (_in(region),))]
    if arns := tuple(sorted(set(roles))):
        statements.append(Statement("Roles", "Allow", _ON_ROLES, arns))
        owners = (f"arn:{partition}:iam::{account}:policy/*", f"arn:{partition}:iam::aws:policy/*")
        statements.append(Statement("Policies", "Allow", _ON_POLICIES, owners))
    return PolicyDocument(tuple(statements))


def _in(region: str) -> Condition:
    return Condition("StringEquals", "aws:RequestedRegion", (region,))
