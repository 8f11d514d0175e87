"""DNS Firewall as its resources say it is, and the names that a VPC may resolve, against those that its flows need.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-overview.html: associations by
priority, in each the rules by priority, the first match ends; what matches nothing resolves.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ringfence.policy.flow import Flow, Https, Internet, Service, Tls
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.granted import host_names
from ringfence.verify.graph import Resource, ResourceGraph
from ringfence.verify.language.decide import is_empty, shortest
from ringfence.verify.language.expression import (
    ANYTHING,
    NOTHING,
    Expression,
    difference,
    intersection,
    union,
)
from ringfence.verify.language.pcre import matched_by
from ringfence.verify.references import References, number, texts

LAYER = "dns"
_TRUSTING = "TRUST_REDIRECTION_DOMAIN"
"""Then an answer's further names (CNAME, DNAME) are of the first; by default each is judged by itself
(https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_FirewallRule.html)."""
_ANY_NAME = matched_by(r"^(?:[a-z0-9_-]+\.)*[a-z0-9_-]+\z")
"""Names as they are asked for: labels of these letters, in lower case, without the last dot."""


@dataclass(frozen=True, slots=True)
class DomainRule:
    """One rule as it stands: its priority in its group, its action, and the entries of its domain list."""

    name: str
    priority: int
    action: str
    domains: tuple[str, ...]
    resource: str


@dataclass(frozen=True, slots=True)
class Resolving:
    """The names that resolve, the association that says so, and the rules in the order in which they are asked."""

    allowed: Expression
    resource: str
    findings: tuple[Finding, ...]
    rules: tuple[DomainRule, ...]


def read_resolving(graph: ResourceGraph) -> Resolving:
    """Read the VPC's rules. What cannot be read, and what fails open, is among the findings."""
    references = References.of(graph)
    findings: list[Finding] = []
    kind = "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation"
    associations = sorted(graph.of_type(kind), key=lambda each: number(each.inputs.get("priority")))
    settings = graph.of_type("aws:route53/resolverFirewallConfig:ResolverFirewallConfig")
    findings += [
        Finding(Kind.MORE, "", LAYER, "every name, whenever the firewall cannot answer",
                f"firewallFailOpen: {setting.inputs.get('firewallFailOpen')}", setting.urn)
        for setting in settings
        if setting.inputs.get("firewallFailOpen") != "DISABLED"
    ]  # fmt: skip
    findings += [
        Finding(Kind.LESS, "", LAYER, "every name: the VPC has no resolver", "enableDnsSupport: False", vpc.urn)
        for vpc in graph.of_type("aws:ec2/vpc:Vpc")
        if vpc.inputs.get("enableDnsSupport") is False
    ]
    if associations and not settings:
        findings.append(Finding(Kind.NOT_PROVED, "", LAYER, "what happens when it cannot answer", "no configuration"))
    allowed, left, resource = NOTHING, ANYTHING, ""
    ordered: list[DomainRule] = []
    untrusting: list[Resource] = []
    for association in associations:
        group = references.one(association, "firewallRuleGroupId")
        resource = resource or association.urn
        if not isinstance(group, Resource):
            findings.append(
                Finding(Kind.NOT_PROVED, "", LAYER, f"the rule group {group}", association.name, association.urn)
            )
        for rule in _rules(graph, references, group):
            domains = _domains(references, rule, findings)
            names = union(map(domain_names, domains))
            action = rule.inputs.get("action")
            ordered.append(DomainRule(rule.name, number(rule.inputs.get("priority")), str(action), domains, rule.urn))
            match action:
                case "BLOCK":
                    if rule.inputs.get("blockResponse") not in ("NODATA", "NXDOMAIN"):
                        findings.append(
                            Finding(Kind.NOT_PROVED, "", LAYER, "an answer of its own", rule.name, rule.urn)
                        )
                case "ALLOW" | "ALERT":
                    allowed = union((allowed, intersection((left, names))))
                case _:
                    findings.append(Finding(Kind.NOT_PROVED, "", LAYER, f"the action {action}", rule.name, rule.urn))
            if action != "BLOCK" and rule.inputs.get("firewallDomainRedirectionAction") != _TRUSTING:
                untrusting.append(rule)  # what is blocked leads nowhere
            if rule.inputs.get("qType"):
                findings.append(
                    Finding(Kind.NOT_PROVED, "", LAYER, "a rule for one type of query", rule.name, rule.urn)
                )
            if is_empty(intersection((_ANY_NAME, left, names))):
                what = "no query reaches a rule: earlier ones decide all of its names"
                findings.append(Finding(Kind.INCONSISTENT, "", LAYER, what, rule.name, rule.urn))
            left = difference(left, names)
    resolves = intersection((_ANY_NAME, union((allowed, left))))
    if untrusting and (other := _lacking(_ANY_NAME, resolves)) is not None:
        what = f"a name whose answer leads on to one that does not resolve itself, as {other.decode()}"
        findings += [
            Finding(Kind.LESS, "", LAYER, what, f"{rule.name}: redirection is not trusted", rule.urn)
            for rule in untrusting
        ]
    return Resolving(resolves, resource, tuple(findings), tuple(ordered))


def _rules(graph: ResourceGraph, references: References, group: Resource | str | None) -> list[Resource]:
    rules = graph.of_type("aws:route53/resolverFirewallRule:ResolverFirewallRule")
    ours = [rule for rule in rules if references.one(rule, "firewallRuleGroupId") == group]
    return sorted(ours, key=lambda rule: number(rule.inputs.get("priority")))


def _domains(references: References, rule: Resource, findings: list[Finding]) -> tuple[str, ...]:
    names = references.one(rule, "firewallDomainListId")
    if not isinstance(names, Resource):
        findings.append(Finding(Kind.NOT_PROVED, "", LAYER, f"the domain list {names}", rule.name, rule.urn))
        return ()
    return texts(names.inputs.get("domains"))


def domain_names(domain: str) -> Expression:
    """The names of one entry: that name, ``*.name`` its subdomains, ``*`` every name; a last dot says nothing."""
    name = domain.lower().removesuffix(".")
    if name == "*":
        return ANYTHING
    if name.startswith("*."):
        return matched_by(rf"^(?:[^.]+\.)+{re.escape(name[2:])}\z")
    return matched_by(rf"^{re.escape(name)}\z")


def name_differences(resolving: Resolving, flows: Sequence[Flow], region: str, account: str) -> Iterator[Finding]:
    """The names that resolve against those that flows lead to. Which agent asks, DNS Firewall does not know (R201)."""
    services = union(service_names(flow.access, region, account) for flow in flows if isinstance(flow.access, Service))
    # Where names are only watched, or no layer knows them, R103 and R104 grant every one.
    watched = any(isinstance(flow.access, Internet) for flow in flows)
    may = intersection((ANYTHING if watched else union((_hosts(flows), services)), _ANY_NAME))
    if (example := _lacking(resolving.allowed, may)) is not None:
        rule = "an allowance that no flow needs"
        yield Finding(Kind.MORE, "", LAYER, f"dns {example.decode()}", rule, resolving.resource)
    for flow in flows:
        match flow.access:
            case Service():
                needed = service_names(flow.access, region, account)
            case Https() | Tls():
                needed = host_names(flow.access.host)
            case _:
                continue
        if (example := _lacking(needed, resolving.allowed)) is not None:
            yield Finding(
                Kind.LESS, flow.agent, LAYER, f"dns {example.decode('latin-1')}", "no allowance, so it is blocked",
                resolving.resource, (flow.grant.declared,),
            )  # fmt: skip


@functools.lru_cache(maxsize=65536)
def _lacking(names: Expression, others: Expression) -> bytes | None:
    """The first of some names that is not among others; None where all are."""
    left = difference(names, others)
    return None if is_empty(left) else shortest(left)


def _hosts(flows: Iterable[Flow]) -> Expression:
    """The names that flows lead to. Below a name DNS Firewall lets every label pass, `_service` too."""
    patterns = {flow.access.host for flow in flows if isinstance(flow.access, Https | Tls)}
    names = (f"*.{pattern.name}" if pattern.subdomains else pattern.name for pattern in sorted(patterns))
    return intersection((_ANY_NAME, union(map(domain_names, names))))


_NAMES: dict[str, tuple[str, ...]] = {
    "s3": ("s3.{region}",),
    "dynamodb": ("dynamodb.{region}", "{account}.ddb.{region}"),
    "dynamodb-streams": ("streams.dynamodb.{region}",),
    "ecr.api": ("api.ecr.{region}",),
    "ecr.dkr": ("{account}.dkr.ecr.{region}",),
    "kinesis-streams": ("kinesis.{region}",),
    "sagemaker.api": ("api.sagemaker.{region}",),
    "sagemaker.runtime": ("runtime.sagemaker.{region}",),
    "execute-api": ("*.execute-api.{region}",),
    "codeartifact.repositories": ("*.d.codeartifact.{region}",),
    "bedrock-agentcore.gateway": ("*.gateway.bedrock-agentcore.{region}",),
    "iam": ("iam",),
}
"""Endpoint suffixes whose hosts are called otherwise
(https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html)."""

_BUCKET = re.compile(r"arn:[a-z-]+:s3:::([^/]*)")


@functools.lru_cache(maxsize=4096)
def service_names(access: Service, region: str, account: str) -> Expression:
    """The names that a service answers to in a region: for S3 the buckets' own, by the resources that are granted."""
    templates = list(_NAMES.get(access.service, (f"{access.service}.{{region}}",)))
    if access.service == "s3":
        for resource in access.resources:
            found = _BUCKET.match(resource)
            bucket = found.group(1) if found else "*"
            templates.append("*.s3.{region}" if set(bucket) & set("*?") else f"{bucket}.s3.{{region}}")
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    names = (f"{template.format(region=region, account=account)}.{suffix}" for template in templates)
    return intersection((_ANY_NAME, union(map(domain_names, names))))
