"""Diagnostics as SARIF: what is wrong with an input, for code scanning and editors."""

from collections.abc import Iterable

from ringfence.review.sarif import Level, Result, Rule, sarif_of
from ringfence.source.diagnostic import Diagnostic, Severity

FAMILIES: dict[str, tuple[str, str]] = {
    "RF00": ("FileNotRead", "a file or folder cannot be read or written"),
    "RF01": ("YamlNotRead", "YAML that cannot be read, or that holds something that is not read here"),
    "RF02": ("YamlNotRead", "YAML that cannot be read, or that holds something that is not read here"),
    "RF03": ("NotOfTheForm", "a key or a value that the form does not have"),
    "RF04": ("TreeDoesNotFit", "files that do not fit together: names, places, references"),
    "RF05": ("EnvironmentOrFixture", "an environment, a day or a fixture that is not as it must be"),
    "RF06": ("NeedNotGranted", "a need that cannot be granted as it is written"),
    "RF07": ("NeedsAnAnswer", "somebody must decide: an approval, an expiry, an expectation that fails"),
    "RF08": ("Addresses", "addresses that are missing, or that do not fit the environment"),
    "RF09": ("NotInAws", "what AWS does not take: a limit, a quota, a name"),
    "RF11": ("ProgramRefused", "the Pulumi program refuses to run here"),
    "RF12": ("NotProvable", "there is nothing to prove, replay or explain with"),
    "RF13": ("AwsNotRead", "AWS could not be read"),
    "RF14": ("NoRevision", "a revision of the project that cannot be read"),
    "RF15": ("NotQuarantined", "an agent could not be cut off"),
    "RF16": ("ApprovalRefused", "an approval of somebody who may not give it, or owners that cannot be read"),
    "RF17": ("LogNotRead", "a log, or a line of one, that cannot be read"),
    "RF18": ("AboveCeiling", "more than the organisation lets any agent have, or a ceiling that cannot be read"),
    "RF19": ("NotFlushed", "connections that could not be ended"),
}
"""What diagnostics are about, by the first digits of their code: a rule's name and short text."""


def diagnostics_sarif(diagnostics: Iterable[Diagnostic], category: str) -> str:
    """Diagnostics as a SARIF log; each result's message ends with its mend."""
    return sarif_of(map(_result, diagnostics), category=category)


def _result(diagnostic: Diagnostic) -> Result:
    name, text = FAMILIES.get(diagnostic.code[:4], ("Diagnostic", "something is wrong with an input"))
    rule = Rule(diagnostic.code, name, text, "each result's message says how it is mended")
    level = Level.ERROR if diagnostic.severity is Severity.ERROR else Level.WARNING
    message = f"{diagnostic.message}; {diagnostic.help}"
    identity = (diagnostic.span.path, diagnostic.message)
    return Result(rule, level, message, diagnostic.span, diagnostic.related, identity=identity)
