"""Capabilities in words: the list, and one of them in full, nothing of it left out."""

import json
import textwrap
from collections.abc import Iterator

from ringfence.catalogue.load import Catalogue, WrittenCapability
from ringfence.catalogue.model import Capability, Grant, Parameter, When
from ringfence.source.diagnostic import visible

_WIDTH = 118


def listing(catalogue: Catalogue) -> str:
    """Every capability with its summary, sorted by name, a line each; those of platforms are left out.

    A platform's needs come with `workload: {platform: ...}`, and no profile names them.
    """
    shown = {name: each for name, each in sorted(catalogue.capabilities.items()) if not each.capability.platform}
    width = max(map(len, shown), default=0)
    return "".join(f"{name:<{width}}  {visible(each.capability.summary)}\n" for name, each in shown.items())


def describe(written: WrittenCapability) -> str:
    """All of one capability as text, a newline at the end."""
    return "".join(f"{line}\n" for line in _lines(written))


def _lines(written: WrittenCapability) -> Iterator[str]:
    capability = written.capability
    yield from _wrapped(f"{written.name}: {capability.summary}", "")
    yield f"  defined in {written.span}"
    if capability.parameters:
        yield "parameters"
        for name, parameter in capability.parameters.items():
            yield from _wrapped(f"{name}: {_parameter(parameter)}", "  ")
    if capability.grants:
        yield "opens"
        for grant in capability.grants:
            yield from _grant(grant)
    yield from _notes(capability)


def _parameter(parameter: Parameter) -> str:
    kind = " | ".join(parameter.values) if parameter.values else parameter.type
    parts = [kind, "or a list" if parameter.many else "", "required" if parameter.required else ""]
    if parameter.default is not None:
        parts.append(f"default {json.dumps(parameter.default)}")
    return f"{', '.join(part for part in parts if part)} · {parameter.describe}"


def _grant(grant: Grant) -> Iterator[str]:
    condition = _when(grant.when)
    risks = f" · {', '.join(grant.risks)}" if grant.risks else ""
    approval = " · needs an approval" if grant.approval else ""
    if grant.service:
        yield from _wrapped(f"{grant.service} (VPC endpoint), as {grant.principal}{risks}{approval}{condition}", "  ")
        for text in (*grant.actions, *(f"on {resource}" for resource in grant.resources)):
            yield visible(f"      {text}")
        return
    port = "" if grant.port == 443 else f":{grant.port}"
    inside = " (TLS, not decrypted)" if grant.tls else ""
    hosts = ", ".join(f"{host}{port}" for host in grant.hosts)
    yield from _wrapped(f"{hosts}{inside}{risks}{approval}{condition}", "  ")
    for request in grant.requests:
        yield visible(f"      {request}")


def _when(when: When) -> str:
    conditions = [
        f"{name} {value if isinstance(value, str) else 'is ' + ' or '.join(value)}" for name, value in when.items()
    ]
    return f" · when {', '.join(conditions)}" if conditions else ""


def _notes(capability: Capability) -> Iterator[str]:
    notes = [
        ("risks", capability.risks),
        ("carries, whatever the network does", [f"{note.text}{_when(note.when)}" for note in capability.carries]),
        ("clients", [capability.clients] if capability.clients else []),
        ("sources", [f"{source.page} (read {source.read})" for source in capability.sources]),
        ("unconfirmed", capability.unconfirmed),
    ]
    for title, texts in notes:
        if texts:
            yield title
            for text in texts:
                yield from _wrapped(text, "  ")


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        visible(text),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
