"""Flushing: the flows of the agents that are named end, in every zone, and nobody else's."""

import dataclasses
import ipaddress
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from account_of_prod import ACCOUNTS, REGION, Prod, project_in
from firewall_flows import Firewall, Flow
from moto import mock_aws
from quarantined import DAY, ROOT
from ringfence.aws.allocation import Segment, Segments
from ringfence.aws.allocation_file import read_allocation
from ringfence.aws.enforcement.tags import vpc_tags
from ringfence.aws.resources.graph import registered_graph
from ringfence.cli import _run
from ringfence.operate.flow_flush import POLL_SECONDS, TIMEOUT_SECONDS, Operation, firewall_of, flush, operations_of
from ringfence.profile.fleet import read_environments
from ringfence.profile.written import WrittenEnvironment
from ringfence.source.diagnostic import Findings, InputError
from ringfence.source.tree import Directory
from ringfence.verify.graph import ResourceGraph

SERVER = "198.51.100.20"
Run = Callable[..., tuple[int, str, str]]


def held_in(environment: str) -> Segments:
    allocation = read_allocation(Directory(ROOT), environment, Findings())
    assert allocation is not None
    return allocation.agents


def flows_of(*agents: str) -> set[Flow]:
    """Two flows from each of the agents' subnets in prod, from its first usable address and its last."""
    return {
        (segment.zone, str(segment.network[at]), SERVER)
        for agent in agents
        for segment in held_in("prod")[agent]
        for at in (4, -2)
    }


class Place:
    """A clone whose prod is an account of its own, with a firewall that knows two flows of each agent's subnet."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.aws = project_in(root)
        tags = [{"Key": key, "Value": value} for key, value in vpc_tags("prod")]
        self.aws.ec2.create_tags(Resources=[self.aws.vpc], Tags=tags)
        arn = f"arn:aws:network-firewall:{REGION}:{self.aws.account}:firewall/prod-firewall-0a1b2c3"
        self.firewall = Firewall(arn, self.aws.vpc, flows_of(*held_in("prod")))
        self.firewall.register(self.aws.session)
        self.aws.calls.clear()

    @property
    def written(self) -> WrittenEnvironment:
        return read_environments(Directory(self.root), Findings())["prod"]

    def flush(self, *agents: str, waited: list[float] | None = None) -> list[str]:
        rounds = operations_of({name: held_in("prod")[name] for name in agents})
        return list(flush(self.written, rounds, None, (waited if waited is not None else []).append))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    boto3.DEFAULT_SESSION = None
    with mock_aws():
        yield Place(tmp_path)
    boto3.DEFAULT_SESSION = None


@pytest.fixture
def run(place: Place, capsys: pytest.CaptureFixture[str]) -> Run:
    def ran(*arguments: str) -> tuple[int, str, str]:
        code = _run(["flush", *arguments, "--env", "prod", "--root", str(place.root)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return ran


def test_the_agents_flows_end_in_every_zone_and_nobody_elses(place: Place) -> None:
    everything, mine = set(place.firewall.flows), flows_of("pr-contributor")
    assert mine < everything
    assert place.flush("pr-contributor") == [
        f"pr-contributor in {segment.zone}: its flows from {segment.network} have ended"
        for segment in held_in("prod")["pr-contributor"]
    ]
    assert place.firewall.flows == everything - mine
    assert place.aws.written() == ["StartFlowFlush"] * 3


def test_doing_it_again_ends_what_has_begun_since_and_nothing_else(place: Place) -> None:
    place.flush("pr-contributor")
    left = set(place.firewall.flows)
    place.firewall.flows |= flows_of("pr-contributor")
    place.flush("pr-contributor")
    assert place.firewall.flows == left


def test_it_is_waited_for_until_each_zone_has_completed(place: Place) -> None:
    place.firewall.looks = 3
    waited: list[float] = []
    assert len(place.flush("pr-contributor", "reviewer", waited=waited)) == 6
    assert waited == [POLL_SECONDS] * 3


@pytest.mark.parametrize("status", ["FAILED", "COMPLETED_WITH_ERRORS"])
def test_an_operation_that_does_not_complete_is_an_error_and_the_other_zones_are_said(
    place: Place, run: Run, status: str
) -> None:
    place.firewall.ends["eu-central-1b"] = (status, "Flow timeout")
    code, out, err = run("pr-contributor")
    assert code == 2
    assert re.search(
        f"RF190 flows of pr-contributor in eu-central-1b may go on: .* ended as {status}: Flow timeout", err
    )
    said = [line for line in out.splitlines() if not line.startswith("#")]
    assert [line.split(":")[0] for line in said] == [f"pr-contributor in eu-central-1{zone}" for zone in "ac"]
    assert place.firewall.flows & flows_of("pr-contributor") == {
        flow for flow in flows_of("pr-contributor") if flow[0] == "eu-central-1b"
    }


def test_an_operation_that_never_ends_is_an_error_in_time(place: Place) -> None:
    place.firewall.looks = TIMEOUT_SECONDS
    waited: list[float] = []
    with pytest.raises(InputError) as raised:
        place.flush("pr-contributor", waited=waited)
    assert sum(waited) == TIMEOUT_SECONDS
    assert [each.code for each in raised.value.diagnostics] == ["RF190"] * 3
    assert f"is in progress after {TIMEOUT_SECONDS} seconds" in raised.value.diagnostics[0].message


def test_what_aws_refuses_is_said(place: Place) -> None:
    place.firewall.looks = 1
    held = held_in("prod")["pr-contributor"][:1]
    (again,) = operations_of({"pr-contributor": held})
    with pytest.raises(InputError) as raised:
        list(flush(place.written, [(*again, *again)], None))
    (said,) = raised.value.diagnostics
    assert (said.code, "ThrottlingException" in said.message) == ("RF153", True)


def test_credentials_of_another_account_flush_nothing(place: Place, run: Run) -> None:
    other = Prod(str(next(ACCOUNTS)))
    place.firewall.register(other.session)
    code, _, err = run("pr-contributor")
    assert (code, "RF151 the credentials are of the account " in err) == (2, True)
    assert place.firewall.started == []


@pytest.mark.parametrize("case", ["no VPC", "two firewalls"])
def test_a_firewall_that_cannot_be_told_is_not_flushed(place: Place, run: Run, case: str) -> None:
    if case == "no VPC":
        place.aws.ec2.delete_tags(Resources=[place.aws.vpc], Tags=[{"Key": "ringfence:environment"}])
    else:
        place.firewall.others.append(f"{place.firewall.arn}-of-others")
    code, _, err = run()
    assert (code, "RF192 one " in err) == (2, True)
    assert place.firewall.started == []


def test_everybody_is_flushed_where_nobody_is_named_and_the_effect_is_said_first(place: Place, run: Run) -> None:
    code, out, err = run()
    assert (code, err) == (0, "")
    assert out.startswith("# every connection of these agents through the firewall ends, also those that are allowed")
    assert place.firewall.flows == set()
    said = [line for line in out.splitlines() if not line.startswith("#")]
    assert len(said) == sum(len({segment.zone for segment in held}) for held in held_in("prod").values())


def test_the_commands_that_are_printed_are_what_would_be_called(place: Place, run: Run) -> None:
    code, out, err = run("reviewer", "pr-contributor", "--print")
    assert (code, err, place.aws.calls) == (0, "", [])
    # The shell's own reading of them: what `aws` would be given.
    program = 'aws() { for word in "$@"; do printf "%s\\n" "$word"; done >&2; echo ---- >&2; echo "found-$2"; }\n' + out
    ran = subprocess.run(["bash", "-eu", "-c", program], capture_output=True, text=True, check=True)
    calls = [call.strip("\n").split("\n") for call in ran.stderr.split("----\n") if call]
    assert [call[1] for call in calls] == ["describe-vpcs", "list-firewalls", *["start-flow-flush"] * 3]
    assert calls[1][calls[1].index("--vpc-ids") + 1] == "found-describe-vpcs"
    assert {f"Name=tag:{key},Values={value}" for key, value in vpc_tags("prod")} <= set(calls[0])
    place.flush("reviewer", "pr-contributor")
    for call, started in zip(calls[2:], place.firewall.started, strict=True):
        given = dict(zip(call[2::2], call[3::2], strict=True))
        assert given["--firewall-arn"] == "found-list-firewalls"
        assert given["--region"] == REGION
        assert given["--availability-zone"] == started["AvailabilityZone"]
        assert json.loads(given["--flow-filters"]) == started["FlowFilters"]


def test_without_the_extra_the_commands_are_printed_and_it_is_an_error() -> None:
    program = (
        "import sys; sys.modules['boto3'] = None\n"
        "from ringfence.cli import main\n"
        f"main(['flush', 'pr-contributor', '--env', 'prod', '--root', {str(ROOT)!r}])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "RF150 AWS's API cannot be called from here" in done.stderr
    assert done.stdout.count("\naws network-firewall start-flow-flush ") == 3


@pytest.fixture(scope="module")
def deployed() -> ResourceGraph:
    """Prod as its state has it."""
    return registered_graph(Directory(ROOT), "prod", DAY)


def test_an_export_names_the_firewall(
    deployed: ResourceGraph, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = tmp_path / "export.json"
    export.write_text(deployed.to_json(), encoding="utf-8")
    asked = ["flush", "reviewer", "--env", "prod", "--root", str(ROOT), "--stack-export", str(export), "--print"]
    assert _run(asked) == 0
    out = capsys.readouterr().out
    (firewall,) = deployed.of_type("aws:networkfirewall/firewall:Firewall")
    assert out.count(f" --firewall-arn {firewall.outputs['arn']} ") == 3
    assert "list-firewalls" not in out


def test_an_export_of_another_account_or_without_a_firewall_is_refused(deployed: ResourceGraph) -> None:
    written = read_environments(Directory(ROOT), Findings())["prod"]
    elsewhere = dataclasses.replace(
        written, environment=written.environment.model_copy(update={"account": "444444444444"})
    )
    none = dataclasses.replace(deployed, resources=())
    for environment, graph, said in (
        (elsewhere, deployed, "is not in the account 444444444444"),
        (written, none, "none"),
    ):
        with pytest.raises(InputError) as raised:
            firewall_of(graph, environment, "export.json")
        (problem,) = raised.value.diagnostics
        assert (problem.code, problem.span.path, said in problem.message) == ("RF192", "export.json", True)


@pytest.mark.parametrize(
    ("agent", "code", "help_"),
    [
        ("pr-contributr", "RF123 there is no agent `pr-contributr`", "did you mean `pr-contributor`?"),
        ("on-call-assistant", "RF111 `on-call-assistant` has no addresses in prod yet", "a deployment come"),
    ],
)
def test_an_agent_that_has_no_flows_is_a_located_error(
    place: Place, run: Run, agent: str, code: str, help_: str
) -> None:
    path = place.root / "profiles" / "allocations" / "prod.yaml"
    path.write_text(re.sub(r"(?m)^  on-call-assistant: .*\n", "", path.read_text(encoding="utf-8")), encoding="utf-8")
    ended, _, err = run(agent)
    assert ended == 2
    assert err.startswith(f"profiles/agents/{agent}.yaml:1:1: {code}")
    assert help_ in err
    assert place.aws.calls == []


def test_an_environment_without_a_firewall_has_none_to_flush(place: Place, run: Run) -> None:
    stack = place.root / "Pulumi.prod.yaml"
    lines = stack.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = "".join(line for line in lines if "ca_certificate_arn" not in line)
    stack.write_text(kept.replace("inspection: requests", "inspection: none"), encoding="utf-8")
    code, _, err = run()
    assert (code, "RF191 prod has no firewall" in err) == (2, True)


def test_a_large_fleet_is_flushed_in_rounds_and_exactly() -> None:
    """Blocks with gaps between them, so that they do not join; a zone has one operation in each round."""
    blocks = list(ipaddress.IPv4Network("10.0.0.0/16").subnets(new_prefix=28))
    segments = {
        f"agent-{number}": (Segment("a", blocks[4 * number]), Segment("b", blocks[4 * number + 2]))
        for number in range(45)
    } | {"pair": (Segment("a", blocks[1000]), Segment("a", blocks[1001]))}
    rounds = operations_of(segments)
    assert [[each.zone for each in together] for together in rounds] == [["a", "b"]] * 3
    operations = [each for together in rounds for each in together]
    assert max(len(each.filters) for each in operations) == 20
    assert {zone: addresses(operations, zone) for zone in "ab"} == {
        zone: {
            address
            for held in segments.values()
            for segment in held
            if segment.zone == zone
            for address in segment.network
        }
        for zone in "ab"
    }
    assert sorted(pair for each in operations for pair in each.held) == sorted(
        (agent, segment.network) for agent, held in segments.items() for segment in held
    )


def addresses(operations: list[Operation], zone: str) -> set[ipaddress.IPv4Address]:
    """What the filters of a zone's operations match, each address once."""
    found = [address for each in operations if each.zone == zone for network in each.networks for address in network]
    assert len(found) == len(set(found))
    return set(found)
