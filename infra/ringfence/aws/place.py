"""Where an environment is: its account, region and zones, asserted before anything is read or touched."""

from collections.abc import Callable, Sequence

from ringfence.profile.written import WrittenEnvironment
from ringfence.source.diagnostic import Findings

_ENVIRONMENT = ("config", "ringfence:environment")


def partition_of(region: str) -> str:
    """The partition that a region is in, as ARNs name it."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if "-gov-" in region else "aws"


def check_place(
    written: WrittenEnvironment,
    account: str,
    region: str,
    zones: Callable[[], Sequence[str]],
    findings: Findings,
    *,
    who: str,
) -> None:
    """Compare what AWS says with what the environment says, each difference an error at its line.

    ``who`` works in ``region``; ``zones`` gives the region's zones, and is asked only where the rest is right.
    """
    if account != written.environment.account:
        findings.error(
            written.span(*_ENVIRONMENT, "account"),
            "RF112",
            f"the credentials are of the account {account}, and the environment is in {written.environment.account}",
            "use credentials of that account; nothing has been touched",
        )
    if region != written.region:
        findings.error(
            written.span("config", "aws:region"),
            "RF113",
            f"{who} works in {region}, and the environment is in {written.region}",
            "unset what overrides the region (AWS_REGION, AWS_PROFILE); nothing has been touched",
        )
        return
    if account != written.environment.account:
        return
    there = zones()
    for index, zone in enumerate(written.environment.zones):
        if zone not in there:
            findings.error(
                written.span(*_ENVIRONMENT, "zones", index),
                "RF114",
                f"the account has no zone {zone} in {region}",
                "one of: " + ", ".join(sorted(there)),
            )
