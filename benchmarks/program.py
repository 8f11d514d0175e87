"""The Pulumi program beside the bare SDK, in one process, on the same recorder.

The bare SDK registers as many resources, of one small type (a NACL's rule, with a reference to its NACL), with no
thought of ours between. Both run once before, since `pulumi_aws` imports a class at its first use.
"""

import time
from collections.abc import Callable
from typing import Any

import pulumi_aws as aws
from ringfence.aws.enforcement.model import Enforcement
from ringfence.aws.resources.environment import register
from ringfence.aws.resources.imagined import Account
from ringfence.aws.resources.recorder import record

_RUNS = 3


def compare(enforcement: Enforcement) -> dict[str, Any]:
    """How many resources, and the seconds that each way takes: the least of three runs, taken in turn."""
    account = Account(enforcement.account, enforcement.region, enforcement.zones)
    resources = len(record(lambda: register(enforcement), account).resources)

    def bare() -> None:
        acl = aws.ec2.NetworkAcl("acl", vpc_id="vpc-0123456789abcdef0")
        for number in range(1, resources):
            aws.ec2.NetworkAclRule(
                f"rule-{number}", network_acl_id=acl.id, rule_number=number, protocol="tcp", rule_action="allow",
                egress=True, cidr_block="0.0.0.0/0", from_port=443, to_port=443,
            )  # fmt: skip

    def seconds(program: Callable[[], None]) -> float:
        start = time.perf_counter()
        record(program, account)
        return time.perf_counter() - start

    seconds(bare)
    taken = [(seconds(lambda: register(enforcement)), seconds(bare)) for _ in range(_RUNS)]
    return {
        "resources": resources,
        "ours": min(ours for ours, _ in taken),
        "bare": min(bare for _, bare in taken),
    }
