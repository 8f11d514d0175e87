"""Loads the capabilities that are wanted: the built-in ones, and an organisation's own from its tree."""

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable

from ringfence.catalogue.model import Capability, CatalogueFile
from ringfence.policy.span import Span
from ringfence.source.diagnostic import Findings
from ringfence.source.document import Document, parse_document, read_folder
from ringfence.source.model import validate
from ringfence.source.tree import Tree

FOLDER = "profiles/catalogue"
"""Where an organisation's own capabilities stand in its tree."""

BUILT_IN_FOLDER = "catalogue/"
"""What the paths of the built-in files begin with in spans; they stand in no tree."""


CARRIED_FOLDER = "infra/ringfence/catalogue/data"
"""Where a project that carries Ringfence's source has the built-in files of its own version."""


@dataclass(frozen=True, slots=True)
class Carrying:
    """A tree whose built-in capabilities are the ones that it carries, not those of the Ringfence that reads it.

    So two revisions are compared each with its own catalogue.
    """

    tree: Tree

    @staticmethod
    def of(tree: Tree) -> Tree:
        """The tree with the capabilities that it carries, or as it is where it carries none."""
        return Carrying(tree) if tree.exists(CARRIED_FOLDER) else tree

    def names(self, folder: str, suffix: str) -> tuple[str, ...]:
        """As `Tree.names`."""
        return self.tree.names(folder, suffix)

    def read(self, path: str) -> bytes:
        """As `Tree.read`."""
        return self.tree.read(path)

    def exists(self, path: str) -> bool:
        """As `Tree.exists`."""
        return self.tree.exists(path)


@dataclass(frozen=True, slots=True)
class WrittenCapability:
    """A capability with its name, the document that defines it, and where its name stands there.

    ``speaks_of_agent`` tells whether what it opens depends on the agent's name.
    """

    name: str
    capability: Capability
    document: Document = field(repr=False)
    span: Span
    speaks_of_agent: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Capabilities by name; those that were wanted, or all."""

    capabilities: Mapping[str, WrittenCapability]

    def get(self, name: str) -> WrittenCapability | None:
        """A capability, or None."""
        return self.capabilities.get(name)


def load_catalogue(tree: Tree | None, findings: Findings, wanted: Iterable[str] | None = None) -> Catalogue:
    """Load the wanted capabilities, or all of them where ``wanted`` is None.

    A built-in file is named for the first part of its capabilities' names, so that only what a fleet uses is
    read. An organisation's files are all read; one that defines a name again is an error at both places.
    """
    own = list(read_folder(tree, FOLDER, findings)) if tree is not None else []
    prefixes = None
    if wanted is not None:
        # a name of an organisation's own is looked for among the built-in ones, whether it is used or not
        names = {name for document in own for name in _names(document)}
        prefixes = {name.partition(".")[0] for name in (*wanted, *names)}
    documents = [*_built_in(tree, prefixes, findings), *own]
    found: dict[str, WrittenCapability] = {}
    for document in documents:
        model = validate(CatalogueFile, document, findings)
        for name, capability in model.capabilities.items() if model else ():
            span = document.key_span(("capabilities", name))
            written = WrittenCapability(name, capability, document, span, _speaks_of_agent(capability))
            if name in found:
                findings.error(
                    written.span,
                    "RF040",
                    f"the capability `{name}` is defined twice",
                    "give yours another name",
                    ((found[name].span, "first here"),),
                )
            else:
                found[name] = written
    return Catalogue(found)


def built_in_with(texts: Iterable[str]) -> frozenset[str]:
    """The first parts of the names in every built-in file that has one of some texts in it, to be loaded by."""
    sought = [text.encode() for text in texts]
    files = ((file.name.removesuffix(".yaml"), file.read_bytes()) for file in _data().iterdir())
    return frozenset(stem for stem, content in files if any(text in content for text in sought))


def _built_in(tree: Tree | None, prefixes: set[str] | None, findings: Findings) -> Iterator[Document]:
    """The built-in files that are wanted, all of them where ``prefixes`` is None."""
    if isinstance(tree, Carrying):
        names = {path.rpartition("/")[2]: path for path in tree.names(CARRIED_FOLDER, ".yaml")}
        read = {name: functools.partial(tree.read, path) for name, path in names.items()}
    else:
        files = {file.name: file for file in _data().iterdir() if file.name.endswith(".yaml")}
        names = {name: BUILT_IN_FOLDER + name for name in files}
        read = {name: file.read_bytes for name, file in files.items()}
    for name in sorted(names):
        if prefixes is None or name.removesuffix(".yaml") in prefixes:
            document = parse_document(names[name], read[name](), findings)
            if document:
                yield document


def _names(document: Document) -> tuple[str, ...]:
    """The names that a document defines, as far as it is a catalogue file at all."""
    capabilities = document.value.get("capabilities") if isinstance(document.value, dict) else None
    return tuple(capabilities) if isinstance(capabilities, dict) else ()


def _speaks_of_agent(capability: Capability) -> bool:
    return "${agent}" in f"{capability.grants} {capability.carries} {capability.parameters}"


def _data() -> Traversable:
    return resources.files("ringfence.catalogue") / "data"


def built_in_file(path: str) -> bytes:
    """The content of a built-in file by its path in spans; raises OSError where there is none."""
    return (_data() / path.removeprefix(BUILT_IN_FOLDER)).read_bytes()
