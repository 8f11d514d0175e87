"""Request patterns: every form of target has a decided verdict, towards less access."""

import re
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ringfence.policy.request import METHODS, TARGET_MAX, PathPattern, RequestError, RequestPattern, any_request

PULLS = "/repos/{owner}/site/pulls"
DECIDED = [
    # pattern, target, allowed, why
    (PULLS, "/repos/acme/site/pulls", True, "as written"),
    (PULLS, "/repos/acme/site/pulls?state=open", True, "without a query in the pattern any query goes"),
    (PULLS, "/repos/acme/site/pulls?", True, "an empty query is a query"),
    (PULLS, "/repos/acme/site/pulls?a=%zz&b=%", True, "a query is not decoded"),
    (PULLS, "/repos/acme/site/pulls?q=/../../user", True, "dots in a query lead nowhere"),
    (PULLS, "/repos/acme/site/pulls/", False, "a slash more is another path"),
    (PULLS, "/repos/acme/site/pulls/1", False, "a segment more"),
    (PULLS, "/repos/acme/site", False, "a segment less"),
    (PULLS, "/repos/acme/site/Pulls", False, "case counts"),
    (PULLS, "/repos//site/pulls", False, "an empty segment is no name"),
    (PULLS, "//repos/acme/site/pulls", False, "a doubled slash at the start"),
    (PULLS, "/repos/acme//site/pulls", False, "a doubled slash"),
    (PULLS, "/repos/a/b/site/pulls", False, "a name in braces is one segment"),
    (PULLS, "/repos/acme%2Fother/site/pulls", False, "an encoded slash may be a slash to the server"),
    (PULLS, "/repos/acme%2fother/site/pulls", False, "in either case"),
    (PULLS, "/repos/acme%5Cother/site/pulls", False, "an encoded backslash"),
    (PULLS, "/repos/acme\\other/site/pulls", False, "a backslash"),
    (PULLS, "/repos/./site/pulls", False, "a dot segment"),
    (PULLS, "/repos/../site/pulls", False, "a dot segment"),
    (PULLS, "/repos/.../site/pulls", False, "a segment of dots, though only some servers mind three"),
    (PULLS, "/repos/.a/site/pulls", True, "a dot is a character like others"),
    (PULLS, "/repos/a../site/pulls", True, "dots after a letter"),
    (PULLS, "/repos/%2e%2e/site/pulls", False, "encoded dots"),
    (PULLS, "/repos/.%2E/site/pulls", False, "half encoded dots"),
    (PULLS, "/repos/acme/site/%70ulls", False, "an encoded letter is read by some servers only"),
    (PULLS, "/repos/%61cme/site/pulls", False, "in a name too"),
    (PULLS, "/repos/acme%31/site/pulls", False, "an encoded digit"),
    (PULLS, "/repos/a%7Eb/site/pulls", False, "an encoded tilde"),
    (PULLS, "/repos/a%2Db/site/pulls", False, "an encoded hyphen"),
    (PULLS, "/repos/a%20b/site/pulls", True, "an encoded blank has one reading"),
    (PULLS, "/repos/a%40b/site/pulls", True, "an encoded at sign"),
    (PULLS, "/repos/%C3%BC/site/pulls", True, "UTF-8"),
    (PULLS, "/repos/%c3%bc/site/pulls", True, "in either case"),
    (PULLS, "/repos/%E2%82%AC/site/pulls", True, "three octets"),
    (PULLS, "/repos/%F0%9F%98%80/site/pulls", True, "four octets"),
    (PULLS, "/repos/%C0%AF/site/pulls", False, "an over-long slash"),
    (PULLS, "/repos/%E0%80%AF/site/pulls", False, "an over-long slash in three octets"),
    (PULLS, "/repos/%F0%80%80%AF/site/pulls", False, "in four"),
    (PULLS, "/repos/%F5%80%80%80/site/pulls", False, "beyond Unicode"),
    (PULLS, "/repos/a%00b/site/pulls", False, "an encoded null"),
    (PULLS, "/repos/a%0Ab/site/pulls", False, "an encoded line feed"),
    (PULLS, "/repos/acme/site/pulls%0a", False, "one at the end"),
    (PULLS, "/repos/acme/site/pulls\n", False, "a line feed at the end"),
    (PULLS, "/repos/a%7Fb/site/pulls", False, "an encoded delete"),
    (PULLS, "/repos/a%25b/site/pulls", False, "an encoded percent: decoded twice by some"),
    (PULLS, "/repos/a%252Fb/site/pulls", False, "a doubly encoded slash"),
    (PULLS, "/repos/a%3Fb/site/pulls", False, "an encoded question mark"),
    (PULLS, "/repos/a%23b/site/pulls", False, "an encoded hash"),
    (PULLS, "/repos/a%3Bb/site/pulls", False, "an encoded semicolon"),
    (PULLS, "/repos/a%/site/pulls", False, "a lone percent"),
    (PULLS, "/repos/a%2/site/pulls", False, "half an encoding"),
    (PULLS, "/repos/a%zz/site/pulls", False, "no hexadecimal"),
    (PULLS, "/repos/a%u0041/site/pulls", False, "an encoding of one vendor's"),
    (PULLS, "/repos/acme;v=1/site/pulls", False, "a path parameter"),
    (PULLS, "/repos/acme/site/pulls;jsessionid=1", False, "a path parameter at the end"),
    (PULLS, "/repos/acme/site/pulls;/../../user", False, "a path parameter and dots"),
    (PULLS, "/repos/a b/site/pulls", False, "a blank"),
    (PULLS, "/repos/a\tb/site/pulls", False, "a tab"),
    (PULLS, "/repos/\u00fc/site/pulls", False, "an octet that is not ASCII"),
    (PULLS, "/repos/a[b]/site/pulls", False, "brackets stand in no path"),
    (PULLS, "/repos/a|b/site/pulls", False, "a bar"),
    (PULLS, '/repos/a"b/site/pulls', False, "a quote"),
    (PULLS, "/repos/acme/site/pulls#part", False, "a fragment is never sent"),
    (PULLS, "/repos/acme/site/pulls?a#part", False, "nor after a query"),
    (PULLS, "https://api.github.com/repos/acme/site/pulls", False, "absolute form"),
    (PULLS, "//api.github.com/repos/acme/site/pulls", False, "a network path"),
    (PULLS, "repos/acme/site/pulls", False, "no slash at the start"),
    (PULLS, "*", False, "asterisk form"),
    (PULLS, "", False, "nothing"),
    (PULLS, "/repos/acme/site/pulls?a=b c", False, "a blank in a query"),
    (PULLS, "/repos/acme/site/pulls?a=\x00", False, "a null in a query"),
    (PULLS, "/repos/acme/site/pulls?a=\u00fc", False, "a query is visible ASCII"),
    ("/**", "/", True, "the rest may be nothing"),
    ("/**", "/a", True, "one segment"),
    ("/**", "/a/b/", True, "the last segment may be empty"),
    ("/**", "/a//b", False, "no other may"),
    ("/**", "//", False, "nor the only one twice"),
    ("/**", "/..", False, "nor may it be dots"),
    ("/**", "/a/../b", False, "nor in the middle"),
    ("/**", "/a/..?b", False, "nor before a query"),
    ("/**", "/a;b", False, "nor with a parameter"),
    ("/a/**", "/a/", True, "nothing after the slash"),
    ("/a/**", "/a", False, "without the slash it is another path"),
    ("/a/**", "/ab", False, "a longer name is another path"),
    ("/a/**", "/a?b", False, "the query does not stand for the slash"),
    ("/a/**", "/a/b?c=d", True, "with a query"),
    ("/", "/", True, "the root"),
    ("/", "/?a", True, "with a query"),
    ("/", "", False, "no target is empty"),
    ("/a/", "/a/", True, "an empty last segment that the pattern has"),
    ("/a/", "/a", False, "and only that"),
    ("/models/{model}:generate", "/models/gemini-2:generate", True, "a wildcard before a literal"),
    ("/models/{model}:generate", "/models/:generate", False, "one character at least"),
    ("/models/{model}:generate", "/models/a:b:generate", True, "the name may hold the literal's characters"),
    ("/models/{model}:generate", "/models/a:generateX", False, "anchored"),
    ("/models/{model}:generate", "/models/.:generate", True, "not a segment of dots"),
    ("/v{n}.json", "/v1.json", True, "a wildcard between literals"),
    ("/v{n}.json", "/v1xjson", False, "a dot is a dot"),
    ("/projects/acme%2Fsite", "/projects/acme%2Fsite", True, "an encoding that the pattern spells out"),
    ("/projects/acme%2Fsite", "/projects/acme%2fsite", True, "in either case (RFC 3986, 6.2.2.1)"),
    ("/projects/acme%2Fsite", "/projects/acme/site", False, "the slash itself is another path"),
    ("/projects/acme%2Fsite", "/projects/acme%2Fother", False, "only that one"),
    ("/refs?service=git-upload-pack", "/refs?service=git-upload-pack", True, "the whole query"),
    ("/refs?service=git-upload-pack", "/refs?service=git-receive-pack", False, "another query"),
    ("/refs?service=git-upload-pack", "/refs?service=git-upload-pack&a", False, "more of a query"),
    ("/refs?service=git-upload-pack", "/refs?a&service=git-upload-pack", False, "more of a query, before"),
    ("/refs?service=git-upload-pack", "/refs?service=git%2Dupload-pack", False, "to the letter"),
    ("/refs?service=git-upload-pack", "/refs", False, "none"),
    ("/refs?-", "/refs", True, "no query"),
    ("/refs?-", "/refs?", False, "an empty query is a query"),
    ("/refs?-", "/refs?a", False, "any other"),
    ("/a.b", "/a.b", True, "a dot"),
    ("/a.b", "/axb", False, "is not any character"),
    ("/a+b", "/a+b", True, "a plus"),
    ("/a+b", "/aab", False, "is not a repetition"),
    ("/(a)", "/(a)", True, "parentheses"),
    ("/$a", "/$a", True, "a dollar"),
]


@pytest.mark.parametrize(
    ("pattern", "target", "allowed", "why"), DECIDED, ids=[f"{n}-{row[3]}" for n, row in enumerate(DECIDED)]
)
def test_decided_targets(pattern: str, target: str, allowed: bool, why: str) -> None:
    assert RequestPattern.parse(f"GET {pattern}").matches("GET", target) is allowed, why


def test_the_method_is_compared_to_the_letter() -> None:
    pattern = RequestPattern.parse("GET /a")
    assert pattern.matches("GET", "/a")
    for method in ("get", "Get", "HEAD", "POST", "GET ", "", "GETX", "CONNECT", "PRI"):
        assert not pattern.matches(method, "/a")


def test_a_target_is_granted_up_to_its_length_only() -> None:
    pattern = RequestPattern.parse("GET /**")
    assert pattern.matches("GET", "/" + "a" * (TARGET_MAX - 1))
    assert not pattern.matches("GET", "/" + "a" * TARGET_MAX)
    assert not pattern.matches("GET", "/?" + "a" * TARGET_MAX)


def test_a_long_target_is_judged_in_linear_time() -> None:
    pattern = RequestPattern.parse("GET /{a}:{b}:{c}/**")
    assert not pattern.matches("GET", "/" + "a:" * 2000 + ";")
    assert not pattern.matches("GET", "/a:b:c" + "/a" * 2000 + ";")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("GET", "is not a request"),
        ("GET/a", "is not a request"),
        ("/a", "is not a request"),
        ("get /a", "is not a request"),
        ("GET  /a", "does not start with a slash"),
        ("CONNECT /a", "is not a method that can be granted"),
        ("TRACE /a", "is not a method that can be granted"),
        ("BREW /a", "is not a method that can be granted"),
        ("GET a", "does not start with a slash"),
        ("GET https://example.com/", "does not start with a slash"),
        ("GET /a//b", "has an empty segment"),
        ("GET //", "has an empty segment"),
        ("GET //**", "has an empty segment"),
        ("GET /a/../b", "has a segment of dots"),
        ("GET /./a", "has a segment of dots"),
        ("GET /...", "has a segment of dots"),
        ("GET /a/**/b", "cannot stand in a path"),
        ("GET /a**", "cannot stand in a path"),
        ("GET /*", "cannot stand in a path"),
        ("GET /{a}{b}", "two wildcards side by side"),
        ("GET /{A}", "cannot stand in a path"),
        ("GET /{}", "cannot stand in a path"),
        ("GET /a{b", "cannot stand in a path"),
        ("GET /a b", "cannot stand in a path"),
        ("GET /a;b", "cannot stand in a path"),
        ("GET /a\\b", "cannot stand in a path"),
        ("GET /a%", "cannot stand in a path"),
        ("GET /a%2", "cannot stand in a path"),
        ("GET /\u00fc", "cannot stand in a path"),
        ("GET /a\n", "cannot stand in a path"),
        ("GET /a?*", "says nothing"),
        ("GET /a?", "not a query"),
        ("GET /a?b c", "not a query"),
        ("GET /a?b#c", "not a query"),
    ],
)
def test_what_is_no_pattern_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(RequestError) as caught:
        RequestPattern.parse(text)
    assert reason in str(caught.value)
    assert caught.value.mend


SEGMENT = st.one_of(
    st.from_regex(r"[a-z0-9._~!$&'()+,=:@-]{1,6}", fullmatch=True).filter(lambda text: text.strip(".")),
    st.just("{name}"),
    st.just("{name}:x"),
    st.just("a%2Fb"),
)
PATTERN = st.builds(
    lambda method, segments, rest, query: RequestPattern.parse(
        f"{method} /" + "/".join(segments) + ("/**" if rest and segments else "**" if rest else "") + query
    ),
    st.sampled_from(METHODS),
    st.lists(SEGMENT, max_size=4),
    st.booleans(),
    st.sampled_from(["", "?-", "?a=b", "?service=x"]),
)
TARGET = st.lists(
    st.sampled_from(
        ["/", "a", "b", ".", "..", "%2F", "%2e", "%41", "%20", "%C3%BC", ";", "?", "#", ":x", "\\", " ", "="]
    ),
    max_size=12,
).map("".join)


@given(PATTERN)
def test_a_pattern_reads_back_from_its_text(pattern: RequestPattern) -> None:
    assert RequestPattern.parse(str(pattern)) == pattern


@given(PATTERN, st.sampled_from(METHODS), TARGET)
def test_only_plain_targets_are_ever_granted(pattern: RequestPattern, method: str, target: str) -> None:
    """An independent reading of "plain": what this says is not plain matches no pattern without such an encoding."""
    path, _, _ = target.partition("?")
    segments = path.split("/")[1:]
    plain = (
        path.startswith("/")
        and all(segments[:-1])
        and not any(segment and not segment.strip(".") for segment in segments)
        and re.fullmatch(r"(?:[A-Za-z0-9/._~!$&'()*+,=:@-]|%20|%C3%BC)*", path) is not None
        and "#" not in target
        and " " not in target
    )
    if not plain and "%2F" not in pattern.path.text:
        assert not pattern.matches(method, target)
    if pattern.matches(method, target):
        assert any(each.matches(method, target) for each in any_request()) or "%2F" in pattern.path.text


@given(PATTERN, TARGET)
def test_decoding_a_granted_path_changes_no_segment(pattern: RequestPattern, target: str) -> None:
    """Whoever decodes a granted target once sees the same segments, so no server reads another path in it."""
    if pattern.matches(pattern.method, target) and "%2F" not in pattern.path.text:
        path = target.partition("?")[0]
        decoded = unquote_to_bytes(path)
        assert decoded.count(b"/") == path.count("/")
        assert not {b".", b".."} & set(decoded.split(b"/"))
        assert unquote_to_bytes(decoded) == decoded


@given(st.text(alphabet="/a{}*b.%2F", max_size=8))
def test_a_path_is_read_or_refused(text: str) -> None:
    try:
        path = PathPattern.parse(text)
    except RequestError:
        return
    assert str(path) == text
    assert PathPattern.parse(str(path)) == path


def test_any_request_has_every_method_and_no_more() -> None:
    assert {pattern.method for pattern in any_request()} == set(METHODS)
    assert not {"CONNECT", "TRACE"} & set(METHODS)
