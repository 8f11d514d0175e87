"""What AWS bills by the hour or the piece, counted; prices are AWS's and change, so none is shown."""

from collections.abc import Mapping

from ringfence.aws.enforcement.model import Enforcement


def billed_units(enforcement: Enforcement) -> Mapping[str, int]:
    """Billed units by name, sorted, none of them zero; traffic, queries and stored logs come on top."""
    firewall = enforcement.firewall
    endpoints = len(firewall.subnets) if firewall else 0
    rejects = sum(len(alarm.metrics) for alarm in enforcement.logs.alarms)
    units = {
        "Network Firewall endpoints": endpoints,
        "Network Firewall endpoints with TLS inspection": endpoints if firewall and firewall.ca_certificate_arn else 0,
        "NAT gateways": len(enforcement.nat_gateways),
        "public IPv4 addresses": len(enforcement.nat_gateways),
        "interface endpoints in a zone": sum(len(endpoint.subnets) for endpoint in enforcement.interface_endpoints),
        "transit gateway attachments": len(enforcement.transit_attachments),
        "DNS Firewall domains": sum(len(each.domains) for each in enforcement.dns.lists),
        "CloudWatch alarm metrics": rejects,
        "CloudWatch custom metrics": rejects,
    }
    return {name: units[name] for name in sorted(units) if units[name]}
