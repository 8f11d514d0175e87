"""``ringfence attribute``: whose traffic the lines of a log are about."""

import datetime
import functools
import gzip
import io
import json
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import cast

import click

from ringfence.aws.attribution import Attribution, Attributor
from ringfence.aws.enforcement.enforce import enforce
from ringfence.aws.log_event import LogEvent, read_event
from ringfence.cli.compiled import compile_environment
from ringfence.cli.edge import as_of_option, env_option, finish, on_tree
from ringfence.policy.span import Span
from ringfence.source.diagnostic import Diagnostic, Findings, InputError, Severity, render, visible
from ringfence.source.tree import Tree

SHOWN = 20
"""How many lines that cannot be read are shown; all are counted."""
LINE_MAX = 1 << 20
"""Octets of a line; a record takes some thousands. A longer line is passed over, and not held."""
WHAT_MAX = 200
"""Characters of what was asked that the text shows; all of them are in the JSON."""
_STDIN = "-"


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...")
@env_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How it is written.")
@as_of_option
@on_tree
def command(tree: Tree, files: tuple[str, ...], env: str, form: str, as_of: datetime.date | None) -> int:
    """Name the agent of each line of a log: alerts and flows of the firewall, questions to the resolver, flow logs.

    Reads JSON, one record a line, plain or compressed with gzip, from files or standard input; what stands before the
    record, such as the time that `aws logs tail` prints, is passed over. Ends in 1 where a line could not be read.
    """
    paths = files or (_STDIN,)
    _expect_readable(paths)
    findings = Findings()
    compiled = compile_environment(tree, env, as_of, findings)
    firewall = enforce(compiled.plan, compiled.allocation).firewall
    sids = {rule.sid for group in firewall.rules.groups for rule in group.rules} if firewall else set[int]()
    attributor = Attributor(compiled.plan.declared, compiled.allocation, sids)
    finish(findings, tree, strict=False)
    reader = _Reader()
    agents: Counter[str] = Counter()
    for event in reader.events(paths):
        attribution = attributor.attribute(event)
        agents[attribution.agent or ""] += 1
        click.echo(json.dumps(asdict(attribution)) if form == "json" else visible(_text(attribution, env)))
    click.echo(_summary(agents, reader), err=True)
    return 1 if reader.unread else 0


def _expect_readable(paths: tuple[str, ...]) -> None:
    """All files that cannot be opened, at once, before anything is written."""
    wrong: list[Diagnostic] = []
    for path in paths:
        try:
            if path != _STDIN:
                Path(path).open("rb").close()
        except OSError as error:
            mend = "give files of log records, or none to read standard input"
            wrong.append(Diagnostic(Span(path), "RF170", f"cannot be read: {error.strerror}", mend))
    if wrong:
        raise InputError(wrong)


class _Reader:
    """Reads records line by line; what is no record is shown where it stands, and counted."""

    def __init__(self) -> None:
        self.unread = 0
        self.without_address = 0

    def events(self, paths: tuple[str, ...]) -> Iterator[LogEvent]:
        for path in paths:
            name = "standard input" if path == _STDIN else path
            number = 0
            try:
                for number, line in enumerate(_lines(path), 1):
                    event = self._event(name, number, line)
                    if event is not None:
                        yield event
            except (OSError, EOFError, zlib.error) as error:
                self._unread(Span(name, number + 1), f"cannot be read on: {error}", "")

    def _event(self, name: str, number: int, line: bytes | None) -> LogEvent | None:
        if line is None:
            self._unread(Span(name, number), f"is longer than {LINE_MAX} octets", "")
            return None
        start = line.find(b"{")
        if not line.strip():
            return None
        try:
            record: object = json.loads(line[start:]) if start >= 0 else None
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            self._unread(Span(name, number, max(start, 0) + 1), "is no JSON object", text)
            return None
        event = read_event(cast("dict[str, object]", record))
        self.without_address += event is None
        return event

    def _unread(self, span: Span, message: str, text: str) -> None:
        self.unread += 1
        if self.unread <= SHOWN:
            mend = "records are JSON objects, one a line; whatever else stands in the log is not attributed"
            shown = Diagnostic(span, "RF171", message, mend, Severity.WARNING)
            click.echo(render(shown, functools.partial(_shown, text)), err=True)


def _shown(text: str, _: Span) -> str:
    return text


def _lines(path: str) -> Iterator[bytes | None]:
    """Each line of a file, decompressed where it begins as gzip does (RFC 1952, 2.3.1)."""
    with ExitStack() as opened:
        source = io.BufferedReader(io.FileIO(sys.stdin.fileno() if path == _STDIN else path, closefd=path != _STDIN))
        opened.enter_context(source)
        if source.peek(2).startswith(b"\x1f\x8b"):
            yield from _cut(opened.enter_context(gzip.GzipFile(fileobj=source)))
        else:
            yield from _cut(source)


def _cut(source: io.BufferedIOBase) -> Iterator[bytes | None]:
    """Each line; None for one that is longer than `LINE_MAX`."""
    while line := source.readline(LINE_MAX):
        if line.endswith(b"\n") or len(line) < LINE_MAX:
            yield line
            continue
        while (rest := source.readline(LINE_MAX)) and not rest.endswith(b"\n"):
            pass
        yield None


def _text(told: Attribution, env: str) -> str:
    """One line: when, who, what, by which rule, and what the profile says."""
    who = told.agent or f"no agent of {env} ({told.holder or told.address})"
    if told.holder == "released":
        who += " (released)"
    what = f"{told.outcome} {told.what[:WHAT_MAX]}".rstrip()
    to = f"-> {told.peer}" if told.peer else ""
    parts = [told.time, who, told.owner or "", f"{what} {to}".rstrip()]
    if told.sid is not None:
        old = " of another version of the policy" if told.rule == "other" else ""
        parts.append(f"{told.form or 'a rule of others'}{old} {told.sid}")
    if told.granted_there is False:
        parts.append("not declared")
    parts += [", ".join(told.capabilities), ", ".join(told.tickets), ", ".join(told.declared)]
    return " · ".join(part for part in parts if part)


def _summary(agents: Counter[str], reader: _Reader) -> str:
    of_nobody = agents.pop("", 0)
    named = f"{agents.total()} of {len(agents)} {'agent' if len(agents) == 1 else 'agents'}"
    parts = [f"{agents.total() + of_nobody} events: {named}, {of_nobody} of no agent"]
    if reader.without_address:
        parts.append(f"{reader.without_address} records without an address")
    if reader.unread:
        parts.append(f"{reader.unread} lines that could not be read")
    return "; ".join(parts)
