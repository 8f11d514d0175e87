"""`ringfence quarantine --direct` as a person calls it, in moto's AWS: what it does, and writes into the profile."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from quarantined import AGENT, ROOT
from ringfence.cli import _run
from test_direct import _ACCOUNTS, ALLOWED, DENIED, Prod

PROFILE = Path("profiles") / "agents" / f"{AGENT}.yaml"
COMMAND = ("quarantine", AGENT, "--env", "prod", "--because", "wrote to a stranger", "--direct")


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    boto3.DEFAULT_SESSION = None
    yield
    boto3.DEFAULT_SESSION = None


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The example project, prod in an account of this test's own."""
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    for path in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(path, tmp_path)
    prod = tmp_path / "Pulumi.prod.yaml"
    prod.write_text(prod.read_text().replace("333333333333", str(next(_ACCOUNTS))))
    return tmp_path


def account_of(clone: Path) -> str:
    return (clone / "Pulumi.prod.yaml").read_text().partition('account: "')[2][:12]


def test_the_nacl_is_denied_then_the_role_and_the_profile_says_that_it_was_direct(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with mock_aws():
        prod = Prod(account_of(clone))
        prod.written()
        assert _run([*COMMAND, "--root", str(clone)]) == 0
        assert prod.written() == ["CreateNetworkAclEntry", "CreateNetworkAclEntry", "PutRolePolicy"]
        assert prod.entries(prod.acl) == ALLOWED | DENIED
    said = capsys.readouterr().out
    assert f"prod: {prod.acl} denies all egress, by entry 1" in said
    assert f"prod: the role {AGENT} is worth nothing" in said
    assert "pulumi up --stack prod" in said, "what is left for Pulumi is printed"
    written = (clone / PROFILE).read_text()
    assert '  environments: ["prod"]\n  direct: ["prod"]\n' in written


def test_doing_it_again_denies_nothing_twice(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with mock_aws():
        prod = Prod(account_of(clone))
        assert _run([*COMMAND, "--root", str(clone)]) == 0
        once = (clone / PROFILE).read_text()
        prod.written()
        assert _run([*COMMAND, "--root", str(clone)]) == 0
        assert prod.written() == ["PutRolePolicy"]
    assert (clone / PROFILE).read_text() == once
    assert "denies all ingress already" in capsys.readouterr().out


def test_another_account_is_refused_and_the_declared_state_stays(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with mock_aws():
        other = Prod(str(next(_ACCOUNTS)))
        other.written()
        assert _run([*COMMAND, "--root", str(clone)]) == 2
        assert other.written() == []
    assert "RF151" in capsys.readouterr().err
    written = (clone / PROFILE).read_text()
    assert 'because: "wrote to a stranger"' in written
    assert "direct:" not in written
