"""``ringfence completion``: what a shell reads to complete commands, options, agents, environments, capabilities."""

import click
from click.shell_completion import get_completion_class

from ringfence.cli import COMPLETE, group

_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS))
def command(shell: str) -> int:
    """Print what SHELL reads to complete Ringfence's command line.

    \b
    bash:  ringfence completion bash > ~/.local/share/bash-completion/completions/ringfence
    zsh:   ringfence completion zsh > a folder of $fpath, as _ringfence
    fish:  ringfence completion fish > ~/.config/fish/completions/ringfence.fish
    """
    found = get_completion_class(shell)
    if found is None:
        raise AssertionError("click knows each of these shells")
    click.echo(found(group, {}, "ringfence", COMPLETE).source())
    return 0
