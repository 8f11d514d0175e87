"""JSON Schemas of what Ringfence writes: its reports and the generated files."""

from pydantic import TypeAdapter

from ringfence.aws.attribution import Attribution
from ringfence.aws.outputs import StackOutputs
from ringfence.review.artefact_model import SCHEMAS
from ringfence.review.as_json import difference_schema, report_schema
from ringfence.review.drift import drift_schema
from ringfence.review.expiring import Endings
from ringfence.review.explanation import explanation_schema
from ringfence.review.proof import proof_schema
from ringfence.source.schema import Schema, draft7


def output_schemas() -> dict[str, Schema]:
    """Every schema by its name: each report, what a stack exports, and each kind of generated file."""
    written = {
        name: draft7(TypeAdapter(kind).json_schema(mode="serialization"), name) for name, kind in SCHEMAS.items()
    }
    outputs = draft7(StackOutputs.model_json_schema(mode="serialization"), "stack outputs")
    attribution = TypeAdapter(Attribution).json_schema(mode="serialization")
    reports = {
        "review": report_schema(),
        "difference": difference_schema(),
        "expiring": TypeAdapter(Endings).json_schema(mode="serialization"),
        "proof": proof_schema(),
        "drift": drift_schema(),
        "explanation": explanation_schema(),
        "attribution": attribution,
    }
    return {**{name: draft7(schema, name) for name, schema in reports.items()}, "stack-outputs": outputs, **written}
