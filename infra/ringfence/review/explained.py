"""An explanation as text, for a terminal and for the README."""

from collections.abc import Iterator

from ringfence.review.explanation import ExplanationReport, Layer, Need, Said
from ringfence.review.report import Left
from ringfence.review.text import wrapped
from ringfence.source.diagnostic import visible

_INDENT = " " * 18
RULE_MAX = 600
"""How many characters of a rule are shown; the JSON has it all."""
SHOWN = 4
"""How many profile lines, and how many opened accesses, one place names; the others are counted."""


def explanation_text(report: ExplanationReport) -> str:
    """The report as lines of text, a newline at the end; control and direction characters are shown as escapes."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: ExplanationReport) -> Iterator[str]:
    yield from wrapped(_headline(report), "", "    ")
    yield from wrapped(f"read from {report.source} · as of {report.as_of} · judged by {report.judged_by}", "", "    ")
    for kind, said in (("declared", report.declared), ("effective", report.effective)):
        yield from wrapped(f"{kind}: {_said(said)}", "", "    ")
    if report.because:
        yield from wrapped(f"more passes than that: {report.because}", "", "    ")
    for note in report.notes:
        yield from wrapped(f"note: {note}", "", "    ")
    for unread in report.unread:
        yield from wrapped(f"NOT READ: {unread}", "", "    ")
    yield ""
    for layer in report.layers:
        yield from _layer(layer)
    if report.residuals:
        yield ""
        yield "residuals that concern it"
        for left in report.residuals:
            yield from wrapped(_left(left), "  ", "      ")
    if report.need:
        yield ""
        yield from _need(report.need)
    if report.no_need:
        yield ""
        place = f" · {report.no_need.place}" if report.no_need.place else ""
        yield from wrapped(f"no need would allow it: {report.no_need.reason}{place}", "", "    ")
        yield from wrapped(f"help: {report.no_need.mend}", "  ", "      ")


def _headline(report: ExplanationReport) -> str:
    says = f"the profiles say {report.effective.answer}"
    verdict = f"{report.reach} · {says}" if report.agree else f"{report.reach}, BUT {says}".upper()
    return f"{verdict} · {report.agent} in {report.environment} · {report.target}"


def _said(said: Said) -> str:
    return f"{said.answer} · {said.reason}" + (f" · {said.declared}" if said.declared else "")


def _layer(layer: Layer) -> Iterator[str]:
    answer = layer.answer.upper() if layer.answer in ("deny", "not known") else layer.answer
    if not layer.decides and layer.answer == "deny":
        answer = "deny, for who asks"
    yield from wrapped(f"{layer.layer:<15} {answer} · {layer.of}", "  ", _INDENT)
    where = f" · {layer.resource.rpartition('::')[2]}" if layer.resource else ""
    rule = layer.rule if len(layer.rule) <= RULE_MAX else f"{layer.rule[:RULE_MAX]}... ({len(layer.rule)} characters)"
    yield from wrapped(f"{rule}{where}", _INDENT, _INDENT)
    if layer.declared:
        more = f" and {len(layer.declared) - SHOWN} more" if len(layer.declared) > SHOWN else ""
        yield from wrapped(f"{', '.join(layer.declared[:SHOWN])}{more}", _INDENT, _INDENT)


def _left(left: Left) -> str:
    return f"{left.code} {left.subject}: {left.reason}" + (f" · {left.declared}" if left.declared else "")


def _need(need: Need) -> Iterator[str]:
    beside = f", beside {need.beside}" if need.beside else ""
    yield from wrapped(f"the smallest need that would allow it, for {need.path}{beside}", "", "    ")
    for line in need.yaml.splitlines():
        yield visible(f"  {line}")
    if need.missing:
        yield from wrapped(f"it needs an approval: {', '.join(need.missing)} are somebody's to give", "", "    ")
    yield "it would open"
    for text in need.opens[:SHOWN]:
        yield from wrapped(text, "  ", "      ")
    if len(need.opens) > SHOWN:
        yield f"  and {len(need.opens) - SHOWN} more, which --format json lists"
    if need.risks:
        yield from wrapped(f"risks: {', '.join(need.risks)}", "", "    ")
    for text in need.carries:
        yield from wrapped(f"carries: {text}", "", "    ")
    for left in need.residuals:
        yield from wrapped(f"residual {_left(left)}", "", "    ")
