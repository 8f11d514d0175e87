"""What options ask of one buffer, against what the engines say of the same options and the same values.

Rules are drawn far more widely than any that Ringfence writes. Each asks of one buffer; values are drawn from the
rules' own letters, so that many match. The two readings have to agree on every pair.
"""

import random
from collections.abc import Callable

import pytest
from drawn import LETTERS, options, word
from ringfence.engine import http1, tls
from ringfence.engine.flow import Conversation, says
from ringfence.engine.suricata import Engine
from ringfence.verify.interval import NO_NUMBERS
from ringfence.verify.language.region import EVERYTHING
from ringfence.verify.suricata.condition import condition_of
from ringfence.verify.suricata.moment import Moment, Value, fillings, fits
from ringfence.verify.suricata.parse import parse_rules

pytestmark = pytest.mark.suricata

RULES_A_RUN = 14
"""An engine keeps at most 15 alerts of one packet."""
VALUES = 250


def conversation(buffer: str, value: str) -> Conversation:
    match buffer:
        case "tls.sni":
            return Conversation(value, (says(tls.client_hello(value)), *tls.accepted()))
        case "http.uri.raw":
            return Conversation(value, (http1.request("GET", value, "h.example"), http1.response()))
        case "http.host":
            return Conversation(value, (http1.request("GET", "/", value), http1.response()))
        case _:
            return Conversation(value, (http1.request(value, "/", "h.example"), http1.response()))


def values(draw: random.Random, buffer: str) -> list[str]:
    if buffer == "http.method":
        return ["GET", "POST", "PUT", "HEAD", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "TRACE"]
    drawn = {word(draw, buffer, 8) for _ in range(VALUES)}
    if buffer == "http.uri.raw":
        return sorted({"/" + text for text in drawn})
    return sorted(text for text in drawn if not text.startswith((".", "-")) and not text.endswith("."))


@pytest.mark.parametrize("buffer", sorted(LETTERS))
@pytest.mark.parametrize("seed", range(4))
def test_options_match_the_values_that_the_engine_says_they_match(
    engine: Engine, buffer: str, seed: int, record_property: Callable[[str, object], None]
) -> None:
    draw = random.Random(f"{buffer} {seed}")  # noqa: S311 - seeded, to be repeated
    protocol = "tls" if buffer == "tls.sni" else "http"
    drawn = [
        f"alert {protocol} any any -> any any (flow:to_server; {options(draw, buffer)}; sid:{sid};)\n"
        for sid in range(1, RULES_A_RUN + 1)
    ]
    # Some contents cannot be where they are asked for: the engine refuses such rules, we read them as never matching.
    text = "".join(drawn) if not engine.check("".join(drawn)) else "".join(r for r in drawn if not engine.check(r))
    conversations = [conversation(buffer, value) for value in values(draw, buffer)]
    conditions = {rule.sid: condition_of(rule) for rule in parse_rules(text, "g", {}, {})}
    matched = 0
    lines = dict(enumerate(text.splitlines(), start=1))
    for said in engine.judge(text, conversations):
        value = said.conversation.name
        moment = Moment(
            "value", "tcp", True, True, "tls" if protocol == "tls" else "http1", {buffer: (Value(value.encode()),)}
        )
        ours = {
            sid
            for sid, condition in conditions.items()
            if fits(condition, moment, narrow=False) and fillings(condition, moment, frozenset()) is EVERYTHING
        }
        assert ours == set(said.sids), (value, [lines[sid] for sid in ours ^ set(said.sids)])
        matched += len(ours)
    assert matched or buffer == "http.method"
    pairs = len(conditions) * len(conversations)
    record_property(
        "counts", f"options of {buffer}, {engine}, drawn {seed}: {pairs} pairs, {matched} match, 0 disagree"
    )


def test_what_is_drawn_is_read() -> None:
    draw = random.Random(1)  # noqa: S311 - seeded, to be repeated
    text = "".join(
        f"alert http any any -> any any ({options(draw, 'http.uri.raw')}; sid:{sid};)\n" for sid in range(1, 200)
    )
    rules = parse_rules(text, "g", {}, {})
    assert [rule.unread for rule in rules if rule.unread] == []
    assert all(rule.header and rule.header.sources != NO_NUMBERS for rule in rules)
