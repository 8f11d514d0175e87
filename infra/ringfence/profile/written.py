"""What was read, each with the document that it came from, so that whatever is said of it has a place."""

from dataclasses import dataclass, field

from ringfence.policy.span import Span
from ringfence.profile.model import Environment, Profile, ProfileClass
from ringfence.source.document import Document


@dataclass(frozen=True, slots=True)
class Written:
    """Something that was read, with the document it came from."""

    document: Document = field(repr=False)

    def span(self, *location: str | int) -> Span:
        """Where a part of it stands."""
        return self.document.span(location)


@dataclass(frozen=True, slots=True)
class WrittenProfile(Written):
    """A profile as written."""

    profile: Profile


@dataclass(frozen=True, slots=True)
class WrittenClass(Written):
    """A class as written."""

    class_: ProfileClass


@dataclass(frozen=True, slots=True)
class WrittenEnvironment(Written):
    """An environment as written; ``region`` is the stack's ``aws:region``."""

    name: str
    region: str
    environment: Environment
