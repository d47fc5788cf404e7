"""The API shows and takes the choices that a QR code's page has, and refuses what it refuses."""

import base64
from typing import Any

import pytest

from plugin.services.qr_codes.settings import LARGEST_LOGO
from tests.api.client import Program, program
from tests.support.pictures import drawn, middle_of, saved
from tests.support.world import Tenant, World
from tests.web.qr_codes.test_settings import GOOD, edit

RED = saved(drawn("red"))
CHOICES = {
    "destination": "https://example.com/thanks?from=line",
    "tags": ["VIP", "summer"],
    "greeting": "Hello {{ contact.firstname | default('friend') }}",
    "starts_at": "2026-01-01T00:00:00.000Z",
    "ends_at": "2099-12-31T00:00:00.000Z",
    "dark": "#003366",
    "light": "#ffffee",
    "by_token": True,
    "by_email": False,
    "by_form": True,
    "makes_contact": False,
}


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    return program(world, alice)


def text(picture: bytes) -> str:
    return base64.b64encode(picture).decode()


def shown(caller: Program, code_id: str) -> dict[str, Any]:
    found = caller.get(f"/qr-codes/{code_id}")
    return {name: found[name] for name in (*CHOICES, "name", "has_logo")}


@pytest.mark.both_databases
def test_a_code_is_made_with_its_choices_and_its_logo(alice: Tenant, caller: Program) -> None:
    body = {"official_account": str(alice.account_id), "name": "Poster", "linkage_type": "hubspot"}
    answer = caller.ask("POST", "/qr-codes", {**body, **CHOICES, "logo": text(RED)})
    assert answer.status_code == 201, answer.json
    wanted = {**CHOICES, "name": "Poster", "has_logo": True}
    assert shown(caller, answer.json["id"]) == wanted
    assert "logo" not in answer.json
    png = caller.ask("GET", f"/qr-codes/{answer.json['id']}/png?scale=4").data
    assert middle_of(png) == (255, 0, 0)


@pytest.mark.both_databases
def test_what_a_change_leaves_out_stays(alice: Tenant, caller: Program) -> None:
    path = f"/qr-codes/{alice.qr_code_id}"
    assert caller.ask("PATCH", path, {**CHOICES, "logo": text(RED)}).status_code == 200
    answer = caller.ask("PATCH", path, {"name": " Door ", "ends_at": None, "tags": []})
    assert answer.status_code == 200
    kept = {**CHOICES, "ends_at": None, "tags": [], "name": "Door", "has_logo": True}
    assert shown(caller, str(alice.qr_code_id)) == kept
    assert caller.ask("PATCH", path, {"logo": None}).json["has_logo"] is False
    assert caller.ask("PATCH", path, {}).status_code == 200


@pytest.mark.both_databases
def test_a_time_in_another_zone_is_the_same_moment(alice: Tenant, caller: Program) -> None:
    path = f"/qr-codes/{alice.qr_code_id}"
    answer = caller.ask("PATCH", path, {"starts_at": "2026-11-23T09:30:00+09:00"})
    assert answer.json["starts_at"] == "2026-11-23T00:30:00.000Z"


def test_the_page_and_the_api_keep_the_same(world: World, alice: Tenant, caller: Program) -> None:
    assert edit(world, alice, GOOD).status == 200
    by_page = shown(caller, str(alice.qr_code_id))
    path = f"/qr-codes/{alice.qr_code_id}"
    assert caller.ask("PATCH", path, {k: v for k, v in by_page.items() if k != "has_logo"}).json
    assert shown(caller, str(alice.qr_code_id)) == by_page
    assert by_page["tags"] == ["VIP", "summer"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"destination": "http://example.com"}, "destination"),
        ({"destination": "javascript:alert(1)"}, "destination"),
        ({"tags": ["x" * 51]}, "tags.0"),
        ({"tags": ["{{ x }}"]}, "tags"),
        ({"tags": [f"t{n}" for n in range(101)]}, "tags"),
        ({"tags": "VIP"}, "tags"),
        ({"greeting": "Hello {{ first name }}"}, "greeting"),
        ({"greeting": "x" * 5001}, "greeting"),
        ({"starts_at": "2026-11-23"}, "starts_at"),
        ({"starts_at": "2026-11-23T09:30:00"}, "starts_at"),
        ({"starts_at": 7}, "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at"),
        ({"starts_at": "2026-02-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"}, "ends_at"),
        ({"dark": "red"}, "dark"),
        ({"light": "#12"}, "light"),
        ({"dark": "#ffffff", "light": "#000000"}, "light"),
        ({"by_form": "yes"}, "by_form"),
        ({"logo": "not base64!"}, "logo"),
        ({"logo": text(b"GIF89a")}, "logo"),
        ({"logo": text(saved(drawn("red"), "GIF"))}, "logo"),
        ({"logo": text(b"x" * (LARGEST_LOGO + 1))}, "logo"),
        ({"logo": 7}, "logo"),
        ({"linkage_type": "none"}, "linkage_type"),
        ({"official_account": "1"}, "official_account"),
        ({"slug": "mine"}, "slug"),
    ],
)
def test_what_cannot_be_is_a_problem_at_its_field(
    alice: Tenant, caller: Program, wrong: dict[str, Any], field: str
) -> None:
    path = f"/qr-codes/{alice.qr_code_id}"
    before = shown(caller, str(alice.qr_code_id))
    answer = caller.ask("PATCH", path, {"dark": "#000001", **wrong})
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert list(answer.json["errors"]) == [field]
    assert shown(caller, str(alice.qr_code_id)) == before


def test_nothing_is_made_of_a_wrong_wish(alice: Tenant, caller: Program) -> None:
    body = {"official_account": str(alice.account_id), "name": "Poster", "linkage_type": "hubspot"}
    for wrong in ({"dark": "red"}, {"logo": "x"}, {"destination": "x"}):
        assert caller.ask("POST", "/qr-codes", {**body, **wrong}).status_code == 422
    assert len(caller.results("/qr-codes")) == 1


@pytest.mark.both_databases
def test_the_largest_logo_fits_into_a_body(alice: Tenant, caller: Program) -> None:
    # What is too heavy is told apart from what is too long a body.
    body = {"logo": text(b"x" * LARGEST_LOGO), "greeting": "x" * 5000}
    answer = caller.ask("PATCH", f"/qr-codes/{alice.qr_code_id}", body)
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["logo"])


def test_another_tenants_code_cannot_be_changed(
    world: World, alice: Tenant, charlie: Tenant
) -> None:
    path = f"/qr-codes/{alice.qr_code_id}"
    assert program(world, charlie).ask("PATCH", path, {"name": "Mine"}).status_code == 404
