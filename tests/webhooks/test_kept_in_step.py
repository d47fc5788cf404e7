"""Conflicts, the ledger's undo, and HubSpot's connection: on the pages and in the API."""

import pytest
from sqlalchemy import select

from plugin.models import Conflict, Installation, db
from plugin.models.transaction import transaction
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.link import link
from tests.api.client import Program, program
from tests.support.people import NOW, linked
from tests.support.portal import Portal
from tests.support.walker import Page
from tests.support.world import ALICE, BOB, Tenant, World
from tests.web.pages import marks

pytestmark = pytest.mark.both_databases

A, B = "U" + "a" * 32, "U" + "b" * 32


@pytest.fixture
def portal(world: World, alice: Tenant) -> Portal:
    return Portal(world, alice)


@pytest.fixture
def conflict(portal: Portal) -> int:
    """B wants Alice's contact, which A holds."""
    linked(portal.world, portal.tenant)
    with portal.world.app.app_context():
        with transaction():
            friend = get_or_create_friend(portal.world.account(portal.tenant), B, NOW)
            link(
                LinkRequest(
                    friend,
                    get_or_create_contact(portal.tenant.installation_id, ALICE),
                    "email",
                    "friend",
                )
            )
        return db.session.scalars(select(Conflict.id)).one()


def go(portal: Portal, path: str) -> Page:
    return portal.tenant.walker.go(f"{portal.world.url}{path}")


def press(portal: Portal, path: str, action: str) -> Page:
    """Open a page and send the form that leads to `action`."""
    page = go(portal, path)
    place = next(i for i, form in enumerate(page.forms) if form.action.endswith(action))
    return portal.tenant.walker.submit(place)


def state(portal: Portal) -> str:
    with portal.world.app.app_context():
        return db.session.get_one(Installation, portal.tenant.installation_id).state


def test_a_conflict_shows_both_sides_and_a_person_keeps(portal: Portal, conflict: int) -> None:
    assert "conflicts-wait" in marks(go(portal, "/friends"))
    shown = marks(go(portal, "/conflicts"))
    assert shown.count("friend") == shown.count("contact") == 2
    page = press(portal, "/conflicts", f"/conflicts/{conflict}/keep")
    assert {"no-conflicts", "decided"} <= set(marks(page))
    assert portal.tied() == {ALICE: A}
    assert portal.ledger()[-1] == ("kept", "manual", ALICE)


def test_a_person_moves_the_link(portal: Portal, conflict: int) -> None:
    press(portal, "/conflicts", f"/conflicts/{conflict}/move")
    assert portal.tied() == {ALICE: B}
    assert [deed for deed, _, _ in portal.ledger()][-2:] == ["unlinked", "linked"]


def test_the_newest_line_is_undone_on_the_friend_s_page(portal: Portal) -> None:
    friend_id, _ = linked(portal.world, portal.tenant)
    assert marks(go(portal, f"/friends/{friend_id}")).count("undo") == 1
    for tied in ({}, {ALICE: A}):
        page = press(portal, f"/friends/{friend_id}", "/undo")
        assert portal.tied() == tied
        assert "Undone." in page.text


def test_hubspot_is_paused_and_goes_on(portal: Portal) -> None:
    assert "paused" in marks(press(portal, "/settings/hubspot", "/pause"))
    assert state(portal) == "paused"
    assert "paused" in marks(go(portal, "/"))
    press(portal, "/settings/hubspot", "/resume")
    assert state(portal) == "active"


def test_a_removal_says_before_what_will_be_gone(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    page = go(portal, "/settings/hubspot")
    assert {"loss", "export-csv", "export-json"} <= set(marks(page))
    assert "1 contact from HubSpot" in page.text
    kept = go(portal, "/settings/hubspot/links.csv")
    assert (kept.status, A in kept.html) == (200, True)
    press(portal, "/settings/hubspot", "/remove")
    portal.world.work()
    assert "removed" in marks(go(portal, "/settings/hubspot"))
    assert (state(portal), portal.tied()) == ("removed", {})


def test_the_comparison_can_be_begun_by_hand(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    portal.world.work()
    assert "never-compared" in marks(press(portal, "/settings/hubspot", "/compare"))
    portal.world.work()
    assert "compared" in marks(go(portal, "/settings/hubspot"))


@pytest.fixture
def api(portal: Portal) -> Program:
    return program(portal.world, portal.tenant)


def test_the_api_decides_conflicts(portal: Portal, conflict: int, api: Program) -> None:
    (shown,) = api.results("/conflicts")
    assert (shown["line_user_id"], shown["linked_line_user_id"]) == (B, A)
    answer = api.ask("POST", f"/conflicts/{conflict}/move")
    assert (answer.status_code, answer.json["verdict"]) == (200, "moved")
    assert api.ask("POST", f"/conflicts/{conflict}/keep").status_code == 409
    assert api.results("/conflicts") == []
    assert len(api.results("/conflicts?decided=true")) == 1
    assert portal.tied() == {ALICE: B}


def test_the_api_undoes_a_line_once(portal: Portal, api: Program) -> None:
    linked(portal.world, portal.tenant, BOB)
    (line,) = api.results("/linkages/history")
    answer = api.ask("POST", f"/linkages/history/{line['id']}/undo")
    assert (answer.status_code, answer.json["deed"]) == (200, "unlinked")
    again = api.ask("POST", f"/linkages/history/{line['id']}/undo")
    assert (again.status_code, again.json["code"]) == (409, "overtaken")


def test_the_api_pauses_resumes_and_removes(portal: Portal, api: Program) -> None:
    linked(portal.world, portal.tenant)
    assert api.get("/disconnect")["removal_would_delete"]["linkages"] == 1
    for mode, status, then in (
        ("resume", 409, "active"),
        ("pause", 202, "paused"),
        ("resume", 202, "active"),
        ("remove", 202, "removing"),
    ):
        answer = api.ask("POST", "/disconnect", {"mode": mode})
        assert (answer.status_code, state(portal)) == (status, then), mode
    portal.world.work()
    assert api.get("/disconnect")["state"] == "removed"
    assert api.ask("POST", "/disconnect", {"mode": "explode"}).status_code == 422
    assert program(portal.world, portal.tenant, "reader").ask(
        "POST", "/disconnect", {"mode": "pause"}
    ).status_code == 403  # fmt: skip
