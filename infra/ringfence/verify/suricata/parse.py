"""From rule text to `Rule` values: the grammar of headers, address lists and options.

https://docs.suricata.io/en/latest/rules/intro.html; one line is one rule, as AWS Network Firewall takes them.
"""

import functools
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping

from ringfence.verify.interval import ALL_ADDRESSES, ALL_PORTS, NO_NUMBERS, PORT_MAX, Numbers, addresses_of
from ringfence.verify.suricata.rule import Header, Option, Rule, RuleError

ACTIONS = frozenset({"alert", "drop", "pass", "reject"})
"""The actions that AWS Network Firewall takes (developer guide, suricata-limitations-caveats)."""

_DEPTH_MAX = 16

Variables = Mapping[str, Numbers]
"""What ``$NAME`` stands for, by name: addresses or ports."""


def parse_rules(text: str, group: str, addresses: Variables, ports: Variables) -> tuple[Rule, ...]:
    """The rules of one group's text, in order. What cannot be read stays as a rule with the reason in ``unread``."""
    rules: list[Rule] = []
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            rules.append(_parse_rule(stripped, group, number, addresses, ports))
    return tuple(rules)


def _parse_rule(text: str, group: str, line: int, addresses: Variables, ports: Variables) -> Rule:
    options: tuple[Option, ...] = ()
    found = _SID.search(text)
    sid, message = int(found.group(1)) if found else 0, ""
    try:
        start = _start_of_options(text)
        options = parse_options(text[start + 1 : -1])
        sid, message = _identity(options)
        header = _parse_header(text[:start], addresses, ports)
    except RuleError as error:
        return Rule(group, line, text, sid, message, None, options, str(error))
    return Rule(group, line, text, sid, message, header, options)


_SID = re.compile(r"\bsid\s*:\s*(\d+)")


def _start_of_options(text: str) -> int:
    start = text.find("(")
    if start < 0 or not text.endswith(")"):
        raise RuleError("no options in parentheses")
    return start


def _identity(options: tuple[Option, ...]) -> tuple[int, str]:
    sid, message = 0, ""
    for option in options:
        if option.keyword == "sid" and option.value and option.value.isdecimal():
            sid = int(option.value)
        elif option.keyword == "msg" and option.value:
            message = unquoted(option.value)
    if not sid:
        raise RuleError("no signature id")
    return sid, message


_OPTION = re.compile(
    r"""\s*(?P<keyword>[A-Za-z0-9_.\-]+)\s*
        (?: : \s* (?P<value> (?: [^;\\] | \\. )* ) )? ;""",
    re.VERBOSE,
)


@functools.lru_cache(maxsize=65536)
def parse_options(text: str) -> tuple[Option, ...]:
    """The options of one rule, in order; raises `RuleError`."""
    found: list[Option] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        option = _OPTION.match(text, position)
        if option is None:
            raise RuleError(f"an option that cannot be read at {text[position : position + 30]!r}")
        value = option.group("value")
        found.append(Option(option.group("keyword").lower(), value.strip() if value is not None else None))
        position = option.end()
    return tuple(found)


def unquoted(value: str) -> str:
    """A value without its quotes and escapes (a backslash before ``;``, ``"``, ``\\`` or ``:``)."""
    inner = value[1:-1] if len(value) >= 2 and value[0] == value[-1] == '"' else value
    return re.sub(r'\\([;"\\:])', r"\1", inner)


def _parse_header(text: str, addresses: Variables, ports: Variables) -> Header:
    parts = _split_header(text)
    if len(parts) != 7:
        raise RuleError(f"a header of {len(parts)} parts, not 7")
    action, protocol, sources, source_ports, direction, destinations, destination_ports = parts
    if action not in ACTIONS:
        raise RuleError(f"the action `{action}`")
    if direction not in ("->", "<>"):
        raise RuleError(f"the direction `{direction}`")
    return Header(
        action,
        protocol.lower(),
        read_addresses(sources, addresses),
        read_ports(source_ports, ports),
        read_addresses(destinations, addresses),
        read_ports(destination_ports, ports),
        direction == "<>",
    )


def _split_header(text: str) -> list[str]:
    """The header's parts; a list in brackets may hold blanks."""
    by_blanks = text.split()
    if all(part.count("[") == part.count("]") for part in by_blanks):
        return by_blanks
    parts: list[str] = []
    depth = 0
    current = ""
    for character in text + " ":
        depth += (character == "[") - (character == "]")
        if character.isspace() and depth == 0:
            if current:
                parts.append(current)
            current = ""
        elif not character.isspace():
            current += character
    if depth:
        raise RuleError("brackets that do not match")
    return parts


def read_addresses(text: str, variables: Variables) -> Numbers:
    """The IPv4 addresses of an address list: ``any``, networks, ranges, ``[a,!b]``, ``$NAME``; raises `RuleError`."""
    if "$" not in text:
        return _read_constant_addresses(text)
    return _List(text, variables, _read_address, ALL_ADDRESSES).read()


@functools.lru_cache(maxsize=65536)
def _read_constant_addresses(text: str) -> Numbers:
    return _List(text, {}, _read_address, ALL_ADDRESSES).read()


def read_ports(text: str, variables: Variables) -> Numbers:
    """The ports of a port list: ``any``, ``80``, ``80:90``, ``:90``, ``80:``, lists, ``$NAME``; raises `RuleError`."""
    if "$" not in text:
        return _read_constant_ports(text)
    return _List(text, variables, _read_port, ALL_PORTS).read()


@functools.lru_cache(maxsize=4096)
def _read_constant_ports(text: str) -> Numbers:
    return _List(text, {}, _read_port, ALL_PORTS).read()


_END = re.compile(r"[,\]]|\Z")
"""Where a member that is no list ends."""


class _List:
    """Reads one list: members are united, what is negated is taken away from them, or from all where none is."""

    def __init__(
        self, text: str, variables: Variables, read_one: Callable[[str], Numbers], everything: Numbers
    ) -> None:
        self.text = text
        self.variables = variables
        self.read_one = read_one
        self.everything = everything

    def read(self) -> Numbers:
        found, position = self.item(0, 0)
        if position != len(self.text):
            raise RuleError(f"`{self.text}` goes on after its end")
        return found

    def item(self, position: int, depth: int) -> tuple[Numbers, int]:
        if depth > _DEPTH_MAX:
            raise RuleError("lists nested too deeply")
        negated = self.text.startswith("!", position)
        position += negated
        if self.text.startswith("[", position):
            found, position = self.members(position + 1, depth)
        else:
            found_end = _END.search(self.text, position)
            end = found_end.start() if found_end else len(self.text)
            found, position = self.one(self.text[position:end]), end
        return (self.everything - found if negated else found), position

    def members(self, position: int, depth: int) -> tuple[Numbers, int]:
        united: list[Numbers] = []
        taken: list[Numbers] = []
        while True:
            negated = self.text.startswith("!", position)
            found, position = self.item(position + negated, depth + 1)
            (taken if negated else united).append(found)
            if self.text.startswith("]", position):
                return (_union(united) if united else self.everything) - _union(taken), position + 1
            if not self.text.startswith(",", position):
                raise RuleError(f"`{self.text}` is no list")
            position += 1

    def one(self, text: str) -> Numbers:
        if text == "any":
            return self.everything
        if text.startswith("@"):
            raise RuleError(f"the IP set reference `{text}`, whose members are not in the rules")
        if text.startswith("$"):
            if text[1:] not in self.variables:
                raise RuleError(f"the variable `{text}`, which nothing defines")
            return self.variables[text[1:]]
        return self.read_one(text)


def _union(sets: Iterable[Numbers]) -> Numbers:
    return Numbers.of(*(interval for members in sets for interval in members.intervals))


@functools.lru_cache(maxsize=65536)
def _read_address(text: str) -> Numbers:
    first, dash, last = text.partition("-")
    try:
        if dash:
            return Numbers.of((int(ipaddress.IPv4Address(first)), int(ipaddress.IPv4Address(last))))
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise RuleError(f"`{text}` is no address") from error
    return addresses_of(network) if isinstance(network, ipaddress.IPv4Network) else NO_NUMBERS


def _read_port(text: str) -> Numbers:
    first, colon, last = text.partition(":")
    low = first or ("0" if colon else "")
    high = (last or str(PORT_MAX)) if colon else first
    if not (low.isdecimal() and high.isdecimal()) or not int(low) <= int(high) <= PORT_MAX:
        raise RuleError(f"`{text}` is no port")
    return Numbers.of((int(low), int(high)))
