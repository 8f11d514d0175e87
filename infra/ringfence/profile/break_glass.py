"""Writing a need into a profile that is opened in an emergency: the profile's text in, its text out."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from ringfence.profile.model import Need, moment_text
from ringfence.source.edit import Plain, with_item

LONGEST = datetime.timedelta(days=7)
"""What is needed for longer is a need like any other, and reviewed like one."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Who opens something, why, since when, until which day, and in which environments."""

    because: str
    approved_by: str
    ticket: str | None
    since: datetime.datetime
    until: datetime.date
    environments: tuple[str, ...]


def opened_text(text: str, need: Need, opening: Opening) -> str:
    """A profile's text with one more need, everything else as it was; raises `EditError`."""
    item: dict[str, Plain] = {
        need.capability: {name: _plain(value) for name, value in need.parameters.items()},
        "because": opening.because,
        **({"ticket": opening.ticket} if opening.ticket else {}),
        "approved_by": opening.approved_by,
        "until": opening.until.isoformat(),
        "break_glass": {
            "since": moment_text(opening.since),
            "environments": opening.environments,
        },
    }
    return with_item(text, "needs", item, after="environments")


def _plain(value: str | int | Sequence[str | int]) -> Plain:
    return value if isinstance(value, str | int) else list(value)
