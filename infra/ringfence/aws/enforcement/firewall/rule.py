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
from ringfence.aws.enforcement.firewall.networks import Networks, all_but, written
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

    ``agents`` are the networks of the agents' side, None for all, and with ``excepted`` all but these; ``port`` is the
    other side's, in rule syntax.
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
    excepted: bool = False

    @property
    def key(self) -> str:
        """What the rule is about, whoever it concerns: its signature id comes from this."""
        return f"{self.form} {self.about}"


def rules_of(groups: Sequence[Iterable[Draft]], most: int) -> tuple[tuple[StatefulRule, ...], ...] | None:
    """The rules of a firewall's groups as text, in the order of the drafts; long lists of networks are cut.

    None where a group is longer than ``most`` octets: no further draft is then asked for. Signature ids are unique in
    all groups together. Raises `FirewallError` when a rule has no room for a network.
    """
    texts: list[tuple[int, str, bool, str]] = []
    for place, drafts in enumerate(groups):
        room = most
        for draft in drafts:
            for index, text in enumerate(_texts(draft)):
                room -= len(text) + len(_SID) + 1  # a line; every id has as many digits, and rules are ASCII
                if room < 0:
                    return None
                texts.append((place, f"{draft.key} {index} {place or ''}".rstrip(), draft.observed, text))
    if len({(key, observed) for _, key, observed, _ in texts}) != len(texts):
        raise AssertionError("two rules of one firewall are about the same thing")
    sids = signature_ids(key for _, key, _, _ in texts)
    rules: list[list[StatefulRule]] = [[] for _ in groups]
    for place, key, observed, text in texts:
        sid = sids[key] + (OBSERVED_OFFSET if observed else 0)
        rules[place].append(StatefulRule(f"{text}sid:{sid};)", sid))
    return tuple(map(tuple, rules))


def _texts(draft: Draft) -> Iterator[str]:
    """A draft's rules up to their ids, one for each run of networks that one has room for."""
    action = "alert" if draft.observed else draft.kind.value
    before, after = ("", f" any -> any {draft.port}")
    if draft.toward is Toward.CLIENT:
        before, after = (f"any {draft.port} -> ", " any")
    flow = ",".join(word for word in (draft.toward.value, draft.state) if word)
    flow = f"flow:{flow}; " if flow else ""
    quiet = "noalert; " if draft.kind is Kind.MARK else ""
    matches = f"{draft.matches} " if draft.matches else ""
    before = f"{action} {draft.protocol} {before}"
    after = f'{after} (msg:"{draft.message}"; {flow}{matches}{quiet}'
    room = RULE_MAX - len(before) - len(after) - len(_SID)
    try:
        for agents in all_but(draft.agents or (), room) if draft.excepted else written(draft.agents, room):
            yield f"{before}{agents}{after}"
    except ValueError as error:
        raise FirewallError(
            f"the rule for {draft.about} is too long: {len(draft.matches)} characters of matches",
            "name fewer hosts or requests in one agent: subdomains (`*.example.com`), `/**`, or two agents",
        ) from error
