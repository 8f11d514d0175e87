"""`ringfence expiring` on the example fleet."""

import json

from commanding import DAY, ringfence


def test_it_lists_what_ends_and_ends_in_1_only_where_it_is_told_to() -> None:
    soon = ringfence("expiring", "--within", "30d", "--as-of", DAY, "--strict")
    assert (soon.code, soon.out.splitlines()[0]) == (0, "0 endings by 2026-12-23 · as of 2026-11-23")
    later = ringfence("expiring", "--within", "130d", "--as-of", DAY)
    assert (later.code, "2027-03-31 128 days left · pagerduty.incidents · on-call-assistant" in later.out) == (0, True)
    assert ringfence("expiring", "--within", "130d", "--as-of", DAY, "--strict").code == 1
    found = json.loads(ringfence("expiring", "--within", "130d", "--as-of", DAY, "--format", "json").out)
    assert (found["within_days"], found["endings"][0]["approved_by"]) == (130, "noor")


def test_a_number_of_days_is_asked_for() -> None:
    ran = ringfence("expiring", "--within", "soon")
    assert (ran.code, "'soon' is no number of days; write 30d" in ran.err) == (2, True)
