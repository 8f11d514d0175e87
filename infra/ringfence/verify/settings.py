"""What an environment says of itself, as far as a proof or an explanation must know it."""

from dataclasses import dataclass

from ringfence.profile.written import WrittenEnvironment


@dataclass(frozen=True, slots=True)
class Settings:
    """What an environment says of itself: ``inspection``, ``http2`` and ``ca_certificate_arn`` as in its file, and its
    region and account.
    """

    inspection: str
    http2: str
    region: str
    account: str
    ca_certificate_arn: str | None

    @staticmethod
    def of(written: WrittenEnvironment) -> "Settings":
        """What an environment's file and its stack say."""
        said = written.environment
        return Settings(said.inspection, said.http2, written.region, said.account, said.ca_certificate_arn)
