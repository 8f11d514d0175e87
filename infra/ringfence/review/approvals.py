"""Approvals against a CODEOWNERS file and the authors of the lines: who may approve, and not their own change.

That somebody is named under `approved_by` is a claim of the file. This refuses a claim that cannot be true; what
makes it true is the forge's own review, which demands the owner's approval of the pull request.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ringfence.policy.span import Span
from ringfence.profile.fleet import Fleet
from ringfence.profile.written import WrittenClass, WrittenProfile
from ringfence.review.through import needs_in
from ringfence.source.codeowners import CodeOwners
from ringfence.source.diagnostic import Diagnostic
from ringfence.source.revision import Author

AuthorsOf = Callable[[str], Mapping[int, Author]]
"""The authors of a file's lines, by its path in the project."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One approval as it stands in a file: what it is for, who is named, and the lines that it covers.

    ``identity`` is equal exactly where the same is approved by the same, so that a claim that was there before can be
    told from a new one.
    """

    identity: tuple[object, ...]
    what: str
    approver: str
    place: Span
    lines: range


def claims(fleet: Fleet) -> Iterator[Claim]:
    """Every approval of a fleet: of needs, in profiles and classes, and of risks."""
    holders: list[WrittenProfile | WrittenClass] = [*fleet.profiles.values(), *fleet.classes.values()]
    for written in holders:
        for need in needs_in(written):
            approver = need.need.approved_by
            if approver is not None:
                identity = (written.document.path, need.key, need.need.because, approver, need.need.until)
                lines = written.document.lines(("needs", need.index))
                yield Claim(identity, need.need.capability, approver, need.reason_place("approved_by"), lines)
        for index, each in enumerate(written.profile.accepts if isinstance(written, WrittenProfile) else ()):
            identity = (written.document.path, each.risk, each.because, each.approved_by, each.until, each.environments)
            place = written.span("accepts", index, "approved_by")
            yield Claim(identity, each.risk, each.approved_by, place, written.document.lines(("accepts", index)))


def refused(
    fleet: Fleet, before: Fleet | None, owners: CodeOwners, prefix: str, authors: AuthorsOf
) -> tuple[Diagnostic, ...]:
    """The claims that cannot be true, in order of place; only new ones where ``before`` is another state.

    ``prefix`` leads from the repository's root to the project, empty or with a slash at its end.
    """
    known = {claim.identity for claim in claims(before)} if before is not None else set[tuple[object, ...]]()
    found = [problem for claim in claims(fleet) if claim.identity not in known
             for problem in _problems(claim, owners, prefix, authors)]  # fmt: skip
    return tuple(sorted(found, key=lambda problem: problem.order))


def _problems(claim: Claim, owners: CodeOwners, prefix: str, authors: AuthorsOf) -> Iterator[Diagnostic]:
    path = claim.place.path
    may = owners.of(prefix + path)
    if not any(is_owner(claim.approver, owner) for owner in may):
        who = f"its owners are {', '.join(may)}" if may else "nobody owns it"
        message = f"`{claim.approver}` may not approve `{claim.what}` in {path}: {who} ({owners.path})"
        mend = "have an owner approve it; a team counts where the team itself is named"
        yield Diagnostic(claim.place, "RF162", message, mend)
    by_line = authors(path)
    writers = dict.fromkeys(by_line[line] for line in claim.lines if line in by_line)
    own = next((author for author in writers if is_author(claim.approver, author)), None)
    if own is not None:
        message = f"`{claim.approver}` approves lines of {own.name} <{own.address}>, who is the same"
        yield Diagnostic(claim.place, "RF163", message, "have another owner approve it")


def is_owner(approver: str, owner: str) -> bool:
    """Whether a name under `approved_by` is an owner as CODEOWNERS writes it: the user, the address or the team."""
    return approver.removeprefix("@").lower() == owner.removeprefix("@").lower()


def is_author(approver: str, author: Author) -> bool:
    """Whether a name under `approved_by` is that of a line's author: by name, address, or the account in it.

    GitHub hides addresses as ``NUMBER+account@users.noreply.github.com``.
    """
    name = approver.removeprefix("@").lower()
    account = re.sub(r"^\d+\+", "", author.address.partition("@")[0].lower())
    return name in {author.name.lower(), author.address.lower(), account}
