"""Synced properties: chosen, read, kept up to date, removed."""

import pytest
from sqlalchemy import select

from plugin.models import ContactValues, Installation, PropertySync, SyncedProperty, db
from plugin.models.audience.contact_values import WAITING_TO, insert_unread, mark_stale
from plugin.models.audience.texts import as_number, folded
from plugin.models.audience.value_indexes import existing_indexes, index_name
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services.sync.synced_choice import remove
from plugin.services.sync.synced_reads import read_round
from plugin.services.sync.synced_schedule import sync_now
from tests.services.sync.kept import keep, look, property_of, values_of
from tests.support.crowd import gather
from tests.support.people import linked
from tests.support.portal import Portal, mute
from tests.support.world import ALICE, BOB, Tenant, World

pytestmark = pytest.mark.both_databases


def test_values_of_linked_contacts_are_read_at_once(world: World, alice: Tenant) -> None:
    portal = Portal(world, alice)
    portal.write(ALICE, phone="090", lifecyclestage="lead")
    portal.write(BOB, phone="080")
    _, row = linked(world, alice)
    keep(world, alice, "phone", "lifecyclestage")
    assert values_of(world, row) == {"phone": "090", "lifecyclestage": "lead"}
    kept = property_of(world, "lifecyclestage")
    assert (kept.known, kept.state, kept.type) == (1, "fine", "enumeration")
    assert kept.labels[1] == ["lead", "Lead"]
    assert kept.filled_at is not None
    with world.app.app_context():
        assert db.session.scalars(select(ContactValues.contact_row_id)).all() == [row]


def test_a_new_linkage_gets_its_values_and_an_ended_one_loses_them(
    world: World, alice: Tenant
) -> None:
    portal = Portal(world, alice)
    portal.write(ALICE, phone="090")
    keep(world, alice, "phone")
    _, row = linked(world, alice)
    world.work()
    assert values_of(world, row) == {"phone": "090"}
    portal.delete(ALICE)
    portal.until(lambda: not portal.tied())
    assert values_of(world, row) is None


def test_a_webhook_brings_a_change_and_an_echo_costs_no_read(world: World, alice: Tenant) -> None:
    portal = Portal(world, alice)
    _, row = linked(world, alice)
    keep(world, alice, "phone", "city")
    portal.write(ALICE, phone="070")
    portal.until(lambda: (values_of(world, row) or {}).get("phone") == "070")
    world.sandbox.control("DELETE", "/calls")
    change = {"subscriptionType": "object.propertyChange", "propertyName": "phone"}
    portal.tell({**change, "propertyValue": "070"})
    calls = world.sandbox.control("GET", "/calls")["calls"]
    assert not [name for name in calls if name.endswith("contacts/batch/read")]


def test_a_change_without_a_webhook_is_found(world: World, alice: Tenant) -> None:
    mute(world)
    _, row = linked(world, alice)
    keep(world, alice, "city")
    Portal(world, alice).write(ALICE, city="Kyoto")
    look(world)
    assert values_of(world, row) == {"city": "Kyoto"}
    Portal(world, alice).write(ALICE, city="")
    look(world)
    assert values_of(world, row) == {}
    assert property_of(world, "city").known == 0


def test_what_is_removed_leaves_nothing(world: World, alice: Tenant) -> None:
    Portal(world, alice).write(ALICE, phone="090", city="Kyoto")
    _, row = linked(world, alice)
    keep(world, alice, "phone", "city")
    with world.app.app_context():
        assert existing_indexes() == {index_name("phone", "text"), index_name("city", "text")}
        remove(alice.installation_id, ["phone"])
    assert values_of(world, row) == {"city": "Kyoto"}
    with world.app.app_context():
        remove(alice.installation_id, ["city"])
        assert not db.session.scalars(select(SyncedProperty)).all()
        assert not db.session.scalars(select(PropertySync)).all()
    assert values_of(world, row) is None
    world.work()
    with world.app.app_context():
        assert existing_indexes() == set()


def test_a_segment_finds_its_people_by_the_index(world: World, alice: Tenant) -> None:
    linked(world, alice)
    keep(world, alice, "city", "lifecyclestage", "hs_object_id")
    compared = {
        "city": folded(ContactValues.value("city")) == "kyoto",
        "lifecyclestage": ContactValues.value("lifecyclestage") == "lead",
        "hs_object_id": as_number(ContactValues.value("hs_object_id")) > 5,
    }
    kinds = {"city": "text", "lifecyclestage": "enumeration", "hs_object_id": "number"}
    with world.app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            # A table of one row is read whole otherwise.
            connection.exec_driver_sql("SET enable_seqscan = off; SET enable_bitmapscan = off")
        for name, condition in compared.items():
            statement = select(ContactValues.contact_row_id).where(
                ContactValues.installation_id == alice.installation_id, condition
            )
            compiled = statement.compile(connection, compile_kwargs={"literal_binds": True})
            plan = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
            rows = connection.exec_driver_sql(f"{plan} {str(compiled).replace('%%', '%')}")
            assert index_name(name, kinds[name]) in str(rows.all()), name


def read_all(world: World, tenant: Tenant) -> None:
    with world.app.app_context():
        sync_now(tenant.installation_id)
    world.work()


def test_an_archived_property_keeps_its_last_values(world: World, alice: Tenant) -> None:
    mute(world)
    Portal(world, alice).write(ALICE, company="Tea House", city="Kyoto")
    _, row = linked(world, alice)
    keep(world, alice, "company", "city")
    # Values go with the property, and nobody tells.
    world.sandbox.control("DELETE", "/properties/company", {"archive": True})
    with world.app.app_context(), transaction():
        mark_stale([row])
        enqueue("sync_contacts", alice.installation_id, alice.installation_id)
    world.work()
    gone = property_of(world, "company")
    assert (gone.state, gone.error) == ("missing", "Property company does not exist")
    Portal(world, alice).write(ALICE, city="Nara")
    look(world)
    assert values_of(world, row) == {"company": "Tea House", "city": "Nara"}
    world.sandbox.control("PATCH", "/properties/company", {"restore": True})
    Portal(world, alice).write(ALICE, company="Tea Garden")
    read_all(world, alice)
    assert values_of(world, row) == {"company": "Tea Garden", "city": "Nara"}
    assert property_of(world, "company").state == "fine"


def test_what_hubspot_refuses_later_stops_no_other(world: World, alice: Tenant) -> None:
    mute(world)
    Portal(world, alice).write(ALICE, company="Tea House", city="Kyoto")
    _, row = linked(world, alice)
    keep(world, alice, "company", "city")
    world.sandbox.control("POST", "/properties/company", {"dataSensitivity": "sensitive"})
    Portal(world, alice).write(ALICE, company="Secret", city="Nara")
    read_all(world, alice)
    assert values_of(world, row) == {"company": "Tea House", "city": "Nara"}
    refused = property_of(world, "company")
    assert refused.state == "refused"
    assert "sensitive data" in refused.error
    world.sandbox.control("POST", "/properties/company", {"dataSensitivity": "non_sensitive"})
    read_all(world, alice)
    assert values_of(world, row) == {"company": "Secret", "city": "Nara"}
    assert (property_of(world, "company").state, property_of(world, "company").error) == (
        "fine",
        "",
    )


def test_more_changes_than_hubspot_pages_are_read_whole(
    world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    mute(world)
    _, row = linked(world, alice)
    keep(world, alice, "city")
    monkeypatch.setattr("plugin.services.sync.synced_values.MAX_RESULTS", 0)
    Portal(world, alice).write(ALICE, city="Nara")
    world.sandbox.control("DELETE", "/calls")
    look(world)
    assert values_of(world, row) == {"city": "Nara"}


def test_a_mark_during_a_read_is_not_lost(world: World, alice: Tenant) -> None:
    _, row = linked(world, alice)
    keep(world, alice, "city")
    with world.app.app_context():
        with transaction():
            mark_stale([row])
        before = ContactValues.read_before(alice.installation_id, WAITING_TO, 10)
        with transaction():
            mark_stale([row])
        installation = db.session.get_one(Installation, alice.installation_id)
        read_round(world.deps, installation, before)
        assert ContactValues.read_before(alice.installation_id, WAITING_TO, 10)
        again = ContactValues.read_before(alice.installation_id, WAITING_TO, 10)
        read_round(world.deps, installation, again)
        assert not ContactValues.read_before(alice.installation_id, WAITING_TO, 10)


def test_a_part_of_a_round_that_fails_wastes_no_other(world: World, alice: Tenant) -> None:
    people = gather(world, alice, 250)
    keep(world, alice, "email")
    world.sandbox.fail("contacts/batch/read", {"status": 503}, times=1)
    world.sandbox.control("DELETE", "/calls")
    for _ in range(3):
        read_all(world, alice)
        world.pass_time(900)
    assert property_of(world, "email").known == len(people.contact_ids)
    calls = world.sandbox.control("GET", "/calls")["calls"]
    reads = [each["count"] for name, each in calls.items() if name.endswith("contacts/batch/read")]
    # Three passes; the sandbox does not count the call that it spoiled.
    assert sum(reads) == 3 * 3


def test_nothing_chosen_keeps_nothing_though_a_step_was_under_way(
    world: World, alice: Tenant
) -> None:
    linked(world, alice)
    keep(world, alice, "city")
    with world.app.app_context():
        remove(alice.installation_id, ["city"])
        with transaction():
            insert_unread(alice.installation_id, [1])
            PropertySync.held(alice.installation_id)
            enqueue("sync_contacts", alice.installation_id, alice.installation_id)
    world.work()
    with world.app.app_context():
        assert not db.session.scalars(select(ContactValues)).all()
        assert not db.session.scalars(select(PropertySync)).all()


def test_an_index_that_was_left_half_made_is_made_again(world: World, alice: Tenant) -> None:
    linked(world, alice)
    keep(world, alice, "city")
    with world.app.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("PostgreSQL makes an index beside writes, in several steps")
        name = index_name("city", "text")
        with db.engine.begin() as connection:
            half = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = CAST(%s AS regclass)"
            connection.exec_driver_sql(half, (name,))
    read_all(world, alice)
    with world.app.app_context(), db.engine.connect() as connection:
        valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = CAST(%s AS regclass)"
        assert connection.exec_driver_sql(valid, (name,)).scalar() is True


def test_a_long_text_of_one_tenant_keeps_others_from_an_index(
    world: World, alice: Tenant, charlie: Tenant
) -> None:
    Portal(world, alice).write(ALICE, city="K" * 9_000)
    _, row = linked(world, alice)
    keep(world, alice, "city")
    with world.app.app_context():
        assert existing_indexes() == {index_name("city", "text")}
    assert len((values_of(world, row) or {})["city"]) == 500
    world.sandbox.control("POST", "/properties/city", {"fieldType": "textarea"})
    # The index goes first, then the next pass keeps more.
    for _ in range(2):
        read_all(world, alice)
    with world.app.app_context():
        assert existing_indexes() == set()
    assert len((values_of(world, row) or {})["city"]) == 9_000
    keep(world, charlie, "city")
    with world.app.app_context():
        assert existing_indexes() == set()
