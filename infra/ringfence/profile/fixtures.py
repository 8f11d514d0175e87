"""Judges a capability by its own fixtures: what a vendor's client sends must pass, its one-edit neighbours must not."""

from collections.abc import Iterator

from ringfence.catalogue.load import WrittenCapability
from ringfence.catalogue.model import Fixture
from ringfence.policy.flow import Flow, Grant
from ringfence.policy.target import parse_target
from ringfence.policy.verdict import judge
from ringfence.profile.grants import NeedError, open_need, variables, with_principal
from ringfence.profile.written import WrittenEnvironment
from ringfence.source.diagnostic import Findings

AGENT = "fixture"
"""The agent that fixtures are judged for; its roles are of this name in the environment's account."""


def judge_fixtures(written: WrittenCapability, environment: WrittenEnvironment, findings: Findings) -> None:
    """Judge every fixture of a capability in an environment; each target that goes the wrong way is an error.

    A fixture whose parameters open nothing, or do not fit, is an error as well: it would prove nothing.
    """
    for index, fixture in enumerate(written.capability.fixtures):
        at = ("capabilities", written.name, "fixtures", index)
        try:
            flows = tuple(fixture_flows(written, fixture, environment))
        except NeedError as error:
            findings.error(written.document.span(at), error.code, str(error), error.mend)
            continue
        for side, targets in (("allow", fixture.allow), ("deny", fixture.deny)):
            for position, target in enumerate(targets):
                verdict = judge(flows, parse_target(target))
                if verdict.allowed != (side == "allow"):
                    findings.error(
                        written.document.span((*at, side, position)),
                        "RF053",
                        f"`{target}` is {'allowed' if verdict.allowed else f'denied: {verdict.reason}'}",
                        "correct the fixture, or what the capability grants",
                    )


def fixture_flows(written: WrittenCapability, fixture: Fixture, environment: WrittenEnvironment) -> Iterator[Flow]:
    """The flows of an agent whose only need is this capability with a fixture's parameters; raises `NeedError`."""
    known = variables(environment, AGENT)
    role = f"arn:{known['partition']}:iam::{known['account']}:role/{AGENT}"
    for granted in open_need(written, fixture.with_, environment, known).granted:
        access = with_principal(granted.access, role, role)
        if access is not None:
            yield Flow(AGENT, access, Grant(written.name, "profile", written.span, written.span, risks=granted.risks))
