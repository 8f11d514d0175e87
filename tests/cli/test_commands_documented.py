"""`docs/cli.md` knows every command, every layer and every exit code."""

import re
from pathlib import Path

from ringfence.aws.enforcement.layers import LAYERS
from ringfence.cli import _COMMANDS, group
from ringfence.policy.effective import RESIDUALS

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")


def test_every_command_has_its_row() -> None:
    assert set(re.findall(r"^\| `([a-z-]+)[ `]", PAGE, re.MULTILINE)) - set(LAYERS) == set(_COMMANDS)


def test_every_option_of_the_table_exists() -> None:
    for row in re.findall(r"^\| `([a-z-]+) ?([^`]*)` \|", PAGE, re.MULTILINE):
        name, usage = row
        if name not in _COMMANDS:
            continue
        command = group.get_command(group.make_context("ringfence", [name, "--help"], resilient_parsing=True), name)
        assert command is not None
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", usage)) <= known


def test_every_layer_and_kind_of_residual_is_explained() -> None:
    for layer in LAYERS:
        assert f"`{layer}`" in PAGE
    assert {code[1] for code in RESIDUALS} == set(re.findall(r"`R(\d)xx`", PAGE))


def test_the_summary_of_a_command_is_its_help() -> None:
    context = group.make_context("ringfence", ["check", "--help"], resilient_parsing=True)
    for name in _COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        assert command.help
