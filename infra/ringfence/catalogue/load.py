"""Loads the capabilities that are wanted: the built-in ones, and an organisation's own from its tree."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources

from ringfence.catalogue.model import Capability, CatalogueFile
from ringfence.policy.span import Span
from ringfence.source.diagnostic import Findings
from ringfence.source.document import Document, parse_document, read_document
from ringfence.source.model import validate
from ringfence.source.tree import Tree

FOLDER = "profiles/catalogue"
"""Where an organisation's own capabilities stand in its tree."""


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
    documents: list[Document] = []
    prefixes = None if wanted is None else {name.partition(".")[0] for name in wanted}
    folder = resources.files("ringfence.catalogue") / "data"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        stem, dot, suffix = file.name.rpartition(".")
        if dot and suffix == "yaml" and (prefixes is None or stem in prefixes):
            document = parse_document(f"catalogue/{file.name}", file.read_bytes(), findings)
            if document:
                documents.append(document)
    if tree is not None:
        read = (read_document(tree, path, findings) for path in tree.names(FOLDER, ".yaml"))
        documents += [document for document in read if document is not None]
    found: dict[str, WrittenCapability] = {}
    for document in documents:
        model = validate(CatalogueFile, document, findings)
        for name, capability in model.capabilities.items() if model else ():
            span = document.key_span(("capabilities", name))
            written = WrittenCapability(name, capability, document, span, "${agent}" in str(capability.grants))
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
