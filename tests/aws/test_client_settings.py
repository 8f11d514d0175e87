"""The clients' settings, on real clients: a server on loopback sees what they trust and which protocol they take."""

import contextlib
import datetime
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from ringfence.aws.clients import CA_VARIABLES, NOTHING, POST_BUFFER, SETTINGS, clients_of, settings_of
from ringfence.aws.enforcement.firewall.head import STREAM_MAX

REQUESTS = "import requests, sys; requests.get(sys.argv[1])"
URLLIB = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1])"
BOTOCORE = (
    "import sys, botocore.session\n"
    "client = botocore.session.get_session().create_client(\n"
    "    'sts', region_name='eu-west-1', endpoint_url=sys.argv[1], aws_access_key_id='a', aws_secret_access_key='b')\n"
    "client.get_caller_identity()\n"
)
GO = (
    "package main\n"
    'import ("net/http"; "os")\n'
    "func main() { if _, err := http.Get(os.Args[1]); err != nil { panic(err) } }\n"
)
NODE = "fetch(process.argv[1]).then(answer => answer.text())"


@dataclass
class Server:
    """A server with a certificate of its own CA that offers both versions of HTTP; ``took`` is what clients took."""

    url: str
    bundle: Path
    took: list[str] = field(default_factory=list)


def issued(folder: Path) -> tuple[Path, Path, Path]:
    """A CA's certificate, and a server's certificate and key."""
    now = datetime.datetime.now(datetime.UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in ("inspection", "localhost")]
    built = [
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(names[0])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=name == names[0], path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key()), critical=False)
        for name, key in zip(names, keys, strict=True)
    ]
    built[0] = built[0].add_extension(
        x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True
    )
    built[1] = built[1].add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    paths = folder / "ca.pem", folder / "server.pem", folder / "server.key"
    for path, builder in zip(paths, built, strict=False):
        path.write_bytes(builder.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    paths[2].write_bytes(
        keys[1].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    bundle, certificate, key = issued(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2", "http/1.1"])
    listening = socket.create_server(("127.0.0.1", 0))
    made = Server(f"https://localhost:{listening.getsockname()[1]}/x", bundle)

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as talk:
                # TLS 1.3's client tells what it thinks of the certificate after the handshake, so read first.
                if talk.recv(65536):
                    made.took.append(talk.selected_alpn_protocol() or "http/1.1")
                    talk.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield made
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(10)


def program(name: str, folder: Path) -> list[str]:
    if name == "go":
        (folder / "main.go").write_text(GO)
        built = ["go", "build", "-o", str(folder / "get"), str(folder / "main.go")]
        subprocess.run(built, check=True, env={**os.environ, "GOFLAGS": "-mod=mod"})
        return [str(folder / "get")]
    return {
        "git": ["git", "ls-remote"],
        "curl": ["curl", "--silent", "--show-error"],
        "node": ["node", "-e", NODE],
        "requests": [sys.executable, "-c", REQUESTS],
        "urllib": [sys.executable, "-c", URLLIB],
        "botocore": [sys.executable, "-c", BOTOCORE],
    }[name]


READ_BY = {
    # Each client, the variable that it reads its CA from, and what it takes from a server that offers both versions.
    "git": ("GIT_SSL_CAINFO", "h2"),
    "curl": ("CURL_CA_BUNDLE", "h2"),
    "go": ("SSL_CERT_FILE", "h2"),
    "node": ("NODE_EXTRA_CA_CERTS", "http/1.1"),
    "requests": ("REQUESTS_CA_BUNDLE", "http/1.1"),
    "urllib": ("SSL_CERT_FILE", "http/1.1"),
    "botocore": ("AWS_CA_BUNDLE", "http/1.1"),
}
HERE = [name for name in READ_BY if name not in ("git", "curl", "go", "node") or shutil.which(name)]


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name == "go")) for name in HERE])
def test_a_client_trusts_the_ca_by_its_variable_and_stays_on_http1_by_its_settings(
    name: str, server: Server, tmp_path: Path
) -> None:
    command = [*program(name, tmp_path), server.url]
    plain = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    variable, by_itself = READ_BY[name]
    clients = clients_of("refuse")
    assert variable in clients.ca_variables

    def run(**variables: str) -> list[str]:
        server.took.clear()
        subprocess.run(command, check=False, capture_output=True, timeout=60, env={**plain, **variables})
        return list(dict.fromkeys(server.took))

    assert run() == []  # the certificate is nobody's that is known
    trusting = {variable: str(server.bundle)}
    assert run(**trusting) == [by_itself]
    if name == "curl":
        (tmp_path / ".curlrc").write_text("\n".join(clients.configuration["curl"]))
    assert run(**trusting, **clients.environment) == ["http/1.1"]


def test_gits_settings_are_taken_from_its_configuration_too(server: Server, tmp_path: Path) -> None:
    lines = [word for line in clients_of("refuse").configuration["git"] for word in ("-c", line)]
    plain = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_SSL_CAINFO": str(server.bundle)}
    subprocess.run(["git", *lines, "ls-remote", server.url], check=False, capture_output=True, timeout=60, env=plain)
    assert set(server.took) == {"http/1.1"}
    shown = subprocess.run(
        ["git", "config", "--get", "http.postBuffer"],
        check=True, capture_output=True, text=True, env={**plain, **clients_of("judge").environment},
    )  # fmt: skip
    assert shown.stdout == f"{POST_BUFFER}\n"


def test_where_http2_is_judged_no_client_is_kept_from_it() -> None:
    judged = clients_of("judge")
    assert judged.ca_variables == clients_of("refuse").ca_variables
    assert judged.environment == {
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.postBuffer", "GIT_CONFIG_VALUE_0": str(POST_BUFFER),
    }  # fmt: skip
    assert judged.configuration == {"git": (f"http.postBuffer={POST_BUFFER}",)}
    assert settings_of("refuse") == SETTINGS
    assert (NOTHING.ca_variables, dict(NOTHING.environment), dict(NOTHING.configuration)) == ((), {}, {})


def test_a_push_that_git_sends_whole_fits_into_a_connection() -> None:
    assert POST_BUFFER + 65536 < STREAM_MAX


def test_every_setting_has_a_page() -> None:
    assert all(each.source.startswith("https://") for each in (*CA_VARIABLES, *SETTINGS))
    assert all(setting.variable or setting.line for setting in SETTINGS)
