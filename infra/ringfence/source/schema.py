"""JSON Schemas as editors and validators of draft-07 read them, from what pydantic writes (2020-12)."""

from typing import Any, cast

DRAFT = "http://json-schema.org/draft-07/schema#"

Schema = dict[str, Any]


def draft7(schema: Schema, title: str) -> Schema:
    """A pydantic schema as draft-07: definitions under their older name, pydantic's own titles left out."""
    return {"$schema": DRAFT, "title": title, **{key: _older(value) for key, value in _renamed(schema).items()}}


def _renamed(schema: Schema) -> Schema:
    return {
        "definitions" if key == "$defs" else key: value
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }


def _older(value: Any) -> Any:
    if isinstance(value, list):
        return [_older(each) for each in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    older = {key: _older(each) for key, each in _renamed(cast("Schema", value)).items()}
    reference: object = older.get("$ref")
    if not isinstance(reference, str):
        return older
    older["$ref"] = reference.replace("#/$defs/", "#/definitions/")
    # draft-07 passes over what stands beside a reference
    return {"allOf": [{"$ref": older.pop("$ref")}], **older} if len(older) > 1 else older
