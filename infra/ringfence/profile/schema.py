"""JSON Schemas of what people write: editors complete capabilities and their parameters from them.

They are a help while writing, not the judge: whatever they accept is still checked by `ringfence check`.
"""

from ringfence.catalogue.load import Catalogue
from ringfence.catalogue.model import VARIABLE, Capability, CatalogueFile, Parameter
from ringfence.profile.ceiling import Ceiling
from ringfence.profile.model import Environment, Profile, ProfileClass
from ringfence.source.schema import Schema, draft7

FOLDER = "profiles/schema"
"""Where the schemas stand in a tree; modelines in the examples name them by path."""

_REASONS: Schema = {
    "because": {"type": "string", "minLength": 1, "maxLength": 200, "description": "why the agent needs it"},
    "ticket": {"type": "string", "minLength": 1, "maxLength": 200, "description": "where it was decided"},
    "approved_by": {"type": "string", "minLength": 1, "maxLength": 200, "description": "who answers for it"},
    "until": {"type": "string", "format": "date", "description": "the last day that counts"},
    "break_glass": {
        "$ref": "#/definitions/BreakGlass",
        "description": "opened in an emergency; `ringfence open` writes it",
    },
}


def schemas(catalogue: Catalogue) -> dict[str, Schema]:
    """Every schema by its name: profile, class, environment, ceiling, catalogue."""
    return {
        "profile": _with_needs(Profile.model_json_schema(by_alias=True), catalogue, "An agent's profile"),
        "class": _with_needs(ProfileClass.model_json_schema(by_alias=True), catalogue, "A class of agents"),
        "environment": _environment(),
        "ceiling": draft7(Ceiling.model_json_schema(by_alias=True), "What no agent may have"),
        "catalogue": draft7(CatalogueFile.model_json_schema(by_alias=True), "Capabilities of an organisation"),
    }


def schema_path(name: str) -> str:
    """Where a schema stands in a tree."""
    return f"{FOLDER}/{name}.schema.json"


def _with_needs(schema: Schema, catalogue: Catalogue, title: str) -> Schema:
    older = draft7(schema, title)
    older["definitions"]["Need"] = _need(catalogue)
    if "quarantined" in older["properties"]:  # a validator turns the flag into the mapping, which a model cannot say
        older["properties"]["quarantined"] = {
            "anyOf": [{"type": "boolean"}, {"$ref": "#/definitions/Quarantine"}],
            "default": False,
        }
    return older


def _need(catalogue: Catalogue) -> Schema:
    """One need: exactly one capability with its parameters, and reasons beside it."""
    capabilities = {
        name: _capability(written.capability)
        for name, written in sorted(catalogue.capabilities.items())
        if not written.capability.platform and written.capability.primitive != "agent.call"
    }
    return {
        "description": "one capability with its parameters, and why it is needed",
        "type": "object",
        "properties": {**capabilities, **_REASONS},
        "additionalProperties": False,
        "oneOf": [{"required": [name]} for name in capabilities],
    }


def _capability(capability: Capability) -> Schema:
    required = [name for name, parameter in capability.parameters.items() if parameter.required]
    return {
        "description": capability.summary,
        "type": "object" if required else ["object", "null"],
        "properties": {name: _parameter(parameter) for name, parameter in capability.parameters.items()},
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _parameter(parameter: Parameter) -> Schema:
    one: Schema = {"type": ["string", "integer"]}
    if parameter.values:
        # a variable may stand for one of the choices
        one = {"anyOf": [{"enum": list(parameter.values)}, {"type": "string", "pattern": VARIABLE.pattern}]}
    described: Schema = {"description": parameter.describe}
    if parameter.default is not None:
        described["default"] = list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
    if not parameter.many:
        return {**described, **one}
    return {**described, "anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def _environment() -> Schema:
    older = draft7(Environment.model_json_schema(by_alias=True), "A stack's file: one environment")
    definitions: Schema = older.pop("definitions")
    names = ("$schema", "title")
    definitions["Environment"] = {key: value for key, value in older.items() if key not in names}
    config: Schema = {
        "type": "object",
        "properties": {
            "aws:region": {"type": "string", "description": "the only place of the region"},
            "ringfence:environment": {"$ref": "#/definitions/Environment"},
            "ringfence:as_of": {"type": "string", "format": "date", "description": "pins the day that decides expiry"},
        },
        "required": ["aws:region", "ringfence:environment"],
    }
    return {
        **{key: older[key] for key in names},
        "type": "object",
        "properties": {"config": config},
        "required": ["config"],
        "definitions": definitions,
    }
