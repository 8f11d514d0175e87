"""Loads the capabilities that are wanted: the built-in ones, and an organisation's own from its tree."""

from collections.abc import Iterable, Mapping
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
    documents: list[Document] = []
    for file in sorted(_data().iterdir(), key=lambda entry: entry.name):
        stem, dot, suffix = file.name.rpartition(".")
        if dot and suffix == "yaml" and (prefixes is None or stem in prefixes):
            document = parse_document(BUILT_IN_FOLDER + file.name, file.read_bytes(), findings)
            if document:
                documents.append(document)
    documents += own
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
