"""HTTP/1 messages as TLS inspection presents them to the rules: plain, to the origin's own address and port."""

from ringfence.engine.flow import Message, Side

Header = tuple[str, str]


def request(
    method: str,
    target: str,
    host: str | None,
    *,
    headers: tuple[Header, ...] = (),
    body: bytes = b"",
    label: str = "",
    pieces: tuple[int, ...] = (),
    joined: bool = False,
    version: str = "HTTP/1.1",
) -> Message:
    """A request as a common client writes it; a host of None leaves the field out.

    It is decisive at the end of its head: an origin may act before the body is there.
    """
    fields: list[Header] = [] if host is None else [("Host", host)]
    fields += [("User-Agent", "curl/8.5.0"), ("Accept", "*/*"), *headers]
    if body and not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in headers):
        fields.append(("Content-Length", str(len(body))))
    head = f"{method} {target} {version}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n"
    return raw(head.encode("latin-1"), label or f"{method} {host}{target}", body=body, pieces=pieces, joined=joined)


def raw(head: bytes, label: str, *, body: bytes = b"", pieces: tuple[int, ...] = (), joined: bool = False) -> Message:
    """A request whose head is written octet by octet."""
    return Message(Side.CLIENT, head + body, label, pieces, len(head), joined)


def response(
    status: str = "200 OK", *, headers: tuple[Header, ...] = (), body: bytes = b"{}", label: str = ""
) -> Message:
    """The origin's answer."""
    fields: list[Header] = [*headers, ("Content-Length", str(len(body)))]
    head = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n"
    return Message(Side.SERVER, head.encode("latin-1") + body, label)


def switching(protocol: str) -> Message:
    """The answer that leaves HTTP for another protocol (RFC 9110, 7.8)."""
    head = f"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n"
    return Message(Side.SERVER, head.encode("latin-1"))
