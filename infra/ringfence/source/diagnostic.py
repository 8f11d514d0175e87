"""Diagnostics: what is wrong with an input, where, and how to mend it."""

import enum
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ringfence.policy.span import Span


class Severity(enum.StrEnum):
    """An error stops the run with exit 2; a warning is printed."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem of one place; ``related`` are further places with what they are."""

    span: Span
    code: str
    message: str
    help: str
    severity: Severity = Severity.ERROR
    related: tuple[tuple[Span, str], ...] = ()

    @property
    def order(self) -> tuple[object, ...]:
        """The order in which diagnostics are printed: by place, then code."""
        return (self.span, self.code, self.message)


class InputError(Exception):
    """Input that cannot be compiled; carries every problem found, at least one of them an error."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(sorted(set(diagnostics), key=lambda diagnostic: diagnostic.order))
        super().__init__(f"{len(self.diagnostics)} problems")


@dataclass(slots=True)
class Findings:
    """Collects the problems of a run, so that all are reported at once."""

    diagnostics: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def error(self, span: Span, code: str, message: str, mend: str, related: tuple[tuple[Span, str], ...] = ()) -> None:
        """Record a problem that stops the run."""
        self.diagnostics.append(Diagnostic(span, code, message, mend, Severity.ERROR, related))

    def warning(
        self, span: Span, code: str, message: str, mend: str, related: tuple[tuple[Span, str], ...] = ()
    ) -> None:
        """Record a problem that does not."""
        self.diagnostics.append(Diagnostic(span, code, message, mend, Severity.WARNING, related))

    @property
    def failed(self) -> bool:
        """Whether any problem stops the run."""
        return any(diagnostic.severity is Severity.ERROR for diagnostic in self.diagnostics)

    def raise_if_failed(self) -> None:
        """Raise `InputError` with everything found so far when any of it is an error."""
        if self.failed:
            raise InputError(self.diagnostics)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """Everything found, once each, in printing order."""
        return tuple(sorted(set(self.diagnostics), key=lambda diagnostic: diagnostic.order))


def visible(text: str) -> str:
    r"""The text with control, format and bidirectional characters written as ``\\x1b`` or ``\\u202e``.

    A file's own text is printed in diagnostics and reports; a terminal or a reader must not be steered by it.
    """
    if text.isprintable() and text.isascii():
        return text
    return "".join(
        character
        if character.isprintable() and unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def render(diagnostic: Diagnostic, line_of: Callable[[Span], str | None]) -> str:
    """A diagnostic as text: place, code and message; the line with a caret under what is meant; the mend.

    ``line_of`` gives the text of the line that a span starts on, or None where it cannot be shown.
    """
    span = diagnostic.span
    kind = "" if diagnostic.severity is Severity.ERROR else "warning: "
    lines = [f"{visible(span.path)}:{span.line}:{span.column}: {diagnostic.code} {kind}{visible(diagnostic.message)}"]
    text = line_of(span)
    if text is not None and text.strip():
        start = max(0, span.column - 61)  # a long line is shown around the place that is meant
        window = text[start : start + 120]
        before = visible(window[: span.column - 1 - start])
        marked = visible(window[span.column - 1 - start : span.column - 1 - start + max(1, span.width)])
        lines += [f"    {visible(window)}", "    " + " " * _cells(before) + "^" * max(1, _cells(marked))]
    lines.append(f"  help: {visible(diagnostic.help)}")
    lines += [
        f"  see {visible(place.path)}:{place.line}:{place.column}: {visible(what)}"
        for place, what in diagnostic.related
    ]
    return "\n".join(lines)


def _cells(text: str) -> int:
    """How many columns of a terminal a text takes (Unicode annex 11; combining marks take none)."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
        for character in text
    )


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is spelled most like another, None where none is like it."""
    import difflib  # only where something is wrong already

    return next(iter(difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``did you mean `x`?`` for the nearest known name, else the known names."""
    names = sorted(known)
    if near := nearest(name, names):
        return f"did you mean `{near}`?"
    return "one of: " + ", ".join(names) if names else "none is defined"
