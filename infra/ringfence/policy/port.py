"""Ranges of TCP and UDP ports."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class PortRange:
    """Ports ``first`` to ``last``, both included, 1 to 65535; raises ValueError when reversed or out of range."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 1 <= self.first <= 65535 or not 1 <= self.last <= 65535:
            raise ValueError(f"port out of range: {self}; a port is 1 to 65535")
        if self.first > self.last:
            raise ValueError(f"reversed port range: {self}")

    @staticmethod
    def parse(text: str | int) -> "PortRange":
        """Read ``443`` or ``8000-8080``; raises ValueError."""
        first, dash, last = str(text).partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or not str(text).isascii():
            raise ValueError(f"{text!r} is no port and no range of ports")
        return PortRange(int(first), int(last or first))

    def overlaps(self, other: "PortRange") -> bool:
        """Whether some port is in both."""
        return self.first <= other.last and other.first <= self.last

    def __contains__(self, port: int) -> bool:
        return self.first <= port <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"
