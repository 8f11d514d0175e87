"""How many zones a region has, so that too many are found before a deployment.

AWS's own page says of every region that it has at least three
(docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html); its table could not be read
whole. The larger ones are from github.com/jsonmaur/aws-regions, which lists zones by letter. Which letters an
account has is the account's own, and only the deployment knows.
"""

from collections.abc import Mapping

from ringfence.aws.enforcement.site import Site
from ringfence.source.diagnostic import Findings

MORE_THAN_THREE: Mapping[str, int] = {
    "ap-northeast-1": 4,
    "ap-northeast-2": 4,
    "ca-central-1": 4,
    "us-east-1": 6,
    "us-west-2": 4,
}
"""Regions with more than three zones."""

THREE = frozenset(
    {
        "af-south-1", "ap-east-1", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2", "eu-central-1", "eu-north-1",
        "eu-south-1", "eu-west-1", "eu-west-2", "eu-west-3", "us-east-2", "us-gov-east-1", "us-gov-west-1",
        "us-west-1",
    }
)  # fmt: skip
"""Regions with three zones, of those that the source lists."""

UNKNOWN_REGION_MAX = 6
"""No region has more; what a region has that is not listed here only its deployment knows."""


def zones_of(region: str) -> int:
    """The most zones that a region can have."""
    return MORE_THAN_THREE.get(region, 3 if region in THREE else UNKNOWN_REGION_MAX)


def check_zones(site: Site, findings: Findings) -> None:
    """More zones than the region has are an error at the first that is too many."""
    most = zones_of(site.region)
    if len(site.zones) > most:
        findings.error(
            site.span_of("zones", most),
            "RF098",
            f"{len(site.zones)} zones, and {site.region} has {most}",
            "name fewer; `aws ec2 describe-availability-zones` lists those of your account",
        )
