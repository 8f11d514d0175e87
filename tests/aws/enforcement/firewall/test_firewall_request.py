r"""The expressions against the policy's own meaning, with Python's engine: ``\z`` is its ``\Z``, the rest is common."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ringfence.aws.enforcement.firewall.error import FirewallError
from ringfence.aws.enforcement.firewall.request import (
    by_method,
    foreign_encoding,
    line_refusals,
    none_of,
    spelled_encodings,
)
from ringfence.policy.request import METHODS, TARGET_MAX, RequestPattern, any_request

PATTERNS = (
    "GET /",
    "GET /**",
    "GET /a/**",
    "GET /a/{x}",
    "GET /a/{x}/",
    "POST /a/{x}/b",
    "GET /{a}/{b}/c",
    "GET /{r}.git/info",
    "GET /{r}1/info",
    "GET /v{n}/x",
    "GET /c/{base}...{head}",
    "GET /c/{a}-{b}",
    "GET /c/{a}-{b}+{c}",
    "GET /c/{a}-{b}.diff",
    "PUT /projects/acme%2Fsite/{x}",
    "PUT /projects/{g}%2Fsite/**",
    "GET /%7euser/{x}",
    "GET /q?service=x%20y",
    "GET /q?-",
    "DELETE /a/b.c/d~e",
)
NEAR = (
    "/", "//", "/.", "/..", "/...", "/a", "/a/", "/a/b", "/a/b/", "/a//b", "/a/b/c", "/a/../b", "/a/b/b", "/a/%2e/b",
    "/x.git/info", "/.git/info", "/x.git.git/info", "/xxgit/info", "/x1/info", "/1/info", "/%21/info", "/x%211/info",
    "/v1/x", "/v/x", "/c/a...b", "/c/...b", "/c/a...", "/c/a....b", "/c/a-b", "/c/-b", "/c/a-", "/c/a--b", "/c/a-b+c",
    "/c/a-b.diff", "/c/a-.diff", "/projects/acme%2Fsite/1", "/projects/acme%2fsite/1", "/projects/acme%2Fsite/1%2f2",
    "/projects/a%2fb%2fsite/x", "/projects/a%2fsite/", "/projects/a%2fsite/x%2Fy", "/%7Euser/a", "/~user/a", "/q",
    "/q?", "/q?service=x%20y", "/q?service=x y", "/q?service=x%20y#", "/a/b?x=;\"'", "/a/b#x", "/a/b;c", "/a/b\\c",
    "/a/%e2%82%ac", "/a/%c0%af", "/a/%25", "/a/%41", "/a/%zz", "/a/%", "/a/b\n", "/a/\x7f", "/a/é", "/a/b c", "*", "",
    "http://h/a/b", "/a/b.c/d~e", "/a/bxc/d~e", "/a/" + "b" * (TARGET_MAX - 3), "/a/" + "b" * (TARGET_MAX - 2),
)  # fmt: skip


def _matches(options: str, line: str, method: str, target: str) -> bool:
    """What the engine does with the options of one refusal, on one request line."""
    for negated, expression in re.findall(r'pcre:(!?)"/((?:[^"])*)/";', options):
        found = re.search(expression.replace(r"\z", r"\Z"), line) is not None
        if found == bool(negated):
            return False
    if 'content:!" HTTP/1.1"; endswith' in options and line.endswith(" HTTP/1.1"):
        return False
    for negated, content in re.findall(r'content:(!?)"([A-Z]+)"; startswith; endswith;', options):
        if (content == method) == bool(negated):
            return False
    if "bsize:>" in options and len(target) <= TARGET_MAX:
        return False
    return "|23|" not in options or "#" in target


def granted(patterns: tuple[RequestPattern, ...], method: str, target: str, *, parted: bool = False) -> bool:
    """Whether no refusal of a host with these patterns matches the request."""
    line = f"{method} {target} HTTP/1.1"
    options = [match for _, match in line_refusals("refuse")]
    options.append(foreign_encoding(spelled_encodings(patterns)))
    options += [match for _, match in by_method(patterns, "refuse")] if parted else [none_of(patterns, "refuse")]
    return not any(_matches(option, line, method, target) for option in options)


def meant(patterns: tuple[RequestPattern, ...], method: str, target: str) -> bool:
    return any(pattern.matches(method, target) for pattern in patterns)


@pytest.mark.parametrize("written", PATTERNS)
def test_one_pattern_refuses_exactly_what_it_does_not_mean(written: str) -> None:
    patterns = (RequestPattern.parse(written),)
    for target in NEAR:
        for method in ("GET", "POST", "PUT", "DELETE", "get"):
            assert granted(patterns, method, target) == meant(patterns, method, target), (method, target)


patterns_of = st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=5, unique=True).map(
    lambda some: tuple(sorted(map(RequestPattern.parse, some)))
)
_PIECES = "a b c / . .. %2F %2f %20 %21 1 - + ... .git ? # info %e2%82%ac"
pieces = st.sampled_from(_PIECES.split())
targets = st.lists(pieces, max_size=9).map(lambda some: "/" + "".join(some)) | st.sampled_from(NEAR)


@settings(max_examples=600)
@given(patterns_of, st.sampled_from(METHODS), targets, st.booleans())
def test_several_patterns_refuse_exactly_what_none_of_them_means(
    patterns: tuple[RequestPattern, ...], method: str, target: str, parted: bool
) -> None:
    assert granted(patterns, method, target, parted=parted) == meant(patterns, method, target)


def test_an_encoding_that_another_method_spells_out_is_no_wildcards_of_this_one() -> None:
    patterns = tuple(sorted(map(RequestPattern.parse, ("GET /**", "PUT /projects/acme%2Fsite/{x}"))))
    for parted in (False, True):
        assert not granted(patterns, "GET", "/a%2Fb", parted=parted)
        assert granted(patterns, "PUT", "/projects/acme%2Fsite/x", parted=parted)


def test_any_request_is_every_plain_one() -> None:
    patterns = tuple(sorted(any_request()))
    for target in NEAR:
        assert granted(patterns, "PATCH", target) == meant(patterns, "PATCH", target)
    assert not granted(patterns, "CONNECT", "/a")
    assert not granted(patterns, "PROPFIND", "/a")


def test_every_octet_of_a_path_and_of_a_query_is_decided_as_the_policy_decides_it() -> None:
    patterns = (RequestPattern.parse("GET /a/{x}"),)
    for value in range(256):
        character = chr(value)
        for target in (f"/a/x{character}y", f"/a/x?{character}"):
            if character in " \n":  # these end the target
                continue
            assert granted(patterns, "GET", target) == meant(patterns, "GET", target), target
        for digits in (f"%{value:02x}", f"%{value:02X}"):
            for target in (f"/a/{digits}", f"/a/{digits}%80", f"/a/{digits}%A0%80"):
                assert granted(patterns, "GET", target) == meant(patterns, "GET", target), target


def test_only_encodings_that_are_not_plain_are_spelled_out() -> None:
    patterns = tuple(map(RequestPattern.parse, ("GET /a%20b/{x}", "GET /a%2fb/%e2%82%ac")))
    assert spelled_encodings(patterns) == {"%2F"}


def test_patterns_that_cost_the_engine_too_much_are_refused_with_a_mend() -> None:
    with pytest.raises(FirewallError, match="two names of one segment") as two:
        none_of((RequestPattern.parse("GET /{a}...{b}.diff"),), "refuse")
    assert "write one name" in two.value.mend
    many = tuple(sorted(RequestPattern.parse(f"GET /{{a}}.x{index}/y") for index in range(20)))
    with pytest.raises(FirewallError, match="20 patterns such as"):
        none_of(many, "refuse")


def test_searches_behind_different_texts_are_not_counted_together() -> None:
    apart = tuple(sorted(RequestPattern.parse(f"GET /o{index}/{{a}}.git/y") for index in range(20)))
    assert r"{1," not in none_of(apart, "refuse")
    together = tuple(map(RequestPattern.parse, ("GET /{a}.git/x", "GET /{a}.wiki/x")))
    assert r"{1,750}" in none_of(together, "refuse")


def test_patterns_that_begin_alike_share_their_beginning() -> None:
    patterns = tuple(sorted(RequestPattern.parse(f"GET /repos/acme/site/{name}") for name in ("a", "b", "c")))
    assert none_of(patterns, "refuse").count("acme") == 1
