"""Evasions in the request line and the Host of one HTTP/1 request of the inspected agent."""

# ruff: noqa: E501 - tables, one case a line
import dataclasses
import itertools
from collections.abc import Iterator

from evasions import EVIL, FORBIDDEN, GET, HOST, OK, OTHER, POST, Case, edited, on_request, talk, whole
from ringfence.engine import http1
from ringfence.policy.request import TARGET_MAX

M, P, V, H = b"GET ", b"/repos/acme/site/pulls/7", b"HTTP/1.1", b"Host: api.github.com"


def _method(new: bytes) -> tuple[bytes, bytes]:
    return (M, new + b" ")


def _path(new: bytes) -> tuple[bytes, bytes]:
    return (P, new)


def _host(new: bytes) -> tuple[bytes, bytes]:
    return (H, new)


METHODS = (
    ("ungranted method", "write where reading is granted", *map(_method, (b"POST", b"PUT", b"PATCH", b"DELETE"))),
    ("method without effect", "methods nobody granted", *map(_method, (b"HEAD", b"OPTIONS"))),
    ("lower-case method", "methods are case-sensitive; some servers fold them", _method(b"get"), _method(b"delete")),
    ("mixed-case method", "the same, less plainly", _method(b"Get"), _method(b"dELETE")),
    ("unknown method", "not recognised as HTTP by its first word", _method(b"BREW"), _method(b"M-SEARCH")),
    (
        "method of an extension",
        "WebDAV and its kin",
        *map(_method, (b"PROPFIND", b"MKCOL", b"COPY", b"LOCK", b"REPORT")),
    ),
    ("method with a prefix", "a match without an anchor", _method(b"XGET")),
    ("method with a suffix", "a match without an anchor at its end", _method(b"GETS")),
    ("CONNECT with a path", "a tunnel", _method(b"CONNECT")),
    ("TRACE", "echoes credentials", _method(b"TRACE")),
    ("method with NUL", "C strings end there", _method(b"GE\0T"), _method(b"GET\0")),
    ("method with a control character", "dropped by some parsers", _method(b"\x01GET")),
    ("quoted method", "token characters only", _method(b'"GET"')),
    ("no method", "the target alone", (M, b"")),
    ("empty method", "a blank in front", (M, b" ")),
    ("method of 8 kB", "the detector looks at the first octets only", _method(b"A" * 8192)),
)

SEPARATORS = (
    ("tab behind the method", "other white space", (b"GET /", b"GET\t/user /")),
    ("two blanks behind the method", "empty target to strict parsers", (b"GET " + P, b"GET  /user")),
    ("vertical tab in the request line", "white space to some", (b"GET " + P, b"GET\x0b/user")),
    ("form feed in the request line", "white space to some", (b"GET " + P, b"GET\x0c/user")),
    ("carriage return in the request line", "white space to some", (b"GET " + P, b"GET\r/user")),
    ("blank in front", "not recognised at once", (M, b" GET "), (M, b"    POST ")),
    ("tab in front", "not recognised at once", (M, b"\tPOST ")),
    (
        "empty line in front",
        "origins skip it (RFC 9112, 2.2)",
        (M, b"\r\nPOST "),
        (M, b"\r\n\r\nPOST "),
        (M, b"\nPOST "),
    ),
    ("many empty lines in front", "detection gives up", (M, b"\r\n" * 40 + b"POST "), (M, b"\r\n" * 600 + b"POST ")),
    ("carriage returns in front", "detection gives up", (M, b"\r\r\rPOST ")),
    ("NUL in front", "detection gives up", (M, b"\0POST ")),
    ("noise in front", "a first line that is no request", (M, b"xyzzy\r\nPOST ")),
    ("byte order mark in front", "an editor's mark", (M, b"\xef\xbb\xbfPOST ")),
    ("proxy protocol in front", "a load balancer's preamble", (M, b"PROXY TCP4 10.0.0.1 10.0.0.2 1 443\r\nPOST ")),
    ("a known word in front", "recognised, then judged on another line", (M, b"GET\r\nPOST ")),
)

VERSIONS = (
    ("HTTP/0.9", "no head, so no header buffers", (GET, b"GET /user\r\n"), (GET, b"GET /user\n")),
    ("HTTP/0.9 on a granted path", "no Host is no host of the agent's", (GET, b"GET " + P + b"\r\n")),
    ("version left out, fields there", "between 0.9 and 1.0", (b" HTTP/1.1\r\nHost: api.github.com", b"\r\nHost: " + EVIL.encode())),
    ("HTTP/1.0 without Host", "no Host is no host of the agent's", (b"HTTP/1.1\r\nHost: api.github.com\r\n", b"HTTP/1.0\r\n")),
    ("later version word", "a parser of its own", (V + b"\r\n" + H, b"HTTP/2.0\r\nHost: " + EVIL.encode()),
     (V + b"\r\n" + H, b"HTTP/3.0\r\nHost: " + EVIL.encode())),
    ("lower-case version", "not a version to strict parsers", (V + b"\r\n" + H, b"http/1.1\r\nHost: " + EVIL.encode())),
    ("version of another protocol", "rtsp, icap and sip look alike", (V + b"\r\n" + H, b"RTSP/1.0\r\nHost: " + EVIL.encode()),
     (V + b"\r\n" + H, b"ICAP/1.0\r\nHost: " + EVIL.encode())),
    ("version with more digits", "read as 1.1 by some", (V + b"\r\n" + H, b"HTTP/1.10\r\nHost: " + EVIL.encode())),
    ("two versions", "which of them ends the target?", (P + b" " + V, b"/user HTTP/1.1 " + V)),
    ("granted target behind a version", "the last blank ends the target to some", (P, b"/user HTTP/1.1" + P)),
    ("forbidden target behind a version", "the first blank ends the target to some", (P + b" " + V, P + b" HTTP/1.1 /user")),
    ("text behind the version", "ignored by some", (V + b"\r\n" + H, V + b" x\r\nHost: " + EVIL.encode())),
    ("bare line feeds throughout", "line ends that not all take", (GET, GET.replace(b"\r\n", b"\n").replace(P, b"/user"))),
    ("bare carriage returns throughout", "line ends that few take", (GET, GET.replace(b"\r\n", b"\r").replace(P, b"/user"))),
    ("line feed ends the request line", "one odd line end", (P + b" HTTP/1.1\r\n", b"/user HTTP/1.1\n")),
)  # fmt: skip

PATHS = (
    ("another path", "plainly not granted", _path(b"/user"), _path(b"/user/repos"), _path(b"/gists"), _path(b"/graphql")),
    ("root", "plainly not granted", _path(b"/")),
    ("path beyond the granted one", "a match without an anchor at its end", _path(P + b"/merge"), _path(P + b"/")),
    ("path short of the granted one", "a match that is too eager", _path(b"/repos/acme/site/pulls"), _path(b"/repos/acme/site")),
    ("path before the granted one", "a match without an anchor", _path(b"/x" + P), _path(b"/api/v3" + P)),
    ("granted path in the query", "a match on the whole target", _path(b"/user?" + P), _path(b"/user?x=" + P)),
    ("sibling by its prefix", "site and site2", _path(b"/repos/acme/site2/pulls/7"), _path(b"/repos/acme-evil/site/pulls/7")),
    ("a dot is any character", "a literal that was not escaped", _path(b"/repos/acmeXsite/pulls/7")),
    ("empty wildcard", "one or more characters", _path(b"/repos/acme/site/pulls/"), _path(b"/repos/acme/site/pulls/?x")),
    ("wildcard over two segments", "one segment only", _path(P + b"/8"), _path(b"/repos/acme/site/pulls/7/files")),
    ("rest without its slash", "/contents is not /contents/**", _path(b"/repos/acme/site/contents")),
    ("rest glued", "/contentsX is not /contents/**", _path(b"/repos/acme/site/contentsX/a")),
    ("other case of the path", "paths are case-sensitive", _path(b"/Repos/acme/site/pulls/7"), _path(P.upper())),
    ("dot segments out of the grant", "resolved by origins", _path(P + b"/../../../../../user"), _path(b"/repos/acme/site/contents/../../../../user")),
    ("dot segments at the start", "resolved by origins", _path(b"/.." + P), _path(b"/../../user")),
    ("dot segments into the grant", "normalised by the engine, perhaps not by the origin", _path(b"/user/.." + P)),
    ("single dot segment", "normalised by the engine, perhaps not by the origin", _path(b"/./user"), _path(b"/repos/./acme/site/pulls/7")),
    ("dots as a wildcard", "a segment of dots", _path(b"/repos/acme/site/pulls/.."), _path(b"/repos/acme/site/pulls/.")),
    ("three dots", "a segment of dots", _path(b"/repos/acme/site/pulls/...")),
    ("dots at the end of the rest", "a segment of dots", _path(b"/repos/acme/site/contents/a/.."), _path(b"/repos/acme/site/contents/..")),
    ("encoded dot segments", "decoded, then resolved", _path(b"/repos/acme/site/contents/%2e%2e/%2e%2e/user"), _path(b"/repos/acme/site/contents/.%2E/x")),
    ("twice encoded dot segments", "decoded twice by some", _path(b"/repos/acme/site/contents/%252e%252e/user")),
    ("dots with a path parameter", "removed before resolving by some", _path(b"/repos/acme/site/contents/..;/..;/user"), _path(b"/repos/acme/site/contents/..;a=b/user")),
    ("encoded slash", "one segment or two", _path(b"/repos/acme/site/pulls/7%2Fmerge"), _path(b"/repos/acme/site/pulls/..%2f..%2fuser")),
    ("twice encoded slash", "one segment or two, later", _path(b"/repos/acme/site/pulls/7%252Fmerge")),
    ("backslash", "a slash to some", _path(b"/repos/acme/site/pulls/7\\merge"), _path(b"/repos/acme/site/contents/..\\..\\user")),
    ("encoded backslash", "a slash to some, later", _path(b"/repos/acme/site/pulls/7%5cmerge")),
    ("doubled slash", "merged by some", _path(b"/repos/acme//site/pulls/7"), _path(b"/repos/acme/site/contents/a//b")),
    ("doubled slash at the start", "an authority to some", _path(b"/" + P), _path(b"//evil.example.net/user")),
    ("doubled slash at the end", "merged by some", _path(b"/repos/acme/site/contents/a//")),
    ("path parameter", "cut off by some", _path(P + b";x=1"), _path(b"/repos/acme/site/pulls/7;/merge"), _path(b"/repos;x/acme/site/pulls/7")),
    ("encoded semicolon", "a parameter, later", _path(P + b"%3bx")),
    ("encoded NUL", "C strings end there", _path(P + b"%00"), _path(P + b"%00.html")),
    ("encoded line feed at the end", "$ matches before it", _path(P + b"%0a"), _path(P + b"%0A")),
    ("encoded line end", "splits what is made of it", _path(P + b"%0d%0aX:%20y")),
    ("encoded control character", "no reader agrees", _path(P + b"%01"), _path(P + b"%7f"), _path(P + b"%09")),
    ("encoded question mark", "path or query", _path(P + b"%3fx=1")),
    ("encoded number sign", "path or fragment", _path(P + b"%23x")),
    ("fragment", "never sent by a client", _path(P + b"#x"), _path(b"/repos/acme/site/contents/#/../user")),
    ("over-long UTF-8", "a slash or a dot to lax decoders", _path(P + b"%c0%afmerge"), _path(P + b"%c0%ae%c0%ae")),
    ("over-long UTF-8 of three octets", "the same, longer", _path(P + b"%e0%80%af"), _path(P + b"%f0%80%80%af")),
    ("UTF-8 beyond Unicode", "no reader agrees", _path(P + b"%f5%80%80%80"), _path(P + b"%ff")),
    ("IIS Unicode escape", "%u002f", _path(P + b"%u002fmerge")),
    ("unencoded high octets", "not allowed in a target", _path(P + b"\xc3\xa9"), _path(P + b"\xff")),
    ("full-width slash", "normalised to a slash by some", _path(P + b"\xef\xbc\x8fmerge")),
    ("invalid percent", "kept, dropped or refused", _path(P + b"%zz"), _path(P + b"%2"), _path(P + b"%")),
    ("encoded unreserved character", "decoded by origins; two spellings of one path", _path(b"/repos/acme/site/%70ulls/7"), _path(P + b"%2D")),
    ("encoded tilde", "unreserved as well", _path(P + b"%7E")),
    ("encoded percent", "decoded twice by some", _path(P + b"%25"), _path(P + b"%2541")),
    ("blank in the target", "ends it for some", _path(b"/user " + P)),
    ("tab in the target", "ends it for some", _path(b"/user\t" + P), _path(P + b"\t/x")),
    ("control character in the target", "no reader agrees", _path(P + b"\x01"), _path(P + b"\x7f"), _path(P + b"\0")),
    ("delimiters in the path", "not allowed unencoded", _path(P + b'"'), _path(P + b"<x>"), _path(P + b"^"), _path(P + b"`"), _path(P + b"{7}"), _path(P + b"|")),
    ("brackets in the path", "not allowed unencoded", _path(P + b"[0]")),
    ("plus and blank", "a blank to form decoders: no grant of another path", _path(b"/repos/acme/si+te/pulls/7")),
    ("target without a slash", "relative to what?", _path(P[1:]), _path(b"user")),
    ("query alone", "no path", _path(b"?x=1")),
    ("asterisk form", "the server as a whole", _path(b"*")),
    ("empty target", "no path", (P + b" ", b" ")),
    ("absolute form, same host", "a proxy's form; some take its host, some the field", _path(b"https://api.github.com" + P)),
    ("absolute form, another host", "its host wins over the field (RFC 9112, 3.2.2)", _path(b"https://evil.example.net" + P), _path(b"http://evil.example.net" + P)),
    ("absolute form, forbidden path", "normalised to a path by the engine", _path(b"https://api.github.com/user")),
    ("absolute form with user information", "which part is the host?", _path(b"https://api.github.com@evil.example.net" + P)),
    ("absolute form of another scheme", "a gateway's form", _path(b"ftp://evil.example.net" + P), _path(b"file:///etc/passwd")),
    ("absolute form, odd case", "not recognised as one", _path(b"HTTPS://evil.example.net" + P)),
    ("absolute form without slashes", "not recognised as one", _path(b"https:" + P)),
    ("authority form", "CONNECT's form", _path(b"evil.example.net:443")),
    ("target over the limit", "a decided length at most", _path((P + b"?").ljust(TARGET_MAX + 1, b"a")), _path(b"/repos/acme/site/contents/".ljust(TARGET_MAX + 1, b"a"))),
    ("very long target", "beyond the engine's own limits", _path(b"/user?" + b"a" * 20000), _path(b"/user?" + b"a" * 70000)),
    ("very many segments", "a matcher's limits", _path(b"/repos/acme/site/contents" + b"/a" * 1000 + b"/.."), _path(b"/user" + b"/a" * 1500)),
    ("very many dots", "a resolver's limits", _path(b"/repos/acme/site/contents/" + b"a/../" * 700)),
    ("a backtracking path", "a matcher's limits", _path(b"/repos/acme/site/contents/" + b"a%41" * 900)),
)  # fmt: skip

HOSTS = (
    ("another host", "plainly not granted", _host(b"Host: evil.example.net"), _host(b"Host: github.com")),
    ("no Host", "an absent buffer matches no negation", (H + b"\r\n", b"")),
    ("no field at all", "no header buffers either", (GET[GET.index(H):], b"\r\n")),
    ("empty Host", "an empty buffer", _host(b"Host:"), _host(b"Host: ")),
    ("two Hosts, the second another", "which of them counts?", _host(H + b"\r\nHost: evil.example.net")),
    ("two Hosts, the first another", "which of them counts?", _host(b"Host: evil.example.net\r\n" + H)),
    ("two equal Hosts", "malformed (RFC 9112, 3.2)", _host(H + b"\r\n" + H)),
    ("two Hosts in other case", "names are case-insensitive", _host(H + b"\r\nHOST: evil.example.net"), _host(H + b"\r\nhosT: evil.example.net")),
    ("Host as a list", "the first or the last", _host(H + b", evil.example.net"), _host(b"Host: evil.example.net, api.github.com")),
    ("Host with user information", "which part is the host?", _host(b"Host: api.github.com@evil.example.net"), _host(b"Host: evil.example.net@api.github.com")),
    ("Host with another port", "the declared port is 443", _host(H + b":8443"), _host(H + b":80")),
    ("Host with an odd port", "read as none by some", _host(H + b":"), _host(H + b":0443x"), _host(H + b":443:80")),
    ("Host with a trailing dot", "another name to the engine, the same to DNS", _host(H + b".")),
    ("subdomain of the host", "exact names only", _host(b"Host: evil.api.github.com")),
    ("host as a prefix", "a match without an anchor at its end", _host(H + b".evil.example.net")),
    ("host as a suffix", "a match without an anchor", _host(b"Host: evilapi.github.com")),
    ("dot is any character", "a literal that was not escaped", _host(b"Host: apixgithub.com")),
    ("blank in the Host", "cut at the blank by some", _host(H + b" evil.example.net"), _host(b"Host: evil.example.net api.github.com")),
    ("tab in the Host", "cut at the tab by some", _host(H + b"\tevil.example.net")),
    ("NUL in the Host", "C strings end there", _host(H + b"\0.evil.example.net"), _host(b"Host: evil.example.net\0api.github.com")),
    ("path in the Host", "cut at the slash by some", _host(b"Host: evil.example.net/api.github.com"), _host(H + b"/.evil.example.net")),
    ("query in the Host", "cut at the mark by some", _host(b"Host: evil.example.net?api.github.com"), _host(b"Host: evil.example.net#api.github.com")),
    ("backslash in the Host", "cut there by some", _host(b"Host: evil.example.net\\.api.github.com")),
    ("Host by address", "the server's own", _host(b"Host: 198.51.100.20"), _host(b"Host: [2001:db8::1]")),
    ("Host of the metadata service", "credentials", _host(b"Host: 169.254.169.254")),
    ("encoded Host", "decoded by some", _host(b"Host: evil%2eexample%2enet"), _host(b"Host: api%2egithub.com")),
    ("high octets in the Host", "an international name, or a look-alike", _host(b"Host: \xd0\xb0pi.github.com"), _host(b"Host: api.github.com\xff")),
    ("blank before the colon", "a field to some, none to others", _host(b"Host : evil.example.net"), _host(H + b"\r\nHost : evil.example.net")),
    ("tab before the colon", "the same", _host(H + b"\r\nHost\t: evil.example.net")),
    ("folded Host", "a fold that some join and some drop", _host(b"Host:\r\n evil.example.net"), _host(b"Host: api.github.com\r\n .evil.example.net")),
    ("folded field before the Host", "hides it in the value before", _host(b"X: a\r\n " + H + b"\r\nHost: evil.example.net")),
    ("Host in the first line's fold", "a fold with nothing before it", (b"HTTP/1.1\r\nHost: api.github.com", b"HTTP/1.1\r\n Host: api.github.com\r\nHost: evil.example.net")),
    ("line feed within a value", "a second Host to those who take it as a line end", _host(H + b"\nHost: evil.example.net"), _host(b"X: y\nHost: evil.example.net\r\n" + H)),
    ("carriage return within a value", "a second Host to few", _host(H + b"\rHost: evil.example.net")),
    ("NUL in a field name", "Host to those who drop it", _host(H + b"\r\nHo\0st: evil.example.net")),
    ("underscore in a field name", "CGI folds it", _host(b"H_ost: api.github.com")),
    ("Host behind many fields", "a limit on their number", _host(b"".join(b"X-%d: y\r\n" % i for i in range(300)) + b"Host: evil.example.net"), _host(b"".join(b"X-%d: y\r\n" % i for i in range(1200)) + b"Host: evil.example.net")),
    ("Host behind a long field", "a limit on their length", _host(b"X: " + b"a" * 9000 + b"\r\nHost: evil.example.net"), _host(b"X: " + b"a" * 40000 + b"\r\nHost: evil.example.net")),
    ("long Host", "longer than a name can be", _host(b"Host: " + b"a" * 300 + b".api.github.com")),
    ("Host in the trailing part", "behind the blank line", (H + b"\r\n", b"X: y\r\n")),
    ("line without a colon as Host", "no field", _host(b"Host api.github.com")),
    ("method override field", "the origin acts on another method", _host(H + b"\r\nX-HTTP-Method-Override: DELETE"), _host(H + b"\r\nX-Method-Override: DELETE"), _host(H + b"\r\nX-HTTP-Method: DELETE")),
    ("path override field", "the origin acts on another path", _host(H + b"\r\nX-Original-URL: /user"), _host(H + b"\r\nX-Rewrite-URL: /user")),
    ("host override field", "the origin acts on another host", _host(H + b"\r\nX-Forwarded-Host: evil.example.net"), _host(H + b"\r\nX-Host: evil.example.net"), _host(H + b'\r\nForwarded: host="evil.example.net"')),
)  # fmt: skip

FEED = b"GET /feed?format=atom HTTP/1.1\r\nHost: files.example.com\r\nAccept: */*\r\n\r\n"
Q = b"/feed?format=atom"
QUERIES = (
    ("another query", "the granted one is to the letter", (Q, b"/feed?format=rss"), (Q, b"/feed?FORMAT=atom")),
    ("query with more", "a match without an anchor at its end", (Q, Q + b"&x=1"), (Q, Q + b"?x")),
    ("query with something before", "a match without an anchor", (Q, b"/feed?x=1&format=atom")),
    ("query left out", "one was granted", (Q, b"/feed"), (Q, b"/feed?")),
    ("query twice", "the first or the last counts", (Q, Q + b"&format=rss")),
    ("query encoded", "two spellings of one query", (Q, b"/feed?form%61t=atom"), (Q, b"/feed%3fformat=atom")),
    ("control character in the query", "no reader agrees", (Q, Q + b"\x01")),
    ("encoded line feed behind the query", "$ matches before it", (Q, Q + b"%0a")),
    ("fragment behind the query", "never sent by a client", (Q, Q + b"#x")),
    ("path of one host at another", "the union over hosts is not their product", (b"files.example.com", HOST.encode())),
    ("query where none is granted", "`?-`", (Q, b"/exact?x=1"), (Q, b"/exact?")),
    ("encoded slash that no pattern spells", "one is granted elsewhere", (Q, b"/p/acme%2Fsite%2Fx"), (Q, b"/p/acme/site")),
    ("method of another path", "{method} x paths, not methods x paths", (b"GET /feed?format=atom", b"PUT /feed?format=atom"), (b"GET /feed?format=atom", b"GET /upload/x")),
)  # fmt: skip
QUERY_ON_GET = (
    ("raw octets in the query", "visible ASCII only", (P, P + b"?\xc3\xa9"), (P, P + b"?\xff")),
    ("blank in the query", "ends the target", (P, P + b"?a b")),
    ("number sign in the query", "a fragment", (P, P + b"?a#b")),
)


def long_lines() -> Iterator[Case]:
    """Where a line is longer than it reads, the parser of Suricata 7 gives up and says nothing of it."""
    granted = http1.raw(GET, "granted")
    for length, size in itertools.product((2_200, 20_000, 70_000), (100, 700, 1460)):
        line = dataclasses.replace(whole(edited(GET, (P, b"/user?" + b"a" * length))), pieces=(size,))
        start = dataclasses.replace(granted, pieces=(size,))
        for where, steps in (
            ("behind an answer", (granted, OK, line, OK)),
            ("ahead of an answer", (granted, line, OK, OK)),
            ("in the packet of another request", (start, dataclasses.replace(line, joined=True), OK, OK)),
        ):
            twin = talk(granted, OK, granted, OK)
            yield Case(
                "very long target, later", "a parser's limit", f"{where}, {length} in {size}", talk(*steps), twin
            )


def cases() -> Iterator[Case]:
    for table in (METHODS, SEPARATORS, VERSIONS, PATHS, HOSTS, QUERY_ON_GET):
        yield from on_request(GET, table)
    yield from on_request(FEED, QUERIES)
    granted = talk(http1.raw(POST, "granted"), OK)
    for mechanism, tries, edit in (
        ("GET where only POST is granted", "lists what may be created", (b"POST ", b"GET ")),
        ("host of one grant, path of another, with a body", "the product of grants", (HOST.encode(), OTHER.encode())),
    ):
        yield Case(mechanism, tries, "", talk(whole(edited(POST, edit)), OK), granted)
    yield from long_lines()
    tunnel = b"CONNECT evil.example.net:443 HTTP/1.1\r\nHost: api.github.com\r\n\r\n"
    yield Case("CONNECT", "a tunnel", "", talk(whole(tunnel), OK), talk(http1.raw(GET, "granted"), OK))
    asterisk = b"OPTIONS * HTTP/1.1\r\nHost: api.github.com\r\n\r\n"
    yield Case("OPTIONS asterisk", "a whole server", "", talk(whole(asterisk), OK), talk(http1.raw(GET, "granted"), OK))


__all__ = ["FORBIDDEN", "cases"]
