"""Graphs from exports and previews: shapes of Pulumi's own, and what is no such thing."""

import json
from typing import Any

import pytest
from registered_examples import Example
from ringfence.verify.graph import GraphError, Resource, ResourceGraph
from ringfence.verify.state import read_state


def state_of(resource: Resource) -> dict[str, Any]:
    return {
        "urn": resource.urn,
        "custom": resource.custom,
        "id": resource.id or "",
        "type": resource.type,
        "inputs": {**resource.inputs, "__defaults": []},
        "outputs": resource.outputs,
        "parent": resource.parent or "",
        "dependencies": list(resource.dependencies),
        "propertyDependencies": {
            **{name: list(urns) for name, urns in resource.property_dependencies.items()},
            "x": None,
        },
    }


def exported(graph: ResourceGraph) -> dict[str, Any]:
    return {"version": 3, "deployment": {"manifest": {}, "resources": [state_of(each) for each in graph.resources]}}


def previewed(graph: ResourceGraph) -> dict[str, Any]:
    steps = [{"op": "create", "urn": each.urn, "newState": state_of(each)} for each in graph.resources]
    return {"config": {}, "steps": steps, "changeSummary": {"create": len(steps)}}


def staying(graph: ResourceGraph) -> dict[str, Any]:
    """The preview in which nothing changes: new states have no ids and no outputs."""
    steps: list[dict[str, Any]] = []
    for each in graph.resources:
        new = state_of(each)
        del new["id"], new["outputs"]
        steps.append({"op": "same", "urn": each.urn, "oldState": state_of(each), "newState": new})
    return {"config": {}, "steps": steps, "changeSummary": {"same": len(steps)}}


def test_an_export_and_a_preview_are_proved_as_the_program_is(example: Example) -> None:
    assert example.prove(read_state(json.dumps(exported(example.deployed)))).findings == ()
    assert example.prove(read_state(json.dumps(previewed(example.previewed)))).findings == ()
    assert example.prove(read_state(json.dumps(staying(example.deployed)))).findings == ()


def test_a_rule_that_a_hand_added_shows_in_an_export(examples: dict[str, Example]) -> None:
    dev = examples["dev"]
    document = exported(dev.deployed)
    states = document["deployment"]["resources"]
    rule = next(state for state in states if state["type"].endswith(":SecurityGroupEgressRule"))
    added = json.loads(json.dumps(rule))
    added["urn"] += "-by-hand"
    added["inputs"] = {
        "securityGroupId": rule["inputs"]["securityGroupId"], "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0",
    }  # fmt: skip
    states.append(added)
    found = dev.prove(read_state(json.dumps(document))).findings
    assert found
    assert all(finding.layer == "sg" for finding in found)


def test_a_preview_without_what_stays_is_refused(examples: dict[str, Example]) -> None:
    document = staying(examples["dev"].deployed)
    assert read_state(json.dumps(document)) == read_state(json.dumps(exported(examples["dev"].deployed)))
    document["steps"].pop()
    message = "leaves out 1 resources that stay as they are: run `pulumi preview --json --show-sames`"
    with pytest.raises(GraphError, match=message):
        read_state(json.dumps(document))


def test_what_a_preview_deletes_is_not_there(examples: dict[str, Example]) -> None:
    document = previewed(examples["dev"].previewed)
    deleted = next(step for step in document["steps"] if "networkAclRule" in step["urn"])
    deleted["op"] = "delete"
    deleted["oldState"] = deleted.pop("newState")
    graph = read_state(json.dumps(document))
    assert graph.get(deleted["urn"]) is None


def test_what_a_replacement_left_behind_is_not_read(examples: dict[str, Example]) -> None:
    document = exported(examples["dev"].deployed)
    states = document["deployment"]["resources"]
    states.append({**states[-1], "delete": True})
    assert len(read_state(json.dumps(document)).resources) == len(states) - 1


def test_secrets_are_read_as_what_is_shown_of_them() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"open"'}
    hidden = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}
    state = {"urn": "urn:pulumi:dev::p::a:b:C::n", "type": "a:b:C", "inputs": {"x": secret, "y": hidden, "n": 2.0}}
    graph = read_state(json.dumps({"deployment": {"resources": [state]}}))
    assert graph.resources[0].inputs == {"x": "open", "y": "[secret]", "n": 2}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("[]", "neither a stack export nor a preview"),
        ("{}", "neither a stack export"),
        ('{"deployment": {"resources": []}}', "no resources"),
        ('{"deployment": {"resources": [{"type": "a"}]}}', "cannot be read"),
        ('{"deployment": {"pending_operations": [{}], "resources": []}}', "in the middle of a deployment"),
        ('{"steps": [{"op": "create", "urn": "u"}]}', "has no state"),
        ('{"changeSummary": {"same": 2}}', "leaves out 2 resources"),
        ('{"changeSummary": {"same": "2"}}', "counts '2' resources"),
        ('{"changeSummary": [], "steps": [1]}', "cannot be read"),
        ('{"format_version": 99}', "format 99"),
    ],
)
def test_what_is_no_state_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(GraphError, match=reason):
        read_state(text)


def test_a_recorded_graph_is_read_back(examples: dict[str, Example]) -> None:
    graph = examples["dev"].deployed
    assert read_state(graph.to_json()) == graph


def test_the_order_of_states_says_nothing(examples: dict[str, Example]) -> None:
    document = exported(examples["dev"].deployed)
    backwards = {"deployment": {"resources": document["deployment"]["resources"][::-1]}}
    assert read_state(json.dumps(backwards)) == read_state(json.dumps(document))
