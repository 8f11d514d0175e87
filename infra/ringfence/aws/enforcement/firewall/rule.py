"""One rule before it is text: a form, what it is about, whom it concerns, and its matches.

Rules are of five kinds only, and none of them lets anything pass:

- a *refusal* ends traffic that no policy of the environment declares;
- the same refusal as an *observation*, for agents that are observed: the same matches, an alert;
- a *mark* sets a flow bit and says nothing, so that a later packet of the flow can be refused for lack of it.

So a packet goes through when nothing refuses it, whatever the order in which rules are asked. Marks keep that true
because a bit is never read where the same packet may just have set it (`ringfence.aws.enforcement.firewall.mark`).
"""

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ringfence.aws.enforcement.firewall.error import FirewallError
from ringfence.aws.enforcement.firewall.model import StatefulRule
from ringfence.aws.enforcement.firewall.networks import Networks, cut, written
from ringfence.aws.enforcement.firewall.signature import OBSERVED_OFFSET, signature_ids

RULE_MAX = 8175
"""Characters of one rule after expansion. AWS allows 8,192 and appends a gid of 16 characters
(https://docs.aws.amazon.com/network-firewall/latest/developerguide/quotas.html; the latter was measured by the
authors of cdk-preflight)."""

_SID = "sid:4294967294;)"  # the longest end of a rule


class Kind(enum.Enum):
    """What a rule does with what it matches; the value is its action in a rule."""

    REJECT = "reject"
    """Refused with a TCP reset, so that a client fails at once."""
    DROP = "drop"
    """Refused in silence: what is not TCP, which AWS cannot reject
    (https://docs.aws.amazon.com/network-firewall/latest/developerguide/rule-action.html)."""
    MARK = "alert"
    """Sets a bit; not logged."""


class Toward(enum.Enum):
    """Which way the packets go that a rule looks at."""

    SERVER = "to_server"
    CLIENT = "to_client"
    EITHER = ""
    """Rules below TCP: the sender is the one who is refused."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule without its signature id. ``about`` tells it from the others of its ``form``.

    ``agents`` are the networks of the agents' side, None for all; ``port`` the other side's, in rule syntax.
    ``matches`` are the options after ``flow``, each ended by a semicolon. ``state`` is ``flow``'s further words.
    """

    form: str
    about: str
    kind: Kind
    protocol: str
    agents: Networks | None
    port: str
    toward: Toward
    state: str
    matches: str
    message: str
    observed: bool = False

    @property
    def key(self) -> str:
        """What the rule is about, whoever it concerns: its signature id comes from this."""
        return f"{self.form} {self.about}"


def rules_of(groups: Sequence[Iterable[Draft]]) -> tuple[tuple[StatefulRule, ...], ...]:
    """The rules of a firewall's groups as text, in the order of the drafts; long lists of networks are cut.

    Signature ids are unique in all groups together. Raises `FirewallError` when a rule has no room for a network.
    """
    runs = [
        (place, f"{draft.key} {index} {place or ''}".rstrip(), draft, run)
        for place, drafts in enumerate(groups)
        for draft in drafts
        for index, run in enumerate(_runs(draft))
    ]
    if len({(key, draft.observed) for _, key, draft, _ in runs}) != len(runs):
        raise AssertionError("two rules of one firewall are about the same thing")
    sids = signature_ids(key for _, key, _, _ in runs)
    written: list[list[StatefulRule]] = [[] for _ in groups]
    for place, key, draft, run in runs:
        written[place].append(_rule(draft, run, sids[key] + (OBSERVED_OFFSET if draft.observed else 0)))
    return tuple(map(tuple, written))


def _runs(draft: Draft) -> Iterator[Networks | None]:
    room = RULE_MAX - len(_text(draft, None, _SID)) + len("any")
    try:
        yield from cut(draft.agents, room)
    except ValueError as error:
        raise FirewallError(
            f"the rule for {draft.about} is too long: {len(draft.matches)} characters of matches",
            "name fewer hosts or requests in one agent: subdomains (`*.example.com`), `/**`, or two agents",
        ) from error


def _rule(draft: Draft, agents: Networks | None, sid: int) -> StatefulRule:
    return StatefulRule(_text(draft, agents, f"sid:{sid};)"), sid)


def _text(draft: Draft, agents: Networks | None, end: str) -> str:
    action = "alert" if draft.observed else draft.kind.value
    ours = written(agents)
    ends = f"any {draft.port} -> {ours} any" if draft.toward is Toward.CLIENT else f"{ours} any -> any {draft.port}"
    flow = ",".join(word for word in (draft.toward.value, draft.state) if word)
    flow = f"flow:{flow}; " if flow else ""
    quiet = "noalert; " if draft.kind is Kind.MARK else ""
    matches = f"{draft.matches} " if draft.matches else ""
    return f'{action} {draft.protocol} {ends} (msg:"{draft.message}"; {flow}{matches}{quiet}{end}'
