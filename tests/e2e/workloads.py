"""The example workloads' stacks, beside an environment's own: same state, same world, a project each."""

import shutil
import subprocess

import yaml
from deployment import ROOT, Deployment, find_cli


class WorkloadStack:
    """An example as a person deploys it, the program and the provider started by the command line itself."""

    def __init__(self, deployment: Deployment, example: str) -> None:
        self.deployment = deployment
        self.folder = deployment.project / "examples" / example
        shutil.copytree(ROOT / "examples" / example, self.folder, ignore=shutil.ignore_patterns("__pycache__"))
        written = yaml.safe_load((deployment.project / f"Pulumi.{deployment.environment}.yaml").read_text())
        self.run("stack", "init", deployment.environment)
        settings = {
            "aws:region": written["config"]["aws:region"],
            "environment": f"organization/ringfence/{deployment.environment}",
            "image": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/agent:1",
        }
        self.run("config", "set-all", *(f"--plaintext={name}={value}" for name, value in settings.items()))

    def run(self, *arguments: str, fails: bool = False) -> str:
        """Run a command in the example's folder, which succeeds unless it ``fails``; what it wrote to its output."""
        done = subprocess.run(
            [str(find_cli()), *arguments], cwd=self.folder, env=self.deployment.variables,
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout

    def preview(self) -> str:
        """What an `up` would do; without ``--show-sames`` what does not change would be missing."""
        return self.run("preview", "--show-sames", "--json")

    def up(self) -> str:
        """Deploy; the stack's export afterwards."""
        self.run("up", "--yes", "--skip-preview", "--non-interactive")
        return self.run("stack", "export")

    def rewrite(self, before: str, after: str) -> None:
        """Change one place of the program."""
        path = self.folder / "__main__.py"
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, before
        path.write_text(text.replace(before, after), encoding="utf-8")
