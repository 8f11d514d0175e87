"""One environment's stack on the real Pulumi engine, in a world of its own."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from host import Host
from world.account import Operation, World
from world.provider import Server

ROOT = Path(__file__).parents[2]
HOW_TO_GET = "no Pulumi CLI: `make pulumi-cli` builds it, or put Pulumi's own on PATH"
PACK = ROOT / "policy" / ".venv" / ".complete"
HOW_TO_GET_THE_PACK = "the policy pack has no environment: `make policy-pack` makes it"
DAY = "2026-11-23"
ENVIRONMENTS = ("dev", "staging", "prod")
EACH_ENVIRONMENT = ("dev", *(pytest.param(name, marks=pytest.mark.slow) for name in ENVIRONMENTS[1:]))
"""For tests that deploy: one environment is enough for a change under way, CI asks all."""
IMPORTS = f"{ROOT / 'tests' / 'e2e'}:{ROOT / 'tests' / 'aws' / 'resources'}"
"""Where the provider's process finds its modules."""


def find_cli() -> Path | None:
    """The command line on PATH, else the one that `make pulumi-cli` built."""
    if found := shutil.which("pulumi"):
        return Path(found)
    cache = os.environ.get("RINGFENCE_CACHE") or f"{os.environ.get('XDG_CACHE_HOME', Path.home() / '.cache')}/ringfence"
    built = Path(cache) / "pulumi" / "bin" / "pulumi"
    return built if built.exists() else None


def copy_of_the_project(folder: Path) -> Path:
    """The example project where a test may change it, each stack's day pinned, with this environment as `.venv`."""
    folder.mkdir(exist_ok=True)
    for name in ("profiles", "infra", "policy"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".venv"))
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    for environment in ENVIRONMENTS:
        text = (ROOT / f"Pulumi.{environment}.yaml").read_text(encoding="utf-8")
        (folder / f"Pulumi.{environment}.yaml").write_text(f'{text}  ringfence:as_of: "{DAY}"\n', encoding="utf-8")
    for name in (".venv", "policy/.venv"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def new_world(path: Path, project: Path, environment: str) -> World:
    """An account as the environment's file describes it: empty, but for what the environment points at."""
    config = yaml.safe_load((project / f"Pulumi.{environment}.yaml").read_text(encoding="utf-8"))["config"]
    written = config["ringfence:environment"]
    given = [private["via"] for private in written.get("private", {}).values()]
    given += [profile.stem for profile in (project / "profiles" / "agents").glob("*.yaml")]  # the agents' roles
    given += ["librarian"]  # and that of the agent which tests add
    given += [written["ca_certificate_arn"]] if "ca_certificate_arn" in written else []
    region = config["aws:region"]
    return World.create(path, written["account"], region, [f"{region}{letter}" for letter in "abc"], given)


@dataclass(frozen=True)
class Ran:
    """How a command ended: its exit code, what it said, and what was done and tried in the world meanwhile."""

    code: int
    said: str
    operations: tuple[Operation, ...]

    @property
    def changes(self) -> list[str]:
        """What became of each resource, a line for each, sorted."""
        done: dict[tuple[str, str], list[str]] = {}
        for operation in self.operations:
            if operation.done and operation.kind in ("create", "update", "delete"):
                held = operation.held
                done.setdefault((held.type.rpartition(":")[2], held.name), []).append(operation.kind)
        words = {("create", "delete"): "replace", ("delete", "create"): "replace, deleted first"}
        return sorted(
            f"{words.get(tuple(kinds), ' then '.join(kinds))} {kind} {name}" for (kind, name), kinds in done.items()
        )


class Deployment:
    """A stack, its state and its world, under one folder.

    Commands run the program and the provider in this process, and the engine connects to both, as it does for the
    Automation API and for a provider under a debugger: what is the same each time is not started again. With ``cold``
    it starts both itself, as for a person at a shell. ``program`` is run instead of Ringfence's own, where it is set.
    """

    def __init__(
        self,
        folder: Path,
        project: Path,
        environment: str,
        world: World | None = None,
        program: Callable[[], None] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "state").mkdir(exist_ok=True)
        self.folder = folder
        self.project = project
        self.program = program
        self.environment = environment
        kept = folder / "world"
        self.world = world or (World(kept) if kept.exists() else new_world(kept, project, environment))
        cli = find_cli()
        assert cli is not None, HOW_TO_GET
        self._cli = cli
        self.variables = self._variables(cli)
        self._running: subprocess.Popen[str] | None = None

    def copy(self, folder: Path, project: Path) -> "Deployment":
        """The same stack as it is now, in a folder of its own and with another project to go on from."""
        folder.mkdir(parents=True)
        shutil.copytree(self.folder / "state", folder / "state")
        return Deployment(folder, project, self.environment, self.world.copy(folder / "world"))

    # Commands

    def init(self) -> None:
        """Make the stack."""
        assert self.pulumi("stack", "init", self.environment, alone=True).code == 0

    def preview(self, *arguments: str, cold: bool = False) -> Ran:
        """What an `up` would do; `state.read_state` reads what it said with ``--json``."""
        return self.pulumi("preview", *arguments, cold=cold)

    def up(self, *arguments: str, cold: bool = False, checkpoints: bool = False, parallel: int = 16) -> Ran:
        """Deploy, without asking. Unless ``checkpoints``, the state is written at the end only, which saves time."""
        return self.pulumi(
            "up", "--yes", "--skip-preview", "--suppress-outputs", *arguments,
            cold=cold, checkpoints=checkpoints, parallel=parallel,
        )  # fmt: skip

    def refresh(self, *arguments: str, checkpoints: bool = False) -> Ran:
        """Read what is there into the state."""
        return self.pulumi("refresh", "--yes", "--skip-preview", *arguments, checkpoints=checkpoints)

    def destroy(self, *arguments: str) -> Ran:
        """Delete everything, without asking."""
        return self.pulumi("destroy", "--yes", "--suppress-outputs", *arguments)

    def export(self) -> str:
        """The state, as `pulumi stack export` gives it."""
        return self.pulumi("stack", "export", "--stack", self.environment, alone=True).said

    def pulumi(
        self, *arguments: str, alone: bool = False, cold: bool = False, checkpoints: bool = False, parallel: int = 16
    ) -> Ran:
        """Run a command; ``alone`` is for one that needs neither program nor provider."""
        before = self.world.now
        command = [str(self._cli), *arguments]
        variables = dict(self.variables)
        if not checkpoints:
            variables |= {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
        if not alone:
            command += ["--stack", self.environment, "--non-interactive", "--color", "never"]
            command += ["--parallel", str(parallel)] if arguments[0] != "preview" else []
        with contextlib.nullcontext() if alone or cold else self._hosted(command, variables):
            with subprocess.Popen(
                command, cwd=self.project, env=variables, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            ) as self._running:
                said, _ = self._running.communicate(timeout=300)
            code = self._running.returncode
        return Ran(code, said, tuple(self.world.operations(before)))

    @contextlib.contextmanager
    def _hosted(self, command: list[str], variables: dict[str, str]) -> Iterator[None]:
        """The program and the provider as servers of this process, which the command is told of."""
        host = Host(self.project, self.program)
        provider = Server(self.world, die=lambda: provider.end(), kill=self.kill)
        if command[1] in ("up", "preview", "destroy", "refresh"):
            command += ["--client", f"127.0.0.1:{host.port}", "--exec-kind", "auto.inline"]
        variables["PULUMI_DEBUG_PROVIDERS"] = f"aws:{provider.port}"
        try:
            yield
        finally:
            provider.end().wait()
            host.end().wait()

    def kill(self) -> None:
        """End the command that runs, at once, as an out-of-memory killer would."""
        assert self._running is not None
        self._running.send_signal(signal.SIGKILL)

    def _variables(self, cli: Path) -> dict[str, str]:
        plugins = self.folder / "plugins"
        plugins.mkdir(exist_ok=True)
        provider = plugins / "pulumi-resource-aws"
        provider.write_text(f'#!/bin/sh\nexec "{ROOT / ".venv" / "bin" / "python"}" -m world\n', encoding="utf-8")
        provider.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PULUMI_", "AWS_", "MAKE"))}
        return {
            **kept,
            "PATH": f"{plugins}:{cli.parent}:{kept['PATH']}",
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "of stacks that hold no secret",
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
            "RINGFENCE_WORLD": str(self.world.path),
            "PYTHONPATH": IMPORTS,
        }


@dataclass(frozen=True)
class Base:
    """One example environment as it was deployed first: the stack, and what the commands said."""

    deployment: Deployment
    preview: str
    up: str
