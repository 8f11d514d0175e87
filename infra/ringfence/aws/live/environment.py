"""One environment as AWS has it: the place asserted, its VPC found, and everything that is attached to that."""

from collections.abc import Iterable

from ringfence.aws.enforcement.tags import vpc_tags
from ringfence.aws.live.acls import read_acls
from ringfence.aws.live.api import MEND, Api, Json
from ringfence.aws.live.dns import read_dns, read_query_logs
from ringfence.aws.live.endpoints import read_endpoints
from ringfence.aws.live.firewall import read_firewalls
from ringfence.aws.live.groups import read_groups
from ringfence.aws.live.interfaces import read_interfaces
from ringfence.aws.live.logs import read_flow_logs
from ringfence.aws.live.network import read_network
from ringfence.aws.live.roles import read_roles
from ringfence.aws.live.routes import read_routes
from ringfence.aws.live.state import State, name_of
from ringfence.aws.place import check_place
from ringfence.profile.written import WrittenEnvironment
from ringfence.source.diagnostic import Findings
from ringfence.verify.graph import ResourceGraph


def read_environment(api: Api, written: WrittenEnvironment, roles: Iterable[str]) -> ResourceGraph:
    """The resource graph of an environment; ``roles`` are the ARNs of the roles whose permissions are read as well.

    What AWS does not answer is in the graph's ``unread``. Raises `InputError` where the credentials are of another
    account, the region has other zones, or not exactly one VPC is the environment's: before anything else is read.
    """
    findings = Findings()
    _check_place(api, written, findings)
    findings.raise_if_failed()
    vpc = _find_vpc(api, written, findings)
    findings.raise_if_failed()
    state = State(written.name)
    vpc_id = str(vpc["VpcId"])
    read_network(api, vpc, state)
    # The firewall names its endpoints, endpoints their prefix lists and associations: each before what leads there.
    read_firewalls(api, vpc_id, state)
    read_endpoints(api, vpc_id, state)
    read_groups(api, vpc_id, state)
    read_acls(api, vpc_id, state)
    read_routes(api, vpc_id, state)
    read_dns(api, vpc_id, state)
    read_query_logs(api, vpc_id, state)
    read_flow_logs(api, vpc_id, state)
    read_interfaces(api, vpc_id, state)
    read_roles(api, roles, state)
    return state.graph(api.unread)


def _check_place(api: Api, written: WrittenEnvironment, findings: Findings) -> None:
    """Whose credentials these are, and which region answers: what the answers say, not what was asked for."""
    caller = api.answer("sts", "GetCallerIdentity")
    available = [{"Name": "state", "Values": ["available"]}]
    answered = api.answer("ec2", "DescribeAvailabilityZones", Filters=available)
    zones: list[Json] = list((answered or {}).get("AvailabilityZones") or ())
    if caller is None or not zones:
        message = "AWS does not say which account or region this is: " + ("; ".join(api.unread) or "no zone answers")
        findings.error(written.span("config", "aws:region"), "RF131", message, MEND)
        return
    names = [str(zone["ZoneName"]) for zone in zones]
    check_place(
        written, str(caller["Account"]), str(zones[0]["RegionName"]), lambda: names, findings, who="what answers"
    )


def _find_vpc(api: Api, written: WrittenEnvironment, findings: Findings) -> Json:
    """The one VPC that carries the environment's tags, its name among them."""
    wanted = dict(vpc_tags(written.name))
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in sorted(wanted.items())]
    found = api.pages("ec2", "DescribeVpcs", "Vpcs", Filters=filters)
    if len(found) == 1:
        return found[0]
    shown = " and ".join(f"{key}={value}" for key, value in sorted(wanted.items()))
    place = written.span("config", "ringfence:environment")
    if not found:
        said = f" ({'; '.join(api.unread)})" if api.unread else ""
        message = f"no VPC in {written.region} has the tags {shown}{said}"
        findings.error(place, "RF132", message, "deploy the environment first, or give credentials that may see it")
    else:
        several = ", ".join(sorted(f"{vpc['VpcId']} {name_of(vpc)}".strip() for vpc in found))
        message = f"{len(found)} VPCs have the tags {shown}: {several}"
        findings.error(place, "RF132", message, "take the tags from those that are not the environment's")
    return {}
