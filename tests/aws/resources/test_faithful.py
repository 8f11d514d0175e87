"""Nothing is lost or altered between enforcement and resources: each layer, read back, says what enforcement says.

References are read as the names of what they lead to, so a rule that names the wrong group or route table shows.
"""

import json
from typing import Any

import pytest
from example_fleet import Registered
from ringfence.aws.enforcement.model import (
    CidrPeer,
    FirewallTarget,
    GroupPeer,
    InternetTarget,
    NatTarget,
    PeeringTarget,
    PrefixListPeer,
    TransitTarget,
)
from ringfence.aws.iam import Known
from ringfence.verify.graph import Resource


class Read:
    """A registered environment with its identities resolved to the names that enforcement uses."""

    def __init__(self, registered: Registered) -> None:
        self.enforcement = registered.enforcement
        self.graph = registered.deployed
        self.prefix = f"{registered.enforcement.environment}-"
        self.names = {resource.id: self.name(resource) for resource in self.graph.resources if resource.id}
        self.arns = {
            resource.outputs["arn"]: self.name(resource)
            for resource in self.graph.resources
            if "arn" in resource.outputs
        }

    def name(self, resource: Resource) -> str:
        return resource.name.removeprefix(self.prefix)

    def each(self, kind: str) -> list[Resource]:
        return list(self.graph.of_type(kind))

    def by_name(self, kind: str) -> dict[str, dict[str, Any]]:
        return {self.name(resource): dict(resource.inputs) for resource in self.each(kind)}

    def known(self) -> Known:
        (vpc,) = self.each("aws:ec2/vpc:Vpc")
        (bucket,) = self.each("aws:s3/bucket:Bucket")
        (topic,) = self.each("aws:sns/topic:Topic")
        addresses = {self.name(eip): eip.outputs["publicIp"] for eip in self.each("aws:ec2/eip:Eip")}
        groups = {self.name(group): group.outputs["arn"] for group in self.each("aws:cloudwatch/logGroup:LogGroup")}
        return Known(
            vpc_id=str(vpc.id),
            nat_addresses=tuple(f"{addresses[nat.name]}/32" for nat in self.enforcement.nat_gateways),
            bucket_arn=str(bucket.outputs["arn"]),
            log_group_arns=tuple(groups.items()),
            topic_arn=str(topic.outputs["arn"]),
        )


@pytest.fixture
def read(registered: Registered) -> Read:
    return Read(registered)


def test_networks(read: Read) -> None:
    enforcement = read.enforcement
    ((_, vpc),) = read.by_name("aws:ec2/vpc:Vpc").items()
    assert vpc["cidrBlock"] == str(enforcement.vpc.cidrs[0])
    assert (vpc["enableDnsSupport"], vpc["enableDnsHostnames"]) == (True, True)
    associated = read.each("aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation")
    assert {each.inputs["cidrBlock"] for each in associated} == {str(cidr) for cidr in enforcement.vpc.cidrs[1:]}
    subnets = read.by_name("aws:ec2/subnet:Subnet")
    assert {
        name: (made["availabilityZone"], made["cidrBlock"], made["mapPublicIpOnLaunch"], made["tags"])
        for name, made in subnets.items()
    } == {each.name: (each.zone, str(each.network), False, dict(each.tags)) for each in enforcement.subnets}
    gateways = read.by_name("aws:ec2/natGateway:NatGateway")
    assert {name: read.names[made["subnetId"]] for name, made in gateways.items()} == {
        nat.name: nat.subnet for nat in enforcement.nat_gateways
    }
    assert {name: read.names[made["allocationId"]] for name, made in gateways.items()} == {
        nat.name: nat.name for nat in enforcement.nat_gateways
    }
    attachments = read.by_name("aws:ec2transitgateway/vpcAttachment:VpcAttachment")
    assert {
        made["transitGatewayId"]: {read.names[subnet] for subnet in made["subnetIds"]} for made in attachments.values()
    } == {each.gateway_id: set(each.subnets) for each in enforcement.transit_attachments}


def test_security_groups(read: Read) -> None:
    wanted = set()
    for group in read.enforcement.security_groups:
        for rule in group.rules:
            match rule.peer:
                case CidrPeer(network):
                    peer = str(network)
                case GroupPeer(other):
                    peer = f"group {other}"
                case PrefixListPeer(endpoint):
                    peer = f"prefix list {endpoint}"
            ports = (rule.first_port, rule.last_port)
            wanted.add((group.name, rule.name, rule.direction, rule.protocol, ports, peer, rule.description))
    prefix_lists = {
        endpoint.outputs["prefixListId"]: read.name(endpoint)
        for endpoint in read.each("aws:ec2/vpcEndpoint:VpcEndpoint")
        if endpoint.inputs["vpcEndpointType"] == "Gateway"
    }
    made = set()
    for direction, kind in (
        ("ingress", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"),
        ("egress", "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"),
    ):
        for name, rule in read.by_name(kind).items():
            if "cidrIpv4" in rule:
                peer = rule["cidrIpv4"]
            elif "prefixListId" in rule:
                peer = f"prefix list {prefix_lists[rule['prefixListId']]}"
            else:
                peer = f"group {read.names[rule['referencedSecurityGroupId']]}"
            ports = (rule["fromPort"], rule["toPort"])
            group = read.names[rule["securityGroupId"]]
            made.add((group, name, direction, rule["ipProtocol"], ports, peer, rule["description"]))
    assert wanted
    assert made == wanted
    groups = read.by_name("aws:ec2/securityGroup:SecurityGroup")
    assert {name: (group["description"], group["tags"]) for name, group in groups.items()} == {
        group.name: (group.description, dict(group.tags)) for group in read.enforcement.security_groups
    }
    lists = read.by_name("aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive")
    assert {
        (read.names[each["securityGroupId"]], name, direction)
        for each in lists.values()
        for direction in ("ingress", "egress")
        for name in map(read.names.__getitem__, each[f"{direction}RuleIds"])
    } == {(group.name, rule.name, rule.direction) for group in read.enforcement.security_groups for rule in group.rules}
    assert lists.keys() == groups.keys()


def test_network_acls(read: Read) -> None:
    wanted = {
        (acl.name, rule.name, rule.direction, rule.number, rule.action, rule.protocol, str(rule.network),
         rule.first_port, rule.last_port)
        for acl in read.enforcement.network_acls
        for rule in acl.rules
    }  # fmt: skip
    made = {
        (read.names[rule["networkAclId"]], name, "egress" if rule["egress"] else "ingress", rule["ruleNumber"],
         rule["ruleAction"], rule["protocol"], rule["cidrBlock"], rule["fromPort"], rule["toPort"])
        for name, rule in read.by_name("aws:ec2/networkAclRule:NetworkAclRule").items()
    }  # fmt: skip
    assert wanted
    assert made == wanted
    acls = read.by_name("aws:ec2/networkAcl:NetworkAcl")
    assert {name: {read.names[subnet] for subnet in acl["subnetIds"]} for name, acl in acls.items()} == {
        acl.name: set(acl.subnets) for acl in read.enforcement.network_acls
    }


def test_routes(read: Read) -> None:
    zones = {
        attachment["endpointId"]: state["availabilityZone"]
        for firewall in read.each("aws:networkfirewall/firewall:Firewall")
        for state in firewall.outputs["firewallStatuses"][0]["syncStates"]
        for attachment in state["attachments"]
    }
    nat_zones = {nat.name: nat.zone for nat in read.enforcement.nat_gateways}
    wanted = {
        (table.name, route.name, str(route.destination), route.target)
        for table in read.enforcement.route_tables
        for route in table.routes
    }
    made = set()
    for name, route in read.by_name("aws:ec2/route:Route").items():
        match route:
            case {"vpcEndpointId": endpoint}:
                target: Any = FirewallTarget(zones[endpoint])
            case {"natGatewayId": gateway}:
                target = NatTarget(nat_zones[read.names[gateway]])
            case {"gatewayId": gateway}:
                assert read.names[gateway] == "internet"
                target = InternetTarget()
            case {"transitGatewayId": gateway}:
                target = TransitTarget(gateway)
            case _:
                target = PeeringTarget(route["vpcPeeringConnectionId"])
        made.add((read.names[route["routeTableId"]], name, route["destinationCidrBlock"], target))
    assert wanted
    assert made == wanted
    associations = read.by_name("aws:ec2/routeTableAssociation:RouteTableAssociation").values()
    assert {(read.names[each["routeTableId"]], read.names[each["subnetId"]]) for each in associations} == {
        (table.name, subnet) for table in read.enforcement.route_tables for subnet in table.subnets
    }


def test_the_firewall(read: Read) -> None:
    firewall = read.enforcement.firewall
    if firewall is None:
        assert [each.urn for each in read.graph.resources if each.type.startswith("aws:networkfirewall/")] == []
        return
    # Where TLS is decrypted the agents' groups are others than where it is not; the default denial is the same.
    end = "-inspecting" if firewall.ca_certificate_arn else ""
    names = [
        name if name == "ringfence-default" else f"{name}{end}" for name in (g.name for g in firewall.rules.groups)
    ]
    groups = read.by_name("aws:networkfirewall/ruleGroup:RuleGroup")
    assert {
        name: (group["type"], group["capacity"], group["ruleGroup"]["rulesSource"]["rulesString"])
        for name, group in groups.items()
    } == {
        name: ("STATEFUL", group.capacity, group.text) for name, group in zip(names, firewall.rules.groups, strict=True)
    }
    assert {group["ruleGroup"]["statefulRuleOptions"]["ruleOrder"] for group in groups.values()} == {"STRICT_ORDER"}
    ((_, made),) = read.by_name("aws:networkfirewall/firewallPolicy:FirewallPolicy").items()
    policy = made["firewallPolicy"]
    references = sorted(policy["statefulRuleGroupReferences"], key=lambda each: each["priority"])
    assert [read.arns[each["resourceArn"]] for each in references] == names
    assert policy["statefulEngineOptions"] == {"ruleOrder": "STRICT_ORDER", "streamExceptionPolicy": "REJECT"}
    assert policy["statelessDefaultActions"] == ["aws:forward_to_sfe"]
    assert policy["statelessFragmentDefaultActions"] == ["aws:forward_to_sfe"]
    # The default denial is a group of our own; AWS's default actions beside it would refuse before it marks.
    assert "statefulDefaultActions" not in policy
    ((variable),) = policy["policyVariables"]["ruleVariables"]
    assert variable == {"key": "HOME_NET", "ipSet": {"definitions": [str(each) for each in firewall.rules.home_net]}}
    ((_, made),) = read.by_name("aws:networkfirewall/firewall:Firewall").items()
    assert {read.names[each["subnetId"]] for each in made["subnetMappings"]} == {name for _, name in firewall.subnets}
    ((_, made),) = read.by_name("aws:networkfirewall/loggingConfiguration:LoggingConfiguration").items()
    paths = {group.name: group.path for group in read.enforcement.logs.groups}
    assert {
        each["logType"]: (each["logDestinationType"], each["logDestination"]["logGroup"])
        for each in made["loggingConfiguration"]["logDestinationConfigs"]
    } == {
        "ALERT": ("CloudWatchLogs", paths[firewall.alert_log_group]),
        "FLOW": ("CloudWatchLogs", paths[firewall.flow_log_group]),
    }
    for inspection in read.each("aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration"):
        configuration = inspection.inputs["tlsInspectionConfiguration"]["serverCertificateConfiguration"]
        assert configuration["certificateAuthorityArn"] == firewall.ca_certificate_arn
        (scope,) = configuration["scopes"]
        assert [(each["fromPort"], each["toPort"]) for each in scope["destinationPorts"]] == [
            (port, port) for port in firewall.inspected_ports
        ]
        assert [(each["fromPort"], each["toPort"]) for each in scope["sourcePorts"]] == [(0, 65535)]
        assert scope["destinations"] == [{"addressDefinition": "0.0.0.0/0"}]
        assert scope["protocols"] == [6]


def test_dns(read: Read) -> None:
    dns = read.enforcement.dns
    lists = read.by_name("aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList")
    assert {name: tuple(made["domains"]) for name, made in lists.items()} == {
        each.name: each.domains for each in dns.lists
    }
    rules = read.by_name("aws:route53/resolverFirewallRule:ResolverFirewallRule")
    assert {
        (name, rule["priority"], read.names[rule["firewallDomainListId"]], rule["action"], rule.get("blockResponse"),
         rule["firewallDomainRedirectionAction"], read.names[rule["firewallRuleGroupId"]])
        for name, rule in rules.items()
    } == {
        (each.name, each.priority, each.domain_list, each.action, each.block_response, each.redirection, "dns")
        for each in dns.rules
    }  # fmt: skip
    kind = "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation"
    ((_, association),) = read.by_name(kind).items()
    assert (association["priority"], association["mutationProtection"]) == (
        dns.association_priority,
        dns.mutation_protection,
    )
    ((_, config),) = read.by_name("aws:route53/resolverFirewallConfig:ResolverFirewallConfig").items()
    assert config["firewallFailOpen"] == dns.fail_open
    assert read.names[config["resourceId"]] == read.names[association["vpcId"]] == "vpc"
    ((_, queries),) = read.by_name("aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig").items()
    assert read.arns[queries["destinationArn"]] == dns.query_log_group


def test_endpoints_and_identity(read: Read) -> None:
    known = read.known()
    gateways, interfaces = read.enforcement.gateway_endpoints, read.enforcement.interface_endpoints
    wanted = {
        **{each.name: ("Gateway", each.service_name, each.policy.text(known), None, None, None) for each in gateways},
        **{
            each.name: (
                "Interface", each.service_name, each.policy.text(known), True, set(each.subnets),
                set(each.security_groups),
            )
            for each in interfaces
        },
    }  # fmt: skip
    made = {
        name: (
            each["vpcEndpointType"], each["serviceName"], each["policy"], each.get("privateDnsEnabled"),
            {read.names[subnet] for subnet in each["subnetIds"]} if "subnetIds" in each else None,
            {read.names[group] for group in each["securityGroupIds"]} if "securityGroupIds" in each else None,
        )
        for name, each in read.by_name("aws:ec2/vpcEndpoint:VpcEndpoint").items()
    }  # fmt: skip
    assert made == wanted
    kind = "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation"
    assert {
        (read.names[each["vpcEndpointId"]], read.names[each["routeTableId"]]) for each in read.by_name(kind).values()
    } == {(each.name, table) for each in gateways for table in each.route_tables}
    agents = {policy.agent: policy for policy in read.enforcement.role_policies}
    exported = read.graph.outputs["agents"]
    for name, policy in agents.items():
        assert json.loads(exported[name]["role_policy"]) == json.loads(policy.document.text(known))
        assert "${" not in exported[name]["role_policy"]
    attached = {policy.name: policy for policy in agents.values() if policy.attached}
    delivery = read.enforcement.logs.delivery_role
    policies = read.by_name("aws:iam/rolePolicy:RolePolicy")
    assert policies.keys() == {*attached, delivery.name}
    for name, policy in attached.items():
        assert (policies[name]["role"], policies[name]["policy"]) == (policy.role_name, policy.document.text(known))
    assert policies[delivery.name]["policy"] == delivery.permissions.text(known)
    ((_, role),) = read.by_name("aws:iam/role:Role").items()
    assert role["assumeRolePolicy"] == delivery.trust.text(known)


def test_logs(read: Read) -> None:
    logs, known = read.enforcement.logs, read.known()
    groups = read.by_name("aws:cloudwatch/logGroup:LogGroup")
    assert {name: (group["name"], group["retentionInDays"]) for name, group in groups.items()} == {
        each.name: (each.path, each.retention_days) for each in logs.groups
    }
    ((_, policy),) = read.by_name("aws:s3/bucketPolicy:BucketPolicy").items()
    assert policy["policy"] == logs.bucket.policy.text(known)
    ((_, block),) = read.by_name("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").items()
    assert {value for name, value in block.items() if name != "bucket"} == {True}
    assert len(block) == 5
    ((_, lifecycle),) = read.by_name("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration").items()
    assert lifecycle["rules"][0]["expiration"]["days"] == logs.bucket.retention_days
    made = {
        name: (
            each["trafficType"], each["logFormat"], each["maxAggregationInterval"], each["logDestinationType"],
            read.arns[each["logDestination"]], each.get("destinationOptions"),
        )
        for name, each in read.by_name("aws:ec2/flowLog:FlowLog").items()
    }  # fmt: skip
    parquet = {"fileFormat": "parquet", "hiveCompatiblePartitions": True, "perHourPartition": True}
    assert made == {
        each.name: (
            each.traffic, each.format, each.aggregation_seconds,
            "cloud-watch-logs" if each.log_group else "s3", each.log_group or logs.bucket.name,
            None if each.log_group else parquet,
        )
        for each in logs.flow_logs
    }  # fmt: skip


def test_alarms(read: Read) -> None:
    logs, known = read.enforcement.logs, read.known()
    paths = {group.name: group.path for group in logs.groups}
    filters = read.by_name("aws:cloudwatch/logMetricFilter:LogMetricFilter")
    assert {
        name: (each["logGroupName"], each["pattern"], each["metricTransformation"]) for name, each in filters.items()
    } == {
        each.name: (
            paths[each.log_group],
            each.pattern,
            {"name": each.metric, "namespace": each.namespace, "value": "1"}
            | ({"dimensions": dict(each.dimensions)} if each.dimensions else {}),
        )
        for each in logs.metric_filters
    }
    alarms = read.by_name("aws:cloudwatch/metricAlarm:MetricAlarm")
    assert alarms.keys() == {each.name for each in logs.alarms}
    subnet_ids = {read.name(subnet): subnet.id for subnet in read.each("aws:ec2/subnet:Subnet")}
    for wanted in logs.alarms:
        made = alarms[wanted.name]
        assert (made["threshold"], made["treatMissingData"], made["comparisonOperator"]) == (
            wanted.threshold,
            "notBreaching",
            "GreaterThanOrEqualToThreshold",
        )
        assert made["alarmActions"] == [known.topic_arn]
        *summed, total = made["metricQueries"]
        assert total == {"id": "total", "expression": wanted.expression, "returnData": True}
        assert [each["id"] for each in summed] == [each.id for each in wanted.metrics]
        for query, metric in zip(summed, wanted.metrics, strict=True):
            assert query["returnData"] is False
            assert query["metric"] == {
                "namespace": metric.namespace,
                "metricName": metric.metric,
                "stat": "Sum",
                "period": wanted.period_seconds,
                "dimensions": {
                    key: value if isinstance(value, str) else subnet_ids[value.subnet]
                    for key, value in metric.dimensions
                },
            }
    ((_, policy),) = read.by_name("aws:sns/topicPolicy:TopicPolicy").items()
    assert policy["policy"] == logs.topic.policy.text(known)
