"""The account of an environment, to change something there through AWS's own API. Needs the extra `live`."""

import contextlib
from collections.abc import Callable, Generator, Sequence
from typing import Any

from ringfence.policy.span import Span
from ringfence.source.diagnostic import Diagnostic, InputError


class NotInstalled(InputError):
    """AWS's API cannot be called from here, so nothing has been touched."""


@contextlib.contextmanager
def account_api(account: str, region: str, otherwise: str, done: Sequence[str]) -> Generator[Callable[[str], Any]]:
    """Clients of the account in the region, by service.

    ``otherwise`` is what else can be done, for people; ``done`` grows with what was done, and is said where AWS
    refuses. Raises `InputError` where the credentials are of another account, or AWS refuses, and `NotInstalled`.
    """
    try:
        from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs] - it has none
            BotoCoreError,
            ClientError,
        )

        from ringfence.aws.live.api import connect
    except ImportError as error:
        mend = f"install the extra `live`, or {otherwise}"
        raise NotInstalled([_problem("RF150", f"AWS's API cannot be called from here: {error}", mend)]) from error
    client = connect(region)
    try:
        caller = client("sts").get_caller_identity()["Account"]
        if caller != account:
            message = f"the credentials are of the account {caller}, and the environment is in {account}"
            raise refused("RF151", message, "use credentials of that account; nothing has been touched")
        yield client
    except (BotoCoreError, ClientError) as error:
        so_far = f" (done until then: {'; '.join(done)})" if done else ""
        mend = f"mend what AWS says and run it again, or {otherwise}"
        raise refused("RF153", f"AWS refused: {error}{so_far}", mend) from error


def refused(code: str, message: str, mend: str) -> InputError:
    """A refusal that no line of the project has caused."""
    return InputError([_problem(code, message, mend)])


def _problem(code: str, message: str, mend: str) -> Diagnostic:
    return Diagnostic(Span("AWS"), code, message, mend)
