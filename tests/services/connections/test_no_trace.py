"""A mark in every column that can hold HubSpot's data: none is left after a removal, and none of
one person's after they asked to be forgotten, in no row and in no byte of the database's files."""

import pytest
from sqlalchemy import func, select

from plugin.models import Contact, Delivery, Friend, Installation, Member, db
from plugin.models.base import Base
from plugin.models.engine import truncate_log
from plugin.models.transaction import empty_log, transaction
from plugin.services.connections.connection import switch_mode
from tests.support.marks import HUBSPOT, OTHER, found, in_files, plant, textual
from tests.support.people import NOW, linked
from tests.support.portal import Portal, mute
from tests.support.world import ALICE, BOB, Tenant, World

pytestmark = pytest.mark.both_databases

# What the removal still needs until it has told HubSpot.
TOKENS = {("installation", "access_token"), ("installation", "refresh_token")}
# Of the portal and its people; a contact's own wish leaves them.
PORTALS = (
    "audit_entry", "broadcast", "canned_answer", "conflict", "doctor_report", "import_run",
    "installation", "known_property", "list_export", "list_import", "list_preparation", "media",
    "member", "property_sync", "reconcile_run", "segment_version", "synced_list",
    "synced_property", "sending_rules", "tagging", "template_draft", "template_draft_step",
    "template_version", "variant_draft", "variant_draft_step",
)  # fmt: skip
# Who decided, and from where: the history of a link says so for ever, of nobody by name.
NOT_PERSONAL = {("ledger_entry", "actor"), ("ledger_entry", "source"), ("webhook_event", "error"),
                ("job", "payload")}  # fmt: skip


@pytest.fixture
def portal(world: World, alice: Tenant) -> Portal:
    mute(world)
    linked(world, alice)
    world.work()
    return Portal(world, alice)


def url(world: World) -> str:
    return str(world.app.config["SQLALCHEMY_DATABASE_URI"])


def given(world: World, tenant: Tenant) -> dict[str, dict[str, object]]:
    """The rows that are there already, and values that tie new rows to this contact and friend."""
    contact = db.session.scalars(select(Contact)).one()
    friend = db.session.scalars(select(Friend)).one()
    member = db.session.scalars(select(Member)).one()
    return {
        "installation": {"id": tenant.installation_id},
        "official_account": {"id": tenant.account_id},
        "qr_code": {"id": tenant.qr_code_id},
        "contact": {"id": contact.id},
        "friend": {"id": friend.id},
        "member": {"id": member.id},
        "linkage": {"id": 1},
        "delivery": {"state": "accepted", "settled_at": friend.created_at},
        "action_call": {"state": "completed", "contact_id": ALICE},
        "ledger_entry": {"deed": "linked", "line_user_id": friend.line_user_id,
                         "contact_id": ALICE},
        "link_target": {"friend_id": friend.id},
        "import_member": {"contact_id": ALICE},
        "login_attempt": {"contact_id": ALICE},
        "webhook_event": {"source": "hubspot", "owner_id": tenant.installation_id,
                          "event_key": f"object.propertyChange|{ALICE}|1", "occurred_ms": 1,
                          "kind": "object.propertyChange", "handled_at": friend.created_at},
        "job": {"kind": "import_list", "key": "none", "queue": "none", "ready_ms": 2**52},
        "idempotent_call": {"status": 200},
        "template_draft_step": {"number": 1},
        "variant_draft_step": {"number": 1},
        "property_trouble": {"name": "line_tags", "reason": "refused", "contact_id": ALICE},
    }  # fmt: skip


def test_every_column_that_can_hold_words_is_decided() -> None:
    for table in Base.metadata.sorted_tables:
        decided = HUBSPOT.get(table.name, set()) | OTHER.get(table.name, set())
        assert textual(table) == decided, table.name
        assert not HUBSPOT.get(table.name, set()) & OTHER.get(table.name, set()), table.name


def test_a_removal_leaves_no_mark(portal: Portal, world: World) -> None:
    with world.app.app_context():
        rows = given(world, portal.tenant)
        marks = plant(rows, lambda table, column: (table, column) not in TOKENS)
        assert len(marks) > 50
        planted = {one.split(": ")[1] for one in found(marks)}
        assert planted == set(marks)
        installation = db.session.get_one(Installation, portal.tenant.installation_id)
        assert switch_mode(installation, "remove")
    world.work()
    with world.app.app_context():
        assert db.session.get_one(Installation, portal.tenant.installation_id).state == "removed"
        assert found(marks) == []
        assert in_files(url(world), marks) == []
        member = db.session.scalars(select(Member)).one()
        assert (member.email, member.hubspot_user_id < 0) == ("", True)


def test_a_removal_erases_many_messages_in_pieces(
    portal: Portal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugin.services.connections.removal_traces.BATCH_SIZE", 2)
    marks = [f"Word {number}" for number in range(5)]
    with world.app.app_context():
        with transaction() as session:
            for words in marks:
                session.add(
                    Delivery(official_account_id=portal.tenant.account_id, retry_key=words[-1],
                             friend=session.scalars(select(Friend)).one(), state="accepted",
                             messages=[{"type": "text", "text": words}], created_at=NOW)
                )  # fmt: skip
        installation = db.session.get_one(Installation, portal.tenant.installation_id)
        assert switch_mode(installation, "remove")
    world.work()
    with world.app.app_context():
        assert found(marks) == []
        assert db.session.scalar(select(func.count()).select_from(Delivery)) == 5


def test_a_forgotten_person_leaves_no_mark(portal: Portal, world: World) -> None:
    """One whose friend was unlinked before, too: the message was filled with their values."""

    def personal(table: str, column: str) -> bool:
        return table not in PORTALS and (table, column) not in NOT_PERSONAL

    with world.app.app_context():
        rows = given(world, portal.tenant)
        marks = plant(rows, personal)
        # A program's answer and a job's error name the person by HubSpot's id.
        _mention(ALICE)
        assert {one.split(": ")[1] for one in found(marks)} == set(marks)
    portal.tell({"subscriptionType": "contact.privacyDeletion"})
    world.work()
    with world.app.app_context():
        assert found(marks) == []
        assert in_files(url(world), marks) == []


@pytest.mark.parametrize("known", [True, False])
def test_words_about_a_contact_go_though_nobody_is_linked_with_it(
    portal: Portal, world: World, known: bool
) -> None:
    """Unlinked by hand, or never met: what workflows asked and sent is found by the contact."""
    who = ALICE if known else BOB
    if known:
        portal.write(ALICE, line_user_id="")
        portal.tell({"subscriptionType": "object.propertyChange", "propertyName": "line_user_id"})
        assert portal.tied() == {}
    with world.app.app_context():
        rows = given(world, portal.tenant)
        rows["action_call"] = {"state": "completed", "contact_id": who}
        marks = plant(rows, lambda table, _: table in ("delivery", "action_call", "question"))
    event = {"subscriptionType": "contact.privacyDeletion", "objectId": who, "eventId": 9}
    portal.tell(event)
    with world.app.app_context():
        assert found(marks) == []


def test_others_keep_theirs(portal: Portal, world: World) -> None:
    with world.app.app_context():
        marks = plant(
            given(world, portal.tenant), lambda table, _: table in ("delivery", "action_call")
        )
    portal.tell({"subscriptionType": "contact.privacyDeletion", "objectId": BOB})
    with world.app.app_context():
        assert {one.split(": ")[1] for one in found(marks)} == set(marks)


def test_the_log_is_emptied_as_soon_as_nobody_reads(portal: Portal, world: World) -> None:
    if not url(world).startswith("sqlite"):
        pytest.skip("SQLite's own log")
    with world.app.app_context():
        assert db.session.connection().exec_driver_sql("PRAGMA secure_delete").scalar() == 1
        with db.engine.connect() as reader:
            reader.exec_driver_sql("SELECT count(*) FROM contact")
            portal.write(ALICE, firstname="Alicia")
            linked(world, portal.tenant, BOB, "U" + "b" * 32)
            assert not truncate_log(db.engine)
        assert empty_log()


def _mention(contact_id: int) -> None:
    for table, column in (("idempotent_call", "answer"), ("job", "last_error")):
        target = Base.metadata.tables[table]
        for row in db.session.execute(select(target.c.id, target.c[column])).all():
            words = f"{row[1]} {contact_id}"
            db.session.execute(target.update().where(target.c.id == row[0]).values({column: words}))
    db.session.commit()
