"""The recorder: what a program registers, as Pulumi's runtime says it, and nothing lost on the way."""

import json

import pulumi
import pulumi_aws as aws
import pytest
from ringfence.aws.resources.imagined import Account
from ringfence.aws.resources.recorder import UnknownCallError, record
from ringfence.verify.graph import UNKNOWN, GraphError, Resource, ResourceGraph

ACCOUNT = Account("111111111111", "eu-west-1", ("eu-west-1a", "eu-west-1b"))


class Layer(pulumi.ComponentResource):
    """A component as the layers are written."""

    def __init__(self, name: str) -> None:
        super().__init__("ringfence:test:Layer", name)
        self.vpc = aws.ec2.Vpc(
            f"{name}-vpc", cidr_block="10.0.0.0/16", opts=pulumi.ResourceOptions(parent=self, protect=True)
        )
        self.subnet = aws.ec2.Subnet(
            f"{name}-subnet",
            vpc_id=self.vpc.id,
            cidr_block="10.0.1.0/24",
            availability_zone="eu-west-1b",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.vpc], delete_before_replace=True),
        )
        self.register_outputs({"vpcId": self.vpc.id})


def by_name(graph: ResourceGraph, name: str) -> Resource:
    (found,) = [resource for resource in graph.resources if resource.name == name]
    return found


def test_parents_dependencies_and_options_are_kept() -> None:
    graph = record(lambda: Layer("dev") and None, ACCOUNT)
    layer, vpc, subnet = by_name(graph, "dev"), by_name(graph, "dev-vpc"), by_name(graph, "dev-subnet")
    assert layer.urn == "urn:pulumi:dev::ringfence::ringfence:test:Layer::dev"
    assert vpc.urn == "urn:pulumi:dev::ringfence::ringfence:test:Layer$aws:ec2/vpc:Vpc::dev-vpc"
    assert (vpc.parent, subnet.parent) == (layer.urn, layer.urn)
    assert subnet.dependencies == (vpc.urn,)
    assert subnet.property_dependencies == {"vpcId": (vpc.urn,)}
    assert (vpc.protect, subnet.protect) == (True, False)
    assert subnet.options["deleteBeforeReplace"] is True
    assert "deleteBeforeReplace" not in vpc.options
    assert (layer.custom, layer.id, layer.outputs) == (False, None, {"vpcId": vpc.id})


def test_a_reference_holds_the_other_resources_identity() -> None:
    graph = record(lambda: Layer("dev") and None, ACCOUNT)
    vpc, subnet = by_name(graph, "dev-vpc"), by_name(graph, "dev-subnet")
    assert vpc.id is not None
    assert vpc.id.startswith("vpc-")
    assert subnet.inputs["vpcId"] == vpc.id


def test_in_a_preview_what_a_deployment_decides_is_unknown() -> None:
    graph = record(lambda: Layer("dev") and None, ACCOUNT, preview=True)
    vpc, subnet = by_name(graph, "dev-vpc"), by_name(graph, "dev-subnet")
    assert subnet.inputs["vpcId"] == UNKNOWN
    assert subnet.property_dependencies == {"vpcId": (vpc.urn,)}
    assert (vpc.id, vpc.outputs) == (None, vpc.inputs)


def test_outputs_of_a_preview_reach_no_apply() -> None:
    seen: list[str] = []

    def program() -> None:
        Layer("dev").vpc.id.apply(seen.append)

    record(program, ACCOUNT, preview=True)
    assert seen == []
    record(program, ACCOUNT)
    assert len(seen) == 1


def test_two_resources_of_one_urn_are_refused() -> None:
    def program() -> None:
        aws.ec2.Eip("a", domain="vpc")
        aws.ec2.Eip("a", domain="vpc")

    with pytest.raises(GraphError, match=r"aws:ec2/eip:Eip::a$"):
        record(program, ACCOUNT)


def test_two_components_of_one_type_with_a_child_of_one_name_collide_as_on_the_engine() -> None:
    class Careless(pulumi.ComponentResource):
        def __init__(self, name: str) -> None:
            super().__init__("ringfence:test:Careless", name)
            aws.ec2.Eip("address", domain="vpc", opts=pulumi.ResourceOptions(parent=self))

    def program() -> None:
        Careless("one")
        Careless("two")

    with pytest.raises(GraphError, match=r"Careless\$aws:ec2/eip:Eip::address$"):
        record(program, ACCOUNT)


def test_the_program_reads_the_stacks_configuration_and_account() -> None:
    read: list[object] = []

    def program() -> None:
        identity = aws.get_caller_identity()
        read.extend([pulumi.Config("ringfence").require_object("environment"), pulumi.get_stack(), identity.account_id])

    record(program, ACCOUNT, stack="prod", config={"ringfence:environment": json.dumps({"zones": ["a"]})})
    assert read == [{"zones": ["a"]}, "prod", "111111111111"]


def test_runs_do_not_meet_each_other() -> None:
    def program() -> None:
        aws.ec2.Eip("a", domain="vpc")
        assert pulumi.Config("ringfence").get("as_of") is None

    first = record(program, ACCOUNT)
    record(
        lambda: pulumi.Config("x").get("y") and None, ACCOUNT, stack="other", config={"ringfence:as_of": "2026-01-01"}
    )
    assert record(program, ACCOUNT) == first


def test_what_the_program_raises_comes_out_and_leaves_nothing_behind() -> None:
    def program() -> None:
        Layer("dev")
        raise pulumi.RunError("the account is another one")

    with pytest.raises(pulumi.RunError, match="the account is another one"):
        record(program, ACCOUNT)
    assert len(record(lambda: Layer("dev") and None, ACCOUNT).of_type("aws:ec2/vpc:Vpc")) == 1


def test_an_error_in_an_output_comes_out_too() -> None:
    def program() -> None:
        aws.ec2.Eip("a", domain=aws.ec2.Eip("b", domain="vpc").id.apply(lambda _: 1 // 0))

    with pytest.raises(ZeroDivisionError):
        record(program, ACCOUNT)


def test_a_question_without_an_answer_is_an_error() -> None:
    with pytest.raises(UnknownCallError, match="getBillingServiceAccount"):
        record(lambda: aws.get_billing_service_account() and None, ACCOUNT)


def test_what_the_program_logs_is_handed_on() -> None:
    heard: list[tuple[str, str]] = []
    record(lambda: pulumi.log.warn("soon"), ACCOUNT, log=lambda severity, text: heard.append((severity, text)))
    assert heard == [("warning", "soon")]


def test_exports_are_the_stacks_outputs_and_numbers_are_whole() -> None:
    def program() -> None:
        pulumi.export("answer", {"count": 3, "share": 0.5, "key": pulumi.Output.secret("k"), "none": None})

    assert record(program, ACCOUNT).outputs == {"answer": {"count": 3, "share": 0.5, "key": "k", "none": None}}


def test_the_firewalls_endpoints_stand_in_the_zones_of_their_subnets() -> None:
    def program() -> None:
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
        subnets = [
            aws.ec2.Subnet(zone, vpc_id=vpc.id, cidr_block=f"10.0.{number}.0/28", availability_zone=zone)
            for number, zone in enumerate(reversed(ACCOUNT.zones))
        ]
        aws.networkfirewall.Firewall(
            "firewall",
            vpc_id=vpc.id,
            firewall_policy_arn="arn:aws:network-firewall:eu-west-1:111111111111:firewall-policy/p",
            subnet_mappings=[aws.networkfirewall.FirewallSubnetMappingArgs(subnet_id=subnet.id) for subnet in subnets],
        )

    graph = record(program, ACCOUNT)
    (status,) = by_name(graph, "firewall").outputs["firewallStatuses"]
    found = {state["availabilityZone"]: state["attachments"][0]["subnetId"] for state in status["syncStates"]}
    assert found == {zone: by_name(graph, zone).id for zone in ACCOUNT.zones}
