"""What AWS refuses and the open engine takes, and what is legal and means something else than it seems.

Rules are checked as text, whoever wrote them. Sources: AWS's list of what its engine does not support
(https://docs.aws.amazon.com/network-firewall/latest/developerguide/suricata-limitations-caveats.html), its best
practices (https://aws.github.io/aws-security-services-best-practices/guides/network-firewall/customer-managed-rules/docs/)
and, marked so, what the authors of cdk-preflight measured at the live API
(https://github.com/badmintoncryer/cdk-preflight).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ringfence.aws.enforcement.firewall.compile import TEXT_MAX
from ringfence.aws.enforcement.firewall.rule import RULE_MAX

SID_MAX = 4_294_967_294
"""The highest signature id that AWS takes."""

ACTIONS = ("pass", "drop", "reject", "alert")
_RULE = re.compile(r"(?P<action>\S+) (?P<protocol>\S+) (?P<ends>[^()]+?) \((?P<options>.*)\)\Z")
_OPTION = re.compile(r"""\s*([A-Za-z0-9_.-]+)(?::\s*((?:"(?:[^"\\]|\\.)*"|[^";\\]|\\.|!)*))?;""")
_VARIABLE = re.compile(r"[$@][A-Za-z_]")

UNSUPPORTED: dict[str, str] = {
    **dict.fromkeys(("dataset", "datarep"), "datasets are not supported"),
    "iprep": "IP reputation is not supported",
    **dict.fromkeys(("lua", "luajit", "luaxform"), "Lua is not supported"),
    **dict.fromkeys(
        ("filestore", "filemagic", "filemd5", "filesha1", "filesha256", "filename", "fileext", "filesize", "file.data",
         "file_data", "file.magic", "file.name"),
        "file keywords are not allowed",
    ),
    **dict.fromkeys(("threshold", "detection_filter"), "thresholding is not supported"),
    **dict.fromkeys(("enip_command", "cip_service"), "ENIP and CIP are not supported"),
    "gid": "the service gives each rule its own gid (measured)",
    **dict.fromkeys(("priority", "classtype"), "is refused in strict order (measured)"),
}  # fmt: skip
"""Keywords that no rule may have, and why."""

_COMPANIONS = ("content", "tls.sni", "http.host", "http.uri", "dns.query")


@dataclass(frozen=True, slots=True)
class Objection:
    """One thing wrong with one rule, by its line from 1."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"


def lint(text: str) -> tuple[Objection, ...]:
    """Everything wrong with a group's rules string; empty when nothing is."""
    found: list[Objection] = []
    sids: dict[str, int] = {}
    if len(text.encode()) > TEXT_MAX:
        found.append(Objection(1, f"the rules are longer than {TEXT_MAX} octets"))
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if line.lstrip().startswith("#"):
            found.append(Objection(number, "a comment: some versions of the provider send it as a rule"))
            continue
        found += [Objection(number, reason) for reason in _objections(line, sids, number)]
    return tuple(found)


def _objections(line: str, sids: dict[str, int], number: int) -> Iterator[str]:
    if len(line) > RULE_MAX:
        yield f"{len(line)} characters, {RULE_MAX} at most (measured)"
    if not line.isascii() or not line.isprintable():
        yield "characters that are not printable ASCII"
    if line.endswith("\\"):
        yield "a rule is one line: no continuation (measured)"
        return
    read = _RULE.match(line)
    if not read:
        yield "not a rule: `action protocol source port -> destination port (options)`"
        return
    options = _OPTION.findall(read["options"])
    if "".join(_OPTION.sub("", read["options"])).strip():
        yield "options that cannot be read: each is `keyword:value;`"
        return
    names = [name for name, _ in options]
    yield from _header(read["action"], read["protocol"], read["ends"], names)
    yield from _keywords(options, names)
    yield from _sid([value for name, value in options if name == "sid"], sids, number)


def _header(action: str, protocol: str, ends: str, names: list[str]) -> Iterator[str]:
    if action not in ACTIONS:
        yield f"`{action}` is no action: {', '.join(ACTIONS)}"
    if protocol in ("sctp", "ftp-data", "ikev2"):
        yield f"the protocol `{protocol}` is not supported"
    if _VARIABLE.search(ends):
        yield "a variable: rules name their networks, HOME_NET is never relied on"
    if action == "pass" and protocol in ("tcp", "ip") and "flow" not in names:
        yield "a pass without `flow` is applied to the first packet and lets the whole flow through"
    if action == "pass":
        yield "a pass ends judgement of the whole flow: no form of ours passes"
    if action == "reject" and protocol in ("udp", "icmp", "ip"):
        yield "reject is for TCP only"


def _keywords(options: list[tuple[str, str]], names: list[str]) -> Iterator[str]:
    for name in sorted(set(names) & set(UNSUPPORTED)):
        yield f"`{name}`: {UNSUPPORTED[name]}"
    if "pcre" in names and not set(names) & set(_COMPANIONS):
        yield f"a pcre needs one of {', '.join(_COMPANIONS)} beside it (measured)"
    buffer = ""
    for name, value in options:
        if name in ("xbits", "hostbits") or (name == "tag" and value.startswith("host")):
            yield f"`{name}` tracks hosts, which is not supported"
        if name == "nocase" and buffer == "http.host":
            yield "`nocase` on http.host, which is lower-case already"
        if "." in name or name in ("dns_query", "pkt_data"):
            buffer = name
        if name == "msg" and _VARIABLE.search(value):
            yield "what looks like a variable in the message: variables are for headers"


def _sid(values: Iterable[str], sids: dict[str, int], number: int) -> Iterator[str]:
    given = list(values)
    if len(given) != 1 or not given[0].isdecimal() or not 1 <= int(given[0]) <= SID_MAX:
        yield f"needs one sid from 1 to {SID_MAX}"
    elif given[0] in sids:
        yield f"sid {given[0]} is taken by line {sids[given[0]]}"
    else:
        sids[given[0]] = number
