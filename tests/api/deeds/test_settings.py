"""Settings over the API: accounts at LINE, the exchange with HubSpot, kept values, links, ids."""

from typing import Any

import pytest

from plugin.core.clock import utcnow
from plugin.models import LinkageToken, ListPreparation, PropertyTrouble, db
from plugin.models.transaction import transaction
from tests.api.client import Program, program
from tests.services.personal_links.test_bulk import make_list
from tests.support.people import line_user, linked
from tests.support.world import ALICE, Tenant, World


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    return program(world, alice)


def test_the_webhook_is_set_again(world: World, alice: Tenant, caller: Program) -> None:
    path = f"/official-accounts/{alice.account_id}"
    address = caller.get(path)["webhook_url"]
    made = caller.ask("POST", f"{path}/webhook")
    assert (made.status_code, made.json["webhook_url"]) == (200, address)
    assert made.json["checks"]["webhook_url"]["ok"] is True


def test_the_liff_app_is_made(alice: Tenant, caller: Program) -> None:
    made = caller.ask("POST", f"/official-accounts/{alice.account_id}/liff")
    assert made.status_code == 200, made.text
    assert made.json["liff_url"]
    assert made.json["checks"]["liff_url"]["ok"] is True


def test_what_somebody_has_looked_at_is_noted(alice: Tenant, caller: Program) -> None:
    path = f"/official-accounts/{alice.account_id}/looked-at"
    made = caller.ask("POST", path, {"check": "published"})
    assert (made.status_code, made.json["checks"]["published"]["ok"]) == (200, True)
    found = {check["key"]: check for check in caller.get("/doctor")["checks"]}
    assert found["published"]["cause"] == "seen"
    assert caller.ask("POST", path, {"check": "channel"}).status_code == 422


def test_a_comparison_is_begun(world: World, caller: Program) -> None:
    assert caller.get("/hubspot")["property_troubles"] == []
    assert caller.ask("POST", "/hubspot/compare").status_code == 202
    world.work()
    assert caller.get("/hubspot")["comparison"]["finished_at"] is not None


def test_refused_properties_are_tried_again(world: World, alice: Tenant, caller: Program) -> None:
    trouble = PropertyTrouble(
        installation_id=alice.installation_id, name="line_tags", reason="read_only", words="no",
        since=utcnow(), seen_at=utcnow(),
    )  # fmt: skip
    with world.app.app_context(), transaction() as session:
        session.add(trouble)
    assert [row["name"] for row in caller.get("/hubspot")["property_troubles"]] == ["line_tags"]
    assert caller.ask("POST", "/hubspot/properties").status_code == 202
    world.work()
    assert caller.get("/hubspot")["property_troubles"] == []


def test_kept_values_are_read_now(world: World, caller: Program) -> None:
    list_id = make_list(world, ALICE)
    kept = {"properties": ["firstname"], "lists": [list_id]}
    assert caller.ask("PUT", "/sync-settings", kept).status_code == 200
    assert caller.ask("POST", "/sync-settings/read").status_code == 202
    assert caller.ask("POST", "/sync-settings/read", {"list": list_id}).status_code == 202
    refused = caller.ask("POST", "/sync-settings/read", {"list": "999"})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["list"])
    seen = caller.ask("POST", "/sync-settings/acknowledge", {"property": "firstname"})
    assert seen.status_code == 200
    odd = caller.ask("POST", "/sync-settings/acknowledge", {"property": "lastname"})
    assert (odd.status_code, list(odd.json["errors"])) == (422, ["property"])


def test_a_preview_links_nobody(world: World, alice: Tenant, caller: Program) -> None:
    body = {"contact_id": str(ALICE), "qr_code": str(alice.qr_code_id)}
    unknown = caller.ask("POST", "/linkage-tokens/preview", body)
    assert (unknown.status_code, list(unknown.json["errors"])) == (422, ["contact_id"])
    linked(world, alice)
    made = caller.ask("POST", "/linkage-tokens/preview", body)
    assert made.status_code == 201, made.text
    with world.app.app_context():
        assert db.session.get_one(LinkageToken, int(made.json["id"])).preview
    assert world.app.test_client().get(made.json["url"].removeprefix(world.url)).status_code == 200
    odd = caller.ask("POST", "/linkage-tokens/preview", {**body, "qr_code": "999"})
    assert (odd.status_code, list(odd.json["errors"])) == (404, ["qr_code"])


def test_a_prepared_list_is_kept(world: World, alice: Tenant, caller: Program) -> None:
    body = {"qr_code": str(alice.qr_code_id), "list_id": make_list(world, ALICE)}
    made = caller.ask("POST", "/list-preparations", body).json
    world.work()
    kept = caller.ask("POST", f"/list-preparations/{made['id']}/keep")
    assert (kept.status_code, kept.json["keeps"]) == (200, True)
    with world.app.app_context():
        assert db.session.get_one(ListPreparation, int(made["id"])).keeps


def test_friends_are_imported_by_their_ids(world: World, alice: Tenant, caller: Program) -> None:
    ids = [line_user("charlie"), "U" + "f" * 32, "odd"]
    body: dict[str, Any] = {"official_account": str(alice.account_id), "line_user_ids": ids}
    made = caller.ask("POST", "/friend-imports", body)
    assert (made.status_code, made.json["source"]) == (201, "file"), made.text
    world.work()
    ended = caller.get(f"/friend-imports/{made.json['id']}")
    assert (ended["state"], ended["found"], ended["not_friends"]) == ("finished", 1, 1)
    refused = caller.ask("POST", "/friend-imports", {**body, "line_user_ids": ["odd"]})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["line_user_ids"])
