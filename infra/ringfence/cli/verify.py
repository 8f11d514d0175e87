"""``ringfence verify``: whether what is deployed, or would be, allows what was declared, no more and no less."""

import datetime
import json
from collections import Counter
from pathlib import Path

import click

from ringfence.cli.edge import as_of_option, env_option, on_tree, strict_option
from ringfence.plan import plan_environment
from ringfence.policy.span import Span
from ringfence.profile.fleet import read_environments
from ringfence.project import pinned_day, today
from ringfence.source.diagnostic import Diagnostic, Findings, InputError, visible
from ringfence.source.tree import Tree
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.graph import GraphError, ResourceGraph
from ringfence.verify.proof import NOT_COVERED, Proof, Settings, prove
from ringfence.verify.state import read_state

FORMAT_VERSION = 1
SHOWN = 20
"""How many findings of one agent the text shows; the rest is counted, and in the JSON."""

_MARKS = {Kind.MORE: "+", Kind.LESS: "-", Kind.NOT_PROVED: "?", Kind.INCONSISTENT: "~"}


@click.command()
@env_option
@click.option("--stack-export", metavar="FILE", type=click.Path(path_type=Path), help="From `pulumi stack export`.")
@click.option("--preview", metavar="FILE", type=click.Path(path_type=Path), help="From `pulumi preview --json`.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How it is written.")
@as_of_option
@strict_option
@on_tree
def command(
    tree: Tree,
    env: str,
    stack_export: Path | None,
    preview: Path | None,
    form: str,
    as_of: datetime.date | None,
    strict: bool,
) -> int:
    """Prove that an environment's resources let through exactly what its profiles declare.

    Reads a stack's export or a preview; with neither, what the program itself would register. Ends in 1 with
    counterexamples.
    """
    if stack_export and preview:
        raise click.UsageError("--stack-export and --preview are two answers to one question: give one")
    findings = Findings()
    written = read_environments(tree, Findings()).get(env)
    day = today(as_of, pinned_day(written.document) if written else None)
    plan = plan_environment(tree, env, day, findings, strict=strict)
    path = stack_export or preview
    graph = _read(path) if path else _registered(tree, env, day)
    environment = plan.environment.environment
    settings = Settings(environment.inspection, environment.http2, plan.environment.region, environment.account)
    proof = prove(graph, plan.effective, settings)
    source = str(path) if path else "the program"
    if form == "json":
        click.echo(_json(proof, env, source, day))
    else:
        _text(proof, env, source, day, len(plan.effective.residuals))
    return 0 if proof.proved else 1


def _read(path: Path) -> ResourceGraph:
    try:
        return read_state(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, GraphError) as error:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        mend = "give what `pulumi stack export` or `pulumi preview --json` wrote"
        raise InputError([Diagnostic(Span(str(path)), "RF120", f"cannot be read: {reason}", mend)]) from error


def _registered(tree: Tree, env: str, day: datetime.date) -> ResourceGraph:
    """What the Pulumi program registers, run in-process; needs the extra `deploy`."""
    try:
        from ringfence.aws.resources.graph import registered_graph
    except ImportError as error:
        message = f"the program cannot be run here: {error}"
        mend = "install the extra `deploy`, or give --stack-export or --preview"
        raise InputError([Diagnostic(Span("infra/__main__.py"), "RF121", message, mend)]) from error
    return registered_graph(tree, env, day)


def _text(proof: Proof, env: str, source: str, day: datetime.date, residuals: int) -> None:
    of_nobody = [finding for finding in proof.findings if not finding.agent]
    click.echo(f"{env} · {len(proof.agents)} agents · read from {visible(source)} · as of {day}")
    for agent in proof.agents:
        click.echo(f"{agent}: {proof.verdict(agent)}")
        _list([finding for finding in proof.findings if finding.agent == agent])
    if of_nobody:
        click.echo("environment")
        _list(of_nobody)
    click.echo(f"{residuals} residuals are part of the effective policy: `ringfence review --env {env}` lists them")
    click.echo("not part of this proof: " + "; ".join(NOT_COVERED))


def _list(findings: list[Finding]) -> None:
    for finding in findings[:SHOWN]:
        where = f" · {finding.resource.rpartition('::')[2]}" if finding.resource else ""
        lines = f" · {', '.join(map(str, finding.declared))}" if finding.declared else ""
        click.echo(visible(f"  {_MARKS[finding.kind]} {finding.traffic}"))
        click.echo(visible(f"      {finding.layer}: {finding.rule}{where}{lines}"))
    if len(findings) > SHOWN:
        left = Counter(finding.kind for finding in findings[SHOWN:])
        click.echo("  and " + ", ".join(f"{count} {kind}" for kind, count in sorted(left.items())))


def _json(proof: Proof, env: str, source: str, day: datetime.date) -> str:
    written = {
        "format_version": FORMAT_VERSION,
        "environment": env,
        "source": source,
        "as_of": str(day),
        "proved": proof.proved,
        "agents": {agent: str(proof.verdict(agent)) for agent in proof.agents},
        "findings": [
            {
                "kind": str(finding.kind),
                "agent": finding.agent or None,
                "layer": finding.layer,
                "traffic": finding.traffic,
                "rule": finding.rule,
                "resource": finding.resource or None,
                "declared": [str(span) for span in finding.declared],
            }
            for finding in proof.findings
        ],
        "not_covered": list(NOT_COVERED),
    }
    return json.dumps(written, indent=2, ensure_ascii=False)
