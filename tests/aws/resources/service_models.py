"""AWS's own service models, as botocore ships them: what an operation takes, with every constraint that they state.

botocore's validator checks types, required and unknown members and minimums; enumerations, maximums and patterns
stand in the same models and are checked here too.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape


@functools.cache
def service_model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def violations(service: str, operation: str, parameters: Mapping[str, Any]) -> list[str]:
    """Everything in the parameters of an operation that the service's model does not allow."""
    model: OperationModel = service_model(service).operation_model(operation)
    assert model.input_shape is not None
    return list(_check(model.input_shape, parameters, operation))


def _check(shape: Shape, value: Any, path: str) -> Iterator[str]:
    match shape.type_name:
        case "structure":
            yield from _check_structure(shape, value, path)
        case "list":
            yield from _check_size(shape, len(value), path)
            for index, item in enumerate(value):
                yield from _check(shape.member, item, f"{path}[{index}]")
        case "map":
            yield from _check_size(shape, len(value), path)
            for key, item in value.items():
                yield from _check(shape.key, key, f"{path} key")
                yield from _check(shape.value, item, f"{path}.{key}")
        case "string":
            yield from _check_text(shape, value, path)
        case "integer" | "long":
            if isinstance(value, bool) or not isinstance(value, int):
                yield f"{path}: {value!r} is no whole number"
            else:
                yield from _check_size(shape, value, path)
        case "float" | "double":
            if isinstance(value, bool) or not isinstance(value, int | float):
                yield f"{path}: {value!r} is no number"
        case "boolean":
            if not isinstance(value, bool):
                yield f"{path}: {value!r} is neither true nor false"
        case other:
            yield f"{path}: no check for {other}"


def _check_structure(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path}: {value!r} is no structure"
        return
    for name in shape.required_members:
        # botocore fills in a token that makes a call idempotent
        if name not in value and not shape.members[name].metadata.get("idempotencyToken"):
            yield f"{path}: {name} is missing"
    for name, item in value.items():
        if name not in shape.members:
            yield f"{path}: {name} is unknown"
        else:
            yield from _check(shape.members[name], item, f"{path}.{name}")


def _check_text(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{path}: {value!r} is no text"
        return
    yield from _check_size(shape, len(value), path)
    if shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is none of {sorted(shape.enum)}"
    # Patterns are Java's: \p{...} classes stand in a few of them, where only the documentation's alphabet is meant.
    pattern = shape.metadata.get("pattern")
    if pattern and not re.search(_python_pattern(pattern), value, re.DOTALL):
        yield f"{path}: {value!r} does not match {pattern}"


@functools.cache
def _python_pattern(pattern: str) -> str:
    replaced = pattern.replace(r"\p{L}", "a-zA-ZÀ-ÿ").replace(r"\p{Z}", r"\s").replace(r"\p{N}", r"\d")
    return rf"\A(?:{replaced})\Z"


def _check_size(shape: Shape, size: int, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield f"{path}: {size} is less than {low}"
    if high is not None and size > high:
        yield f"{path}: {size} is more than {high}"
