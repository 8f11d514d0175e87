"""Imports go only downward, and Pulumi stays where it belongs: read from the source, and seen in a running command."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from heavy_imports import run_and_list

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "infra" / "ringfence"

LAYERS = (
    ("policy",),
    # Languages are read by the proof, by reviews and by the ceiling; none of them writes a rule.
    ("verify.interval",),
    ("verify.language",),
    ("verify.granted",),
    ("source",),
    ("catalogue",),
    ("profile",),
    ("plan", "project"),
    ("aws",),
    ("verify", "engine"),
    ("review", "aws.resources", "aws.live", "guard"),
    ("operate",),
    ("cli",),
    ("__main__",),
)
"""From the lowest up; a layer may import itself and what is lower, and of those beside it nothing."""


def module_of(path: Path) -> str:
    if path.is_relative_to(PACKAGE):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        return ".".join(part for part in parts if part != "__init__")
    return path.stem


def layer_of(module: str) -> str | None:
    """The layer's name: the longest that the module starts with; None for the package itself."""
    names = [name for layer in LAYERS for name in layer if module == name or module.startswith(f"{name}.")]
    return max(names, key=len, default=None)


def sources() -> list[Path]:
    return sorted([*PACKAGE.rglob("*.py"), ROOT / "infra" / "__main__.py"])


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a file imports anywhere in it, lazily or for types only too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            assert node.module is not None
            yield node.module
            # `from ringfence.aws import resources` names a module too
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rank(layer: str) -> int:
    return next(number for number, names in enumerate(LAYERS) if layer in names)


def outside(path: Path, *packages: str) -> set[str]:
    return {name for name in imports_of(path) if name.split(".")[0] in packages}


def test_every_module_is_in_a_layer() -> None:
    assert [str(path) for path in sources() if layer_of(module_of(path)) is None and module_of(path)] == []


def test_imports_go_only_downward() -> None:
    wrong = []
    for path in sources():
        own = layer_of(module_of(path))
        if own is None:
            continue
        for name in imports_of(path):
            other = layer_of(name.removeprefix("ringfence.")) if name.startswith("ringfence.") else None
            if other is not None and other != own and rank(other) >= rank(own):
                wrong.append(f"{module_of(path)} imports {name}")
    assert wrong == []


def test_only_the_resources_and_the_program_import_pulumi() -> None:
    importing = {module_of(path) for path in sources() if outside(path, "pulumi", "pulumi_aws")}
    assert importing
    assert {layer_of(module) for module in importing} <= {"aws.resources", "__main__"}


def test_only_what_asks_aws_imports_boto3() -> None:
    importing = {module_of(path) for path in sources() if outside(path, "boto3", "botocore")}
    assert importing == {"aws.live.api", "operate.account"}


def test_a_command_imports_what_asks_aws_only_where_it_asks() -> None:
    for path in sorted((PACKAGE / "cli").rglob("*.py")):
        top = ast.Module(ast.parse(path.read_text(encoding="utf-8")).body, [])
        first = {node.module for node in top.body if isinstance(node, ast.ImportFrom)}
        assert not {name for name in first if name and name.startswith("ringfence.aws.live")}, path


def test_the_verifier_shares_nothing_with_what_writes_the_rules() -> None:
    for path in sorted((PACKAGE / "verify").rglob("*.py")):
        assert outside(path, "pulumi", "pulumi_aws", "boto3", "botocore") == set(), path
        assert [name for name in imports_of(path) if name.startswith("ringfence.aws")] == [], path


def test_the_policy_knows_nothing_but_itself_and_the_standard_library() -> None:
    for path in sorted((PACKAGE / "policy").rglob("*.py")):
        for name in imports_of(path):
            top = name.split(".")[0]
            assert name.startswith("ringfence.policy.") or top in sys.stdlib_module_names or top == "idna", (path, name)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["check", "--help"],
        ["check", "--root", "TREE"],
        ["verify", "--help"],
        ["verify", "--root", "TREE", "--env", "dev", "--print-policy"],
    ],
)
def test_checking_imports_neither_pulumi_nor_boto3(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "profiles" / "agents").mkdir(parents=True)
    (tmp_path / "Pulumi.yaml").write_text("name: ringfence\n", encoding="utf-8")
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "config:\n"
        "  aws:region: eu-west-1\n"
        "  ringfence:environment:\n"
        '    account: "111111111111"\n'
        "    cidrs: [10.40.0.0/16]\n"
        "    zones: [eu-west-1a]\n",
        encoding="utf-8",
    )
    (tmp_path / "profiles" / "agents" / "reader.yaml").write_text(
        "agent: reader\n"
        "owner: docs-team\n"
        "purpose: reads one site\n"
        'workload: {platform: lambda, role: "arn:aws:iam::${account}:role/reader"}\n'
        "environments: [dev]\n"
        "needs:\n"
        "  - https: {host: example.com, methods: [GET]}\n",
        encoding="utf-8",
    )
    ran = run_and_list(*(str(tmp_path) if word == "TREE" else word for word in arguments))
    assert ran.stdout.splitlines()[-2:] == ["status 0", "heavy []"], ran.stdout + ran.stderr
