"""Writing a quarantine into a profile, and taking it out again: the profile's text in, its text out."""

import datetime
from collections.abc import Sequence

from ringfence.profile.model import Profile, Quarantine, moment_text
from ringfence.source.edit import Plain, with_key, without_key

_KEY = "quarantined"
_SESSIONS = "sessions_since"


def quarantined_text(text: str, profile: Profile | None, cut: Quarantine) -> str:
    """A profile's text with a quarantine in it, everything else as it was; raises `EditError`.

    ``profile`` is what the text says, None where that is not a profile. What was said before of a quarantine stays,
    but for what ``cut`` says anew; it never ends sooner or in fewer environments than before.
    """
    held = profile.quarantined if profile else None
    if held is None:
        return with_key(text, _KEY, _written(cut), after="agent")
    everywhere = not cut.environments or not held.environments
    merged = Quarantine(
        because=cut.because or held.because,
        ticket=cut.ticket or held.ticket,
        since=held.since or cut.since,
        environments=() if everywhere else tuple(dict.fromkeys((*held.environments, *cut.environments))),
        direct=tuple(dict.fromkeys((*held.direct, *cut.direct))),
    )
    return text if merged == held else with_key(text, _KEY, _written(merged), after="agent")


def lifted_text(text: str, profile: Profile, environments: Sequence[str], moment: datetime.datetime) -> str:
    """A profile's text without its quarantine, in some environments or (none named) in all; raises `EditError`.

    Sessions that its role began before ``moment`` stay worthless.
    """
    held = profile.quarantined
    if held is None:
        return text
    cut_off = held.environments or profile.environments
    left = tuple(name for name in cut_off if name not in environments) if environments else ()
    if left == cut_off:
        return text
    if left:
        direct = tuple(name for name in held.direct if name in left)
        kept = held.model_copy(update={"environments": left, "direct": direct})
        text = with_key(text, _KEY, _written(kept), after="agent")
    else:
        text = without_key(text, _KEY)
    return with_key(text, _SESSIONS, moment_text(moment), after="agent")


def _written(cut: Quarantine) -> Plain:
    written: dict[str, Plain] = {}
    if cut.because:
        written["because"] = cut.because
    if cut.ticket:
        written["ticket"] = cut.ticket
    if cut.since:
        written["since"] = moment_text(cut.since)
    if cut.environments:
        written["environments"] = cut.environments
    if cut.direct:
        written["direct"] = cut.direct
    return written or True
