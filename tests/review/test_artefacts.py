"""The generated files: all of them, valid by their schemas, loaded by both engines, the same every time."""

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest
from reviewing import ENVIRONMENTS, ROOT, review_of, write_tree
from ringfence.engine.configuration import Setting, render
from ringfence.engine.suricata import HOW_TO_GET, VERSIONS, find_engines
from ringfence.review.artefacts import artefacts

SCHEMA_OF = {
    "network-firewall/policy.json": "firewall-policy",
    "dns-firewall.json": "dns-firewall",
    "security-groups.json": "security-groups",
    "network-acls.json": "network-acls",
    "routes.json": "routes",
    "endpoint-policies": "endpoint-policy",
    "role-policies": "role-policy",
    "addresses.json": "addresses",
    "clients.json": "clients",
}


def files_of(environment: str, root: Path = ROOT) -> dict[str, str]:
    reviewed = review_of(environment, root)
    return artefacts(reviewed.enforcement, reviewed.allocation)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_file_that_is_promised_is_there(environment: str) -> None:
    reviewed = review_of(environment)
    enforcement = reviewed.enforcement
    assert enforcement.firewall is not None
    services = [each.service for each in (*enforcement.gateway_endpoints, *enforcement.interface_endpoints)]
    assert sorted(files_of(environment)) == sorted(
        [
            *(path for path in SCHEMA_OF if path.endswith(".json")),
            *(f"endpoint-policies/{service}.json" for service in services),
            *(f"role-policies/{agent.name}.json" for agent in reviewed.plan.declared.agents),
            *(f"network-firewall/{group.name}.rules" for group in enforcement.firewall.rules.groups),
            "network-firewall/suricata.yaml",
        ]
    )


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_json_file_is_what_its_committed_schema_says(environment: str) -> None:
    for path, text in files_of(environment).items():
        if not path.endswith(".json"):
            continue
        name = SCHEMA_OF.get(path) or SCHEMA_OF[path.partition("/")[0]]
        schema = json.loads((ROOT / f"docs/schemas/{name}.schema.json").read_text(encoding="utf-8"))
        document = json.loads(text)
        jsonschema.Draft7Validator(schema).validate(document)
        assert document["format_version"] == 1
        assert document["environment"] == environment


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_variables_are_neither_empty_nor_doubled(environment: str) -> None:
    policy = json.loads(files_of(environment)["network-firewall/policy.json"])
    assert policy["variables"]
    assert all(policy["variables"].values())
    assert policy["groups"][0]["name"] == "ringfence-default"
    assert policy["stateful_default_actions"] == []
    assert (policy["tls_inspection"] is not None) == (environment != "dev")


@pytest.mark.suricata
@pytest.mark.parametrize("major", VERSIONS)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_group_loads_in_every_engine(environment: str, major: int, tmp_path: Path) -> None:
    engine = next((each for each in find_engines() if each.major == major), None)
    if engine is None:
        pytest.skip(f"no Suricata {major}: {HOW_TO_GET}")
    for path, text in files_of(environment).items():
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    rules = sum(len(path.read_text().splitlines()) for path in tmp_path.glob("network-firewall/*.rules"))
    ran = subprocess.run(
        [engine.path, "-T", "-c", "suricata.yaml", "-l", str(tmp_path), "--init-errors-fatal", "-v"],
        cwd=tmp_path / "network-firewall",
        capture_output=True,
        text=True,
        check=False,
    )
    said = ran.stdout + ran.stderr
    assert ran.returncode == 0, said
    assert f"{rules} rules successfully loaded, 0 rules failed" in said


def test_the_configuration_that_is_written_is_the_one_that_the_rules_are_tested_under() -> None:
    firewall = review_of("prod").enforcement.firewall
    assert firewall is not None
    setting = Setting(home_net=tuple(map(str, firewall.rules.home_net)))
    tested = render(setting, ["rules"], "/folder").replace("default-rule-path: /folder", "default-rule-path: .")
    names = "".join(f"  - {group.name}.rules\n" for group in firewall.rules.groups)
    assert files_of("prod")["network-firewall/suricata.yaml"] == tested.replace("  - rules\n", names)


def test_without_a_firewall_there_are_no_rules(tmp_path: Path) -> None:
    lines = "owner: o\npurpose: p\nneeds: [{https: {host: example.com, methods: [GET]}}]\n"
    files = files_of("dev", write_tree(tmp_path, "    inspection: none\n", one=lines))
    assert not [path for path in files if path.startswith("network-firewall/")]
    assert "dns-firewall.json" in files


def test_addresses_name_every_agent_and_its_subnets() -> None:
    reviewed = review_of("prod")
    addresses = json.loads(files_of("prod")["addresses.json"])
    assert list(addresses["agents"]) == [agent.name for agent in reviewed.plan.declared.agents]
    for place in reviewed.enforcement.places:
        assert {each["network"] for each in addresses["agents"][place.agent]} == set(map(str, place.networks))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_clients_are_told_what_to_set_where_their_tls_is_decrypted_and_nothing_elsewhere(environment: str) -> None:
    told = json.loads(files_of(environment)["clients.json"])
    places = review_of(environment).enforcement.places
    assert list(told["agents"]) == [place.agent for place in places if place.inspected]
    assert bool(told["agents"]) == bool(told["settings"]) == (environment != "dev")
    for entry in told["agents"].values():
        assert entry["ca_certificate_arn"].startswith("arn:aws:acm:")
        described = {each["setting"] for each in told["settings"]}
        lines = {line for lines in entry["configuration"].values() for line in lines}
        assert described >= {*entry["ca_variables"], *lines, "GODEBUG=http2client=0"}
        assert entry["environment"]["GODEBUG"] == "http2client=0"


def test_the_same_enforcement_gives_the_same_octets() -> None:
    before = files_of("staging")
    review_of.cache_clear()
    assert files_of("staging") == before
