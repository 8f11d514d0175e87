"""The command line: thin commands, each imported when it is used, so that ``--help`` waits for nothing."""

import contextlib
import importlib
import io
import os
import sys

import click

from ringfence import __version__

_COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("ringfence.cli.init", "Write a first profile of an agent, by few questions."),
    "check": ("ringfence.cli.check", "Check every profile, in every environment."),
    "review": ("ringfence.cli.review", "Show what each agent may reach, through which layers, and why."),
    "diff": ("ringfence.cli.diff", "Show what a change opens and closes, and through which line."),
    "rules": ("ringfence.cli.rules", "Write the generated rules, lists and policies as files."),
    "expiring": ("ringfence.cli.expiring", "List the approvals and accepted risks that end soon."),
    "catalogue": ("ringfence.cli.catalogue", "List the capabilities, or explain one."),
    "allocate": ("ringfence.cli.allocate", "Give each agent of an environment its addresses."),
    "verify": ("ringfence.cli.verify", "Prove that the resources allow what is declared, no more and no less."),
    "drift": ("ringfence.cli.drift", "Show what somebody changed by hand, in terms of access."),
    "explain": ("ringfence.cli.explain", "Explain one target of an agent through every layer."),
    "quarantine": ("ringfence.cli.quarantine", "Cut an agent off, or end that."),
    "flush": ("ringfence.cli.flush", "End the connections that agents opened under older rules."),
    "open": ("ringfence.cli.open", "Open one target to an agent in an emergency, with an end."),
    "deploy-policy": ("ringfence.cli.deploy_policy", "Print the least IAM policies that a deployment needs."),
    "attribute": ("ringfence.cli.attribute", "Name the agent of each line of a firewall's log."),
    "replay": ("ringfence.cli.replay", "Replay an attack path on the real engines: what stops each step."),
    "completion": ("ringfence.cli.completion", "Print what a shell reads to complete the command line."),
    "schema": ("ringfence.cli.schema", "Print or write the JSON Schemas that editors use."),
}
"""Every command: the module whose ``command`` it is, and its line in ``--help``."""

INPUT = 2
"""Exit code: the input cannot be compiled, the command was called wrongly, or Ringfence failed itself."""
FINDINGS = 1
"""Exit code: the input compiles, and something in it must not stay."""

COMPLETE = "_RINGFENCE_COMPLETE"
"""The variable by which a shell's completion asks what could follow."""


class _Lazy(click.Group):
    """A group that imports a command's module when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which they are used."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, imported now; None where there is none."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in ``--help``, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest name where there is no such command."""
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from ringfence.source.diagnostic import did_you_mean, visible

            ctx.fail(f"there is no command `{visible(args[0])}`; {did_you_mean(args[0], _COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, message="%(prog)s %(version)s")
def group() -> None:
    """Capability profiles for AI agents, compiled into the AWS network that allows what they declare.

    Exit codes: 0 done; 1 findings; 2 input that cannot be compiled.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its code; no input ends in a traceback."""
    sys.exit(_code(arguments))


def program() -> None:
    """Run the command of this process and end it at once: to take apart what a large fleet is made of takes time."""
    code = _code(None)
    with contextlib.suppress(OSError):  # whoever read us may have left
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _code(arguments: list[str] | None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a terminal that cannot show a character gets its number, not an error
            stream.reconfigure(errors="backslashreplace")
    return _run(arguments)


def _run(arguments: list[str] | None) -> int:
    try:
        result = _invoke(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except click.exceptions.Exit as ended:  # --help, --version
        return ended.exit_code
    except click.ClickException as error:
        error.show()
        return INPUT
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # whoever read us has seen enough; the interpreter must not complain when it closes the stream
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _explain(error)
    return result if isinstance(result, int) else 0


def _invoke(arguments: list[str]) -> object:
    """As `click.Group.main`, which would answer a reader that left with exit code 1."""
    if COMPLETE in os.environ:  # a shell asks what could follow
        return group.main(arguments, prog_name="ringfence", standalone_mode=False)
    with group.make_context("ringfence", list(arguments)) as context:
        return group.invoke(context)


def _explain(error: Exception) -> int:
    from ringfence.source.diagnostic import InputError, visible

    if isinstance(error, InputError):
        from ringfence.cli.edge import print_diagnostics

        print_diagnostics(error.diagnostics)
        return INPUT
    if os.environ.get("RINGFENCE_DEBUG"):
        raise error
    reason = visible(f"{type(error).__name__}: {error}")
    click.echo(f"ringfence: internal error: {reason}\n  RINGFENCE_DEBUG=1 shows where; please report it", err=True)
    return INPUT
