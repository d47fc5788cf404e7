"""A workflow that sends a template: the version of that moment, with the contact's own words."""

import pytest
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models import Contact, Delivery, Template, db
from plugin.models.base import transaction
from plugin.services.templates import archive_template, create_template, save_version
from tests.doors.actions import arrived, befriended, queued, send
from tests.people import linked
from tests.world import PORTAL, Tenant, World


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


def test_what_was_read_just_now_is_not_asked_for_again(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    template = written(world, alice, "Dear {{ contact.firstname }}")
    with world.app.app_context(), transaction():
        contact = db.session.scalars(select(Contact)).one()
        contact.take({"firstname": "Alice Known"}, utcnow())
    before = reads(world)
    assert ended(world, {"template": template})["result"] == "sent"
    assert texts(world) == ["Dear Alice Known"]
    assert reads(world) == before


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


def reads(world: World) -> int:
    """How often contacts were read in batches."""
    calls = world.sandbox.control("GET", "/calls")["calls"]
    asked = [counts for name, counts in calls.items() if "batch/read" in name]
    return sum(one["count"] for one in asked)
