"""YAML with positions, without surprises.

Read from PyYAML's node graph (libyaml), which knows the line and column of every node, with a resolver of our
own: YAML 1.1 reads ``no`` as false, ``22:22`` as 1342 and ``0755`` as 493, and keeps the last of two equal keys.
Here such scalars, repeated keys, anchors, tags and second documents are errors with a place.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from ringfence.policy.span import Span
from ringfence.source.diagnostic import Findings, InputError
from ringfence.source.tree import Tree

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # a PyYAML without libyaml reads the same, slower
    from yaml import SafeLoader as _Loader

Value: TypeAlias = "str | int | bool | list[Value] | dict[str, Value] | None"
"""What a document holds: dates and every other scalar stay texts, models give them their types."""

_DEPTH_MAX = 40
_BRACKETS = 200
_COMPACT = re.compile(r"[-?] +[-?] +[-?] ")
_INTEGER = re.compile(r"(?:0|-?[1-9]\d{0,18})\Z")
_SURPRISING = re.compile(
    r"""(?xi)(?:
    y|n|yes|no|on|off                           # booleans of YAML 1.1
    | [-+]?0[0-9_]+ | [-+]?0[xob][0-9a-f_]+     # octal, hexadecimal, binary
    | [-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.\d*)?     # base sixty
    | [-+]?\d+_[\d_]* | \+\d+ | \d{20,}
    | [-+]?(?:\d+\.\d*|\.\d+|\d+)(?:e[-+]?\d+)? # fractions and powers of ten
    | [-+]?\.(?:inf|nan)
    | = | <<
    )\Z"""
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass(slots=True)
class Document:
    """One YAML document: its plain ``value``, and where each part of it stands."""

    path: str
    value: Value
    text: str
    _root: yaml.Node | None = field(repr=False)

    def span(self, location: Iterable[str | int] = ()) -> Span:
        """Where a part stands: the keys and indices that lead to it; the nearest known part for unknown ones.

        A location that ends in a key names the value; for a part that is missing, it is the mapping's start.
        """
        node = self._root
        for step in location:
            inner = _child(node, step)
            if inner is not None:
                node = inner
        return self._span_of(node)

    def key_span(self, location: Iterable[str | int]) -> Span:
        """Where the key that leads to a part stands; like `span` where that part is no mapping's value."""
        steps = list(location)
        node = self._root
        for step in steps[:-1]:
            node = _child(node, step) or node
        if isinstance(node, yaml.MappingNode) and steps:
            for key, _ in node.value:
                if key.value == steps[-1]:
                    return self._span_of(key)
        return self.span(steps)

    def _span_of(self, node: yaml.Node | None) -> Span:
        if node is None:
            return Span(self.path)
        return _span(self.path, node)

    def line(self, number: int) -> str | None:
        """The text of a line, counted from 1."""
        lines = self.text.splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else None


def read_document(tree: Tree, path: str, findings: Findings) -> Document | None:
    """Read a file of the tree; None, with the problems in ``findings``, where it is no clean document."""
    try:
        content = tree.read(path)
    except InputError as error:
        findings.diagnostics.extend(error.diagnostics)
        return None
    return parse_document(path, content, findings)


def parse_document(path: str, content: bytes, findings: Findings) -> Document | None:
    """Parse a document's octets; None, with the problems in ``findings``, where it is not clean."""
    text = _decode(path, content, findings)
    if text is None:
        return None
    try:
        _refuse_deep(text)
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Span(path, mark.line + 1, mark.column + 1) if mark else Span(path)
        if "expected a single document" in str(error.context):
            findings.error(place, "RF013", "a second document starts here", "one document a file")
        else:
            findings.error(place, "RF010", f"not YAML: {error.problem}", "check indentation, quotes and brackets")
        return None
    except _TooDeepError as error:
        findings.error(
            Span(path, error.line, error.column), "RF016", "nested too deeply", f"at most {_DEPTH_MAX} levels"
        )
        return None
    except yaml.YAMLError as error:
        reason = str(error).splitlines()[0]
        findings.error(Span(path), "RF010", f"not YAML: {reason}", "check indentation, quotes and brackets")
        return None
    if root is None:
        findings.error(Span(path), "RF011", "the file is empty", "write at least the keys that are required")
        return None
    reader = _Reader(path, findings)
    before = len(findings.diagnostics)
    value = reader.plain(root)
    return Document(path, value, text, root) if len(findings.diagnostics) == before else None


def _decode(path: str, content: bytes, findings: Findings) -> str | None:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        findings.error(Span(path), "RF012", "the file is UTF-16", "save it as UTF-8")
        return None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        findings.error(Span(path, line, column), "RF012", "not UTF-8 here", "save the file as UTF-8")
        return None
    if text.isascii() and text.isprintable():
        return text
    if bad := _CONTROL.search(text.removeprefix("\ufeff")):
        offset = bad.start() + (1 if text.startswith("\ufeff") else 0)
        line = text.count("\n", 0, offset) + 1
        column = offset - (text.rfind("\n", 0, offset) + 1) + 1
        name = f"U+{ord(bad.group()):04X}"
        findings.error(
            Span(path, line, column),
            "RF014",
            f"a control or direction character ({name})",
            "remove it; text must show",
        )
        return None
    return text


class _TooDeepError(Exception):
    def __init__(self, line: int, column: int) -> None:
        super().__init__()
        self.line = line
        self.column = column


def _refuse_deep(text: str) -> None:
    """Refuse deep nesting before nodes are composed: libyaml's composer recurses on the machine's stack.

    Few documents have so many brackets that they could nest deeply; only those are read as events first.
    Nesting by indentation alone needs a square of octets, so `SIZE_MAX` bounds it.
    """
    if text.count("[") + text.count("{") <= _BRACKETS and not _COMPACT.search(text) and len(text) <= 65536:
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            mark = event.start_mark
            if depth > _DEPTH_MAX and mark is not None:
                raise _TooDeepError(mark.line + 1, mark.column + 1)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Reader:
    """Turns nodes into plain values and reports what must not stand in a file."""

    def __init__(self, path: str, findings: Findings) -> None:
        self.path = path
        self.findings = findings
        self.seen: set[int] = set()

    def plain(self, node: yaml.Node) -> Value:
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node)
        if id(node) in self.seen:
            self.findings.error(_span(self.path, node), "RF015", "an alias repeats this part", "write it out")
            return None
        self.seen.add(id(node))
        if not str(node.tag).startswith("tag:yaml.org,2002:"):
            self.findings.error(_span(self.path, node), "RF017", f"the tag {node.tag} is not read", "remove it")
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(item) for item in node.value]
        assert isinstance(node, yaml.MappingNode)  # noqa: S101 - PyYAML has three kinds of node
        return self.mapping(node)

    def mapping(self, node: yaml.MappingNode) -> dict[str, Value]:
        result: dict[str, Value] = {}
        places: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.findings.error(_span(self.path, key), "RF018", "a key must be a plain text", "write a name")
                continue
            name = str(key.value)
            if name in result:
                self.findings.error(
                    _span(self.path, key),
                    "RF019",
                    f"the key `{name}` stands twice",
                    "keep one of the two",
                    ((_span(self.path, places[name]), "first here"),),
                )
                continue
            places[name] = key
            result[name] = self.plain(value)
        return result

    def scalar(self, node: yaml.ScalarNode) -> str | int | bool | None:
        value = str(node.value)
        if node.style:
            return value
        if node.tag == "tag:yaml.org,2002:str" and value[0] not in _NUMERIC and value not in _SUSPECTS:
            return value
        if not str(node.tag).startswith("tag:yaml.org,2002:"):
            self.findings.error(_span(self.path, node), "RF017", f"the tag {node.tag} is not read", "remove it")
            return value
        if value in _WORDS:
            return _WORDS[value]
        if _INTEGER.match(value):
            return int(value)
        if _SURPRISING.match(value):
            self.findings.error(
                _span(self.path, node),
                "RF020",
                f"`{value}` is read differently by different YAML readers",
                f'quote it ("{value}") for the text; write true or false, or a plain decimal number',
            )
        return value


_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
# Plain scalars that PyYAML takes as text, and other readers do not.
_NUMERIC = frozenset("0123456789+-.")
_SUSPECTS = frozenset({"y", "Y", "n", "N", "="})


def _child(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None


def _span(path: str, node: yaml.Node) -> Span:
    start, end = node.start_mark, node.end_mark
    width = end.column - start.column if end.line == start.line else 1
    return Span(path, start.line + 1, start.column + 1, max(1, width))
