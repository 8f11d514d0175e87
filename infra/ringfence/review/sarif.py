"""SARIF 2.1.0 from plain values: findings as code scanning, editors and dashboards read them.

The standard is OASIS's, https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/
sarif-v2.1.0-errata01-os-complete.html; what GitHub makes of it stands in https://docs.github.com/en/code-security/
code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.

The same values give the same bytes, in ASCII: no clock, no path of this machine, no identifier drawn at random.
"""

import enum
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import quote

from ringfence import __version__
from ringfence.catalogue.load import BUILT_IN_FOLDER
from ringfence.policy.span import Span
from ringfence.source.diagnostic import visible

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
VERSION = "2.1.0"

ROOT_BASE = "%SRCROOT%"
"""What paths of the project are relative to; the name that GitHub and editors take for the repository's root."""
CATALOGUE_BASE = "RINGFENCE_CATALOGUE"
"""What the built-in capabilities' files are relative to; they stand in no project."""

Property: TypeAlias = "str | int | bool | Sequence[Property] | Mapping[str, Property] | None"
"""A value in a property bag."""

_Json = dict[str, Any]


class Level(enum.StrEnum):
    """How severe a result is (3.27.10)."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Taxonomy:
    """A classification that others keep, such as ATT&CK or NIST SP 800-53; ``source`` is its page."""

    name: str
    version: str
    organization: str
    source: str


@dataclass(frozen=True, slots=True, order=True)
class Taxon:
    """One entry of a taxonomy, and the page in which its identifier and name were read."""

    taxonomy: Taxonomy
    id: str
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What results are of: ``id`` is stable, ``name`` in PascalCase, ``help`` the mend.

    GitHub shows at most 20 tags of a rule.
    """

    id: str
    name: str
    text: str
    help: str
    tags: tuple[str, ...] = ()
    taxa: tuple[Taxon, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """One finding.

    ``place`` is where a person mends it; code scanning refuses results without one, so give the nearest file.
    ``identity`` tells the result from others of its rule and stays the same while lines move; the message where it
    is empty. A place outside of the project is left out: it would name this machine.
    """

    rule: Rule
    level: Level
    message: str
    place: Span | None
    related: tuple[tuple[Span, str], ...] = ()
    properties: Mapping[str, Property] = field(default_factory=dict[str, Property])
    identity: tuple[str, ...] = ()


def sarif_of(
    results: Iterable[Result],
    *,
    category: str,
    rules: Iterable[Rule] = (),
    properties: Mapping[str, Property] | None = None,
) -> str:
    """A log of one run, a newline at its end.

    ``category`` tells runs of one tool apart (``verify/prod``): a newer one replaces the older of its category.
    ``rules`` are listed with those of the results, also without a result. Raises ValueError for two rules of one id.
    """
    ordered = sorted(results, key=_order)
    known = _by_id((*rules, *(result.rule for result in ordered)))
    taxonomies = _taxonomies(known.values())
    indices = {name: index for index, name in enumerate(known)}
    driver: _Json = {
        "name": "Ringfence",
        "version": __version__,
        "rules": [_descriptor(rule, taxonomies) for rule in known.values()],
    }
    if taxonomies:
        driver["supportedTaxonomies"] = [_reference(taxonomy, taxonomies) for taxonomy in taxonomies]
    run: _Json = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"ringfence/{category}/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            ROOT_BASE: {"description": _message("the project: the folder that holds Pulumi.yaml")},
            CATALOGUE_BASE: {"description": _message("the capabilities that come with Ringfence")},
        },
        "results": [],
    }
    if taxonomies:
        run["taxonomies"] = [_component(taxonomy, taxa) for taxonomy, taxa in taxonomies.items()]
    if properties:
        run["properties"] = _bag(properties)
    seen: Counter[str] = Counter()
    for result in ordered:
        fingerprint = _fingerprint(result)
        seen[fingerprint] += 1
        run["results"].append(_result(result, indices[result.rule.id], f"{fingerprint}:{seen[fingerprint]}"))
    return json.dumps({"$schema": SCHEMA, "version": VERSION, "runs": [run]}, indent=2, ensure_ascii=True) + "\n"


def _order(result: Result) -> tuple[object, ...]:
    place = result.place or Span("")
    return (place, result.rule.id, result.identity, result.message, json.dumps(result.properties, default=str))


def _by_id(rules: Iterable[Rule]) -> dict[str, Rule]:
    known: dict[str, Rule] = {}
    for rule in rules:
        if known.setdefault(rule.id, rule) != rule:
            raise ValueError(f"two rules are called {rule.id}")
    return dict(sorted(known.items()))


_Taxonomies = dict[Taxonomy, dict[str, Taxon]]
"""The entries that rules name, by their taxonomy and identifier, in order."""


def _taxonomies(rules: Iterable[Rule]) -> _Taxonomies:
    named = sorted({taxon for rule in rules for taxon in rule.taxa})
    found: _Taxonomies = {}
    for taxon in named:
        found.setdefault(taxon.taxonomy, {})[taxon.id] = taxon
    return found


def _descriptor(rule: Rule, taxonomies: _Taxonomies) -> _Json:
    written: _Json = {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": _message(rule.text),
        "help": _message(rule.help),
    }
    if rule.taxa:
        written["relationships"] = [
            {
                "target": {
                    "id": taxon.id,
                    "index": list(taxonomies[taxon.taxonomy]).index(taxon.id),
                    "toolComponent": _reference(taxon.taxonomy, taxonomies),
                },
                "kinds": ["relevant"],
            }
            for taxon in sorted(rule.taxa)
        ]
    if rule.tags:
        written["properties"] = {"tags": sorted(set(rule.tags))}
    return written


def _reference(taxonomy: Taxonomy, taxonomies: _Taxonomies) -> _Json:
    return {"name": taxonomy.name, "index": list(taxonomies).index(taxonomy)}


def _component(taxonomy: Taxonomy, taxa: Mapping[str, Taxon]) -> _Json:
    return {
        "name": taxonomy.name,
        "version": taxonomy.version,
        "organization": taxonomy.organization,
        "informationUri": taxonomy.source,
        "isComprehensive": False,
        "taxa": [{"id": taxon.id, "name": taxon.name, "helpUri": taxon.source} for taxon in taxa.values()],
    }


def _result(result: Result, index: int, fingerprint: str) -> _Json:
    written: _Json = {
        "ruleId": result.rule.id,
        "ruleIndex": index,
        "level": str(result.level),
        "message": _message(result.message),
    }
    place = None if result.place is None else _location(result.place)
    if place is not None:
        written["locations"] = [place]
    related = [
        {**location, "message": _message(what)}
        for span, what in result.related
        if (location := _location(span)) is not None
    ]
    if related:
        written["relatedLocations"] = [{"id": number, **each} for number, each in enumerate(related)]
    # GitHub knows this one key; by the line alone, several results of one line would be one to it
    written["partialFingerprints"] = {"primaryLocationLineHash": fingerprint}
    if result.properties:
        written["properties"] = _bag(result.properties)
    return written


def _fingerprint(result: Result) -> str:
    written = json.dumps([result.rule.id, *(result.identity or (result.message,))])
    return hashlib.sha256(written.encode()).hexdigest()[:32]


def _location(span: Span) -> _Json | None:
    artifact = _artifact(span.path)
    if artifact is None:
        return None
    region = {"startLine": span.line, "startColumn": span.column, "endColumn": span.column + span.width}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}


def _artifact(path: str) -> _Json | None:
    """A file by what it is relative to; None where it lies outside of the project."""
    if path.startswith(BUILT_IN_FOLDER):
        return {"uri": _uri(path.removeprefix(BUILT_IN_FOLDER)), "uriBaseId": CATALOGUE_BASE}
    if not path or path.startswith("/") or ".." in path.split("/"):
        return None
    return {"uri": _uri(path), "uriBaseId": ROOT_BASE}


def _uri(path: str) -> str:
    return quote(path, safe="/", errors="surrogateescape")


def _message(text: str) -> _Json:
    """A plain text that no reader takes for anything else.

    Braces stand doubled, as placeholders would be single (3.11.5); ``](`` would make a link of what is before it
    (3.11.6), for which there is no escape outside of a link.
    """
    return {"text": visible(text).replace("{", "{{").replace("}", "}}").replace("](", "] (")}


def _bag(properties: Mapping[str, Property]) -> _Json:
    return {name: _plain(value) for name, value in sorted(properties.items())}


def _plain(value: Property) -> Any:
    match value:
        case str():
            return visible(value)
        case Mapping():
            return _bag(value)
        case Sequence():
            return [_plain(each) for each in value]
        case _:
            return value
