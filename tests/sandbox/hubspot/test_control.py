"""The control routes both platforms share, and a world that survives a restart."""

from pathlib import Path

import pytest
import urllib3.exceptions

from plugin.sandbox import SandboxConfig, create_sandbox
from tests.sandbox.hubspot.rig import ALICE, Client

CONTACT = f"/crm/objects/2026-09/contacts/{ALICE}"
TEMPLATE = "GET /hubspot-api/crm/objects/2026-09/contacts/<contact_id>"


def test_calls_are_counted_by_template_and_status(installed: Client) -> None:
    installed.control("DELETE", "/calls")
    installed.api("GET", CONTACT)
    installed.api("GET", CONTACT[:-1] + "9")
    counts = installed.control("GET", "/calls")["calls"]
    assert counts == {TEMPLATE: {"count": 2, "statuses": {"200": 1, "404": 1}}}


def test_faults_are_told_listed_and_cleared(installed: Client) -> None:
    rule = {"path": "/contacts/", "times": 1, "effect": {"status": 503}}
    installed.control("POST", "/faults", rule)
    assert [installed.api("GET", CONTACT)[0] for _ in range(2)] == [503, 200]
    assert installed.control("GET", "/faults")["faults"][0]["hits"] == 1
    assert installed.control("DELETE", "/faults") == {"faults": []}


def test_a_lost_answer_leaves_its_deed(installed: Client) -> None:
    rule = {"method": "POST", "path": "/contacts$", "times": 1, "effect": "lost"}
    installed.control("POST", "/faults", rule)
    body = {"properties": {"email": "dora@example.com"}}
    with pytest.raises(urllib3.exceptions.HTTPError):
        installed.api("POST", "/crm/objects/2026-09/contacts", body)
    assert installed.api("POST", "/crm/objects/2026-09/contacts", body)[0] == 409


def test_a_reset_brings_back_the_default_world(installed: Client) -> None:
    installed.api("DELETE", CONTACT)
    installed.control("POST", "/reset")
    assert installed.control("GET", f"/contacts/{ALICE}")["id"] == ALICE
    assert installed.api("GET", CONTACT)[0] == 401


def test_unknown_switches_are_refused(hubspot: Client) -> None:
    assert hubspot.raw("POST", "/control/hubspot", {"no_such": 1}).status == 400


def test_a_world_in_a_file_survives_a_restart(tmp_path: Path) -> None:
    config = SandboxConfig("http://localhost", "http://localhost:1", store=tmp_path / "world.db")
    first = create_sandbox(config).test_client()
    made = first.post("/control/contacts", json={"properties": {"email": "d@example.com"}})
    contact_id = made.get_json()["ids"][0]
    second = create_sandbox(config).test_client()
    found = second.get(f"/control/contacts/{contact_id}").get_json()
    assert found["properties"]["email"] == "d@example.com"
    assert len(second.get("/control/executions").get_json()["executions"]) == 0
