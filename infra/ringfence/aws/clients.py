"""What an agent's clients must be told where its TLS is decrypted, each with the page that describes it.

Two things: which CA to trust beside the public ones, and to stay with what the firewall's rules let through. That is
HTTP/1.1, unless the environment judges HTTP/2 (``http2: judge``), and bodies that announce their length. Clients that
do so by themselves need no setting: Python's urllib and requests, boto3, Node.js.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaVariable:
    """An environment variable that names a file of CAs in PEM.

    With ``adds`` the clients read that file beside the list that they have; the others read nothing else.
    """

    name: str
    read_by: str
    adds: bool
    source: str


CA_VARIABLES: tuple[CaVariable, ...] = (
    CaVariable(
        "SSL_CERT_FILE", "OpenSSL, and with it Python's own ssl; Go", False,
        "https://docs.openssl.org/master/man3/X509_get_default_cert_file/",
    ),
    CaVariable(
        "REQUESTS_CA_BUNDLE", "Python's requests, pip", False,
        "https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification",
    ),
    CaVariable(
        "NODE_EXTRA_CA_CERTS", "Node.js", True, "https://nodejs.org/api/cli.html#node_extra_ca_certsfile"
    ),
    CaVariable(
        "AWS_CA_BUNDLE", "AWS's SDKs and command line", False,
        "https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html",
    ),
    CaVariable("CURL_CA_BUNDLE", "curl", False, "https://curl.se/docs/manpage.html"),
    CaVariable("GIT_SSL_CAINFO", "git", False, "https://git-scm.com/docs/git-config"),
)  # fmt: skip
"""The variables that clients read for a CA of one's own. git has libcurl's transport and not curl's variable."""

POST_BUFFER = 900_000
"""Octets up to which git sends a body whole: with its head it stays below what a connection may carry
(`ringfence.aws.enforcement.firewall.head.STREAM_MAX`)."""


@dataclass(frozen=True, slots=True)
class ClientSetting:
    """One setting: a ``variable`` of the environment, or a ``line`` of the client's configuration, or both ways.

    ``http1`` says that it is about HTTP/1.1, and so not needed where HTTP/2 is judged.
    """

    client: str
    variable: tuple[str, str] | None
    line: str | None
    why: str
    http1: bool
    source: str


_HTTP1 = "keeps it on HTTP/1.1"
SETTINGS: tuple[ClientSetting, ...] = (
    ClientSetting("go", ("GODEBUG", "http2client=0"), None, _HTTP1, True, "https://pkg.go.dev/net/http#hdr-HTTP_2"),
    ClientSetting("git", None, "http.version=HTTP/1.1", _HTTP1, True, "https://git-scm.com/docs/git-config"),
    ClientSetting(
        "git", None, f"http.postBuffer={POST_BUFFER}",
        "sends a push of up to so many octets with its length; a longer one is refused in chunks or as too long", False,
        "https://git-scm.com/docs/git-config",
    ),
    ClientSetting("curl", None, "http1.1", _HTTP1, True, "https://curl.se/docs/manpage.html"),
)  # fmt: skip
"""The settings beside the CA. curl reads none from the environment: its line is one of ``.curlrc``, or the option
``--http1.1``. Go's `http2client` is of the standard library's client, for programs that bring no other."""


@dataclass(frozen=True, slots=True)
class Clients:
    """All of it, ready to be used: names of variables for the CA's file, variables as they are, lines by client.

    git's settings are in both: it takes its configuration from the environment as well
    (https://git-scm.com/docs/git-config, GIT_CONFIG_COUNT).
    """

    ca_variables: tuple[str, ...]
    environment: Mapping[str, str]
    configuration: Mapping[str, tuple[str, ...]]


NOTHING = Clients((), {}, {})
"""What clients of an agent need to be told whose TLS nobody decrypts."""


def clients_of(http2: str) -> Clients:
    """The settings for agents whose TLS is decrypted, with ``http2`` "refuse" or "judge"."""
    needed = settings_of(http2)
    configuration: dict[str, tuple[str, ...]] = {}
    for setting in needed:
        if setting.line:
            configuration[setting.client] = (*configuration.get(setting.client, ()), setting.line)
    environment = dict(setting.variable for setting in needed if setting.variable)
    environment |= _git_environment(configuration["git"])
    return Clients(tuple(variable.name for variable in CA_VARIABLES), environment, configuration)


def settings_of(http2: str) -> tuple[ClientSetting, ...]:
    """The settings beside the CA that ``http2`` "refuse" or "judge" leaves necessary."""
    return tuple(setting for setting in SETTINGS if http2 == "refuse" or not setting.http1)


def _git_environment(lines: Iterable[str]) -> dict[str, str]:
    pairs = [line.split("=", 1) for line in lines]
    found = {"GIT_CONFIG_COUNT": str(len(pairs))}
    for index, (key, value) in enumerate(pairs):
        found |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return found
