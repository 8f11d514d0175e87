"""Each example environment, compiled and registered once for all tests of the resources."""

from pathlib import Path

import pytest
from example_fleet import ENVIRONMENTS, Registered, copy_of_the_project, registered_from


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_the_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session", params=ENVIRONMENTS)
def registered(request: pytest.FixtureRequest, project: Path) -> Registered:
    return registered_from(project, request.param)
