"""A first profile: what a person answered, as a commented file to be read, kept and changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ringfence.catalogue.load import Catalogue
from ringfence.source.edit import Plain, item_lines


@dataclass(frozen=True, slots=True)
class Draft:
    """What `ringfence init` asks. Roles are ARNs, in which ``${account}`` is the environment's account.

    ``needs`` are as in a profile: a capability with its parameters, and the reasons beside it.
    """

    agent: str
    owner: str
    purpose: str
    platform: str
    role: str
    execution_role: str | None
    environments: tuple[str, ...]
    needs: tuple[Mapping[str, Plain], ...]


def default_role(agent: str) -> str:
    """The role of an agent where a team names roles by their agents."""
    return f"arn:aws:iam::${{account}}:role/{agent}"


def draft_text(draft: Draft, catalogue: Catalogue) -> str:
    """The profile's file; each need is under its capability's summary. What was answered stands in double quotes."""
    execution = (
        [f"  execution_role: {json.dumps(draft.execution_role)} # ECS pulls the image and writes logs with it"]
        if draft.execution_role
        else []
    )
    lines = [
        "# yaml-language-server: $schema=../schema/profile.schema.json",
        "# What is not said here is denied. `ringfence catalogue` lists what can be needed, `ringfence catalogue NAME`",
        "# explains it; `ringfence check` judges this file, `ringfence review --env ENV` shows what it opens.",
        f"agent: {draft.agent}",
        f"owner: {_quoted(draft.owner)}",
        f"purpose: {_quoted(draft.purpose)}",
        "workload:",
        f"  platform: {draft.platform}",
        f"  role: {_quoted(draft.role)} # the role that it runs as, in each environment's account",
        *execution,
        "  peak: 1 # instances at once; decides how many addresses it gets",
        f"environments: [{', '.join(draft.environments)}]",
        *_needs(draft.needs, catalogue),
        "# calls: [AGENT] # agents that it may call; each of them says where it `serves`",
        "# serves: {port: 8080} # where agents that name it in `calls` reach it",
        "# What must hold whatever is changed above; `ringfence check` holds the profile to it.",
        "# expect:",
        "#   - allow: GET https://example.com/",
        "#   - deny: POST https://example.com/",
    ]
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _needs(needs: Sequence[Mapping[str, Plain]], catalogue: Catalogue) -> list[str]:
    if not needs:
        return ["needs: [] # nothing: it reaches what its platform needs, and no more"]
    lines = ["needs:"]
    for need in needs:
        written = catalogue.get(next(iter(need), ""))
        if written is not None:
            summary = " ".join(written.capability.summary.split())
            lines.append(f"  # {summary}")
        lines += [f"  {line}" for line in item_lines(need)]
    return lines
