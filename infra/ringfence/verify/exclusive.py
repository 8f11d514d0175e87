"""What Pulumi holds to be all the rules of a group: it takes away what is not listed, so these have to be the same."""

from collections import defaultdict
from collections.abc import Iterator

from ringfence.verify.finding import Finding, Kind
from ringfence.verify.graph import ResourceGraph
from ringfence.verify.references import References, urn_of

EXCLUSIVE = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"
"""The provider's list of all rules of a group; AWS has nothing of it
(https://www.pulumi.com/registry/packages/aws/api-docs/ec2/vpcsecuritygrouprulesexclusive/)."""

RULE = {
    "ingress": "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "egress": "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
}
"""The types that are one rule of a group, by direction."""


def listed_otherwise(graph: ResourceGraph, references: References) -> Iterator[Finding]:
    """Rules that a group has and its list leaves out, and what is listed and is none of its rules."""
    lists = graph.of_type(EXCLUSIVE)
    rules: dict[tuple[str, str], set[str]] = defaultdict(set)
    for direction, kind in RULE.items() if lists else ():
        for rule in graph.of_type(kind):
            rules[urn_of(references.one(rule, "securityGroupId")), direction].add(rule.urn)
    for each in lists:
        group = urn_of(references.one(each, "securityGroupId"))
        for direction in RULE:
            name, own = f"{direction}RuleIds", rules[group, direction]
            listed = set(map(urn_of, references.many(each, name)))
            for what, urns in (("is left out", own - listed), ("is none", listed - own)):
                for urn in sorted(urns):
                    rule = f"{urn.rpartition('::')[2]} {what}"
                    yield Finding(
                        Kind.INCONSISTENT, "", "sg", f"the list of all rules of a group: {name}", rule, each.urn
                    )
