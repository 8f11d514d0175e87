"""AWS services as endpoints know them: gateway or interface, and the names that clients resolve.

The names are those that the interface endpoint's private DNS answers
(docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html), or the gateway's service.
"""

import re
from collections.abc import Iterable

GATEWAY_SERVICES = frozenset({"s3", "dynamodb"})
"""Services with gateway endpoints, which cost nothing and have no security group (VPC user guide)."""

_PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    # docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
    "ecr.api": ("api.ecr.{region}.{suffix}",),
    "ecr.dkr": ("{account}.dkr.ecr.{region}.{suffix}",),
    # The endpoint's suffix is not the service's host name (botocore's endpoint prefixes).
    "kinesis-streams": ("kinesis.{region}.{suffix}",),
    "sagemaker.api": ("api.sagemaker.{region}.{suffix}",),
    "sagemaker.runtime": ("runtime.sagemaker.{region}.{suffix}",),
    "dynamodb-streams": ("streams.dynamodb.{region}.{suffix}",),
    "aps-workspaces": ("aps-workspaces.{region}.{suffix}",),
    "dynamodb": ("dynamodb.{region}.{suffix}", "{account}.ddb.{region}.{suffix}"),
    "iam": ("iam.{suffix}",),
    # An HTTP API's host is its id: nothing narrower is known when compiling.
    "execute-api": ("*.execute-api.{region}.{suffix}",),
    "codeartifact.repositories": ("*.d.codeartifact.{region}.{suffix}",),
    "bedrock-agentcore.gateway": ("*.gateway.bedrock-agentcore.{region}.{suffix}",),
}

_BUCKET = re.compile(r"arn:[a-z-]+:s3:::([^/]+)")


def interface_services(services: Iterable[str]) -> tuple[str, ...]:
    """Those that are reached by an interface endpoint, in order."""
    return tuple(service for service in services if service not in GATEWAY_SERVICES)


def gateway_services(services: Iterable[str]) -> tuple[str, ...]:
    """Those that are reached by a gateway endpoint, in order."""
    return tuple(service for service in services if service in GATEWAY_SERVICES)


def service_name(service: str, region: str) -> str:
    """The endpoint service's full name, in the partitions that share one form of it.

    China's names differ from service to service (the map in aws-cdk's vpc-endpoint.ts), so China is refused before.
    """
    return "com.amazonaws.iam" if service == "iam" else f"com.amazonaws.{region}.{service}"


def dns_suffix(region: str) -> str:
    """The domain of a region's services."""
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def private_names(service: str, region: str, account: str, resources: Iterable[str]) -> tuple[str, ...]:
    """The host names that an agent resolves to use a service: for S3 its buckets', by the resources it may use.

    A bucket of which only a pattern is known opens every bucket's name, which is no more than the endpoint's
    policy then limits.
    """
    suffix = dns_suffix(region)
    if service == "s3":
        hosts = {f"s3.{region}.{suffix}"}
        for resource in resources:
            bucket = _BUCKET.match(resource)
            name = bucket.group(1) if bucket else "*"
            hosts.add(f"{'*' if '*' in name or '?' in name else name}.s3.{region}.{suffix}")
        return tuple(sorted(hosts))
    templates = _PRIVATE_NAMES.get(service, (f"{service}.{{region}}.{{suffix}}",))
    return tuple(template.format(region=region, suffix=suffix, account=account) for template in templates)
