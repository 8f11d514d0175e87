"""The matrix against the rules of the firewall, on both engines, as they are and with HTTP narrowed to HTTP/1."""

from collections.abc import Callable

import evasions_http2
import granted
import legitimate
import pytest
from matrix import Outcome, all_cases, run
from ringfence.engine.configuration import ActionOrder, Exceptions, Setting
from ringfence.engine.suricata import Engine, shuffled

pytestmark = pytest.mark.suricata

SETTINGS = {"as is": Setting(), "http is HTTP/1": Setting(http1_only=True)}


def check(outcome: Outcome) -> None:
    assert not outcome.passed, explained(outcome)
    assert not outcome.refused, explained(outcome)


def explained(outcome: Outcome) -> str:
    return "\n".join(
        [
            *(f"passed: {case.name} ({case.tries}): {verdict}" for case, verdict in outcome.passed),
            *(f"twin refused: {case.name}: {verdict}" for case, verdict in outcome.refused),
        ]
    )[:20_000]


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_evasion_passes_and_no_twin_is_refused(
    engine: Engine, setting: str, record_property: Callable[[str, object], None]
) -> None:
    outcome = run(engine, granted.rules(), SETTINGS[setting], all_cases())
    record_property("counts", outcome.line(f"evasions, {engine}, {setting}"))
    check(outcome)


@pytest.mark.parametrize(
    ("rules", "setting", "persistent"),
    [
        (shuffled(granted.rules(), 1), Setting(), False),
        (shuffled(granted.rules(), 2), Setting(action_order=ActionOrder.PASS_LAST), False),
        (granted.rules(), Setting(exceptions=Exceptions.DROP), False),
        (granted.rules(), Setting(), True),
    ],
    ids=["shuffled", "shuffled, other action order", "exceptions dropped", "a client that insists"],
)
def test_nor_in_another_order_nor_for_a_client_that_insists(
    engine: Engine, rules: str, setting: Setting, persistent: bool
) -> None:
    outcome = run(engine, rules, setting, all_cases(), persistent=persistent)
    check(outcome)


def test_where_http2_is_judged_its_evasions_are_stopped(
    engine: Engine, record_property: Callable[[str, object], None]
) -> None:
    cases = tuple(evasions_http2.cases())
    rules = granted.rules(http2="judge")
    outcome = run(engine, rules, Setting(), cases)
    record_property("counts", outcome.line(f"evasions, {engine}, HTTP/2 judged"))
    check(outcome)


def test_where_http2_is_judged_granted_requests_pass(engine: Engine) -> None:
    verdicts = engine.judge(granted.rules(http2="judge"), list(evasions_http2.legitimate()))
    assert [str(verdict) for verdict in verdicts if not verdict.completed] == []


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_clients_do_every_day_passes(
    engine: Engine, setting: str, record_property: Callable[[str, object], None]
) -> None:
    conversations = list(legitimate.conversations())
    verdicts = engine.judge(granted.rules(), conversations, SETTINGS[setting])
    refused = [verdict for verdict in verdicts if not verdict.completed]
    record_property("counts", f"legitimate, {engine}, {setting}: {len(conversations)}, {len(refused)} refused")
    assert not refused, "\n".join(map(str, refused))


def test_what_clients_do_every_day_is_nothing_to_the_engine_itself(engine: Engine) -> None:
    verdicts = engine.judge("", list(legitimate.conversations()), Setting(exceptions=Exceptions.DROP))
    assert [str(verdict) for verdict in verdicts if not verdict.completed] == []


def test_observe_logs_what_enforce_refuses(engine: Engine) -> None:
    """One to one: on the same traffic the observing agents' rules match where the enforcing agents' rules refuse."""
    cases = all_cases()
    conversations = [conversation for case in cases for conversation in (case.forbidden, case.twin)]
    enforced = engine.judge(granted.rules(), conversations)
    observed = engine.judge(granted.rules(mode="observe"), conversations)
    differing = [
        (str(one), str(other))
        for one, other in zip(enforced, observed, strict=True)
        if one.reason != "stream error" and (one.sid is not None) != bool(other.alerts)
    ]
    assert not differing, differing[:10]


def test_a_hole_in_the_rules_is_found(engine: Engine) -> None:
    """Each refusal is needed: without it some case passes, or another rule would do alone."""
    lines = granted.rules().splitlines(keepends=True)
    without = "".join(line for line in lines if "ringfence http-host" not in line)
    assert len(without) < len(granted.rules())
    found = {case.mechanism for case, _ in run(engine, without, Setting(), all_cases()).passed}
    assert {"another host", "reuse for another host"} <= found
