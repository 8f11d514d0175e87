"""The engines, each version a parameter: `make suricata` fetches them."""

import pytest
from ringfence.engine.suricata import HOW_TO_GET, VERSIONS, Engine, find_engines

_ENGINES = {engine.major: engine for engine in find_engines()}


@pytest.fixture(scope="session", params=VERSIONS, ids=[f"suricata-{major}" for major in VERSIONS])
def engine(request: pytest.FixtureRequest) -> Engine:
    found = _ENGINES.get(request.param)
    if found is None:
        pytest.skip(f"no Suricata {request.param}: {HOW_TO_GET}")
    return found
