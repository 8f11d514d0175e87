"""Identity: for each agent a denial that makes its role worth nothing outside its segment.

It grants nothing, so it stands beside whatever the role may do; a permissions boundary would take the one slot that
a role has for it. Conditions follow AWS's own examples (github.com/aws-samples/data-perimeter-policy-examples,
service_control_policies): ``aws:VpcSourceIp`` is there only when a request comes through a VPC endpoint,
``aws:SourceIp`` only when it does not, and calls that a service makes with the role's rights are excepted by
``aws:ViaAWSService``. VPC ids are unique within a region only, so the region is asked for too. Sessions that began
before a quarantine was lifted stay worthless, as AWS itself revokes a role's sessions
(docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html).
"""

from collections.abc import Iterator

from ringfence.aws.enforcement.model import RolePolicy
from ringfence.aws.enforcement.site import AgentNeeds, Site
from ringfence.aws.iam import Condition, NatAddresses, PolicyDocument, Statement, VpcId
from ringfence.policy.flow import Service
from ringfence.profile.model import moment_text
from ringfence.source.diagnostic import Findings

LAMBDA_ACTIONS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments")
"""What Lambda sends in a function's name from outside its VPC (aws-samples/data-perimeter-policy-examples,
network_perimeter_lambda_scp.json)."""

INLINE_MAX = 10_240
"""Characters of all inline policies of a role together, white space not counted (IAM user guide, quotas)."""

_NOT_BY_A_SERVICE = Condition("BoolIfExists", "aws:ViaAWSService", ("false",))


def role_policies_of(site: Site, findings: Findings) -> tuple[RolePolicy, ...]:
    """One policy for each agent; two agents of one role are an error, since neither layer could tell them apart."""
    holders: dict[str, AgentNeeds] = {}
    policies: list[RolePolicy] = []
    for needs in site.agents.values():
        agent = needs.agent
        other = holders.setdefault(agent.role, needs)
        if other is not needs:
            findings.error(
                agent.declared,
                "RF096",
                f"`{agent.name}` and `{other.agent.name}` are one role, which endpoint policies cannot tell apart",
                "give each agent a role of its own, or let them share one profile",
                ((other.agent.declared, "the other"),),
            )
        document = PolicyDocument(tuple(_statements(site, needs)))
        name = agent.role.rpartition("/")[2]
        policies.append(
            RolePolicy(agent.name, agent.name, agent.role, name, document, site.environment.attach_role_policies)
        )
    return tuple(policies)


def _statements(site: Site, needs: AgentNeeds) -> Iterator[Statement]:
    agent = needs.agent
    if agent.quarantined:
        # Whatever the time of its session: old ones end, and new ones begin with nothing.
        yield Statement("Quarantined", "Deny", ("*",), ("*",))
        return
    if agent.sessions_since is not None:
        began = Condition("DateLessThan", "aws:TokenIssueTime", (moment_text(agent.sessions_since),))
        yield _deny("EarlierSessions", ("*",), (), (began,))
    by_lambda = agent.platform == "lambda"
    # Lambda's own calls with the role carry no function's ARN (same source).
    excepted = (_NOT_BY_A_SERVICE, *((Condition("Null", "lambda:SourceFunctionArn", ("false",)),) if by_lambda else ()))
    outside = Condition("NotIpAddressIfExists", "aws:VpcSourceIp", tuple(map(str, needs.networks)))
    elsewhere = Condition("NotIpAddressIfExists", "aws:SourceIp", (NatAddresses(),))
    exempt = LAMBDA_ACTIONS if by_lambda else ()
    if not needs.internet_ports:
        yield _deny("OutsideSegment", ("*",) if not exempt else (), exempt, (outside, *excepted))
    else:
        spared = {action.partition(":")[0] for action in exempt}
        reached = _services(needs)
        inside = tuple(f"{service}:*" for service in reached if service not in spared)
        if inside:
            yield _deny("OutsideSegment", inside, (), (outside, *excepted))
        # What has no endpoint here goes out through a NAT gateway; whatever has one was denied above.
        conditions = (outside, elsewhere, *excepted) if spared & set(reached) else (elsewhere, *excepted)
        rest = tuple(sorted({*inside, *exempt}))
        yield _deny("OutsideNetwork", () if rest else ("*",), rest, conditions)
    present = Condition("Null", "aws:SourceVpc", ("false",))
    yield _deny(
        "OtherVpc",
        ("*",),
        (),
        (present, Condition("StringNotEquals", "aws:SourceVpc", (VpcId(),)), _NOT_BY_A_SERVICE),
    )
    yield _deny(
        "OtherRegion",
        ("*",),
        (),
        (
            Condition("StringEquals", "aws:SourceVpc", (VpcId(),)),
            Condition("StringNotEqualsIfExists", "aws:RequestedRegion", (site.region,)),
        ),
    )


def _deny(sid: str, actions: tuple[str, ...], rest: tuple[str, ...], conditions: tuple[Condition, ...]) -> Statement:
    return Statement(sid, "Deny", actions, ("*",), conditions, None, rest)


def _services(needs: AgentNeeds) -> tuple[str, ...]:
    """The action prefixes (``s3``) of the services that are reached by endpoint from the agent's segment, sorted.

    Those that only its platform uses too: the segment's way to a service is one, whoever calls.
    """
    used = (flow.access for flow in needs.flows if isinstance(flow.access, Service))
    return tuple(sorted({action.partition(":")[0] for access in used for action in access.actions}))
