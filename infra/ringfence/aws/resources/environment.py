"""The whole environment, layer by layer, and what its stack exports."""

from typing import Any

import pulumi

from ringfence.aws.clients import NOTHING, clients_of
from ringfence.aws.enforcement.model import AgentPlace, Enforcement, NetworkFirewall
from ringfence.aws.outputs import FORMAT_VERSION
from ringfence.aws.resources.acls import NetworkAcls
from ringfence.aws.resources.alarms import Alarms
from ringfence.aws.resources.dns import DnsWall
from ringfence.aws.resources.documents import References, document_input
from ringfence.aws.resources.endpoints import GatewayEndpoints, InterfaceEndpoints
from ringfence.aws.resources.firewall import Firewall
from ringfence.aws.resources.groups import SecurityGroups
from ringfence.aws.resources.identity import RolePolicies
from ringfence.aws.resources.logs import FlowLogs, LogStore
from ringfence.aws.resources.network import ClosedVpc, Network
from ringfence.aws.resources.routes import RouteTables


def register(enforcement: Enforcement) -> None:
    """Register every resource of an environment, and export what `ringfence.aws.outputs` describes.

    Each layer is a component; they stand in the order in which they need each other, logs before what is logged.
    """
    name = enforcement.environment
    store = LogStore(name, enforcement.logs)
    vpc = ClosedVpc(name, enforcement.vpc)
    FlowLogs(name, enforcement.logs, store, vpc.vpc_id)
    wall = DnsWall(name, enforcement.dns, vpc.vpc_id, store)
    network = Network(name, enforcement, vpc, wall)
    references = References(
        vpc_id=vpc.vpc_id,
        nat_addresses=tuple(network.nat_addresses[zone] for zone in sorted(network.nat_addresses)),
        bucket_arn=store.bucket.arn,
        log_group_arns=store.group_arns,
    )
    NetworkAcls(name, enforcement.network_acls, network)
    firewall = None
    if enforcement.firewall is not None:
        firewall = Firewall(name, enforcement, enforcement.firewall, network, store)
    tables = RouteTables(name, enforcement, network, firewall).tables
    gateways = GatewayEndpoints(name, enforcement.gateway_endpoints, references, tables)
    groups = SecurityGroups(name, enforcement.security_groups, vpc.vpc_id, gateways.prefix_lists).groups
    InterfaceEndpoints(name, enforcement.interface_endpoints, references, network.subnets, groups)
    RolePolicies(name, enforcement.role_policies, references)
    alarms = Alarms(name, enforcement.logs, store, network.subnets)

    pulumi.export("format_version", FORMAT_VERSION)
    pulumi.export(
        "environment",
        {
            "name": enforcement.environment,
            "account": enforcement.account,
            "region": enforcement.region,
            "zones": list(enforcement.zones),
            "vpc": vpc.vpc_id,
            "nat_addresses": network.nat_addresses,
            "alarm_topic": alarms.topic.arn,
            "logs": {
                "flow_log_bucket": store.bucket.bucket,
                "groups": {key: group.name for key, group in store.groups.items()},
            },
        },
    )
    group_ids: dict[str, pulumi.Output[str]] = {key: group.id for key, group in groups.items()}
    subnet_ids: dict[str, pulumi.Output[str]] = {key: subnet.id for key, subnet in network.subnets.items()}
    pulumi.export("agents", _agents(enforcement, subnet_ids, group_ids, references))


def _agents(
    enforcement: Enforcement,
    subnet_ids: dict[str, pulumi.Output[str]],
    group_ids: dict[str, pulumi.Output[str]],
    references: References,
) -> dict[str, Any]:
    subnets = {subnet.name: subnet for subnet in enforcement.subnets}
    denials = {policy.agent: policy for policy in enforcement.role_policies}
    return {
        place.agent: {
            "subnets": [
                {"id": subnet_ids[key], "zone": subnets[key].zone, "cidr": str(subnets[key].network)}
                for key in place.subnets
            ],
            "security_group": group_ids[place.security_group],
            "mode": place.mode,
            "quarantined": place.quarantined,
            "tls": _tls(place, enforcement.firewall),
            "log_groups": list(place.log_groups),
            "role_policy": document_input(denials[place.agent].document, references),
            "role_policy_attached": denials[place.agent].attached,
        }
        for place in enforcement.places
    }


def _tls(place: AgentPlace, firewall: NetworkFirewall | None) -> dict[str, Any]:
    inspecting = firewall if place.inspected else None
    clients = clients_of(inspecting.http2) if inspecting else NOTHING
    return {
        "inspected": place.inspected,
        "ca_certificate_arn": inspecting.ca_certificate_arn if inspecting else None,
        "ca_variables": list(clients.ca_variables),
        "environment": dict(clients.environment),
        "configuration": {client: list(lines) for client, lines in clients.configuration.items()},
        "proxy": None,
    }
