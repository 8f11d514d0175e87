"""YAML with positions, without surprises.

Read from PyYAML's node graph (libyaml), which knows the line and column of every node, with a resolver of our
own: YAML 1.1 reads ``no`` as false, ``22:22`` as 1342 and ``0755`` as 493, and keeps the last of two equal keys.
Here such scalars, repeated keys, anchors, tags and second documents are errors with a place.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from ringfence.policy.span import Span
from ringfence.source.diagnostic import Findings, InputError
from ringfence.source.plain import DEPTH_MAX, PLAIN, READABLE_STILL, PlainReader, TooDeepError, Value, node_span
from ringfence.source.tree import Tree

if TYPE_CHECKING:
    from yaml import BaseLoader as _Base
else:
    try:
        from yaml import CBaseLoader as _Base
    except ImportError:  # a PyYAML without libyaml reads the same, slower
        from yaml import BaseLoader as _Base

_OPENERS = 200
_COMPACT = re.compile(r"[-?] +[-?] +[-?] ")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_HARMLESS = bytes((0x09, 0x0A, 0x0D, *range(0x20, 0x7F)))
"""The octets of most files: text in ASCII has others only where `_CONTROL` matches."""
_LINE_BREAK = re.compile("\r\n|\r|\n")
_UNREADABLE = re.compile("[\ufffe\uffff]")
"""What YAML 1.1 does not take as text (5.1), and `_CONTROL` has not."""


class _Loader(_Base):
    """Composes nodes without resolving them: `PlainReader` decides what a plain scalar means, at half the cost."""

    def resolve(self, kind: type[yaml.Node], value: object, implicit: object) -> str:
        """The tag of a node that has none of its own."""
        return PLAIN

    def descend_resolver(self, current_node: yaml.Node | None, current_index: object) -> None:
        """Nothing: no tag depends on a node's place."""

    def ascend_resolver(self) -> None:
        """Nothing, as above."""


_CONFLICT = re.compile(r"^(<{7}|\|{7}|={7}|>{7})(?= |\r?$)", re.MULTILINE)
"""Marks of a conflict (git-merge(1), "How conflicts are presented"); none of them begins a line of a mapping."""
_RESOLVE = "keep what belongs here of both sides and remove the marks; of an allocation, keep the lines of both"

Location = tuple[str | int, ...]
"""The keys and indices that lead to a part of a document."""


@dataclass(slots=True)
class Document:
    """One YAML document: its plain ``value``, and where each part of it stands."""

    path: str
    value: Value
    text: str
    _root: yaml.Node | None = field(repr=False)
    _spans: dict[Location, Span] = field(repr=False, default_factory=dict[Location, Span])
    _key_spans: dict[Location, Span] = field(repr=False, default_factory=dict[Location, Span])

    def span(self, location: Location = ()) -> Span:
        """Where a part stands; the nearest known part for unknown ones.

        A location that ends in a key names the value; for a part that is missing, it is the mapping's start.
        """
        if kept := self._spans.get(location):
            return kept
        node = self._nodes()
        for step in location:
            node = _child(node, step) or node
        return node_span(self.path, node)

    def key_span(self, location: Location) -> Span:
        """Where the key that leads to a part stands; like `span` where that part is no mapping's value."""
        if kept := self._key_spans.get(location):
            return kept
        node = self._nodes()
        for step in location[:-1]:
            node = _child(node, step) or node
        if isinstance(node, yaml.MappingNode) and location:
            for key, _ in node.value:
                if key.value == location[-1]:
                    return node_span(self.path, key)
        return self.span(location)

    def keep(self, locations: Iterable[Location], items: str, keys: Iterable[str]) -> None:
        """Note where some parts stand, and in each item of a list one key; drop the nodes.

        Nodes take most of a large fleet's memory. For any other place the text is composed once more when it is asked
        for.
        """
        self._spans = {location: self.span(location) for location in locations}
        listed = _child(self._nodes(), items)
        if isinstance(listed, yaml.SequenceNode):
            for index, (item, name) in enumerate(zip(listed.value, keys, strict=True)):
                for key, _ in item.value:
                    if key.value == name:
                        self._key_spans[items, index, name] = node_span(self.path, key)
        self._root = None

    def lines(self, location: Location) -> range:
        """The lines that a part takes, from its first to its last; the nearest known part's for unknown ones."""
        node = self._nodes()
        for step in location:
            node = _child(node, step) or node
        return range(node.start_mark.line + 1, _last_line(node) + 1)

    def _nodes(self) -> yaml.Node:
        if self._root is None:
            self._root = _compose(self.text)
        assert self._root is not None  # noqa: S101 - an empty text makes no document
        return self._root

    def line(self, number: int) -> str | None:
        """The text of a line, counted from 1."""
        return line_of(self.text, number)


def _last_line(node: yaml.Node) -> int:
    """The last line of a node, from 1: a collection in block style ends, for the parser, only where the next begins."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _last_line(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _last_line(node.value[-1])
    return node.end_mark.line + 1


def line_of(text: str, number: int) -> str | None:
    """A line of a text as YAML counts lines, from 1; None where there is no such line."""
    lines = _LINE_BREAK.split(text)
    return lines[number - 1] if 0 < number <= len(lines) else None


def _place(path: str, before: str, width: int = 1) -> Span:
    """The place right after a file's beginning."""
    lines = _LINE_BREAK.split(before)
    return Span(path, len(lines), len(lines[-1]) + 1, width)


def read_document(tree: Tree, path: str, findings: Findings) -> Document | None:
    """Read a file of the tree; None, with the problems in ``findings``, where it is no document."""
    try:
        content = tree.read(path)
    except InputError as error:
        findings.diagnostics.extend(error.diagnostics)
        return None
    return parse_document(path, content, findings)


def read_folder(tree: Tree, folder: str, findings: Findings) -> Iterator[Document]:
    """Read every ``.yaml`` file of a folder in turn.

    One that ends in ``.yml`` is an error, since it would be passed over.
    """
    try:
        paths = tree.names(folder, ".yaml")
        others = tree.names(folder, ".yml")
    except InputError as error:
        findings.diagnostics.extend(error.diagnostics)
        return
    for path in others:
        findings.error(Span(path), "RF044", "files end in `.yaml`, so this one is not read", "rename it")
    for path in paths:
        if document := read_document(tree, path, findings):
            yield document


def parse_document(path: str, content: bytes, findings: Findings) -> Document | None:
    """Parse a document's octets; None, with the problems in ``findings``, where they are no document.

    A document with problems of its own (a key that stands twice, a surprising scalar) is returned all the same, so
    that a model's complaints about the rest are reported in the same run; the problems still fail the run.
    """
    text = _decode(path, content, findings)
    if text is None:
        return None
    if left := list(_CONFLICT.finditer(text)):
        for marker in left:
            message = f"a merge is not resolved here: git's mark `{marker[1]}`"
            findings.error(_place(path, text[: marker.start()]), "RF021", message, _RESOLVE)
        return None
    try:
        _refuse_deep(text)
        root = _compose(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Span(path, mark.line + 1, mark.column + 1) if mark else Span(path)
        if "expected a single document" in str(error.context):
            findings.error(place, "RF013", "a second document starts here", "one document a file")
        else:
            findings.error(place, "RF010", f"not YAML: {error.problem}", "check indentation, quotes and brackets")
        return None
    except TooDeepError as error:
        return _refuse_depth(path, error, findings)
    except yaml.reader.ReaderError as error:
        # libyaml counts octets here, PyYAML's own reader characters; no character is refused before this one
        bad = _UNREADABLE.search(text)
        place = _place(path, text[: bad.start()]) if bad else Span(path)
        findings.error(place, "RF014", f"not YAML: {error.reason}", "remove it; text must show")
        return None
    if root is None:
        findings.error(Span(path), "RF011", "the file is empty", "write at least the keys that are required")
        return None
    reader = PlainReader(path, findings, "&" in text)
    before = len(findings.diagnostics)
    try:
        value = reader.plain(root)
    except TooDeepError as error:
        return _refuse_depth(path, error, findings)
    found = {diagnostic.code for diagnostic in findings.diagnostics[before:]}
    return Document(path, value, text, root) if found <= READABLE_STILL else None


def _compose(text: str) -> yaml.Node | None:
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def _decode(path: str, content: bytes, findings: Findings) -> str | None:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        findings.error(Span(path), "RF012", "the file is UTF-16", "save it as UTF-8")
        return None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        place = _place(path, content[: error.start].decode("utf-8").removeprefix("\ufeff"))
        findings.error(place, "RF012", "not UTF-8 here", "save the file as UTF-8")
        return None
    text = text.removeprefix("\ufeff")
    if content.translate(None, _HARMLESS) and (bad := _CONTROL.search(text)):
        name = f"U+{ord(bad.group()):04X}"
        findings.error(
            _place(path, text[: bad.start()]),
            "RF014",
            f"a control or direction character ({name})",
            "remove it; text must show",
        )
        return None
    return text


def _refuse_depth(path: str, error: "TooDeepError", findings: Findings) -> None:
    place = Span(path, error.line, error.column)
    findings.error(place, "RF016", "nested too deeply", f"at most {DEPTH_MAX} levels")


def _refuse_deep(text: str) -> None:
    """Refuse deep nesting before nodes are composed: libyaml's composer recurses on the machine's stack.

    Few documents have so many brackets, or list entries within entries on a line, that they could nest deeply; only
    those are read as events first. Nesting by indentation alone needs a square of octets, so `SIZE_MAX` bounds it.
    """
    brackets = text.count("[") + text.count("{")
    entries = text.count("- ") + text.count("? ")
    if brackets <= _OPENERS and (entries <= _OPENERS or not _COMPACT.search(text)) and len(text) <= 65536:
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            mark = event.start_mark
            if depth > DEPTH_MAX and mark is not None:
                raise TooDeepError(mark.line + 1, mark.column + 1)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _child(node: yaml.Node, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and 0 <= step < len(node.value):
        return node.value[step]
    return None
