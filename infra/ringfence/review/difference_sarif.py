"""The difference in access as SARIF: what opened, and the risky combinations that it completes."""

from ringfence.policy.risk import RISKS
from ringfence.policy.span import Span
from ringfence.review.difference import QUIET_RISKS, AccessEntry, Difference
from ringfence.review.difference_text import approval_text, end_text, kept_text
from ringfence.review.report import Reference, Risk
from ringfence.review.sarif import Level, Result, Rule, Taxon, Taxonomy, sarif_of

ATTACK = Taxonomy("MITRE ATT&CK", "16.1", "MITRE", "https://attack.mitre.org/")
NIST = Taxonomy("NIST SP 800-53", "5", "NIST", "https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final")
CIS = Taxonomy("CIS Controls", "8", "Center for Internet Security", "https://www.cisecurity.org/controls/v8")

WIDENED = Rule(
    "access-widened",
    "AccessWidened",
    "An agent may reach what it could not before.",
    "Approve it, or narrow the change at the line that is shown.",
    ("security", "egress"),
)


_HELP = "Take away a part of it, as the result says, or let somebody answer for it under `accepts`, until a day."


def difference_sarif(difference: Difference) -> str:
    """A SARIF 2.1.0 log; narrowings are no findings, and stand in the other formats; what outlives them
    is among the run's properties."""
    results = [result for entry in difference.widened for result in _widened(entry)]
    results += [risk_result(risk) for risk in difference.completed]
    return sarif_of(
        results,
        category=f"diff/{difference.environment}",
        rules=(WIDENED,),
        properties={
            "against": difference.against.prefix,
            "as_of": str(difference.as_of),
            "unread": difference.unread,
            "outliving": tuple(
                f"{', '.join(each.agents)} → {', '.join(each.destinations)}: {kept_text(each)}; {end_text(each)}"
                for each in difference.outliving or ()
            ),
        },
    )


def _widened(entry: AccessEntry) -> list[Result]:
    changes = [change for change in entry.through if change.after is not None]
    places = [span_of(change.after) for change in changes if change.after is not None]
    through = "; ".join(change.text for change in entry.through)
    results: list[Result] = []
    for access in entry.accesses:
        risks = sorted({*access.risks} - QUIET_RISKS)
        answers = "; ".join(filter(None, map(approval_text, access.approvals)))
        results.append(
            Result(
                rule=WIDENED,
                level=Level.WARNING if risks else Level.NOTE,
                message=(
                    f"{', '.join(access.agents)} → {access.destination}: {', '.join(access.what)}, such as "
                    f"{access.example} ({through})"
                ),
                place=places[0] if places else Span("Pulumi.yaml"),
                related=tuple((place, change.text) for place, change in zip(places[1:], changes[1:], strict=True)),
                properties={
                    "agents": access.agents,
                    "besides": access.besides,
                    "except_hosts": access.except_hosts,
                    "risks": access.risks,
                    "answers": answers,
                },
                identity=(access.kind, access.destination, *access.agents, *access.what),
            )
        )
    return results


def risk_result(risk: Risk) -> Result:
    """A risky combination as a result: an error unless somebody answers for it."""
    shown = [each for each in risk.evidence if each.declared is not None]
    places = [(span_of(each.declared), each.text) for each in shown if each.declared is not None]
    answer = risk.accepted
    said = "" if answer is None else f" Accepted by {answer.approved_by} until {answer.until}: {answer.because}"
    return Result(
        rule=_rule(risk),
        level=Level.ERROR if answer is None else Level.NOTE,
        message=f"{risk.summary}.{said}",
        place=places[0][0] if places else Span("Pulumi.yaml"),
        related=tuple(places[1:]),
        properties={"agent": risk.agent, "path": risk.path, "mend": risk.mend, "accepted": answer is not None},
        identity=(risk.agent, *risk.path, risk.summary),
    )


def _rule(risk: Risk) -> Rule:
    name = "".join(word.capitalize() for word in risk.risk.split("-"))
    taxa = tuple(_taxon(each) for each in (*risk.techniques, *risk.controls))
    return Rule(risk.risk, name, f"An agent {RISKS[risk.risk]}.", _HELP, ("security", "egress"), taxa)


def _taxon(reference: Reference) -> Taxon:
    for prefix, taxonomy in (("NIST 800-53 ", NIST), ("CIS ", CIS)):
        if reference.number.startswith(prefix):
            return Taxon(taxonomy, reference.number.removeprefix(prefix), reference.name, reference.page)
    return Taxon(ATTACK, reference.number, reference.name, reference.page)


def span_of(place: str) -> Span:
    """A place as ``path:line``, as a span."""
    path, _, line = place.rpartition(":")
    return Span(path, int(line)) if line.isdecimal() else Span(place)
