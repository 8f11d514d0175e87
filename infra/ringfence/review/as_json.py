"""The review and the difference as JSON, and the schemas that say what stands in them."""

import json
from typing import Any

from pydantic import TypeAdapter

from ringfence.review.difference import Difference
from ringfence.review.report import Report

_ADAPTER = TypeAdapter(Report)
_DIFFERENCE = TypeAdapter(Difference)


def json_of(report: Report) -> str:
    """The report as JSON in ASCII, keys in a fixed order, a newline at the end."""
    return json.dumps(_ADAPTER.dump_python(report, mode="json"), indent=2) + "\n"


def report_schema() -> dict[str, Any]:
    """The JSON Schema of `json_of` as pydantic writes it (2020-12)."""
    return _ADAPTER.json_schema(mode="serialization")


def difference_json(difference: Difference) -> str:
    """The difference as JSON in ASCII, keys in a fixed order, a newline at the end."""
    return json.dumps(_DIFFERENCE.dump_python(difference, mode="json"), indent=2) + "\n"


def difference_schema() -> dict[str, Any]:
    """The JSON Schema of `difference_json` as pydantic writes it (2020-12)."""
    return _DIFFERENCE.json_schema(mode="serialization")
