"""What would let an agent do what it may not: a need to add, or why none will do."""

from dataclasses import dataclass

from ringfence.policy.flow import Access
from ringfence.policy.residual import Residual
from ringfence.policy.span import Span
from ringfence.profile.model import Need


@dataclass(frozen=True, slots=True)
class Suggestion:
    """YAML that would allow a target, and what it would open with it.

    ``path`` is the profile that it belongs into, ``beside`` the place there of a need of the same capability.
    ``missing`` are the reasons that somebody must still give: the YAML does not compile without them. ``opens`` are
    the accesses that the agent does not have yet, ``residuals`` what would come with them. ``need`` is what the YAML
    says, without its reasons; None where it is a call of another agent.
    """

    path: str
    yaml: tuple[str, ...]
    missing: tuple[str, ...]
    opens: tuple[Access, ...]
    risks: tuple[str, ...]
    carries: tuple[str, ...]
    residuals: tuple[Residual, ...]
    need: Need | None
    beside: Span | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no need would allow a target, and what to do instead; ``place`` where there is something to change."""

    reason: str
    mend: str
    place: Span | None = None
