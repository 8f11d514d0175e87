"""DNS Firewall, asked about one name."""

from ringfence.policy.span import Span
from ringfence.verify.explain.step import Answer, Step
from ringfence.verify.finding import Kind
from ringfence.verify.language.expression import contains
from ringfence.verify.resolver import LAYER, Resolving, domain_names


def name_step(resolving: Resolving, name: str, declared: tuple[Span, ...], *, decides: bool) -> Step:
    """What becomes of the question for a name: the first rule that has it, by priority.

    ``decides`` is False where the name is only on the way to something: who knows the address need not ask.
    """
    of = f"the name {name}"
    unread = next((finding for finding in resolving.findings if finding.kind is Kind.NOT_PROVED), None)
    if unread is not None:
        reason = f"{unread.rule}: {unread.traffic}"
        return Step(LAYER, Answer.UNKNOWN, of, reason, unread.resource, declared, decides)
    question = name.lower().encode()
    for rule in resolving.rules:
        domain = next((each for each in rule.domains if contains(domain_names(each), question)), None)
        if domain is not None:
            answer = Answer.DENY if rule.action == "BLOCK" else Answer.ALLOW
            text = f"{rule.priority} {rule.action} {domain} ({rule.name})"
            return Step(LAYER, answer, of, text, rule.resource, declared, decides)
    return Step(LAYER, Answer.ALLOW, of, "no rule has it, so it resolves", resolving.resource, declared, decides)
