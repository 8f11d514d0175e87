"""Network Firewall: the firewall and its endpoints, its policy, rule groups, TLS inspection and logs.

https://docs.aws.amazon.com/network-firewall/latest/APIReference: the API keeps variables by name and inspection as a
list; the provider the other way round, so that is what is turned here. Everything else keeps its shape.
"""

from collections.abc import Iterator, Mapping

from ringfence.aws.live.api import Api, Json, many, one
from ringfence.aws.live.state import State, camel, camel_table, tags_of
from ringfence.verify.graph import Value
from ringfence.verify.references import tables, text

_FIREWALL = "aws:networkfirewall/firewall:Firewall"


def read_firewalls(api: Api, vpc_id: str, state: State) -> None:
    """Every firewall of the VPC with all that it judges by."""
    for listed in api.pages("network-firewall", "ListFirewalls", "Firewalls", VpcIds=[vpc_id]):
        arn, name = str(listed["FirewallArn"]), str(listed["FirewallName"])
        found = api.answer("network-firewall", "DescribeFirewall", f"the firewall {name}", FirewallArn=arn)
        if found is None:
            continue
        firewall, status = found["Firewall"], one(found, "FirewallStatus")
        mappings = [camel(each) for each in many(firewall, "SubnetMappings")]
        policy = firewall.get("FirewallPolicyArn")
        state.add(
            _FIREWALL,
            arn,
            {
                "vpcId": vpc_id,
                "firewallPolicyArn": policy,
                "subnetMappings": mappings,
                "tags": tags_of(firewall),
            },
            name=name,
            outputs={"arn": arn, "name": name, "firewallStatuses": [{"syncStates": _sync_states(status)}]},
        )
        if status.get("Status") != "READY":
            # Ready is when every endpoint works by the policy that stands here (API_FirewallStatus).
            summary = status.get("ConfigurationSyncStateSummary")
            api.unread.append(f"what the firewall {name} judges by: it is {status.get('Status')}, its rules {summary}")
        if policy:
            _read_policy(api, str(policy), state)
        _read_logging(api, arn, name, state)


def endpoints_of(outputs: Mapping[str, Value]) -> Iterator[str]:
    """The endpoints of a firewall, from its statuses."""
    for status in tables(outputs.get("firewallStatuses")):
        for synced in tables(status.get("syncStates")):
            for attachment in tables(synced.get("attachments")):
                yield text(attachment.get("endpointId"))


def _sync_states(status: Json) -> list[Value]:
    return [
        {"availabilityZone": zone, "attachments": [camel(synced["Attachment"])] if synced.get("Attachment") else []}
        for zone, synced in sorted(one(status, "SyncStates").items())
    ]


def _read_policy(api: Api, arn: str, state: State) -> None:
    about = f"the firewall policy {arn.rpartition('/')[2]}"
    found = api.answer("network-firewall", "DescribeFirewallPolicy", about, FirewallPolicyArn=arn)
    if found is None:
        return
    given = one(found, "FirewallPolicy")
    variables = one(one(given, "PolicyVariables"), "RuleVariables")
    policy = _table(given, without=("PolicyVariables",))
    if variables:
        policy["policyVariables"] = {"ruleVariables": _sets(variables, "ipSet")}
    response = found["FirewallPolicyResponse"]
    state.add(
        "aws:networkfirewall/firewallPolicy:FirewallPolicy",
        arn,
        {"firewallPolicy": policy, "tags": tags_of(response)},
        name=str(response["FirewallPolicyName"]),
        outputs={"arn": arn, "name": response["FirewallPolicyName"]},
    )
    for kind in ("StatefulRuleGroupReferences", "StatelessRuleGroupReferences"):
        for reference in many(given, kind):
            _read_group(api, str(reference["ResourceArn"]), state)
    if given.get("TLSInspectionConfigurationArn"):
        _read_inspection(api, str(given["TLSInspectionConfigurationArn"]), state)


def _read_group(api: Api, arn: str, state: State) -> None:
    about = f"the rule group {arn.rpartition('/')[2]}"
    found = api.answer("network-firewall", "DescribeRuleGroup", about, RuleGroupArn=arn)
    if found is None:
        return
    # AWS shows no rules of the groups that it manages itself; then the proof says that they are not known.
    given = one(found, "RuleGroup")
    variables, references = one(given, "RuleVariables"), one(one(given, "ReferenceSets"), "IPSetReferences")
    body = _table(given, without=("RuleVariables", "ReferenceSets"))
    if variables:
        body["ruleVariables"] = {
            "ipSets": _sets(one(variables, "IPSets"), "ipSet"),
            "portSets": _sets(one(variables, "PortSets"), "portSet"),
        }
    if references:
        body["referenceSets"] = {"ipSetReferences": [{"key": key} for key in sorted(references)]}
    response = found["RuleGroupResponse"]
    state.add(
        "aws:networkfirewall/ruleGroup:RuleGroup",
        arn,
        {
            "name": response["RuleGroupName"],
            "type": response.get("Type"),
            "capacity": response.get("Capacity"),
            "ruleGroup": body,
            "tags": tags_of(response),
        },
        name=str(response["RuleGroupName"]),
        outputs={"arn": arn},
    )


def _read_inspection(api: Api, arn: str, state: State) -> None:
    name = arn.rpartition("/")[2]
    about = f"the TLS inspection configuration {name}"
    found = api.answer(
        "network-firewall", "DescribeTLSInspectionConfiguration", about, TLSInspectionConfigurationArn=arn
    )
    if found is None:
        return
    several = many(found["TLSInspectionConfiguration"], "ServerCertificateConfigurations")
    if len(several) != 1:
        api.unread.append(f"{about}: it holds {len(several)} configurations, and one is read")
    state.add(
        "aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration",
        arn,
        {
            "tlsInspectionConfiguration": {
                "serverCertificateConfiguration": camel(several[0]) if several else {},
            },
        },
        name=name,
        outputs={"arn": arn},
    )


def _read_logging(api: Api, arn: str, name: str, state: State) -> None:
    about = f"the logs of the firewall {name}"
    found = api.answer("network-firewall", "DescribeLoggingConfiguration", about, FirewallArn=arn)
    if found is None:
        return
    destinations = many(one(found, "LoggingConfiguration"), "LogDestinationConfigs")
    state.add(
        "aws:networkfirewall/loggingConfiguration:LoggingConfiguration",
        arn,
        {
            "firewallArn": arn,
            "loggingConfiguration": {"logDestinationConfigs": [_destination(each) for each in destinations]},
        },
        name=name,
    )


def _destination(destination: Json) -> dict[str, Value]:
    """One destination; what it is called (a log group, a bucket) is a name of AWS's and keeps its letters."""
    return {**_table(destination, without=("LogDestination",)), "logDestination": one(destination, "LogDestination")}


def _sets(variables: Json, kind: str) -> list[Value]:
    return [
        {"key": key, kind: {"definitions": list(variables[key].get("Definition") or ())}} for key in sorted(variables)
    ]


def _table(given: Json, without: tuple[str, ...] = ()) -> dict[str, Value]:
    return camel_table({name: value for name, value in given.items() if name not in without})
