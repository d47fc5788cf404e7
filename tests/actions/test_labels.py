"""Values of HubSpot's properties reach a friend as people read them, not as HubSpot keeps them."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from plugin.models import Friend, Installation, KnownProperty, db
from plugin.models.transaction import transaction
from plugin.services.message_templates.library import create_template
from tests.actions.calls import arrived, befriended, send
from tests.support.portal import Portal
from tests.support.world import ALICE, PORTAL, Tenant, World

ASKED = "/properties/2026-09/<object_type>/batch/read"
TOKENS = (
    "{{ contact.plan }} | {{ contact.likes }} | {{ contact.member }} | {{ contact.birthday }}"
    " | {{ contact.visit }} | {{ contact.points }} | {{ contact.note }}"
    " | {{ contact.lifecyclestage }}"
)
VALUES = {
    "plan": "plan_gold_v2", "likes": "tea_1;cake_2", "member": "true", "birthday": "2026-12-24",
    "visit": "2026-12-24T01:30:00Z", "points": "1234567.50", "note": "<p>A &amp; B</p><p>C</p>",
    "lifecyclestage": "customer",
}  # fmt: skip
ENGLISH = (
    "Gold plan | Tea, Cake | Yes | December 24, 2026 | December 24, 2026 10:30 AM | 1,234,567.5"
    " | A & B\nC | Customer"
)
JAPANESE = (
    "Gold plan | Tea、Cake | はい | 2026年12月24日 | 2026年12月24日 10:30 | 1,234,567.5"
    " | A & B\nC | Customer"
)


def option(value: str, label: str) -> dict[str, Any]:
    return {"value": value, "label": label, "displayOrder": 0, "hidden": False}


DEFINITIONS: list[dict[str, Any]] = [
    {"name": "plan", "type": "enumeration", "fieldType": "select",
     "options": [option("plan_gold_v2", "Gold plan")]},
    {"name": "likes", "type": "enumeration", "fieldType": "checkbox",
     "options": [option("tea_1", "Tea"), option("cake_2", "Cake")]},
    {"name": "member", "type": "bool", "fieldType": "booleancheckbox",
     "options": [option("true", "Yes"), option("false", "No")]},
    {"name": "birthday", "type": "date", "fieldType": "date"},
    {"name": "visit", "type": "datetime", "fieldType": "date"},
    {"name": "points", "type": "number", "fieldType": "number"},
    {"name": "note", "type": "string", "fieldType": "html"},
]  # fmt: skip


def define(world: World, *definitions: dict[str, Any]) -> None:
    """As a person does in the portal's settings."""
    store = world.sandbox.app.extensions["world"].store
    known = store.get(f"property:{PORTAL}", "firstname")
    for one in definitions:
        made = {**known, "options": [], "label": one["name"], **one}
        store.put(f"property:{PORTAL}", one["name"], made)


@pytest.fixture
def sent(world: World, alice: Tenant) -> Any:
    """Sends a text with tokens to Alice's friend; answers what arrived, or the error."""
    define(world, *DEFINITIONS)
    befriended(world, alice)
    numbers = iter(range(100))

    def send_text(text: str) -> str:
        with world.app.app_context():
            messages = [{"type": "text", "text": text}]
            template = str(create_template(world.account(alice), "T", messages).id)
        callback = f"ap-{next(numbers)}"
        outputs = send(world, {"template": template}, callback=callback)
        if outputs["result"] != "sent":
            return outputs["error"]
        found: str = arrived(world)[-1]["messages"][0]["text"]
        return found

    return send_text


def change(world: World, model: Any, **values: Any) -> None:
    with world.app.app_context(), transaction() as session:
        session.execute(update(model).values(**values))


def calls(world: World, part: str) -> int:
    counted = world.sandbox.control("GET", "/calls")["calls"]
    return sum(one["count"] for name, one in counted.items() if part in name)


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", ENGLISH), ("ja", JAPANESE), ("", JAPANESE), ("xx-odd", JAPANESE)],
)
def test_every_kind_of_value_is_shown_in_the_friends_language(
    world: World, alice: Tenant, sent: Any, language: str, text: str
) -> None:
    """Where LINE tells no language, the portal's time zone says whether it writes to Japan."""
    Portal(world, alice).write(ALICE, **VALUES)
    change(world, Friend, language=language)
    assert sent(TOKENS) == text


def test_moments_are_of_the_portals_zone_as_it_is_now(
    world: World, alice: Tenant, sent: Any
) -> None:
    Portal(world, alice).write(ALICE, visit="2026-12-24T22:30:00Z", birthday="2026-12-24")
    change(world, Friend, language="en")
    world.sandbox.control("PATCH", f"/portals/{PORTAL}", {"time_zone": "America/New_York"})
    text = "{{ contact.visit }} / {{ contact.birthday }}"
    assert sent(text) == "December 24, 2026 5:30 PM / December 24, 2026"
    world.sandbox.control("PATCH", f"/portals/{PORTAL}", {"time_zone": "Asia/Tokyo"})
    with world.app.app_context(), transaction():
        zone = select(KnownProperty).where(KnownProperty.name == "@portal")
        kept = db.session.scalars(zone).one()
        kept.read_at -= timedelta(hours=2)
    assert sent(text) == "December 25, 2026 7:30 AM / December 24, 2026"


def test_owners_are_named_where_the_portal_allows_it(
    world: World, alice: Tenant, sent: Any
) -> None:
    owner = {"portal": PORTAL, "email": "mika@example.com", "first": "Mika", "last": "Sato"}
    mika = world.sandbox.control("POST", "/owners", owner)["id"]
    Portal(world, alice).write(ALICE, hubspot_owner_id=mika)
    text = "From {{ contact.hubspot_owner_id }}"
    assert sent(text) == "From Mika Sato"
    late = world.sandbox.control("POST", "/owners", {"portal": PORTAL, "email": "new@example.com"})
    Portal(world, alice).write(ALICE, hubspot_owner_id=late["id"])
    age(world, minutes=2)
    assert sent(text) == "From new@example.com"


def test_without_the_scope_an_owner_is_as_good_as_none(
    world: World, alice: Tenant, sent: Any
) -> None:
    owner = world.sandbox.control("POST", "/owners", {"portal": PORTAL, "email": "a@example.com"})
    Portal(world, alice).write(ALICE, hubspot_owner_id=owner["id"])
    with world.app.app_context():
        scopes = db.session.scalars(select(Installation)).one().scopes
    change(world, Installation, scopes=[one for one in scopes if "owners" not in one])
    assert sent("From {{ contact.hubspot_owner_id | default('us') }}") == "From us"
    assert "no hubspot_owner_id" in sent("From {{ contact.hubspot_owner_id }}")
    assert calls(world, "owners") == 0


def age(world: World, **by: float) -> None:
    """What is kept of properties becomes so much older."""
    with world.app.app_context(), transaction():
        for kept in db.session.scalars(select(KnownProperty)):
            kept.read_at -= timedelta(**by)


def test_definitions_are_kept_for_a_while_and_asked_for_where_a_value_is_new(
    world: World, alice: Tenant, sent: Any
) -> None:
    portal, text = Portal(world, alice), "{{ contact.plan }}"
    portal.write(ALICE, plan="plan_gold_v2")
    assert [sent(text), sent(text)] == ["Gold plan", "Gold plan"]
    assert calls(world, ASKED) == 1
    new = [option("plan_gold_v2", "Gold, renamed"), option("s1", "Silver")]
    define(world, {**DEFINITIONS[0], "options": new})
    portal.write(ALICE, plan="s1")
    age(world, minutes=2)
    assert sent(text) == "Silver"
    portal.write(ALICE, plan="plan_gold_v2")
    assert (sent(text), calls(world, ASKED)) == ("Gold, renamed", 2)
    # A value whose option is gone reads as HubSpot shows it, and does not ask for ever.
    define(world, {**DEFINITIONS[0], "options": new[1:]})
    age(world, minutes=11)
    assert [sent(text), sent(text)] == ["plan_gold_v2"] * 2
    assert calls(world, ASKED) == 3


def test_where_hubspot_does_not_answer_what_is_kept_is_good_enough(
    world: World, alice: Tenant, sent: Any
) -> None:
    Portal(world, alice).write(ALICE, plan="plan_gold_v2")
    assert sent("{{ contact.plan }}") == "Gold plan"
    age(world, hours=1)
    world.sandbox.fail("/properties/2026-09/contacts/batch/read", {"status": 503})
    assert sent("{{ contact.plan }}") == "Gold plan"


def test_a_refused_definition_stops_no_message(world: World, alice: Tenant, sent: Any) -> None:
    Portal(world, alice).write(ALICE, plan="plan_gold_v2")
    world.sandbox.fail("/properties/2026-09/contacts/batch/read", {"status": 403})
    assert sent("{{ contact.plan }}") == "plan_gold_v2"


def test_names_and_addresses_ask_for_no_definition(world: World, alice: Tenant, sent: Any) -> None:
    assert sent("{{ contact.firstname }} {{ contact.email }}") == "Alice alice@example.com"
    assert calls(world, ASKED) == 0


def test_a_property_that_hubspot_does_not_know_is_empty(
    world: World, alice: Tenant, sent: Any
) -> None:
    assert sent("Hi {{ contact.no_such_thing | default('you') }}") == "Hi you"
