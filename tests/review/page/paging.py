"""Pages of the example fleet, and of small trees written for one test."""

import functools
from pathlib import Path
from typing import Any

from comparing import Memory, after_edit, edited, files_with
from reviewing import ROOT, Reviewed, review_of
from ringfence.aws.allocation_file import allocation_of
from ringfence.aws.enforcement.enforce import enforce
from ringfence.policy.span import Span
from ringfence.project import line_at
from ringfence.review.build import build_report
from ringfence.review.difference import Difference
from ringfence.review.page.data import page_data
from ringfence.review.page.html import page_html
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory, Tree


@functools.cache
def data_of(
    environment: str, root: Path = ROOT, difference: Difference | None = None, source_url: str | None = None
) -> dict[str, Any]:
    return _data(review_of(environment, root), Directory(root), difference, source_url)


@functools.cache
def page_of(environment: str, *edits: str) -> str:
    """The page of the example fleet; with edits, the difference that they make stands first."""
    if not edits:
        return page_html(data_of(environment))
    tree = Memory(files_with(*sorted(edits)))
    plan = edited(frozenset(edits), environment).plan
    assert plan is not None
    allocation = allocation_of(plan, tree, Findings())
    enforcement = enforce(plan, allocation)
    reviewed = Reviewed(plan, allocation, enforcement, build_report(plan, enforcement, allocation))
    return page_html(_data(reviewed, tree, after_edit(*edits, environment=environment), None))


def _data(reviewed: Reviewed, tree: Tree, difference: Difference | None, source_url: str | None) -> dict[str, Any]:
    def line(place: str) -> str | None:
        path, _, number = place.rpartition(":")
        return line_at(tree, Span(path, int(number)))

    policy, enforcement = reviewed.plan.declared, reviewed.enforcement
    return page_data(reviewed.report, policy, enforcement, line, difference, source_url)
