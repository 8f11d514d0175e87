"""Each example environment, compiled and registered once for all tests of the resources."""

import shutil
from pathlib import Path

import pytest
from example_fleet import ENVIRONMENTS, Registered, copy_of_the_project, registered_from, rewrite


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_the_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session", params=[*ENVIRONMENTS, "uninspected"])
def registered(request: pytest.FixtureRequest, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Registered:
    """An example environment; and dev without a firewall, with two networks, a peering, and an agent cut off."""
    if request.param != "uninspected":
        return registered_from(project, request.param)
    root = tmp_path_factory.mktemp("uninspected") / "project"
    shutil.copytree(project, root)
    rewrite(root / "Pulumi.dev.yaml", "inspection: names", "inspection: none")
    rewrite(root / "Pulumi.dev.yaml", "cidrs: [10.40.0.0/16]", "cidrs: [10.40.0.0/16, 10.41.0.0/16]")
    rewrite(root / "Pulumi.dev.yaml", "via: tgw-0d1e2f3a4b5c6d7e8", "via: pcx-0d1e2f3a4b5c6d7e8")
    rewrite(root / "profiles" / "agents" / "reviewer.yaml", "agent: reviewer\n", "agent: reviewer\nquarantined: true\n")
    return registered_from(root, "dev")
