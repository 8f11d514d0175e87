"""The policy of one environment: its agents, their flows and the residuals."""

import bisect
import dataclasses
import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.policy.flow import Flow
from ringfence.policy.residual import Residual
from ringfence.policy.span import Span


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Why an agent is cut off, since when (UTC), and whether that was done through AWS's API, ahead of Pulumi."""

    because: str | None = None
    ticket: str | None = None
    since: datetime.datetime | None = None
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent as the network sees it.

    ``peak`` counts the instances that may run at once; ``mode`` is "enforce" or "observe"; ``serves`` the TCP
    port where others may call it. Quarantined agents have no flows. Sessions of its role that began before
    ``sessions_since`` (UTC) are worth nothing.
    """

    name: str
    owner: str
    purpose: str
    platform: str
    role: str
    execution_role: str | None
    peak: int
    serves: int | None
    mode: str
    quarantine: Quarantine | None
    declared: Span
    sessions_since: datetime.datetime | None = None

    @property
    def quarantined(self) -> bool:
        """Whether it is cut off."""
        return self.quarantine is not None


@dataclass(frozen=True, slots=True)
class Policy:
    """All flows of an environment as of a day; knows no cloud.

    ``agents`` are sorted by name, ``flows`` by `Flow.order`, ``residuals`` by code, agent and subject.
    ``elsewhere`` names the agents of the fleet that this environment does not run.
    """

    environment: str
    as_of: datetime.date
    agents: tuple[Agent, ...]
    flows: tuple[Flow, ...]
    residuals: tuple[Residual, ...] = ()
    elsewhere: tuple[str, ...] = ()

    def of(self, agent: str) -> tuple[Flow, ...]:
        """The flows of one agent, in order."""
        first = bisect.bisect_left(self.flows, agent, key=lambda flow: flow.agent)
        last = bisect.bisect_right(self.flows, agent, lo=first, key=lambda flow: flow.agent)
        return self.flows[first:last]

    def with_residuals(self, more: Iterable[Residual]) -> "Policy":
        """The policy with further residuals."""
        residuals = sorted({*self.residuals, *more}, key=lambda left: left.order)
        return dataclasses.replace(self, residuals=tuple(residuals))

    @staticmethod
    def sorted_flows(flows: Iterable[Flow]) -> tuple[Flow, ...]:
        """Flows in canonical order."""
        return tuple(sorted(flows, key=lambda flow: flow.order))
