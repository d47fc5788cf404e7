"""A workflow that sends a template: the version of that moment, with the contact's own words."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import Contact, Delivery, Installation, Template, db
from plugin.models.transaction import transaction
from plugin.services.message_templates.library import (
    archive_template,
    create_template,
    save_version,
)
from plugin.services.sending import personalise
from plugin.services.sending.deliver_batch import deliver_many
from plugin.services.sending.personalise import FRESH, fill_pending
from tests.actions.calls import arrived, befriended, queued, send
from tests.support.people import linked
from tests.support.portal import Portal
from tests.support.world import ALICE, PORTAL, Tenant, World


def written(world: World, tenant: Tenant, text: str) -> str:
    """A template with one text; answers what a workflow keeps of it."""
    with world.app.app_context():
        messages = [{"type": "text", "text": text}]
        return str(create_template(world.account(tenant), "Welcome", messages).id)


def ended(world: World, inputs: dict[str, str], **more: str) -> dict[str, str]:
    """What the workflow is told in the end; tokens that HubSpot has to fill make it wait."""
    outputs = send(world, inputs, **more)
    if outputs["hs_execution_state"] == "BLOCK":
        world.work()
        outputs = send(world, inputs, **more)
    return outputs


def texts(world: World) -> list[str]:
    return [one["messages"][0]["text"] for one in arrived(world)]


def test_tokens_are_filled_from_hubspot(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    template = written(world, alice, "Dear {{ contact.firstname }} of {{ contact.email }}")
    outputs = ended(world, {"template": template})
    assert outputs["result"] == "sent"
    assert texts(world) == ["Dear Alice of alice@example.com"]
    with world.app.app_context():
        delivery = db.session.scalars(select(Delivery)).one()
        assert delivery.messages[0]["text"] == "Dear Alice of alice@example.com"
        assert (str(delivery.template_id), delivery.template_version) == (template, 1)


def test_a_default_stands_in_for_what_is_missing(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    template = written(world, alice, "{{ contact.company | default('Your team') }}: hello")
    assert ended(world, {"template": template})["result"] == "sent"
    assert texts(world) == ["Your team: hello"]


def test_a_missing_value_without_a_default_is_named(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    template = written(world, alice, "From {{ contact.company }}")
    outputs = ended(world, {"template": template})
    assert outputs["result"] == "invalid_message"
    assert "company" in outputs["error"]
    assert texts(world) == []


def test_a_value_that_makes_the_text_too_long_is_not_sent(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    template = written(world, alice, "{{ contact.firstname }}" + "a" * 4996)
    outputs = ended(world, {"template": template})
    assert outputs["result"] == "invalid_message"
    assert "5,001" in outputs["error"]


@pytest.mark.both_databases
def test_what_was_read_just_now_is_asked_for_all_the_same(world: World, alice: Tenant) -> None:
    """A name that was set, changed or emptied a moment ago is what the friend reads."""
    befriended(world, alice)
    template = written(world, alice, "Dear {{ contact.firstname | default('you') }}")
    portal = Portal(world, alice)
    with world.app.app_context(), transaction():
        contact = db.session.scalars(select(Contact)).one()
        contact.update_from({"firstname": "Alice Known"}, utcnow())
    for place, name in enumerate(("Alicia", "", "Ally")):
        portal.write(ALICE, firstname=name)
        before = reads(world)
        outputs = send(world, {"template": template}, callback=f"ap-{place}")
        assert (outputs["result"], texts(world)[place]) == ("sent", f"Dear {name or 'you'}")
        assert reads(world) == before + 1


def test_words_that_waited_are_filled_in_again(world: World, alice: Tenant) -> None:
    """LINE lets nobody send for a while; the name changes meanwhile."""
    friend_id = befriended(world, alice)
    template = written(world, alice, "Dear {{ contact.firstname }}")
    queued(world, alice, friend_id)
    send(world, {"template": template})
    with world.app.app_context():
        delivery = db.session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
        assert delivery is not None
        assert fill_pending(world.deps, delivery) is None
        assert delivery.messages[0]["text"] == "Dear Alice"
        Portal(world, alice).write(ALICE, firstname="Alicia")
        with transaction():
            delivery.filled_at = utcnow() - FRESH - timedelta(seconds=1)
    world.work()
    assert texts(world) == ["Dear Alicia"]
    with world.app.app_context():
        newest = db.session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
        assert newest is not None
        assert newest.written is None


def test_a_hundred_wait_for_one_who_reads_and_for_hubspot(world: World, alice: Tenant) -> None:
    """While HubSpot is away, a tenant's sends do not each find that out for themselves."""
    template = written(world, alice, "Dear {{ contact.firstname | default('friend') }}")
    friend_id = befriended(world, alice)
    queued(world, alice, friend_id)
    for place in range(20):
        send(world, {"template": template}, callback=f"ap-{place}")
    world.sandbox.fail("/contacts/batch/read", {"status": 503}, times=1)
    before = reads(world)
    world.work()
    with world.app.app_context(), transaction() as session:
        session.execute(
            update(Delivery).where(Delivery.filling == "reading").values(filling_until=utcnow())
        )
    world.work(ahead=600)
    assert texts(world).count("Dear Alice") == 20
    assert reads(world) - before <= 3


def test_the_version_of_that_moment_is_sent(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    template = written(world, alice, "First")
    assert ended(world, {"template": template}, callback="one")["result"] == "sent"
    with world.app.app_context():
        mine = db.session.get_one(Template, int(template))
        save_version(mine, "Welcome", [{"type": "text", "text": "Second"}])
    assert ended(world, {"template": template}, callback="two")["result"] == "sent"
    assert texts(world) == ["First", "Second"]
    with world.app.app_context():
        numbers = list(db.session.scalars(select(Delivery.template_version).order_by(Delivery.id)))
    assert numbers == [1, 2]


@pytest.mark.parametrize("template", ["archived", "999999", "x", "charlie"])
def test_a_template_that_is_gone_is_said_in_words(
    world: World, alice: Tenant, charlie: Tenant, template: str
) -> None:
    befriended(world, alice)
    if template == "archived":
        template = written(world, alice, "Old")
        with world.app.app_context():
            archive_template(db.session.get_one(Template, int(template)))
    elif template == "charlie":
        template = written(world, charlie, "His")
    outputs = ended(world, {"template": template})
    assert outputs["result"] == "invalid_message"
    assert "template" in outputs["error"]
    assert texts(world) == []


def test_the_templates_account_sends_where_none_is_chosen(world: World, alice: Tenant) -> None:
    first = alice.account_id
    befriended(world, alice)
    template = written(world, alice, "Hello")
    second = world.connect(alice, 1)
    assert second.account_id != first
    outputs = ended(world, {"template": template, "official_account": ""})
    assert outputs["result"] == "sent"
    assert texts(world) == ["Hello"]
    with world.app.app_context():
        assert db.session.scalars(select(Delivery.official_account_id)).all() == [first]
    chosen = {"template": template, "official_account": str(second.account_id)}
    assert ended(world, chosen, callback="two")["result"] == "not_linked"
    assert "Choose the Official Account" in ended(world, {"text": "Hi"}, callback="three")["error"]


def test_a_template_that_is_gone_names_no_account(world: World, alice: Tenant) -> None:
    template = written(world, alice, "Old")
    with world.app.app_context():
        archive_template(db.session.get_one(Template, int(template)))
    world.connect(alice, 1)
    outputs = ended(world, {"template": template})
    assert (outputs["result"], "archived" in outputs["error"]) == ("invalid_message", True)


@pytest.mark.both_databases
def test_many_contacts_are_read_in_one_call(world: World, alice: Tenant) -> None:
    template = written(world, alice, "Dear {{ contact.firstname | default('friend') }}")
    people = {"portal": PORTAL, "count": 20, "properties": {"email": "user{n}@example.com"}}
    contacts = world.sandbox.control("POST", "/contacts", people)["ids"]
    users = world.sandbox.control("POST", "/friends", {"count": 20})["user_ids"]
    for contact, user_id in zip(contacts, users, strict=True):
        linked(world, alice, int(contact), user_id)
    queued(world, alice, befriended(world, alice))
    world.work()
    before = reads(world)
    for contact in contacts:
        inputs = {"template": template}
        held = send(world, inputs, callback=f"ap-{contact}", contact=int(contact))
        assert held["hs_execution_state"] == "BLOCK"
    world.work()
    assert texts(world).count("Dear friend") == 20
    assert reads(world) - before == 1


def test_hubspot_is_not_asked_for_a_token_while_it_waits(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    template = written(world, alice, "Dear {{ contact.firstname }}")
    with world.app.app_context(), transaction() as session:
        session.execute(update(Installation).values(token_expires_at=utcnow()))
    inputs = {"template": template}
    assert send(world, inputs)["hs_execution_state"] == "BLOCK"
    world.work()
    assert (send(world, inputs)["result"], texts(world)) == ("sent", ["Dear Alice"])


def test_a_bundle_of_sends_costs_one_read(world: World, alice: Tenant) -> None:
    template = written(world, alice, "Dear {{ contact.firstname }}")
    friend_id = befriended(world, alice)
    queued(world, alice, friend_id)
    for place in range(30):
        send(world, {"template": template}, callback=f"ap-{place}")
    before = reads(world)
    with world.app.app_context():
        waiting = db.session.scalars(select(Delivery.id).where(Delivery.filling == "owed")).all()
        endings = deliver_many(world.deps, waiting)
    assert set(endings.values()) == {None}
    assert texts(world).count("Dear Alice") == 30
    assert reads(world) - before == 1


def test_eight_workers_share_what_is_to_be_read(world: World, alice: Tenant) -> None:
    """Each row is filled by one of them, and nobody waits while holding anything."""
    template = written(world, alice, "Dear {{ contact.firstname }}")
    queued(world, alice, befriended(world, alice))
    for place in range(48):
        send(world, {"template": template}, callback=f"ap-{place}")
    with world.app.app_context():
        ids = list(db.session.scalars(select(Delivery.id).where(Delivery.filling == "owed")))
    before = reads(world)

    def work_on(some: list[int]) -> None:
        left, end = some, time.monotonic() + 120
        while left and time.monotonic() < end:
            with world.app.app_context():
                endings = deliver_many(world.deps, left)
            assert not [one for one in endings.values() if isinstance(one, Exception)]
            left = [one for one, ending in endings.items() if ending is not None]
            time.sleep(0.05 if left else 0)
        assert not left

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work_on, [ids[place::8] for place in range(8)]))
    assert texts(world).count("Dear Alice") == 48
    assert reads(world) - before <= 8


def test_one_who_is_forgotten_meanwhile_stays_forgotten(world: World, alice: Tenant) -> None:
    """Their words are deleted while HubSpot is read, and are not written back."""
    template = written(world, alice, "Dear {{ contact.firstname }}")
    friend_id = befriended(world, alice)
    queued(world, alice, friend_id)
    send(world, {"template": template})
    with world.app.app_context():
        newest = select(Delivery).order_by(Delivery.id.desc()).limit(1)
        batch = personalise._claim(db.session.scalars(newest).one())
        assert len(batch) == 1
        Portal(world, alice).tell({"subscriptionType": "contact.privacyDeletion"})
        personalise._fill_batch(world.deps, batch)
    world.work()
    assert texts(world) == []
    with world.app.app_context():
        kept = db.session.scalars(newest).one()
        assert (kept.messages, kept.written, kept.state) == ([], None, "refused")


def reads(world: World) -> int:
    """How often contacts were read in batches."""
    calls = world.sandbox.control("GET", "/calls")["calls"]
    asked = [counts for name, counts in calls.items() if "batch/read" in name]
    return sum(one["count"] for one in asked)
