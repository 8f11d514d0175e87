"""A refresh that changes nothing: of a copy of the state, in a backend that is thrown away.

`pulumi refresh --preview-only` would say which inputs differ, and not what a resource lists of others (outputs), where
rules that somebody has added show. A copy can be refreshed for good and read whole.
"""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ringfence.policy.span import Span
from ringfence.project import MARKER
from ringfence.source.diagnostic import Diagnostic, InputError


@dataclass(frozen=True, slots=True)
class Exports:
    """A stack's export as it is, and that of its copy after a refresh."""

    before: str
    after: str


def refresh_copy(pulumi: str, root: Path, project: str, stack: str, region: str) -> Exports:
    """Export a stack, and refresh a copy of it; raises `InputError` where a command of Pulumi's fails.

    ``pulumi`` is the command line, ``root`` the project's folder and ``project`` its name. Nothing is written but a
    folder of its own, readable by nobody else and removed at the end: the provider asks AWS with the settings that the
    state holds of it, and neither the state nor AWS is changed.
    """
    before = _run(pulumi, root, {}, "stack", "export", "--stack", stack, "--show-secrets")
    with TemporaryDirectory(prefix="ringfence-drift-") as made:
        folder = Path(made)
        (folder / "state").mkdir()
        (folder / MARKER).write_text(f"name: {project}\nruntime: python\n", encoding="utf-8")
        (folder / f"Pulumi.{stack}.yaml").write_text(f"config:\n  aws:region: {region}\n", encoding="utf-8")
        (folder / "exported.json").write_text(before, encoding="utf-8")
        # The copy's secrets, if it has any, are kept with a passphrase that is worth nothing once it is gone.
        own = {"PULUMI_BACKEND_URL": f"file://{folder / 'state'}", "PULUMI_CONFIG_PASSPHRASE": "of a copy"}
        _run(pulumi, folder, own, "stack", "init", stack, "--non-interactive")
        _run(pulumi, folder, own, "stack", "import", "--stack", stack, "--file", "exported.json", "--non-interactive")
        _run(pulumi, folder, own, "refresh", "--stack", stack, "--yes", "--skip-preview", "--non-interactive")
        after = _run(pulumi, folder, own, "stack", "export", "--stack", stack, "--show-secrets")
    return Exports(before, after)


def _run(pulumi: str, folder: Path, own: Mapping[str, str], *words: str) -> str:
    ran = subprocess.run(  # noqa: S603 - Pulumi itself, and no shell
        [pulumi, *words], cwd=folder, env={**os.environ, **own}, stdin=subprocess.DEVNULL, capture_output=True,
        check=False, text=True, encoding="utf-8",
    )  # fmt: skip
    if ran.returncode:
        said = " ".join((ran.stderr.strip() or ran.stdout.strip()).split())
        message = f"`pulumi {' '.join(words)}` ended in {ran.returncode}: {said[-400:]}"
        raise InputError([Diagnostic(Span("pulumi"), "RF157", message, "mend what it says, and run this again")])
    return ran.stdout
