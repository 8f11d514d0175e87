"""The expectations of profiles, checked on the declared policy.

An expectation that fails is a finding about the profile (exit 1), not an input that cannot be compiled: the policy
exists, and says something else than its author expected.
"""

from dataclasses import dataclass
from typing import Literal

from ringfence.policy.policy import Policy
from ringfence.policy.span import Span
from ringfence.policy.target import TargetError, parse_target
from ringfence.policy.verdict import judge
from ringfence.profile.fleet import Fleet
from ringfence.profile.grants import NeedError, substitute, variables


@dataclass(frozen=True, slots=True)
class FailedExpectation:
    """A target whose verdict is not the ``wanted`` one; ``reason`` says what decided it, or why it has none."""

    span: Span
    agent: str
    target: str
    wanted: Literal["allow", "deny"]
    reason: str


def check_expectations(fleet: Fleet, declared: Policy) -> tuple[FailedExpectation, ...]:
    """Every expectation of the environment's agents that its declared policy does not meet, in order of place.

    Targets may use the variables that needs may use. A quarantined agent has no flows, so that what it expects to
    be allowed is not looked at; what it expects to be denied is. Agents of other environments are passed over.
    """
    failed: list[FailedExpectation] = []
    for agent in declared.agents:
        written = fleet.profiles[agent.name]
        flows = declared.of(agent.name)
        known = variables(fleet.environments[declared.environment], agent.name)
        for index, expectation in enumerate(written.profile.expect):
            wanted: Literal["allow", "deny"] = "deny" if expectation.allow is None else "allow"
            if agent.quarantined and wanted == "allow":
                continue
            span = written.span("expect", index, wanted)
            try:
                text = substitute(expectation.target, known)
                target = parse_target(text)
            except (NeedError, TargetError) as error:
                failed.append(FailedExpectation(span, agent.name, expectation.target, wanted, f"{error}; {error.mend}"))
                continue
            verdict = judge(flows, target)
            if verdict.allowed != (wanted == "allow"):
                failed.append(FailedExpectation(span, agent.name, text, wanted, verdict.reason))
    return tuple(sorted(failed, key=lambda failure: (failure.span, failure.target)))
