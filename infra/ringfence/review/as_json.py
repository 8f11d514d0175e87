"""The review as JSON, and the schema that says what stands in it."""

import json
from typing import Any

from pydantic import TypeAdapter

from ringfence.review.report import Report

_ADAPTER = TypeAdapter(Report)


def json_of(report: Report) -> str:
    """The report as JSON in ASCII, keys in a fixed order, a newline at the end."""
    return json.dumps(_ADAPTER.dump_python(report, mode="json"), indent=2) + "\n"


def report_schema() -> dict[str, Any]:
    """The JSON Schema of `json_of` as pydantic writes it (2020-12)."""
    return _ADAPTER.json_schema(mode="serialization")
