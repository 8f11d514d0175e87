"""What the firewall's rules cannot express."""


class FirewallError(ValueError):
    """A policy that the firewall's rules cannot express; ``mend`` says what to change."""

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(message)
        self.mend = mend
