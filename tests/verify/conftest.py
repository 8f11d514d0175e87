"""The example environments, and copies of the fleet that a test may change."""

import shutil
from pathlib import Path

import pytest
from registered_examples import ENVIRONMENTS, ROOT, Example, example_of


@pytest.fixture(scope="session")
def examples() -> dict[str, Example]:
    return {environment: example_of(environment) for environment in ENVIRONMENTS}


@pytest.fixture(params=ENVIRONMENTS)
def example(request: pytest.FixtureRequest, examples: dict[str, Example]) -> Example:
    return examples[request.param]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the example fleet that a test may change."""
    for name in ("profiles", "Pulumi.yaml", *(f"Pulumi.{environment}.yaml" for environment in ENVIRONMENTS)):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    return tmp_path
