"""What the nodes of a YAML document mean: plain values, and an error with a place for whatever readers differ on."""

import re
from typing import TypeAlias

import yaml

from ringfence.policy.span import Span
from ringfence.source.diagnostic import Findings

Value: TypeAlias = "str | int | bool | list[Value] | dict[str, Value] | None"
"""What a document holds: dates and every other scalar stay texts, models give them their types."""

DEPTH_MAX = 40
_INTEGER = re.compile(r"(?:0|-?[1-9]\d{0,18})\Z")
_SURPRISING = re.compile(
    r"""(?xi)(?:
    y|n|yes|no|on|off|true|false|null           # booleans of YAML 1.1, and spellings that only some readers know
    | [-+]?0[0-9_]+ | [-+]?0[xob][0-9a-f_]+     # octal, hexadecimal, binary
    | [-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.\d*)?     # base sixty
    | [-+]?\d+_[\d_]* | \+\d+ | -?\d{20,} | -0
    | [-+]?(?:\d+\.\d*|\.\d+|\d+)(?:e[-+]?\d+)? # fractions and powers of ten
    | [-+]?\.(?:inf|nan)
    | = | <<
    )\Z"""
)
_SURPRISING_STARTS = frozenset("0123456789+-.=<~yYnNoOtTfF")
"""What a plain scalar that is no text, or that some reader takes for none, begins with; most begin otherwise."""
PLAIN = "plain"
"""The tag that our loader gives to every node without one of its own."""
READABLE_STILL = frozenset({"RF019", "RF020"})
"""Problems beside which the rest of a document still means what it says: a repeated key, a surprising scalar."""
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None}


class TooDeepError(Exception):
    """A node at a line and column, from 1, that lies below more than `DEPTH_MAX` levels."""

    def __init__(self, line: int, column: int) -> None:
        super().__init__()
        self.line = line
        self.column = column


class PlainReader:
    """Turns nodes into plain values and reports what must not stand in a file."""

    def __init__(self, path: str, findings: Findings, anchors: bool) -> None:
        self._path = path
        self._findings = findings
        self._anchors = anchors  # without an anchor in the text no node can be met twice
        self._seen: set[int] = set()

    def plain(self, node: yaml.Node, depth: int = 1) -> Value:
        """The value of a node; raises `TooDeepError`."""
        if self._anchors and self._is_alias(node):
            return None
        if isinstance(node, yaml.ScalarNode):
            text: str = node.value
            # most scalars are this, so it is asked first
            if text and text[0] not in _SURPRISING_STARTS and node.tag == PLAIN:
                return text
            return self._scalar(node)
        if node.tag != PLAIN:
            self._refuse_tag(node)
        if depth > DEPTH_MAX:
            span = node_span(self._path, node)
            raise TooDeepError(span.line, span.column)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(item, depth + 1) for item in node.value]
        assert isinstance(node, yaml.MappingNode)  # noqa: S101 - PyYAML has three kinds of node
        return self._mapping(node, depth)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Value]:
        result: dict[str, Value] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._findings.error(node_span(self._path, key), "RF018", "a key must be a plain text", "write a name")
                continue
            if key.tag != PLAIN:
                self._refuse_tag(key)
            if self._anchors and self._is_alias(key):
                continue
            name: str = key.value
            if name in result:
                first = next(known for known, _ in node.value if known.value == name)
                self._findings.error(
                    node_span(self._path, key),
                    "RF019",
                    f"the key `{name}` stands twice",
                    "keep one of the two",
                    ((node_span(self._path, first), "first here"),),
                )
                continue
            result[name] = self.plain(value, depth + 1)
        return result

    def _scalar(self, node: yaml.ScalarNode) -> str | int | bool | None:
        value: str = node.value
        if node.tag != PLAIN:
            self._refuse_tag(node)
            return value
        if node.style:
            return value
        if not value:
            return None
        if value in _WORDS:
            return _WORDS[value]
        if _INTEGER.match(value):
            return int(value)
        if _SURPRISING.match(value):
            self._findings.error(
                node_span(self._path, node),
                "RF020",
                f"`{value}` is read differently by different YAML readers",
                f'quote it ("{value}") for the text; write true or false, or a plain decimal number',
            )
        return value

    def _is_alias(self, node: yaml.Node) -> bool:
        if id(node) not in self._seen:
            self._seen.add(id(node))
            return False
        self._findings.error(node_span(self._path, node), "RF015", "an alias repeats this part", "write it out")
        return True

    def _refuse_tag(self, node: yaml.Node) -> None:
        self._findings.error(node_span(self._path, node), "RF017", f"the tag {node.tag} is not read", "remove it")


def node_span(path: str, node: yaml.Node) -> Span:
    """Where a node stands: its first line, to its end where that is on the same one."""
    start, end = node.start_mark, node.end_mark
    width = end.column - start.column if end.line == start.line else 1
    return Span(path, start.line + 1, start.column + 1, max(1, width))
