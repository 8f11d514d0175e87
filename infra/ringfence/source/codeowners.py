"""CODEOWNERS as GitHub reads it: patterns as in .gitignore, and the last one that matches a path says who owns it.

https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/
about-code-owners: no ``!``, no ``[ ]`` and no ``\\#``; ``docs/*`` has the files right in it and no deeper ones; a
pattern without owners leaves its files without any.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.policy.span import Span
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Tree

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where the file may stand in a repository. Two of them are refused here: which one counts is the forge's to say."""

_OWNER = re.compile(r"@[A-Za-z0-9][A-Za-z0-9_-]*(?:/[A-Za-z0-9._-]+)?|[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class _Rule:
    expression: re.Pattern[str]
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodeOwners:
    """The rules of one file, at ``path``."""

    path: str
    rules: tuple[_Rule, ...]

    def of(self, path: str) -> tuple[str, ...]:
        """Who owns a file, as written: ``@user``, ``@organisation/team`` or an address; empty where nobody does."""
        for rule in reversed(self.rules):
            if rule.expression.fullmatch(path):
                return rule.owners
        return ()


def read_code_owners(tree: Tree, findings: Findings) -> CodeOwners | None:
    """The file of a repository's root; None with findings where there is none, more than one, or a wrong line."""
    found = [path for path in PLACES if tree.exists(path)]
    if len(found) != 1:
        text = "there is no CODEOWNERS file" if not found else "there is another CODEOWNERS file"
        related = tuple((Span(path), "the other") for path in found[:-1])
        mend = f"write one, as one of {', '.join(PLACES)}, on the branch that changes are merged into"
        findings.error(Span(found[-1] if found else PLACES[0]), "RF160", text, mend, related)
        return None
    rules: list[_Rule] = []
    before = len(findings.diagnostics)
    for number, line in enumerate(tree.read(found[0]).decode("utf-8", "replace").splitlines(), start=1):
        said = re.sub(r"(?:^|\s)#.*", "", line).strip()
        if not said:
            continue
        pattern, *owners = re.split(r"(?<!\\)\s+", said)
        wrong = _wrong(pattern, owners)
        if wrong:
            findings.error(Span(found[0], number), "RF161", wrong, "see GitHub's page about code owners")
        else:
            rules.append(_Rule(_expression(pattern), tuple(owners)))
    return CodeOwners(found[0], tuple(rules)) if len(findings.diagnostics) == before else None


def _wrong(pattern: str, owners: Iterable[str]) -> str | None:
    if pattern.startswith(("!", "\\#")) or "[" in pattern or "]" in pattern:
        return f"{pattern!r} is no pattern of code owners"
    return next((f"{owner!r} is no owner" for owner in owners if not _OWNER.fullmatch(owner)), None)


def _expression(pattern: str) -> re.Pattern[str]:
    """The paths of a pattern (https://git-scm.com/docs/gitignore#_pattern_format)."""
    body = pattern.strip("/")
    anchored = "/" in pattern.rstrip("/")
    segments = body.split("/")
    parts: list[str] = [] if anchored else ["(?:.*/)?"]
    for index, segment in enumerate(segments):
        last = index == len(segments) - 1
        if segment == "**":
            parts.append(".*" if last else "(?:.*/)?")
        else:
            parts.append(_segment(segment) + ("" if last else "/"))
    if pattern.endswith("/"):
        parts.append("/.*")  # a folder's files
    elif segments[-1] not in {"*", "**"}:
        parts.append("(?:/.*)?")  # a file, or a folder's files
    return re.compile("".join(parts), re.DOTALL)


def _segment(segment: str) -> str:
    pieces = re.findall(r"\\.|\*+|\?|[^\\*?]+|\\$", segment)
    return "".join(
        "[^/]*" if piece[0] == "*" else "[^/]" if piece == "?" else re.escape(piece.removeprefix("\\"))
        for piece in pieces
    )
