"""The example environments in moto's AWS, each made when it is first asked for."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

# The calls that make an environment are checked where the resources are, and the examples are the proof's.
sys.path += [str(Path(__file__).parents[1] / "resources"), str(Path(__file__).parents[2] / "verify")]

from live_account import Account


@pytest.fixture(scope="package")
def account_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Account]]:
    """The account of an environment."""
    made: dict[str, Account] = {}

    def account(environment: str) -> Account:
        if environment not in made:
            made[environment] = Account(environment, tmp_path_factory.mktemp(environment))
        made[environment].use()
        return made[environment]

    with mock_aws():
        yield account
    boto3.DEFAULT_SESSION = None


@pytest.fixture
def dev(account_of: Callable[[str], Account]) -> Account:
    return account_of("dev")
