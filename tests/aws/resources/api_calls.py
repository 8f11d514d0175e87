"""Registered inputs as the API calls that the provider makes of them, where a call of the same shape exists.

Each function takes a resource's inputs (camelCase, as registered) and its automatic name, and gives calls: service,
operation, parameters under AWS's own names. What is left out is what the provider adds itself, such as tokens.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Call = tuple[str, str, dict[str, Any]]
Inputs = Mapping[str, Any]


def _given(**parameters: Any) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def _tags(inputs: Inputs) -> list[dict[str, str]] | None:
    tags = [{"Key": key, "Value": value} for key, value in inputs.get("tags", {}).items()]
    return tags or None


def _ec2_tags(kind: str, inputs: Inputs) -> list[dict[str, Any]] | None:
    tags = _tags(inputs)
    return [{"ResourceType": kind, "Tags": tags}] if tags else None


def _pascal(value: Any) -> Any:
    """Nested camelCase names as PascalCase, values untouched."""
    if isinstance(value, Mapping):
        return {key[0].upper() + key[1:]: _pascal(item) for key, item in value.items()}
    return [_pascal(item) for item in value] if isinstance(value, list) else value


def _vpc(inputs: Inputs, _: str) -> Iterator[Call]:
    yield "ec2", "CreateVpc", _given(CidrBlock=inputs["cidrBlock"], TagSpecifications=_ec2_tags("vpc", inputs))


def _cidr_association(inputs: Inputs, _: str) -> Iterator[Call]:
    yield "ec2", "AssociateVpcCidrBlock", {"VpcId": inputs["vpcId"], "CidrBlock": inputs["cidrBlock"]}


def _subnet(inputs: Inputs, _: str) -> Iterator[Call]:
    yield (
        "ec2",
        "CreateSubnet",
        _given(
            VpcId=inputs["vpcId"],
            AvailabilityZone=inputs["availabilityZone"],
            CidrBlock=inputs["cidrBlock"],
            TagSpecifications=_ec2_tags("subnet", inputs),
        ),
    )


def _internet_gateway(inputs: Inputs, _: str) -> Iterator[Call]:
    yield "ec2", "CreateInternetGateway", _given(TagSpecifications=_ec2_tags("internet-gateway", inputs))
    yield "ec2", "AttachInternetGateway", {"InternetGatewayId": "igw-0123456789abcdef0", "VpcId": inputs["vpcId"]}


def _eip(inputs: Inputs, _: str) -> Iterator[Call]:
    yield "ec2", "AllocateAddress", _given(Domain=inputs["domain"], TagSpecifications=_ec2_tags("elastic-ip", inputs))


def _nat_gateway(inputs: Inputs, _: str) -> Iterator[Call]:
    yield (
        "ec2",
        "CreateNatGateway",
        _given(
            SubnetId=inputs["subnetId"],
            AllocationId=inputs["allocationId"],
            ConnectivityType=inputs["connectivityType"],
            TagSpecifications=_ec2_tags("natgateway", inputs),
        ),
    )


def _transit_attachment(inputs: Inputs, _: str) -> Iterator[Call]:
    yield (
        "ec2",
        "CreateTransitGatewayVpcAttachment",
        _given(
            TransitGatewayId=inputs["transitGatewayId"],
            VpcId=inputs["vpcId"],
            SubnetIds=inputs["subnetIds"],
            TagSpecifications=_ec2_tags("transit-gateway-attachment", inputs),
        ),
    )


def _security_group(inputs: Inputs, name: str) -> Iterator[Call]:
    yield (
        "ec2",
        "CreateSecurityGroup",
        _given(
            GroupName=name,
            Description=inputs["description"],
            VpcId=inputs["vpcId"],
            TagSpecifications=_ec2_tags("security-group", inputs),
        ),
    )


def _security_group_rule(operation: str) -> "Callable[[Inputs, str], Iterator[Call]]":
    def calls(inputs: Inputs, _: str) -> Iterator[Call]:
        described = inputs["description"]
        permission = {
            "IpProtocol": inputs["ipProtocol"],
            "FromPort": inputs["fromPort"],
            "ToPort": inputs["toPort"],
        }
        peers = {
            "cidrIpv4": ("IpRanges", "CidrIp"),
            "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
            "prefixListId": ("PrefixListIds", "PrefixListId"),
        }
        (peer,) = peers.keys() & inputs.keys()
        several, one = peers[peer]
        permission[several] = [{one: inputs[peer], "Description": described}]
        yield (
            "ec2",
            operation,
            _given(
                GroupId=inputs["securityGroupId"],
                IpPermissions=[permission],
                TagSpecifications=_ec2_tags("security-group-rule", inputs),
            ),
        )

    return calls


def _network_acl(inputs: Inputs, _: str) -> Iterator[Call]:
    yield "ec2", "CreateNetworkAcl", _given(VpcId=inputs["vpcId"], TagSpecifications=_ec2_tags("network-acl", inputs))


def _network_acl_rule(inputs: Inputs, _: str) -> Iterator[Call]:
    yield (
        "ec2",
        "CreateNetworkAclEntry",
        {
            "NetworkAclId": inputs["networkAclId"],
            "Egress": inputs["egress"],
            "RuleNumber": inputs["ruleNumber"],
            "RuleAction": inputs["ruleAction"],
            "Protocol": inputs["protocol"],
            "CidrBlock": inputs["cidrBlock"],
            "PortRange": {"From": inputs["fromPort"], "To": inputs["toPort"]},
        },
    )


def _route_table(inputs: Inputs, _: str) -> Iterator[Call]:
    yield "ec2", "CreateRouteTable", _given(VpcId=inputs["vpcId"], TagSpecifications=_ec2_tags("route-table", inputs))


def _route(inputs: Inputs, _: str) -> Iterator[Call]:
    targets = {
        "vpcEndpointId": "VpcEndpointId",
        "natGatewayId": "NatGatewayId",
        "gatewayId": "GatewayId",
        "transitGatewayId": "TransitGatewayId",
        "vpcPeeringConnectionId": "VpcPeeringConnectionId",
    }
    (target,) = targets.keys() & inputs.keys()
    yield (
        "ec2",
        "CreateRoute",
        {
            "RouteTableId": inputs["routeTableId"],
            "DestinationCidrBlock": inputs["destinationCidrBlock"],
            targets[target]: inputs[target],
        },
    )


def _route_table_association(inputs: Inputs, _: str) -> Iterator[Call]:
    yield "ec2", "AssociateRouteTable", _pascal(inputs)


def _endpoint(inputs: Inputs, _: str) -> Iterator[Call]:
    json.loads(inputs["policy"])
    yield (
        "ec2",
        "CreateVpcEndpoint",
        _given(
            VpcId=inputs["vpcId"],
            VpcEndpointType=inputs["vpcEndpointType"],
            ServiceName=inputs["serviceName"],
            PolicyDocument=inputs["policy"],
            SubnetIds=inputs.get("subnetIds"),
            SecurityGroupIds=inputs.get("securityGroupIds"),
            PrivateDnsEnabled=inputs.get("privateDnsEnabled"),
            TagSpecifications=_ec2_tags("vpc-endpoint", inputs),
        ),
    )


def _endpoint_association(inputs: Inputs, _: str) -> Iterator[Call]:
    yield (
        "ec2",
        "ModifyVpcEndpoint",
        {
            "VpcEndpointId": inputs["vpcEndpointId"],
            "AddRouteTableIds": [inputs["routeTableId"]],
        },
    )


def _flow_log(inputs: Inputs, _: str) -> Iterator[Call]:
    yield (
        "ec2",
        "CreateFlowLogs",
        _given(
            ResourceIds=[inputs["vpcId"]],
            ResourceType="VPC",
            TrafficType=inputs["trafficType"],
            LogDestinationType=inputs["logDestinationType"],
            LogDestination=inputs["logDestination"],
            LogFormat=inputs["logFormat"],
            MaxAggregationInterval=inputs["maxAggregationInterval"],
            DeliverLogsPermissionArn=inputs.get("iamRoleArn"),
            DestinationOptions=_pascal(inputs["destinationOptions"]) if "destinationOptions" in inputs else None,
            TagSpecifications=_ec2_tags("vpc-flow-log", inputs),
        ),
    )


def _rule_group(inputs: Inputs, name: str) -> Iterator[Call]:
    yield (
        "network-firewall",
        "CreateRuleGroup",
        _given(
            RuleGroupName=inputs.get("name", name),
            Type=inputs["type"],
            Capacity=inputs["capacity"],
            RuleGroup=_pascal(inputs["ruleGroup"]),
            Tags=_tags(inputs),
        ),
    )


def _firewall_policy(inputs: Inputs, name: str) -> Iterator[Call]:
    policy = _pascal(inputs["firewallPolicy"])
    variables = policy.pop("PolicyVariables")["RuleVariables"]
    networks = {each["Key"]: {"Definition": each["IpSet"]["Definitions"]} for each in variables}
    policy["PolicyVariables"] = {"RuleVariables": networks}
    if "TlsInspectionConfigurationArn" in policy:
        policy["TLSInspectionConfigurationArn"] = policy.pop("TlsInspectionConfigurationArn")
    yield (
        "network-firewall",
        "CreateFirewallPolicy",
        _given(FirewallPolicyName=name, FirewallPolicy=policy, Tags=_tags(inputs)),
    )


def _firewall(inputs: Inputs, name: str) -> Iterator[Call]:
    yield (
        "network-firewall",
        "CreateFirewall",
        _given(
            FirewallName=name,
            FirewallPolicyArn=inputs["firewallPolicyArn"],
            VpcId=inputs["vpcId"],
            SubnetMappings=[
                {"SubnetId": each["subnetId"], "IPAddressType": each["ipAddressType"]}
                for each in inputs["subnetMappings"]
            ],
            DeleteProtection=inputs["deleteProtection"],
            SubnetChangeProtection=inputs["subnetChangeProtection"],
            FirewallPolicyChangeProtection=inputs["firewallPolicyChangeProtection"],
            Tags=_tags(inputs),
        ),
    )


def _firewall_logging(inputs: Inputs, _: str) -> Iterator[Call]:
    # AWS takes one new destination in a call; the provider makes a call of each.
    for each in inputs["loggingConfiguration"]["logDestinationConfigs"]:
        yield (
            "network-firewall",
            "UpdateLoggingConfiguration",
            {
                "FirewallArn": inputs["firewallArn"],
                "LoggingConfiguration": {
                    "LogDestinationConfigs": [
                        {
                            "LogType": each["logType"],
                            "LogDestinationType": each["logDestinationType"],
                            "LogDestination": each["logDestination"],
                        }
                    ]
                },
            },
        )


def _tls_inspection(inputs: Inputs, name: str) -> Iterator[Call]:
    configuration = inputs["tlsInspectionConfiguration"]["serverCertificateConfiguration"]
    yield (
        "network-firewall",
        "CreateTLSInspectionConfiguration",
        _given(
            TLSInspectionConfigurationName=name,
            TLSInspectionConfiguration={"ServerCertificateConfigurations": [_pascal(configuration)]},
            Tags=_tags(inputs),
        ),
    )


def _domain_list(inputs: Inputs, name: str) -> Iterator[Call]:
    yield "route53resolver", "CreateFirewallDomainList", _given(Name=name, Tags=_tags(inputs))
    yield (
        "route53resolver",
        "UpdateFirewallDomains",
        {
            "FirewallDomainListId": "rslvr-fdl-0123456789abcdef",
            "Operation": "REPLACE",
            "Domains": inputs["domains"],
        },
    )


def _dns_group(inputs: Inputs, name: str) -> Iterator[Call]:
    yield "route53resolver", "CreateFirewallRuleGroup", _given(Name=name, Tags=_tags(inputs))


def _dns_rule(inputs: Inputs, name: str) -> Iterator[Call]:
    yield "route53resolver", "CreateFirewallRule", _given(Name=name, **_pascal(inputs))


def _dns_association(inputs: Inputs, name: str) -> Iterator[Call]:
    parameters = _pascal({key: value for key, value in inputs.items() if key != "tags"})
    yield "route53resolver", "AssociateFirewallRuleGroup", _given(Name=name, Tags=_tags(inputs), **parameters)


def _dns_config(inputs: Inputs, _: str) -> Iterator[Call]:
    yield "route53resolver", "UpdateFirewallConfig", _pascal(inputs)


def _query_log(inputs: Inputs, name: str) -> Iterator[Call]:
    yield (
        "route53resolver",
        "CreateResolverQueryLogConfig",
        _given(Name=name, DestinationArn=inputs["destinationArn"], Tags=_tags(inputs)),
    )


def _query_log_association(inputs: Inputs, _: str) -> Iterator[Call]:
    yield "route53resolver", "AssociateResolverQueryLogConfig", _pascal(inputs)


def _bucket(inputs: Inputs, name: str) -> Iterator[Call]:
    yield "s3", "CreateBucket", {"Bucket": name.lower()}
    yield "s3", "PutBucketTagging", {"Bucket": name, "Tagging": {"TagSet": _tags(inputs) or []}}


def _public_access(inputs: Inputs, _: str) -> Iterator[Call]:
    switches = {key: value for key, value in inputs.items() if key != "bucket"}
    yield (
        "s3",
        "PutPublicAccessBlock",
        {
            "Bucket": inputs["bucket"],
            "PublicAccessBlockConfiguration": _pascal(switches),
        },
    )


def _bucket_encryption(inputs: Inputs, _: str) -> Iterator[Call]:
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": {
                "SSEAlgorithm": rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"]
            }
        }
        for rule in inputs["rules"]
    ]
    yield (
        "s3",
        "PutBucketEncryption",
        {
            "Bucket": inputs["bucket"],
            "ServerSideEncryptionConfiguration": {"Rules": rules},
        },
    )


def _bucket_lifecycle(inputs: Inputs, _: str) -> Iterator[Call]:
    rules = [{"ID": rule["id"], **_pascal({k: v for k, v in rule.items() if k != "id"})} for rule in inputs["rules"]]
    yield (
        "s3",
        "PutBucketLifecycleConfiguration",
        {
            "Bucket": inputs["bucket"],
            "LifecycleConfiguration": {"Rules": rules},
        },
    )


def _bucket_policy(inputs: Inputs, _: str) -> Iterator[Call]:
    json.loads(inputs["policy"])
    yield "s3", "PutBucketPolicy", {"Bucket": inputs["bucket"], "Policy": inputs["policy"]}


def _log_group(inputs: Inputs, _: str) -> Iterator[Call]:
    yield "logs", "CreateLogGroup", _given(logGroupName=inputs["name"], tags=inputs.get("tags"))
    yield (
        "logs",
        "PutRetentionPolicy",
        {
            "logGroupName": inputs["name"],
            "retentionInDays": inputs["retentionInDays"],
        },
    )


def _metric_filter(inputs: Inputs, name: str) -> Iterator[Call]:
    transformation = inputs["metricTransformation"]
    yield (
        "logs",
        "PutMetricFilter",
        {
            "logGroupName": inputs["logGroupName"],
            "filterName": name,
            "filterPattern": inputs["pattern"],
            "metricTransformations": [
                _given(
                    metricName=transformation["name"],
                    metricNamespace=transformation["namespace"],
                    metricValue=transformation["value"],
                    dimensions=transformation.get("dimensions"),
                )
            ],
        },
    )


def _alarm(inputs: Inputs, name: str) -> Iterator[Call]:
    metrics = []
    for query in inputs["metricQueries"]:
        written: dict[str, Any] = _given(
            Id=query["id"], Expression=query.get("expression"), ReturnData=query["returnData"]
        )
        if "metric" in query:
            metric = query["metric"]
            written["MetricStat"] = {
                "Metric": {
                    "Namespace": metric["namespace"],
                    "MetricName": metric["metricName"],
                    "Dimensions": [
                        {"Name": key, "Value": value} for key, value in metric.get("dimensions", {}).items()
                    ],
                },
                "Period": metric["period"],
                "Stat": metric["stat"],
            }
        metrics.append(written)
    yield (
        "cloudwatch",
        "PutMetricAlarm",
        _given(
            AlarmName=name,
            AlarmDescription=inputs["alarmDescription"],
            AlarmActions=inputs["alarmActions"],
            ComparisonOperator=inputs["comparisonOperator"],
            EvaluationPeriods=inputs["evaluationPeriods"],
            Threshold=inputs["threshold"],
            TreatMissingData=inputs["treatMissingData"],
            Metrics=metrics,
            Tags=_tags(inputs),
        ),
    )


def _topic(inputs: Inputs, name: str) -> Iterator[Call]:
    yield "sns", "CreateTopic", _given(Name=name, Tags=_tags(inputs))


def _topic_policy(inputs: Inputs, _: str) -> Iterator[Call]:
    json.loads(inputs["policy"])
    yield (
        "sns",
        "SetTopicAttributes",
        {
            "TopicArn": inputs["arn"],
            "AttributeName": "Policy",
            "AttributeValue": inputs["policy"],
        },
    )


def _role(inputs: Inputs, name: str) -> Iterator[Call]:
    json.loads(inputs["assumeRolePolicy"])
    yield (
        "iam",
        "CreateRole",
        _given(RoleName=name, AssumeRolePolicyDocument=inputs["assumeRolePolicy"], Tags=_tags(inputs)),
    )


def _role_policy(inputs: Inputs, name: str) -> Iterator[Call]:
    json.loads(inputs["policy"])
    yield (
        "iam",
        "PutRolePolicy",
        {
            "RoleName": inputs["role"],
            "PolicyName": name,
            "PolicyDocument": inputs["policy"],
        },
    )


def _cluster(_inputs: Inputs, name: str) -> Iterator[Call]:
    yield "ecs", "CreateCluster", {"clusterName": name}


def _task_definition(inputs: Inputs, _: str) -> Iterator[Call]:
    yield (
        "ecs",
        "RegisterTaskDefinition",
        _given(
            family=inputs["family"],
            containerDefinitions=json.loads(inputs["containerDefinitions"]),
            cpu=inputs.get("cpu"),
            memory=inputs.get("memory"),
            networkMode=inputs.get("networkMode"),
            requiresCompatibilities=inputs.get("requiresCompatibilities"),
            taskRoleArn=inputs.get("taskRoleArn"),
            executionRoleArn=inputs.get("executionRoleArn"),
        ),
    )


def _service(inputs: Inputs, name: str) -> Iterator[Call]:
    settings = inputs.get("networkConfiguration")
    public = {True: "ENABLED", False: "DISABLED"}.get((settings or {}).get("assignPublicIp"))
    network = settings and {"awsvpcConfiguration": _given(**{**settings, "assignPublicIp": public})}
    yield (
        "ecs",
        "CreateService",
        _given(
            serviceName=name,
            cluster=inputs.get("cluster"),
            taskDefinition=inputs.get("taskDefinition"),
            desiredCount=inputs.get("desiredCount"),
            launchType=inputs.get("launchType"),
            networkConfiguration=network,
        ),
    )


def _function(inputs: Inputs, name: str) -> Iterator[Call]:
    settings = inputs.get("vpcConfig")
    environment = inputs.get("environment")
    yield (
        "lambda",
        "CreateFunction",
        _given(
            FunctionName=name,
            Role=inputs["role"],
            Code=_given(ImageUri=inputs.get("imageUri")),
            PackageType=inputs.get("packageType"),
            Timeout=inputs.get("timeout"),
            VpcConfig=settings and _pascal(settings),
            Environment=environment and {"Variables": environment.get("variables", {})},
        ),
    )


CALLS: Mapping[str, Callable[[Inputs, str], Iterator[Call]]] = {
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _metric_filter,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:ec2/eip:Eip": _eip,
    "aws:ec2/flowLog:FlowLog": _flow_log,
    "aws:ec2/internetGateway:InternetGateway": _internet_gateway,
    "aws:ec2/natGateway:NatGateway": _nat_gateway,
    "aws:ec2/networkAcl:NetworkAcl": _network_acl,
    "aws:ec2/networkAclRule:NetworkAclRule": _network_acl_rule,
    "aws:ec2/route:Route": _route,
    "aws:ec2/routeTable:RouteTable": _route_table,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _route_table_association,
    "aws:ec2/securityGroup:SecurityGroup": _security_group,
    "aws:ec2/subnet:Subnet": _subnet,
    "aws:ec2/vpc:Vpc": _vpc,
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": _endpoint_association,
    "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation": _cidr_association,
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": _transit_attachment,
    "aws:ecs/cluster:Cluster": _cluster,
    "aws:ecs/service:Service": _service,
    "aws:ecs/taskDefinition:TaskDefinition": _task_definition,
    "aws:iam/role:Role": _role,
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    "aws:lambda/function:Function": _function,
    "aws:networkfirewall/firewall:Firewall": _firewall,
    "aws:networkfirewall/firewallPolicy:FirewallPolicy": _firewall_policy,
    "aws:networkfirewall/loggingConfiguration:LoggingConfiguration": _firewall_logging,
    "aws:networkfirewall/ruleGroup:RuleGroup": _rule_group,
    "aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration": _tls_inspection,
    "aws:route53/resolverFirewallConfig:ResolverFirewallConfig": _dns_config,
    "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList": _domain_list,
    "aws:route53/resolverFirewallRule:ResolverFirewallRule": _dns_rule,
    "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup": _dns_group,
    "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation": _dns_association,
    "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig": _query_log,
    "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation": _query_log_association,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _bucket_lifecycle,
    "aws:s3/bucketPolicy:BucketPolicy": _bucket_policy,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _public_access,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _bucket_encryption,
    "aws:sns/topic:Topic": _topic,
    "aws:sns/topicPolicy:TopicPolicy": _topic_policy,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _security_group_rule("AuthorizeSecurityGroupEgress"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _security_group_rule("AuthorizeSecurityGroupIngress"),
}
"""The calls by the resource's type."""

WITHOUT_CALL: Mapping[str, str] = {
    "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": "adopts what the VPC came with and deletes its entries",
    "aws:ec2/defaultRouteTable:DefaultRouteTable": "adopts what the VPC came with and deletes its routes",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "adopts what the VPC came with and revokes its rules",
    "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive": "revokes what is not listed",
}
"""Types for which there is no call of their shape, and why."""
