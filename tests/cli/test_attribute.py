"""`ringfence attribute`, as a user runs it, on the lines that both engines write under an environment's own rules."""

import datetime
import functools
import gzip
import ipaddress
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from commanding import DAY, ROOT, Ran, ringfence, write_project
from ringfence.aws.allocation_file import allocation_of
from ringfence.aws.enforcement.enforce import enforce
from ringfence.cli.attribute import LINE_MAX, SHOWN
from ringfence.engine import http1, samples, suricata
from ringfence.engine import tls as hello
from ringfence.engine.flow import Conversation, answers, says
from ringfence.engine.suricata import HOW_TO_GET, VERSIONS, find_engines
from ringfence.plan import plan_environment
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory

STRANGER = ipaddress.IPv4Address("10.99.0.4")


@functools.cache
def lines_of(environment: str, major: int) -> tuple[str, ...]:
    """What an engine writes of some traffic under the rules of an environment, one record a line."""
    engine = next((each for each in find_engines() if each.major == major), None)
    if engine is None:
        pytest.skip(f"no Suricata {major}: {HOW_TO_GET}")
    tree, findings = Directory(ROOT), Findings()
    plan = plan_environment(tree, environment, datetime.date.fromisoformat(DAY), findings)
    allocation = allocation_of(plan, tree, findings)
    firewall = enforce(plan, allocation).firewall
    assert firewall is not None
    rules = "".join(group.text for group in firewall.rules.groups)
    agent, other = (allocation.networks(name)[0][6] for name in ("pr-contributor", "reviewer"))
    first = http1.request("GET", "/repos/matplotlib/matplotlib/pulls", "api.github.com")
    gist = http1.request("POST", "/gists", "api.github.com")
    turned = "\u202e".encode().decode("latin-1")  # would turn the direction of the text around on a terminal
    secret = http1.request("GET", f"/next?{turned}", "evil.example.net")
    traffic = [
        Conversation("gist", (first, http1.response(), gist, http1.response()), client=agent),
        Conversation("host", (secret, http1.response()), client=agent),
        Conversation("name", (says(hello.client_hello("evil.example.net")), *hello.accepted()), client=other),
        Conversation("udp", (says(samples.quic_initial()),), client=other, protocol="udp"),
        Conversation("server first", (answers(samples.SSH_SERVER),), client=agent),
        Conversation("stranger", (says(hello.client_hello("github.com")),), client=STRANGER),
    ]
    written: list[str] = []
    original = suricata._events
    try:
        suricata._events = lambda path: written.extend(path.read_text().splitlines()) or original(path)
        engine.judge(rules, traffic)
    finally:
        suricata._events = original
    return tuple(written)


def enveloped(line: str) -> str:
    """A record as AWS delivers it."""
    return json.dumps(
        {
            "firewall_name": "prod", "availability_zone": "eu-central-1a", "event_timestamp": "1700000000",
            "event": json.loads(line),
        }
    )  # fmt: skip


def attribute(*arguments: str, env: str = "prod") -> Ran:
    return ringfence("attribute", "--root", str(ROOT), "--env", env, "--as-of", DAY, *arguments)


@pytest.mark.suricata
@pytest.mark.parametrize("major", VERSIONS)
def test_each_line_that_an_engine_writes_is_attributed(major: int, tmp_path: Path) -> None:
    lines = lines_of("prod", major)
    plain, packed = tmp_path / "eve.json", tmp_path / "from-aws.gz"
    plain.write_text("\n".join(lines) + "\n")
    packed.write_bytes(gzip.compress("\n".join(map(enveloped, lines)).encode()))
    done = attribute("--format", "json", str(plain), str(packed))
    assert done.code == 0, done.err
    told = [json.loads(line) for line in done.out.splitlines()]
    assert len(told) == 2 * len(lines)
    assert told[: len(lines)] == told[len(lines) :]  # the envelope and the compression change nothing
    schema = json.loads((ROOT / "docs/schemas/attribution.schema.json").read_text(encoding="utf-8"))
    for each in told:
        jsonschema.Draft7Validator(schema).validate(each)
    alerts = [each for each in told[: len(lines)] if each["kind"] == "alert"]
    assert {each["rule"] for each in alerts} == {"current"}
    assert {each["agent"] for each in told} == {"pr-contributor", "reviewer", None}
    gist = next(each for each in alerts if each["what"] == "POST api.github.com/gists")
    assert (gist["agent"], gist["owner"], gist["outcome"], gist["form"]) == (
        "pr-contributor", "docs-team", "refused", "http-request",
    )  # fmt: skip
    assert (gist["capabilities"], gist["tickets"]) == (["github.repository"], ["SEC-412"])
    assert gist["declared"] == ["profiles/agents/pr-contributor.yaml:17"]
    host = next(each for each in alerts if each["form"] == "http-host")
    assert (host["agent"], host["granted_there"], host["declared"]) == (
        "pr-contributor", False, ["profiles/agents/pr-contributor.yaml:5"],
    )  # fmt: skip
    first = next(each for each in alerts if each["form"] == "server-first-http")
    assert (first["agent"], first["peer"], first["granted_there"]) == ("pr-contributor", "198.51.100.20:443", None)
    assert {each["agent"] for each in alerts if each["form"] == "udp"} == {"reviewer"}
    strange = [each for each in alerts if each["address"] == str(STRANGER)]
    assert strange
    assert {(each["agent"], each["holder"]) for each in strange} == {(None, None)}


@pytest.mark.suricata
def test_the_text_says_who_what_why_and_where_and_counts() -> None:
    lines = [line for line in lines_of("prod", 8) if '"event_type":"alert"' in line]
    done = piped("\n".join(["", *lines, '{"event_type":"stats"}']).encode())
    assert done.returncode == 0
    out = done.stdout.decode().splitlines()
    assert len(out) == len(lines)
    gist = next(line for line in out if "POST api.github.com/gists" in line)
    assert (
        " · pr-contributor · docs-team · refused POST api.github.com/gists -> 198.51.100.20:443 · http-request " in gist
    )
    assert gist.endswith(" · github.repository · SEC-412 · profiles/agents/pr-contributor.yaml:17")
    assert any("· not declared · profiles/agents/pr-contributor.yaml:5" in line for line in out)
    assert any("no agent of prod (10.99.0.4)" in line for line in out)
    assert "\u202e" not in done.stdout.decode()
    said = done.stderr.decode()
    assert f"{len(lines)} events: " in said
    assert " of 2 agents, " in said
    assert said.endswith("1 records without an address\n")


@pytest.mark.suricata
def test_what_was_observed_is_said_so() -> None:
    """In staging the agent is only observed: what prod refuses passes there, and is logged."""
    done = ringfence(
        "attribute",
        "--root",
        str(ROOT),
        "--env",
        "staging",
        "--as-of",
        DAY,
        "--format",
        "json",
        str(written("staging")),
    )
    told = [json.loads(line) for line in done.out.splitlines()]
    gist = next(each for each in told if each["what"] == "POST api.github.com/gists")
    assert (gist["agent"], gist["outcome"], gist["rule"]) == ("pr-contributor", "observed", "current")


@functools.cache
def written(environment: str) -> Path:
    import tempfile

    path = Path(tempfile.mkdtemp()) / "eve.json"
    path.write_text("\n".join(lines_of(environment, 7)))
    return path


def piped(octets: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    program = "from ringfence.cli import main; main()"
    given = ["attribute", "--root", str(ROOT), "--env", "prod", "--as-of", DAY, *arguments]
    return subprocess.run([sys.executable, "-c", program, *given], input=octets, capture_output=True, check=False)


RECORD = '{"event_type":"netflow","src_ip":"10.48.1.134","dest_ip":"198.51.100.20","proto":"TCP"}'


def test_bad_lines_are_located_and_counted_and_the_rest_is_attributed() -> None:
    bad = [
        b"nonsense", b'{"src_ip": ', b"[1, 2]", b'"text"', b"\xff\xfe{", b"[" * 200_000, b'{"a":' * 100_000,
        b"x" * (LINE_MAX + 10), b"2026-11-23T10:00:00 {broken",
    ]  # fmt: skip
    good = RECORD.encode()
    done = piped(b"\n".join([good, *bad, b"2026-11-23T10:00:00+00:00 stream " + good]))
    said = done.stderr.decode()
    assert done.returncode == 1
    assert "Traceback" not in said
    assert len(done.stdout.splitlines()) == 2
    assert all(b"pr-contributor" in line for line in done.stdout.splitlines())
    assert "standard input:2:1: RF171 warning: is no JSON object\n    nonsense\n" in said
    assert f"standard input:9:1: RF171 warning: is longer than {LINE_MAX} octets\n" in said
    assert "standard input:10:21: RF171 warning: is no JSON object\n" in said
    assert said.endswith("2 events: 2 of 1 agent, 0 of no agent; 9 lines that could not be read\n")


def test_only_the_first_bad_lines_are_shown() -> None:
    done = piped(b"\n".join([b"nonsense"] * 1000))
    said = done.stderr.decode()
    assert said.count("RF171") == SHOWN
    assert "1000 lines that could not be read" in said


def test_a_compressed_file_that_ends_early_is_located_and_the_next_is_read(tmp_path: Path) -> None:
    cut, whole = tmp_path / "cut.gz", tmp_path / "whole.json"
    packed = gzip.compress("\n".join([RECORD] * 5000).encode(), compresslevel=0)
    cut.write_bytes(packed[: len(packed) // 2])
    whole.write_text(RECORD)
    done = attribute(str(cut), str(whole))
    assert done.code == 1
    assert f"{cut}:" in done.err
    assert "RF171 warning: cannot be read on: " in done.err
    assert len(done.out.splitlines()) > 1000


def test_files_that_cannot_be_opened_are_all_located_before_anything_is_read(tmp_path: Path) -> None:
    there = tmp_path / "there.json"
    there.write_text(RECORD)
    done = attribute(str(there), str(tmp_path / "missing"), str(tmp_path))
    assert (done.code, done.out) == (2, "")
    assert f"{tmp_path / 'missing'}:1:1: RF170 cannot be read: No such file or directory" in done.err
    assert f"{tmp_path}:1:1: RF170 cannot be read: Is a directory" in done.err
    assert done.err.endswith("2 errors\n")


def test_an_environment_without_a_written_allocation_attributes_nothing(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    (tmp_path / "log").write_text('{"src_ip":"10.40.0.4"}\n')
    done = ringfence("attribute", "--env", "dev", str(tmp_path / "log"), cwd=root)
    assert done.code == 0
    assert "no agent of dev (10.40.0.4)" in done.out


def test_a_log_of_many_lines_is_read_line_by_line(tmp_path: Path) -> None:
    """A reader that leaves ends the command, whatever is still to come."""
    path = tmp_path / "log"
    path.write_text((RECORD + "\n") * 20_000)
    command = f"{sys.executable} -c 'from ringfence.cli import main; main()' attribute --root {ROOT} --env prod {path}"
    shell = subprocess.run(["bash", "-o", "pipefail", "-c", f"{command} | head -1"], capture_output=True, check=False)
    assert (shell.returncode, shell.stderr.count(b"Traceback")) == (0, 0)
    assert b"pr-contributor" in shell.stdout
