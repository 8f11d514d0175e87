"""The firewall as its resources say it is: rule groups in their order, variables, and what is decrypted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ringfence.verify.finding import Finding, Kind
from ringfence.verify.graph import UNKNOWN, Resource, ResourceGraph, Value
from ringfence.verify.interval import ALL_ADDRESSES, ALL_PORTS, NO_NUMBERS, Numbers
from ringfence.verify.references import References, number, table, tables, text, texts
from ringfence.verify.suricata.parse import read_addresses, read_ports
from ringfence.verify.suricata.rule import RuleError
from ringfence.verify.suricata.ruleset import RuleSet, RuleText

LAYER = "firewall"
FORWARD = ("aws:forward_to_sfe",)
"""The stateless defaults under which every packet reaches the stateful rules."""
_ENDING = ("DROP", "REJECT", None)
"""What ends a connection that the engine lost track of; unset is the first. CONTINUE judges what follows without what
came before (https://docs.aws.amazon.com/network-firewall/latest/developerguide/stream-exception-policy.html)."""

Scope = tuple[Numbers, Numbers, Numbers]


@dataclass(frozen=True, slots=True)
class Filtering:
    """One firewall: its rules, the scopes whose TLS is decrypted (sources, destinations, ports), and what is unread.

    ``authority`` is the ARN of the certificate that signs what it decrypts; empty where it decrypts nothing.
    """

    resource: str
    rules: RuleSet
    inspected: tuple[Scope, ...]
    findings: tuple[Finding, ...]
    authority: str = ""


def read_filtering(graph: ResourceGraph, clients: Numbers = ALL_ADDRESSES) -> Filtering | None:
    """The graph's firewall; None when it has none. A second one is a finding.

    Rules that speak of no connection of ``clients`` may be left out.
    """
    firewalls = graph.of_type("aws:networkfirewall/firewall:Firewall")
    if not firewalls:
        return None
    reader = _Reader(graph, clients)
    read = reader.filtering(firewalls[0])
    for other in firewalls[1:]:
        reader.unread(other, "a second firewall")
    return replace(read, findings=tuple(reader.findings))


class _Reader:
    def __init__(self, graph: ResourceGraph, clients: Numbers) -> None:
        self.graph = graph
        self.clients = clients
        self.references = References.of(graph)
        self.findings: list[Finding] = []

    def unread(self, resource: Resource, what: str) -> None:
        self.findings.append(Finding(Kind.NOT_PROVED, "", LAYER, what, resource.name, resource.urn))

    def filtering(self, firewall: Resource) -> Filtering:
        policy = self.references.one(firewall, "firewallPolicyArn")
        if not isinstance(policy, Resource):
            self.unread(firewall, "its policy, which is not among the resources")
            return Filtering(firewall.urn, RuleSet((), ()), (), ())
        for each in tables(firewall.inputs.get("subnetMappings")):
            if each.get("ipAddressType") not in ("IPV4", None):
                self.unread(firewall, f"an endpoint of addresses other than IPv4: {each.get('ipAddressType')}")
        settings = table(policy.inputs.get("firewallPolicy"))
        for name in ("statelessDefaultActions", "statelessFragmentDefaultActions"):
            if texts(settings.get(name)) != FORWARD:
                self.findings.append(
                    Finding(Kind.MORE, "", LAYER, "packets that never reach the stateful rules",
                            f"{name}: {', '.join(texts(settings.get(name))) or 'none'}", policy.urn)
                )  # fmt: skip
        known = {
            "statelessDefaultActions", "statelessFragmentDefaultActions", "statefulEngineOptions",
            "statefulRuleGroupReferences", "policyVariables", "tlsInspectionConfigurationArn",
        }  # fmt: skip
        for name, value in settings.items():
            if name not in known and value:
                self.unread(policy, f"`{name}`, which is not read")
        engine = table(settings.get("statefulEngineOptions"))
        if engine.get("ruleOrder") != "STRICT_ORDER":
            self.unread(policy, "an order of rules other than STRICT_ORDER")
        if engine.get("streamExceptionPolicy") not in _ENDING:
            self.findings.append(
                Finding(Kind.MORE, "", LAYER, "packets of a connection whose beginning no rule has judged",
                        f"streamExceptionPolicy: {engine.get('streamExceptionPolicy')}", policy.urn)
            )  # fmt: skip
        variables = self.variables(policy, table(settings.get("policyVariables")).get("ruleVariables"))
        groups = [self.group(group, variables) for group in self.groups(policy, settings)]
        configuration = self.inspection(policy, settings)
        return Filtering(
            policy.urn,
            RuleSet.read(groups, self.clients),
            tuple(self.scopes(configuration)) if configuration else (),
            (),
            text(_inspection(configuration).get("certificateAuthorityArn")) if configuration else "",
        )

    def groups(self, policy: Resource, settings: Mapping[str, Value]) -> Iterator[Resource]:
        """The rule groups in evaluation order. Where a preview does not know an ARN, the group is among those left."""
        references = sorted(
            tables(settings.get("statefulRuleGroupReferences")), key=lambda each: number(each.get("priority"))
        )
        all_groups = self.graph.of_type("aws:networkfirewall/ruleGroup:RuleGroup")
        by_name = {text(group.inputs.get("name")): group for group in all_groups if group.inputs.get("name")}
        depended = self.references.depends_on(policy, "firewallPolicy")
        left = [other for other in depended if other in all_groups]
        for reference in references:
            arn = text(reference.get("resourceArn"))
            found = self.references.by_identity.get(arn) or by_name.get(arn.rpartition("/")[2])
            if found is None and arn == UNKNOWN and left:
                found = left[0]
            if found is None:
                self.unread(policy, f"the rule group {arn}, which is not among the resources")
                continue
            if reference.get("override"):
                self.unread(policy, f"an override of {found.name}")
            left = [other for other in left if other is not found]
            yield found

    def group(self, group: Resource, variables: tuple[dict[str, Numbers], dict[str, Numbers]]) -> RuleText:
        body = table(group.inputs.get("ruleGroup"))
        source = table(body.get("rulesSource"))
        if group.inputs.get("type") != "STATEFUL" or group.inputs.get("rules"):
            self.unread(group, "a rule group that is not stateful, or written in another form")
        if any(value for name, value in source.items() if name != "rulesString"):
            self.unread(group, "rules in a form other than a rules string")
        if body.get("referenceSets"):
            self.unread(group, "IP set references, whose members are not in the rules")
        if table(body.get("statefulRuleOptions")).get("ruleOrder") != "STRICT_ORDER":
            self.unread(group, "an order of rules other than STRICT_ORDER")
        own = table(body.get("ruleVariables"))
        addresses, ports = variables[0].copy(), variables[1].copy()
        for each in tables(own.get("ipSets")):
            addresses[text(each.get("key"))] = self.addresses(group, table(each.get("ipSet")).get("definitions"))
        for each in tables(own.get("portSets")):
            ports[text(each.get("key"))] = self.ports(group, table(each.get("portSet")).get("definitions"))
        rules = source.get("rulesString")
        if not isinstance(rules, str) or rules == UNKNOWN:
            self.unread(group, "rules that are not known")
        return RuleText(group.name, text(rules), addresses, ports)

    def variables(self, policy: Resource, value: Value) -> tuple[dict[str, Numbers], dict[str, Numbers]]:
        found = {
            text(each.get("key")): self.addresses(policy, table(each.get("ipSet")).get("definitions"))
            for each in tables(value)
        }
        return found, {}

    def addresses(self, resource: Resource, definitions: Value) -> Numbers:
        found = NO_NUMBERS
        for definition in texts(definitions):
            try:
                found |= read_addresses(definition, {})
            except RuleError as error:
                self.unread(resource, str(error))
        return found

    def ports(self, resource: Resource, definitions: Value) -> Numbers:
        found = NO_NUMBERS
        for definition in texts(definitions):
            try:
                found |= read_ports(definition, {})
            except RuleError as error:
                self.unread(resource, str(error))
        return found

    def inspection(self, policy: Resource, settings: Mapping[str, Value]) -> Resource | None:
        """The policy's inspection configuration; None where it has none."""
        named = text(settings.get("tlsInspectionConfigurationArn"))
        if not named:
            return None
        configuration = self.references.by_identity.get(named)
        if configuration is None:
            kind = "aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration"
            depended = self.references.depends_on(policy, "firewallPolicy")
            configuration = next((other for other in depended if other.type == kind), None)
        if configuration is None:
            self.unread(policy, "its TLS inspection configuration, which is not among the resources")
        return configuration

    def scopes(self, configuration: Resource) -> Iterator[Scope]:
        """What TLS is decrypted."""
        body = _inspection(configuration)
        if body.get("serverCertificates"):
            self.unread(configuration, "inspection of what comes in")
        for scope in tables(body.get("scopes")):
            protocols = [number(each) for each in self.items(scope.get("protocols"))]
            if protocols != [6] or _ranges(scope.get("sourcePorts")) != ALL_PORTS:
                self.unread(configuration, "a scope of other protocols or source ports")
            yield (
                self.addresses(configuration, [each.get("addressDefinition") for each in tables(scope.get("sources"))]),
                self.addresses(
                    configuration, [each.get("addressDefinition") for each in tables(scope.get("destinations"))]
                ),
                _ranges(scope.get("destinationPorts")),
            )

    def items(self, value: Value) -> list[Value]:
        """A property as a list."""
        return list(value) if isinstance(value, list | tuple) else []


def _inspection(configuration: Resource) -> Mapping[str, Value]:
    return table(table(configuration.inputs.get("tlsInspectionConfiguration")).get("serverCertificateConfiguration"))


def _ranges(value: Value) -> Numbers:
    return Numbers.of(*((number(each.get("fromPort")), number(each.get("toPort"))) for each in tables(value)))
