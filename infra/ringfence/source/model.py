"""Documents as pydantic models, with every complaint at its place in the file."""

import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ringfence.source.diagnostic import Findings, did_you_mean
from ringfence.source.document import Document
from ringfence.source.plain import Value

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


# None is ours, and looking for them reads the metadata of every installed package.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


class Strict(BaseModel):
    """A model that knows all its keys and never changes."""

    # a model that only stands within others is never built by itself, which halves the time of a short command
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, str_strip_whitespace=False, defer_build=True)


class Complaint(ValueError):
    """Raised in a validator: a message with its own mend and code."""

    def __init__(self, message: str, mend: str, code: str = "RF031", at: Sequence[str | int] = ()) -> None:
        super().__init__(message)
        self.mend = mend
        self.code = code
        self.at = tuple(at)


ModelT = TypeVar("ModelT", bound=BaseModel)


def validate(
    model: type[ModelT],
    document: Document,
    findings: Findings,
    value: Value = None,
    at: Sequence[str | int] = (),
) -> ModelT | None:
    """A document, or the part of it that stands ``at`` a location, as a model; None with findings where it is not."""
    part = document.value if value is None and not at else value
    try:
        return model.model_validate(part)
    except ValidationError as error:
        details = error.errors(include_url=False)
        for detail in details:
            if detail["type"] == "too_short" and _is_about_items(detail, details):
                continue  # items that were refused were not counted
            _report(detail, model, document, findings, tuple(at))
        return None


def _is_about_items(detail: "ErrorDetails", details: "Sequence[ErrorDetails]") -> bool:
    within = detail["loc"]
    return any(other["loc"][: len(within)] == within and len(other["loc"]) > len(within) for other in details)


def _report(
    detail: "ErrorDetails",
    model: type[BaseModel],
    document: Document,
    findings: Findings,
    at: tuple[str | int, ...],
) -> None:
    location = (*at, *detail["loc"])
    context: dict[str, Any] = detail.get("ctx") or {}
    cause = context.get("error")
    name = _name(detail["loc"])
    match detail["type"]:
        case "missing":
            findings.error(document.span(location[:-1]), "RF032", f"{name} is missing", f"add `{detail['loc'][-1]}:`")
        case "extra_forbidden":
            known = _keys_at(model, detail["loc"][:-1])
            mend = did_you_mean(str(detail["loc"][-1]), known)
            findings.error(document.key_span(location), "RF033", f"unknown key {name}", mend)
        case "literal_error" | "enum":
            findings.error(
                document.span(location),
                "RF034",
                f"{name} cannot be {_shown(detail['input'])}",
                f"one of: {context.get('expected')}",
            )
        case "model_type" | "dict_type" | "model_attributes_type":
            findings.error(
                document.span(location),
                "RF035",
                f"{name} must be a mapping of keys to values",
                "write `key: value`",
            )
        case "list_type" | "tuple_type":
            findings.error(document.span(location), "RF035", f"{name} must be a list", "write `[a, b]` or `- a`")
        case "string_type":
            findings.error(
                document.span(location),
                "RF035",
                f"{name} must be a text, not {_shown(detail['input'])}",
                f"quote it: {json.dumps(str(detail['input']))}",
            )
        case "string_pattern_mismatch" if detail["loc"][-1] == "[key]":
            key = str(detail["input"])
            findings.error(
                document.key_span(location[:-1]),
                "RF031",
                f"`{key}` cannot be a key here",
                f"a key here matches {context.get('pattern')}",
            )
        case "value_error" if cause is not None:
            findings.error(
                document.span((*location, *getattr(cause, "at", ()))),
                getattr(cause, "code", "RF031"),
                str(cause),
                getattr(cause, "mend", "see `ringfence schema`"),
            )
        case _:
            findings.error(
                document.span(location),
                "RF031",
                f"{name}: {detail['msg']}",
                f"this is {_shown(detail['input'])}",
            )


def _name(location: Sequence[str | int]) -> str:
    """What a part is called in a message: its key, or its number in the list that has a key."""
    if not location:
        return "the document"
    last = location[-1]
    if isinstance(last, str):
        return f"`{last}`"
    whose = f" of `{location[-2]}`" if len(location) > 1 else ""
    return f"number {last + 1}{whose}"


def _keys_at(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """The keys that a model knows at a location, as far as the models' annotations tell."""
    current: Any = model
    for step in location:
        if not (isinstance(current, type) and issubclass(current, BaseModel)) or not isinstance(step, str):
            continue
        field = current.model_fields.get(step) or next(
            (known for known in current.model_fields.values() if known.alias == step), None
        )
        if field is None:
            continue
        current = next((part for part in _parts(field.annotation) if issubclass(part, BaseModel)), current)
    if isinstance(current, type) and issubclass(current, BaseModel):
        return [field.alias or name for name, field in current.model_fields.items()]
    return []


def _parts(annotation: Any) -> list[type]:
    inner = getattr(annotation, "__args__", ())
    if inner:
        return [part for argument in inner for part in _parts(argument)]
    return [annotation] if isinstance(annotation, type) else []


def _shown(value: object) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
