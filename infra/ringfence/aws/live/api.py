"""Asking AWS: pages, throttling, and what could not be read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import boto3  # pyright: ignore[reportMissingTypeStubs] - it has none
from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs] - it has none
from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs] - it has none
    BotoCoreError,
    ClientError,
)

from ringfence import __version__
from ringfence.aws.live.calls import CALLS
from ringfence.policy.span import Span
from ringfence.source.diagnostic import Diagnostic, InputError

Json = dict[str, Any]

ATTEMPTS = 12
"""How often a call is made before it counts as refused: Route 53 Resolver answers five a second for an account and
region (facts of its quotas page), and the adaptive mode waits longer each time
(https://boto3.amazonaws.com/v1/documentation/api/latest/guide/retries.html)."""

_CREDENTIALS = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "OptInRequired",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""Errors of the credentials, not of a permission: nothing at all can be read with them
(https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html, the other services' CommonErrors)."""

MEND = "give credentials of this account that may read it; `verify --print-policy` says which permissions they need"
"""What to do where AWS cannot be asked."""

_KNOWN = frozenset((call.service, call.operation) for call in CALLS)


def one(answer: Json, key: str) -> Json:
    """A structure within an answer; empty where there is none."""
    return cast("Json", answer.get(key) or {})


def many(answer: Json, key: str) -> list[Json]:
    """A list within an answer; empty where there is none."""
    return cast("list[Json]", answer.get(key) or [])


def connect(region: str) -> Callable[[str], Any]:
    """Clients of a region by service, each made once, with the credentials that boto3 finds."""
    clients: dict[str, Any] = {}
    config = Config(
        region_name=region,
        retries={"mode": "adaptive", "total_max_attempts": ATTEMPTS},
        user_agent_extra=f"ringfence/{__version__}",
    )

    def client(service: str) -> Any:
        if service not in clients:
            clients[service] = cast("Any", boto3).client(service, config=config)
        return clients[service]

    return client


@dataclass(slots=True)
class Api:
    """Makes the calls of `calls.py` and no other. ``place`` is where errors of the credentials are located.

    ``unread`` says what AWS did not answer, each with the operation and the reason; whoever asked goes on without.
    ``answered`` is whether it answered anything yet: until then nobody can be asked at all.
    """

    client: Callable[[str], Any]
    place: Span
    unread: list[str] = field(default_factory=list[str])
    answered: bool = False

    def pages(self, service: str, operation: str, key: str, about: str = "", **parameters: Any) -> list[Json]:
        """The members of a list over all its pages; none, noted, where they cannot be read.

        ``about`` names what the call is about, for people. Raises `InputError` where no call at all is answered.
        """

        def ask(client: Any, method: str) -> list[Json]:
            paginator = client.get_paginator(method)
            return [each for page in paginator.paginate(**parameters) for each in page.get(key) or ()]

        return self._asked(service, operation, about, ask) or []

    def answer(
        self, service: str, operation: str, about: str = "", absent: frozenset[str] = frozenset(), **parameters: Any
    ) -> Json | None:
        """One answer; None, noted, where it cannot be read, and without a note where the error is in ``absent``."""

        def ask(client: Any, method: str) -> Json:
            return cast("Json", getattr(client, method)(**parameters))

        return self._asked(service, operation, about, ask, absent)

    def _asked(
        self,
        service: str,
        operation: str,
        about: str,
        ask: Callable[[Any, str], Any],
        absent: frozenset[str] = frozenset(),
    ) -> Any:
        if (service, operation) not in _KNOWN:
            raise LookupError(f"{service}:{operation} is not among the calls that are made")
        try:
            answer = ask(self.client(service), _method(operation))
        except ClientError as error:
            code = str(cast("Any", error).response.get("Error", {}).get("Code", ""))
            if code in _CREDENTIALS:
                raise self._refused(f"{service} refuses the credentials: {error}") from error
            if code not in absent:
                self.unread.append(f"{about or operation}: {service}:{operation} answers {code or error}")
            return None
        except BotoCoreError as error:
            if not self.answered:
                raise self._refused(f"{service} in AWS cannot be asked: {error}") from error
            # A region may be without a service, and what could be attached there is not known then.
            self.unread.append(f"{about or operation}: {service}:{operation} cannot be asked: {error}")
            return None
        self.answered = True
        return answer

    def _refused(self, message: str) -> InputError:
        return InputError([Diagnostic(self.place, "RF131", message, MEND)])


def _method(operation: str) -> str:
    from botocore import xform_name  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType] - it has none

    return cast("Callable[[str], str]", xform_name)(operation)
