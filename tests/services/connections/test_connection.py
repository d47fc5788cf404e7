"""HubSpot paused, resumed, removed, connected again; and a token that broke by itself."""

import csv
import io
import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from plugin.models import (
    Conflict,
    Contact,
    Friend,
    HistoryEntry,
    Installation,
    Job,
    Linkage,
    LinkageToken,
    OfficialAccount,
    QRCode,
    db,
)
from plugin.models.base import Base
from plugin.models.transaction import transaction
from plugin.services.connections.connection import switch_mode
from plugin.services.connections.removal import BATCH_SIZE
from plugin.services.connections.removal_rows import owned_rows
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage.export import links_as_csv, links_as_json
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.link import link
from plugin.services.personal_links.tokens import issue_token
from tests.support.people import NOW, linked, pass_refusal
from tests.support.portal import Portal
from tests.support.world import ALICE, BOB, OTHER_PORTAL, PORTAL, Tenant, World
from tests.web.login_flow.browser import Phone, personal_link

pytestmark = pytest.mark.both_databases

A, B = "U" + "a" * 32, "U" + "b" * 32


@pytest.fixture
def portal(world: World, alice: Tenant) -> Portal:
    return Portal(world, alice)


def do(portal: Portal, mode: str) -> bool:
    with portal.world.app.app_context():
        installation = db.session.get_one(Installation, portal.tenant.installation_id)
        return switch_mode(installation, mode)  # type: ignore[arg-type]


def state(portal: Portal) -> str:
    with portal.world.app.app_context():
        return db.session.get_one(Installation, portal.tenant.installation_id).state


def count(portal: Portal, model: type[Base]) -> int:
    with portal.world.app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def filled(portal: Portal) -> None:
    """Ties, a conflict, a token and a history."""
    linked(portal.world, portal.tenant)
    with portal.world.app.app_context(), transaction():
        friend = get_or_create_friend(portal.world.account(portal.tenant), B, NOW)
        contact = get_or_create_contact(portal.tenant.installation_id, ALICE)
        link(LinkRequest(friend, contact, "import", "list:1"))
        issue_token(portal.world.code(portal.tenant), contact, 30, NOW)
    portal.world.work()


def test_a_pause_keeps_everything_and_does_nothing(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    portal.world.work()
    assert do(portal, "pause")
    assert not do(portal, "pause")
    linked(portal.world, portal.tenant, BOB, B)
    portal.write(ALICE, line_user_id="")
    portal.world.work()
    assert portal.tied() == {ALICE: A, BOB: B}
    assert portal.value(BOB) == ""
    assert do(portal, "resume")
    portal.until(lambda: portal.tied() == {BOB: B} and portal.value(BOB) == B)
    assert count(portal, Job) == len(["refresh_token"])


def test_a_removal_takes_what_hubspot_brought_and_nothing_else(portal: Portal) -> None:
    filled(portal)
    assert do(portal, "remove")
    portal.world.work()
    assert state(portal) == "removed"
    assert not do(portal, "remove")
    for gone in (Linkage, Contact, HistoryEntry, Conflict, LinkageToken, Job):
        assert count(portal, gone) == 0, gone
    assert (count(portal, OfficialAccount), count(portal, QRCode), count(portal, Friend)) == (
        1,
        1,
        2,
    )
    with portal.world.app.app_context():
        row = db.session.get_one(Installation, portal.tenant.installation_id)
        assert (row.access_token, row.refresh_token) == ("", "")
    # HubSpot has the app no more: its store of installs says so.
    store = portal.world.sandbox.app.extensions["world"].store
    assert store.get("install", PORTAL) is None


def test_connecting_again_makes_it_anew(portal: Portal) -> None:
    filled(portal)
    do(portal, "remove")
    portal.world.work()
    tenant = portal.world.install()
    assert tenant.installation_id == portal.tenant.installation_id
    assert state(portal) == "active"
    portal.world.work()
    linked(portal.world, portal.tenant, ALICE, B)
    portal.until(lambda: portal.value(ALICE) == B)
    assert portal.ledger() == [("linked", "manual", ALICE)]


def test_a_link_from_before_the_removal_leads_to_the_shop(portal: Portal) -> None:
    """Its token is gone for good, so the message's button is no way on."""
    address = personal_link(portal.world, portal.tenant)
    do(portal, "remove")
    portal.world.work()
    portal.world.install()
    phone = Phone()
    phone.go(address)
    assert phone.outcome == "tampered"
    assert "ask Sandbox Shop for a new link" in phone.page.text


def test_a_removal_waits_for_hubspot_and_is_not_begun_twice(portal: Portal) -> None:
    filled(portal)
    portal.world.sandbox.fail("external-install", {"status": 503}, times=1)
    portal.world.sandbox.fail("/appinstalls", {"status": 503}, times=1)
    do(portal, "remove")
    portal.world.work()
    for _ in range(5):
        portal.world.work(ahead=120)
    assert state(portal) == "removed"


@pytest.mark.parametrize("broken", [True, False])
def test_a_broken_token_deletes_nothing_until_a_person_removes(
    portal: Portal, broken: bool
) -> None:
    filled(portal)
    portal.world.sandbox.control("POST", "/uninstall", {"portal": PORTAL})
    with portal.world.app.app_context(), transaction():
        row = db.session.get_one(Installation, portal.tenant.installation_id)
        row.token_expires_at = NOW
        get_or_create_contact(row.id, ALICE).mark_for_push()
    linked(portal.world, portal.tenant, BOB, "U" + "c" * 32)
    portal.world.work()
    assert state(portal) == "active"
    pass_refusal(portal.world, timedelta(hours=25))
    portal.world.work(ahead=60)
    assert state(portal) == "disconnected"
    assert portal.tied() == {ALICE: A, BOB: "U" + "c" * 32}
    if broken:
        return
    assert do(portal, "remove")
    portal.world.work()
    assert (state(portal), portal.tied()) == ("removed", {})


def test_another_tenant_s_links_stay(portal: Portal, charlie: Tenant) -> None:
    filled(portal)
    body = {"portal": OTHER_PORTAL, "count": 1}
    made = int(portal.world.sandbox.control("POST", "/contacts", body)["ids"][0])
    linked(portal.world, charlie, made)
    do(portal, "remove")
    portal.world.work()
    assert portal.tied(charlie) == {made: A}


def test_a_removal_goes_piece_by_piece() -> None:
    assert BATCH_SIZE <= 1000


def test_no_row_that_stays_points_at_one_that_goes(portal: Portal) -> None:
    with portal.world.app.app_context():
        gone = {model.__tablename__ for model, _ in owned_rows(1)}
    tables = Base.metadata.sorted_tables
    order = [model.__tablename__ for model, _ in owned_rows(1)]
    for table in tables:
        for key in table.foreign_keys:
            points_at = key.column.table.name
            if points_at not in gone or table.name == points_at:
                continue
            column = table.columns[key.parent.name]
            assert table.name in gone or column.nullable, f"{table.name}.{column.name}"
            if table.name in gone and not column.nullable:
                assert order.index(table.name) < order.index(points_at), table.name


def test_the_export_holds_every_link_and_no_formula(portal: Portal) -> None:
    linked(portal.world, portal.tenant)
    with portal.world.app.app_context():
        with transaction():
            get_or_create_contact(portal.tenant.installation_id, ALICE).firstname = "=1+1"
        lines = "".join(links_as_csv(portal.tenant.installation_id))
        rows = list(csv.DictReader(io.StringIO(lines.removeprefix("\ufeff"))))
        assert [(row["line_user_id"], row["contact_id"]) for row in rows] == [(A, str(ALICE))]
        assert rows[0]["firstname"] == "'=1+1"
        kept = json.loads("".join(links_as_json(portal.tenant.installation_id)))
        assert kept[0]["firstname"] == "=1+1"
        assert json.loads("".join(links_as_json(999))) == []
