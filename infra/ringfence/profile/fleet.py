"""The fleet: every profile and class of a tree, the catalogue they are read against, and the environments."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, cast

from pydantic import Field

from ringfence.catalogue.load import FOLDER, Catalogue, load_catalogue
from ringfence.policy.span import Span
from ringfence.profile.ceiling import PATH as CEILING
from ringfence.profile.ceiling import Ceiling, WrittenCeiling
from ringfence.profile.model import REASONS, Environment, Need, Profile, ProfileClass
from ringfence.profile.written import WrittenClass, WrittenEnvironment, WrittenProfile
from ringfence.source.diagnostic import Findings, InputError, did_you_mean
from ringfence.source.document import Document, read_document, read_folder
from ringfence.source.model import Strict, validate
from ringfence.source.tree import Tree

AGENTS = "profiles/agents"
CLASSES = "profiles/classes"


def agent_path(agent: str) -> str:
    """Where an agent's profile stands in a tree."""
    return f"{AGENTS}/{agent}.yaml"


def agent_names(tree: Tree) -> list[str]:
    """The agents that a tree has profiles of, by their files; raises `InputError` where they cannot be listed."""
    return [path.removeprefix(f"{AGENTS}/").removesuffix(".yaml") for path in tree.names(AGENTS, ".yaml")]


def stack_names(tree: Tree) -> list[str]:
    """The stacks that a tree has files of, whether they can be read or not; raises `InputError` as `agent_names`."""
    files = (name for name in tree.names(".", ".yaml") if name.startswith("Pulumi.") and name != "Pulumi.yaml")
    return [name.removeprefix("Pulumi.").removesuffix(".yaml") for name in files]


@dataclass(frozen=True, slots=True)
class Fleet:
    """All that a tree declares, each sorted by name; ``ceiling`` is None where it has none."""

    profiles: Mapping[str, WrittenProfile]
    classes: Mapping[str, WrittenClass]
    environments: Mapping[str, WrittenEnvironment]
    catalogue: Catalogue
    ceiling: WrittenCeiling | None = None


class _Stack(Strict):
    """The part of a stack's file that Ringfence reads; Pulumi's own keys stay Pulumi's."""

    region: Annotated[str, Field(alias="aws:region", pattern=r"^[a-z]{2}(?:-[a-z]+)+-\d$")]
    environment: Annotated[Environment, Field(alias="ringfence:environment")]


def read_fleet(tree: Tree, findings: Findings) -> Fleet:
    """Read every profile, class and environment of a tree, and the capabilities that they name.

    Problems go to ``findings``; what could not be read is left out, so that the rest is checked all the same.
    """
    profiles: dict[str, WrittenProfile] = {}
    wrong: list[Document] = []
    for document in read_folder(tree, AGENTS, findings):
        profile = validate(Profile, document, findings)
        if profile is None:
            wrong.append(document)
        else:
            calls = (("calls", index) for index in range(len(profile.calls)))
            document.keep((("agent",), ("workload", "platform"), ("serves",), *calls), "needs", _names(profile.needs))
            _add(profiles, profile.agent, WrittenProfile(document, profile), "agent", findings)
    classes: dict[str, WrittenClass] = {}
    for document in read_folder(tree, CLASSES, findings):
        class_ = validate(ProfileClass, document, findings)
        if class_ is None:
            wrong.append(document)
        else:
            document.keep((("class",),), "needs", _names(class_.needs))
            _add(classes, class_.class_, WrittenClass(document, class_), "class", findings)
    if not tree.exists(AGENTS):
        findings.error(Span(AGENTS), "RF041", "there is no such folder", "profiles stand in profiles/agents/AGENT.yaml")
    environments = read_environments(tree, findings)
    wanted = {need.capability for written in profiles.values() for need in written.profile.needs}
    wanted |= {need.capability for written in classes.values() for need in written.class_.needs}
    wanted |= {f"platform.{written.profile.workload.platform}" for written in profiles.values()}
    catalogue = load_catalogue(tree, findings, wanted | {"agent.call"})
    fleet = Fleet(_sorted(profiles), _sorted(classes), environments, catalogue, _read_ceiling(tree, findings))
    _check_names(fleet, tree, wrong, findings)
    return fleet


def _names(needs: Iterable[Need]) -> Iterator[str]:
    return (need.capability for need in needs)


def read_environments(tree: Tree, findings: Findings) -> dict[str, WrittenEnvironment]:
    """Read the environment of every stack file at the tree's root that has one."""
    environments: dict[str, WrittenEnvironment] = {}
    for file in _listed(tree, ".", findings):
        matched = re.fullmatch(r"Pulumi\.([a-z][a-z0-9-]*)\.yaml", file)
        if matched and (document := read_document(tree, file, findings)):
            environment = read_environment(matched.group(1), document, findings)
            if environment is not None:
                environments[matched.group(1)] = environment
    return environments


def _read_ceiling(tree: Tree, findings: Findings) -> WrittenCeiling | None:
    """The tree's ceiling; None where it has none, or with findings, which fail the run, where it is wrong."""
    folder = CEILING.rpartition("/")[0]
    for path in (*_listed(tree, folder, findings), *_listed(tree, folder, findings, ".yml")):
        if path != CEILING:
            findings.error(Span(path), "RF182", "nothing reads this file", did_you_mean(path, [CEILING]))
    if not tree.exists(CEILING):
        return None
    document = read_document(tree, CEILING, findings)
    ceiling = validate(Ceiling, document, findings) if document else None
    return WrittenCeiling(document, ceiling) if document and ceiling else None


def _listed(tree: Tree, folder: str, findings: Findings, suffix: str = ".yaml") -> tuple[str, ...]:
    """The YAML files of a folder; none, with a finding, where it cannot be listed."""
    try:
        return tree.names(folder, suffix)
    except InputError as error:
        findings.diagnostics.extend(error.diagnostics)
        return ()


def _stems(tree: Tree, folder: str) -> frozenset[str]:
    """What a folder's files are named for, readable or not."""
    return frozenset(path.rpartition("/")[2].removesuffix(".yaml") for path in _listed(tree, folder, Findings()))


def read_environment(name: str, document: Document, findings: Findings) -> WrittenEnvironment | None:
    """The environment in a stack's file; None with findings where it has none or a wrong one."""
    config = document.value.get("config") if isinstance(document.value, dict) else None
    if not isinstance(config, dict):
        findings.error(
            document.span(),
            "RF042",
            "there is no `config:` mapping",
            "see `ringfence:environment` in the README",
        )
        return None
    ours = {key: value for key, value in config.items() if key in {"aws:region", "ringfence:environment"}}
    for key in config:
        if key.startswith("ringfence:") and key not in {"ringfence:environment", "ringfence:as_of"}:
            findings.error(
                document.key_span(("config", key)),
                "RF033",
                f"unknown key `{key}`",
                did_you_mean(key, ["ringfence:environment", "ringfence:as_of"]),
            )
    stack = validate(_Stack, document, findings, ours, ("config",))
    if stack is None:
        return None
    before = len(findings.diagnostics)
    for index, zone in enumerate(stack.environment.zones):
        if not zone.startswith(stack.region):
            findings.error(
                document.span(("config", "ringfence:environment", "zones", index)),
                "RF043",
                f"the zone {zone} is not in the region {stack.region}",
                "zones are the region's name and a letter",
            )
    if len(findings.diagnostics) > before:
        return None
    return WrittenEnvironment(document, name, stack.region, stack.environment)


_WrittenT = Any


def _add(found: dict[str, _WrittenT], name: str, written: _WrittenT, kind: str, findings: Findings) -> None:
    place = written.document.span((kind,))
    stem = written.document.path.rpartition("/")[2].removesuffix(".yaml")
    if name in found:
        findings.error(
            place,
            "RF045",
            f"two profiles name the {kind} `{name}`",
            "each has one file, named for it",
            ((found[name].document.span((kind,)), "the other"),),
        )
        return
    if stem != name:
        findings.error(place, "RF046", f"the {kind} `{name}` stands in `{stem}.yaml`", "rename one of the two")
    found[name] = written


def _sorted(found: dict[str, _WrittenT]) -> dict[str, _WrittenT]:
    return {name: found[name] for name in sorted(found)}


def _check_names(fleet: Fleet, tree: Tree, wrong: Iterable[Document], findings: Findings) -> None:
    """Every name that a profile or class uses is defined: classes, peers, environments and capabilities.

    Those of a file that is ``wrong`` otherwise too, as far as they can be read.
    """
    known_capabilities: list[str] = []
    known = {"class": fleet.classes, "agent": fleet.profiles, "environment": fleet.environments}
    unread = {
        "agent": _stems(tree, AGENTS),
        "class": _stems(tree, CLASSES),
        "environment": {stem.removeprefix("Pulumi.") for stem in _stems(tree, ".")},
    }
    broken_catalogue = any(found.span.path.startswith(f"{FOLDER}/") for found in findings.diagnostics)

    def unknown(place: Span, kind: str, name: str, known: Iterable[str]) -> None:
        if name in unread.get(kind, ()) or (kind == "capability" and broken_catalogue):
            return  # the file that should define it is there, and has an error of its own
        findings.error(place, "RF047", f"unknown {kind} `{name}`", did_you_mean(name, known))

    def check_capability(name: str, place: Span) -> None:
        if fleet.catalogue.get(name) is None:
            if not known_capabilities:
                known_capabilities.extend(load_catalogue(tree, Findings()).capabilities)
            if name not in known_capabilities:
                unknown(place, "capability", name, known_capabilities)

    def check_needs(written: WrittenProfile | WrittenClass, needs: Iterable[Any]) -> None:
        for index, need in enumerate(needs):
            check_capability(need.capability, written.document.key_span(("needs", index, need.capability)))

    def check_environments(document: Document, names: Iterable[str], *location: str | int) -> None:
        for index, name in enumerate(names):
            if name not in fleet.environments:
                place = document.span((*location, "environments", index))
                unknown(place, "environment", name, fleet.environments)

    for written in fleet.profiles.values():
        profile = written.profile
        for index, name in enumerate(profile.extends):
            if name not in fleet.classes:
                unknown(written.span("extends", index), "class", name, fleet.classes)
        check_environments(written.document, profile.environments)
        for index, accepted in enumerate(profile.accepts):
            check_environments(written.document, accepted.environments, "accepts", index)
        for index, name in enumerate(profile.calls):
            if name not in fleet.profiles:
                unknown(written.span("calls", index), "agent", name, fleet.profiles)
            elif fleet.profiles[name].profile.serves is None:
                findings.error(
                    written.span("calls", index),
                    "RF048",
                    f"`{name}` serves nobody",
                    f"add `serves: {{port: ...}}` to {fleet.profiles[name].document.path}",
                    ((fleet.profiles[name].span("agent"), "declared here"),),
                )
        check_needs(written, profile.needs)
    for written_class in fleet.classes.values():
        for index, name in enumerate(written_class.class_.extends):
            if name not in fleet.classes:
                unknown(written_class.span("extends", index), "class", name, fleet.classes)
        check_needs(written_class, written_class.class_.needs)
    if fleet.ceiling is not None:
        for index, limit in enumerate(fleet.ceiling.ceiling.never):
            check_environments(fleet.ceiling.document, limit.environments, "never", index)
            if limit.capability is not None:
                check_capability(limit.capability, fleet.ceiling.document.span(("never", index, "capability")))
    for document in wrong:
        for kind, name, place in _used_names(document):
            if kind == "capability":
                check_capability(name, place)
            elif name not in known[kind]:
                unknown(place, kind, name, known[kind])
    _check_cycles(fleet, findings)


def _used_names(document: Document) -> Iterator[tuple[str, str, Span]]:
    """The names in a file that is no profile and no class, each with what it should name and its place."""
    written = document.value if isinstance(document.value, dict) else {}

    def listed(key: str) -> Iterator[tuple[int, object]]:
        value = written.get(key)
        return enumerate(value if isinstance(value, list) else ())

    for key, kind in (("extends", "class"), ("calls", "agent"), ("environments", "environment")):
        yield from ((kind, name, document.span((key, index))) for index, name in listed(key) if isinstance(name, str))
    for index, need in listed("needs"):
        keys = [key for key in cast("dict[str, object]", need) if key not in REASONS] if isinstance(need, dict) else []
        if len(keys) == 1:  # of several nobody knows which is meant
            yield "capability", keys[0], document.key_span(("needs", index, keys[0]))


def _check_cycles(fleet: Fleet, findings: Findings) -> None:
    """A class that extends itself, by whatever way, is reported once, at the class where its way closes."""
    done: set[str] = set()
    for name in fleet.classes:
        _follow(fleet, name, (), done, findings)


def _follow(fleet: Fleet, name: str, way: tuple[str, ...], done: set[str], findings: Findings) -> None:
    if name in way:
        written = fleet.classes[way[-1]]
        circle = " -> ".join((*way[way.index(name) :], name))
        index = written.class_.extends.index(name)
        findings.error(written.span("extends", index), "RF049", f"classes extend each other: {circle}", "remove one")
    elif name in fleet.classes and name not in done:
        for parent in fleet.classes[name].class_.extends:
            _follow(fleet, parent, (*way, name), done, findings)
        done.add(name)


def classes_of(fleet: Fleet, extends: Iterable[str]) -> tuple[str, ...]:
    """The classes that are extended, directly and through others, once each, nearest first."""
    order: dict[str, None] = {}
    _extend(fleet, extends, order)
    return tuple(order)


def _extend(fleet: Fleet, names: Iterable[str], order: dict[str, None]) -> None:
    for name in names:
        if name in fleet.classes and name not in order:
            order[name] = None
            _extend(fleet, fleet.classes[name].class_.extends, order)
