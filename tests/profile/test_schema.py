"""The committed schemas: current, true of the examples, and as strict as an editor's help should be."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from ringfence.catalogue.load import load_catalogue
from ringfence.profile.schema import schema_path, schemas
from ringfence.source.diagnostic import Findings
from ringfence.source.document import read_document
from ringfence.source.tree import Directory

ROOT = Path(__file__).parents[2]
TREE = Directory(ROOT)
WRITTEN = {
    **dict.fromkeys(TREE.names("profiles/agents", ".yaml"), "profile"),
    **dict.fromkeys(TREE.names("profiles/classes", ".yaml"), "class"),
    **dict.fromkeys(TREE.names("profiles/catalogue", ".yaml"), "catalogue"),
    **{path: "environment" for path in TREE.names(".", ".yaml") if path != "Pulumi.yaml"},
}


def committed(name: str) -> dict[str, Any]:
    return json.loads((ROOT / schema_path(name)).read_text(encoding="utf-8"))


def errors(name: str, document: object) -> list[str]:
    return [error.message for error in jsonschema.Draft7Validator(committed(name)).iter_errors(document)]


def test_the_committed_schemas_are_current() -> None:
    current = schemas(load_catalogue(TREE, Findings()))
    assert {path.name for path in (ROOT / "profiles/schema").iterdir()} == {f"{name}.schema.json" for name in current}
    for name, schema in current.items():
        assert committed(name) == schema, "run `make schema`"


@pytest.mark.parametrize("name", ["profile", "class", "environment", "catalogue"])
def test_a_schema_is_draft_07(name: str) -> None:
    schema = committed(name)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    jsonschema.Draft7Validator.check_schema(schema)
    assert "$defs" not in json.dumps(schema)


@pytest.mark.parametrize("path", sorted(WRITTEN))
def test_every_example_is_valid_and_names_its_schema(path: str) -> None:
    document = read_document(TREE, path, Findings())
    assert document is not None
    assert errors(WRITTEN[path], document.value) == []
    modeline = document.text.splitlines()[0]
    assert modeline.startswith("# yaml-language-server: $schema=")
    named = (ROOT / path).parent / modeline.partition("=")[2]
    assert named.resolve() == ROOT / schema_path(WRITTEN[path])


def profile(**changes: object) -> dict[str, Any]:
    base = yaml.safe_load("""
        agent: a
        owner: o
        purpose: p
        workload: {platform: lambda, role: "arn:aws:iam::${account}:role/a"}
        environments: [dev]
        needs: [{github.repository: {repository: acme/site, access: read}}]
    """)
    return {**base, **changes}


@pytest.mark.parametrize(
    "needs",
    [
        [{"https": {"host": "example.com"}}],
        [{"https": {"host": ["example.com", "*.example.com"], "methods": ["GET"]}, "because": "x"}],
        [{"github.repository": {"repository": "a/b", "access": "${values.access}"}}],
        [{"anthropic.messages": {}}],
        [{"anthropic.messages": None}],
    ],
)
def test_needs_that_are_right_pass(needs: object) -> None:
    assert errors("profile", profile(needs=needs)) == []


@pytest.mark.parametrize(
    "needs",
    [
        [{"https": {}}],
        [{"https": {"host": "example.com", "methds": ["GET"]}}],
        [{"https": {"host": []}}],
        [{"githb.repository": {"repository": "a/b"}}],
        [{"github.repository": {"repository": "a/b", "access": "write"}}],
        [{"github.repository": {"repository": "a/b"}, "https": {"host": "example.com"}}],
        [{"because": "alone"}],
        [{"platform.ecs": {}}],
        [{"agent.call": {}}],
        ["anthropic.messages"],
    ],
)
def test_needs_that_are_wrong_do_not(needs: object) -> None:
    assert errors("profile", profile(needs=needs)) != []


def test_an_unknown_key_is_refused_in_every_schema() -> None:
    assert errors("profile", profile(needs=[], quarantine=True)) != []
    assert errors("class", {"class": "a", "purpose": "p", "need": []}) != []
    assert (
        errors("environment", {"config": {"aws:region": "eu-west-1", "ringfence:environment": {"acount": "1"}}}) != []
    )
    assert errors("catalogue", {"format_version": 1, "capabilities": {"a": {"sumary": "x"}}}) != []


def test_every_capability_and_parameter_can_be_completed_with_its_words() -> None:
    properties = committed("profile")["definitions"]["Need"]["properties"]
    catalogue = load_catalogue(TREE, Findings())
    for name, written in catalogue.capabilities.items():
        if written.capability.platform or name == "agent.call":
            assert name not in properties
            continue
        assert properties[name]["description"] == written.capability.summary
        assert set(properties[name]["properties"]) == set(written.capability.parameters)
        assert all(each["description"] for each in properties[name]["properties"].values())
