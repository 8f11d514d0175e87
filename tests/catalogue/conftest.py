"""What the catalogue's tests share: the built-in capabilities, and an environment that their fixtures are judged in."""

import pytest
from ringfence.catalogue.load import Catalogue, load_catalogue
from ringfence.profile.fleet import read_environment
from ringfence.profile.written import WrittenEnvironment
from ringfence.source.diagnostic import Findings
from ringfence.source.document import parse_document

STACK = b"""\
config:
  aws:region: eu-west-1
  ringfence:environment:
    account: "111111111111"
    cidrs: [10.40.0.0/16]
    zones: [eu-west-1a]
    private:
      orders-db: {cidr: 10.60.8.9/32, via: tgw-0abc}
"""


@pytest.fixture(scope="session")
def builtin() -> Catalogue:
    findings = Findings()
    catalogue = load_catalogue(None, findings)
    assert findings.sorted() == ()
    return catalogue


@pytest.fixture(scope="session")
def environment() -> WrittenEnvironment:
    findings = Findings()
    document = parse_document("Pulumi.dev.yaml", STACK, findings)
    assert document is not None
    written = read_environment("dev", document, findings)
    assert findings.sorted() == ()
    assert written is not None
    return written
