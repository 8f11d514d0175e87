"""What the pack's policies do: the engine's view of resources made a graph, and the graph held to the profiles."""

import functools
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
from pulumi_policy import PolicyResource, ResourceValidationArgs, StackValidationArgs
from pulumi_policy.policy import ReportViolation
from pulumi_policy.proxy import UnknownValueError
from ringfence.guard.stack import Violation, beside, misplaced, violations
from ringfence.operate.pulumi_steps import project_name
from ringfence.project import day_of, line_at
from ringfence.source.diagnostic import InputError, Severity, render
from ringfence.source.tree import Directory
from ringfence.verify.graph import UNKNOWN, GraphError, Resource, ResourceGraph, Value
from ringfence.verify.state import read_state


class Declared:
    """Holds a stack to the profiles of the clone that the pack stands in."""

    def __init__(self, root: Path) -> None:
        self._tree = Directory(root)
        self._project = project_name(self._tree)
        self._inputs: dict[str, Mapping[str, Value]] = {}

    def resource(self, args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        """Refuse a resource, before it is made, that opens a way and is none of Ringfence's own.

        What the program asks for is kept: at the end the engine shows only what became of it.
        """
        self._inputs[args.urn] = plain(args.props)
        for way in beside(args.urn, args.resource_type, self._inputs[args.urn], self._project):
            report_violation(f"{args.name} opens {way}, and no profile declares it", args.urn)

    def validate(self, args: StackValidationArgs, report_violation: ReportViolation) -> None:
        """Report every difference between the resources and the profiles, with its counterexample."""
        if pulumi.get_project() != self._project:
            args.not_applicable("a stack of another project: what it may hold is said by no profile")
        environment = pulumi.get_stack()
        graph = self._graph(args)
        self._report(
            lambda: violations(graph, self._tree, environment, day_of(self._tree, environment)), report_violation
        )

    def placement(self, args: StackValidationArgs, report_violation: ReportViolation) -> None:
        """Report agents that a workload's stack places elsewhere than in their segments.

        The stack's configuration names, as ``environment``, the stack of Ringfence's that holds them, as the examples
        do.
        """
        named = pulumi.Config().get("environment")
        if named is None or pulumi.get_project() == self._project:
            args.not_applicable("its configuration names no stack of Ringfence's as `environment`")
        environment = named.rpartition("/")[2]
        try:
            deployed = read_state(exported(named, self._tree.root))
        except (subprocess.CalledProcessError, GraphError) as error:
            said = error.stderr if isinstance(error, subprocess.CalledProcessError) else error
            report_violation(f"the stack {named} cannot be read: {said}", None)
            return
        graph = self._graph(args)
        self._report(
            lambda: misplaced(graph, deployed, self._tree, environment, day_of(self._tree, environment)),
            report_violation,
        )

    def _report(self, found: Callable[[], Iterable[Violation]], report_violation: ReportViolation) -> None:
        """Report what is found; profiles that do not compile are found too."""
        try:
            for violation in found():
                report_violation(violation.message, violation.urn or None)
        except InputError as error:
            shown = functools.partial(line_at, self._tree)
            for diagnostic in error.diagnostics:
                if diagnostic.severity is Severity.ERROR:
                    report_violation(render(diagnostic, shown), None)

    def _graph(self, args: StackValidationArgs) -> ResourceGraph:
        resources = tuple(map(self._resource, args.resources))
        return ResourceGraph(pulumi.get_project(), pulumi.get_stack(), resources)

    def _resource(self, seen: PolicyResource) -> Resource:
        outputs = plain(seen.props)
        identity = outputs.get("id")
        return Resource(
            urn=seen.urn,
            type=seen.resource_type,
            name=seen.name,
            # One that a deployment leaves aside (`--target`) was not asked for: then what it is counts.
            inputs=self._inputs.get(seen.urn, outputs),
            outputs=outputs,
            id=identity if isinstance(identity, str) and identity not in ("", UNKNOWN) else None,
            custom=seen.provider is not None,
            parent=seen.parent.urn if seen.parent else None,
            dependencies=tuple(sorted(other.urn for other in seen.dependencies)),
            property_dependencies={
                name: tuple(sorted(other.urn for other in others))
                for name, others in seen.property_dependencies.items()
                if others
            },
            protect=bool(seen.opts.protect),
        )


def exported(stack: str, root: Path) -> str:
    """A stack's state, by the command line itself: the engine shows policies no other stack's."""
    words = ("pulumi", "stack", "export", "--stack", stack, "--non-interactive")
    return subprocess.run(words, cwd=root, check=True, capture_output=True, text=True).stdout  # noqa: S603 - no shell


def plain(props: Mapping[str, Any]) -> dict[str, Value]:
    """Properties as plain data: whole numbers as integers, and one mark for what a preview does not know."""
    return {name: _item(props, name) for name in props if name != "__defaults"}


def _item(held: Any, key: Any) -> Value:
    """One value of a table or list; reading an unknown one raises, which the SDK means for policies of one property."""
    try:
        value = held[key]
    except UnknownValueError:
        return UNKNOWN
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return plain(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_item(value, index) for index in range(len(value))]
    return value
