"""Changes to a person's YAML that touch nothing else: every other octet of the file stays as it was.

A file is edited at the marks of its nodes, not written anew from its values, so that comments, quotes, order and
layout are the person's own. Only keys of the outermost mapping are changed, and lists directly below it grow; that
is all that Ringfence writes into files that people keep.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import yaml

Plain: TypeAlias = "str | int | bool | Sequence[Plain] | Mapping[str, Plain]"
"""What can be written; texts stand in double quotes, so that no reader takes one for anything else."""


class EditError(ValueError):
    """The text is not one mapping, or the part that is to be changed has another shape."""


def with_key(text: str, key: str, value: Plain, *, after: str) -> str:
    """The text with a key of its outermost mapping set: in place where it stands, else on the lines after another's.

    Raises `EditError` where there is no such mapping, or ``after`` is not in it.
    """
    root = _root(text)
    for known, node in root.value:
        if known.value == key:
            return _replaced(text, root, known, node, value)
    found = next(((known, node) for known, node in root.value if known.value == after), None)
    if found is None:
        raise EditError(f"there is no `{after}`")
    known, node = found
    end = _end(node)
    if root.flow_style:
        return f"{text[:end]}, {key}: {_flow(value)}{text[end:]}"
    end = _line_end(text, end)
    lines = [f"{' ' * known.start_mark.column}{line}" for line in _block(key, value)]
    return text[:end] + "".join(_newline(text) + line for line in lines) + text[end:]


def without_key(text: str, key: str) -> str:
    """The text without a key of its outermost mapping, which has others; as it is where the key is not there."""
    root = _root(text)
    for index, (known, node) in enumerate(root.value):
        if known.value != key:
            continue
        if root.flow_style:
            if index + 1 < len(root.value):
                return text[: known.start_mark.index] + text[root.value[index + 1][0].start_mark.index :]
            return text[: _end(root.value[index - 1][1])] + text[_end(node) :]
        start = text.rfind("\n", 0, known.start_mark.index) + 1
        end = _line_end(text, _end(node))
        if end == len(text):  # the last line, without a break: the one before it becomes the last
            return text[:start].removesuffix("\n").removesuffix("\r")
        return text[:start] + text[end:].removeprefix("\r").removeprefix("\n")
    return text


def with_item(text: str, key: str, item: Mapping[str, Plain], *, after: str) -> str:
    """The text with one more mapping at the end of a list of the outermost mapping, which begins where it is missing.

    ``after`` as in `with_key`. Raises `EditError` where the key holds something else than a list.
    """
    root = _root(text)
    found = next((node for known, node in root.value if known.value == key), None)
    if found is None or (isinstance(found, yaml.ScalarNode) and found.value in ("", "null", "~")):
        return with_key(text if found is None else without_key(text, key), key, [item], after=after)
    if not isinstance(found, yaml.SequenceNode):
        raise EditError(f"`{key}` is not a list")
    if found.flow_style:
        end = found.end_mark.index - 1
        if not found.value:
            return f"{text[:end]}{_flow(item)}{text[end:]}"
        end = _end(found.value[-1])
        return f"{text[:end]}, {_flow(item)}{text[end:]}"
    end = _line_end(text, _end(found.value[-1]))
    indent = " " * found.start_mark.column
    return text[:end] + "".join(f"{_newline(text)}{indent}{line}" for line in item_lines(item)) + text[end:]


def _replaced(text: str, root: yaml.MappingNode, key: yaml.ScalarNode, node: yaml.Node, value: Plain) -> str:
    if root.flow_style:
        return f"{text[: node.start_mark.index]}{_flow(value)}{text[_end(node) :]}"
    # From the key on, so that a block may follow; a comment behind a value of one line stays.
    start, end = key.start_mark.index, _end(node)
    indent = " " * key.start_mark.column
    first, *others = _block(key.value, value)
    rest = text[end : _line_end(text, end)]
    body = "".join(f"{_newline(text)}{indent}{line}" for line in others)
    return f"{text[:start]}{first}{rest}{body}{text[_line_end(text, end) :]}"


def _root(text: str) -> yaml.MappingNode:
    try:
        # The pure reader counts characters, whatever they take in octets.
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        reason = error.problem if isinstance(error, yaml.MarkedYAMLError) else error
        raise EditError(f"it is not YAML: {reason}") from error
    if not isinstance(root, yaml.MappingNode) or not root.value:
        raise EditError("it is not a mapping")
    return root


def _end(node: yaml.Node) -> int:
    """Where the last part of a node ends; a block's own mark is where the next token begins."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        return _end(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        return _end(node.value[-1])
    return node.end_mark.index


def _line_end(text: str, index: int) -> int:
    """The end of the line that an index is on, before its line break; an index after a break is on the line before."""
    if index and text[index - 1] == "\n":
        index -= 1
    end = text.find("\n", index)
    end = len(text) if end < 0 else end
    return end - 1 if end and text[end - 1 : end] == "\r" else end


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _flow(value: Plain) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(part)}" for key, part in value.items()) + "}"
    return "[" + ", ".join(map(_flow, value)) + "]"


def _block(key: str, value: Plain) -> list[str]:
    """A key with its value as lines."""
    if isinstance(value, Mapping) and value:
        return [f"{key}:", *(f"  {name}: {_flow(part)}" for name, part in value.items())]
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        lines = [f"{key}:"]
        for part in value:
            lines += [f"  {line}" for line in (item_lines(part) if isinstance(part, Mapping) else [f"- {_flow(part)}"])]
        return lines
    return [f"{key}: {_flow(value)}"]


def item_lines(item: Mapping[str, Plain]) -> list[str]:
    """A mapping as an item of a list, a line for each of its keys; texts in double quotes."""
    if not item:
        return ["- {}"]
    return [f"{'  ' if index else '- '}{name}: {_flow(part)}" for index, (name, part) in enumerate(item.items())]
