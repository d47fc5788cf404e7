"""The steps of a draft: kept, resumed, checked; and what went out is what was announced."""

import re
from zoneinfo import ZoneInfo

import pytest

from plugin.core.clock import utcnow
from plugin.models import Broadcast, SendingRules, Variant, db
from plugin.models.transaction import transaction
from plugin.services.broadcasts.audience import MOST_LINES
from tests.services.personal_links.test_bulk import make_list
from tests.support.people import linked
from tests.support.world import ALICE, Tenant, World
from tests.web.broadcasts.drafts import HELLO, begin, colleague, draft_of, kept, post
from tests.web.pages import marks


def test_a_draft_is_kept_at_each_step(world: World, alice: Tenant) -> None:
    linked(world, alice)
    path = begin(world, alice)
    page = post(alice.walker, f"{path}/who", name="Summer sale", audience="all")
    assert page.url == f"{world.url}{path}/what"
    page = post(alice.walker, f"{path}/what", act="save", **HELLO)
    assert page.url == f"{world.url}{path}/when", page.text
    page = post(alice.walker, f"{path}/when", start="now", pace="fast")
    assert page.url == f"{world.url}{path}/check", page.text
    assert "Send to 1 friend" in page.text
    assert "term-reach" in marks(page)
    assert kept(world).name == "Summer sale"
    back = alice.walker.go(f"{world.url}{path}")
    assert back.url.endswith("/check")


def test_a_name_is_needed_and_what_was_typed_stays(world: World, alice: Tenant) -> None:
    alice.walker.go(f"{world.url}/broadcasts/new")
    page = post(alice.walker, "/broadcasts/new", name="  ", account=str(alice.account_id))
    assert page.status == 422
    assert "error-name" in marks(page)
    path = begin(world, alice)
    page = post(alice.walker, f"{path}/who", name="Typed", audience="segment", segment="")
    assert page.status == 422
    assert "error-segment" in marks(page)
    assert 'value="Typed"' in page.html
    assert kept(world).name == "Spring sale"


@pytest.mark.parametrize(
    ("typed", "problem"),
    [("", "Choose a list"), ("99999", "no contact list with this ID"), ("Nothing", "of this name")],
)
def test_a_list_that_is_not_there_is_said_at_its_field(
    world: World, alice: Tenant, typed: str, problem: str
) -> None:
    path = begin(world, alice)
    page = post(alice.walker, f"{path}/who", name="Sale", audience="list", list=typed)
    assert page.status == 422
    assert "error-list" in marks(page)
    assert problem in page.text


def test_a_hubspot_list_is_chosen_by_its_suggestion_or_its_name(
    world: World, alice: Tenant
) -> None:
    list_id = make_list(world, ALICE)
    options = alice.walker.go(f"{world.url}/broadcasts/lists?q=").html
    [written] = [text for text in re.findall(r'value="([^"]+)"', options) if f"({list_id})" in text]
    path = begin(world, alice)
    for typed in (written, str(list_id), written.rpartition(" (")[0]):
        alice.walker.go(f"{world.url}{path}/who")
        page = post(alice.walker, f"{path}/who", name="Sale", audience="list", list=typed)
        assert page.url.endswith("/what"), page.text
        assert kept(world).list_id == str(list_id)


def test_pasted_ids_are_counted_and_garbage_is_named(world: World, alice: Tenant) -> None:
    linked(world, alice)
    path = begin(world, alice)
    unknown, garbage = "U" + "b" * 32, ["not an id"] * 3
    lines = ["U" + "a" * 32, str(ALICE), unknown, *garbage]
    page = post(alice.walker, f"{path}/who", name="Sale", audience="upload", ids="\n".join(lines))
    assert page.url.endswith("/who")
    assert re.search(r'upload-invalid">3<', page.html)
    assert re.search(r'upload-unknown">1<', page.html)
    assert kept(world).audience == "upload"
    page = post(alice.walker, f"{path}/who", name="Sale", audience="upload", ids="")
    assert page.url.endswith("/what")


def test_a_list_that_cannot_be_read_leaves_the_audience_as_it_was(
    world: World, alice: Tenant
) -> None:
    path = begin(world, alice)
    post(alice.walker, f"{path}/who", name="Sale", audience="all")
    too_long = "\n".join(["U" + "0" * 32] * (MOST_LINES + 1))
    page = post(alice.walker, f"{path}/who", name="Other", audience="upload", ids=too_long)
    assert page.status == 422
    assert "Split it" in page.text
    assert (kept(world).name, kept(world).audience, kept(world).upload) == ("Sale", "all", None)


def test_a_message_that_line_refuses_is_not_kept(world: World, alice: Tenant) -> None:
    path = begin(world, alice)
    alice.walker.go(f"{world.url}{path}/what")
    long = {**HELLO, "bubble.0.text": "a" * 5001}
    page = post(alice.walker, f"{path}/what", act="save", **long)
    assert page.status == 422
    assert "problems" in marks(page)
    assert "a" * 5001 in page.html
    chosen = {**draft_of(page), "source": "template", "template": ""}
    page = post(alice.walker, f"{path}/what", act="save", **chosen)
    assert page.status == 422
    assert "Choose a template" in page.text


def test_a_second_variant_begins_as_a_copy_and_goes_again(world: World, alice: Tenant) -> None:
    path = begin(world, alice)
    post(alice.walker, f"{path}/what", act="save", **HELLO)
    alice.walker.go(f"{world.url}{path}/what")
    page = post(alice.walker, f"{path}/what/variants", act="add", variant="0")
    assert page.url.endswith("variant=1")
    assert ">\nHello</textarea>" in page.html
    other = {**HELLO, "bubble.0.text": "Good day", "split_percent": "20", "split_hours": "6"}
    page = post(alice.walker, f"{path}/what?variant=1", act="save", **other)
    assert page.url.endswith("/when"), page.text
    with world.app.app_context():
        texts = [row.messages[0]["text"] for row in db.session.scalars(db.select(Variant))]
    assert texts == ["Hello", "Good day"]
    assert (kept(world).split_percent, kept(world).split_hours) == (20, 6)
    post(alice.walker, f"{path}/what/variants", act="remove", variant="0")
    with world.app.app_context():
        [left] = db.session.scalars(db.select(Variant))
        assert (left.number, left.messages[0]["text"]) == (0, "Good day")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"start": "at", "date": "2020-01-01", "time": "10:00"}, "date"),
        ({"start": "at", "date": "", "time": "10:00"}, "date"),
        ({"start": "at", "date": "2031-01-01", "time": "x"}, "time"),
        ({"start": "at", "date": "2031-03-09", "time": "02:30"}, "time"),
        ({"pace": "spread", "spread_minutes": ""}, "spread_minutes"),
        ({"pace": "rate", "per_minute": "-4"}, "per_minute"),
        ({"overrides_cap": "yes", "cap_override": " "}, "cap_override"),
        ({"holdout_percent": "51"}, "holdout_percent"),
        ({"budget": "many"}, "budget"),
        ({"goal": "property", "goal_days": "7"}, "goal_property"),
        ({"goal": "property", "goal_property": "odd", "goal_property_value": "x"}, "goal_property"),
        ({"goal": "list", "goal_list_value": "99999"}, "goal_list_value"),
        ({"goal": "link", "goal_days": "31"}, "goal_days"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    world: World, alice: Tenant, typed: dict[str, str], field: str
) -> None:
    with world.app.app_context(), transaction():
        world.account(alice).installation.time_zone = "America/New_York"
        rules = SendingRules(official_account_id=alice.account_id, cap_messages=3)
        rules.changed_at = utcnow()
        db.session.add(rules)
    path = begin(world, alice)
    page = post(alice.walker, f"{path}/when", **typed)
    assert page.status == 422
    assert f"error-{field}" in marks(page)
    if typed.get("time") == "02:30":
        assert "3/9/31, 3:00" in page.text.replace("\u202f", " ")


def test_a_planned_time_is_that_of_the_portal(world: World, alice: Tenant) -> None:
    path = begin(world, alice)
    page = post(alice.walker, f"{path}/when", start="at", date="2031-03-09", time="09:30")
    assert page.url.endswith("/check")
    planned = kept(world).schedule_at
    assert planned is not None
    assert planned.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%H:%M") == "09:30"
    shown = alice.walker.go(f"{world.url}{path}/when")
    assert 'value="2031-03-09"' in shown.html
    assert 'value="09:30"' in shown.html


def test_a_second_person_overwrites_nothing_unseen(world: World, alice: Tenant) -> None:
    path = begin(world, alice)
    bob = colleague(world, alice)
    theirs = bob.go(f"{world.url}{path}/who")
    hers = alice.walker.go(f"{world.url}{path}/who")
    bob_seen, alice_seen = theirs.forms[-1].fields["seen"], hers.forms[-1].fields["seen"]
    post(bob, f"{path}/who", name="Bob's name", audience="all", seen=bob_seen)
    page = post(alice.walker, f"{path}/who", name="Alice's name", audience="all", seen=alice_seen)
    assert page.status == 409
    assert "changed-meanwhile" in marks(page)
    assert "Bob's name" in page.text.replace("&#39;", "'")
    assert "Alice&#39;s name" in page.html
    assert kept(world).name == "Bob's name"
    again = page.forms[-1].fields["seen"]
    page = post(alice.walker, f"{path}/who", name="Alice's name", audience="all", seen=again)
    assert kept(world).name == "Alice's name"


def test_a_draft_that_was_started_meanwhile_is_not_changed(world: World, alice: Tenant) -> None:
    path = begin(world, alice)
    with world.app.app_context(), transaction():
        db.session.scalars(db.select(Broadcast)).one().state = "sending"
    page = post(alice.walker, f"{path}/who", name="Late", audience="all")
    assert page.url == f"{world.url}{path}"
    assert "Nothing was changed" in page.text
    assert kept(world).name == "Spring sale"
    assert alice.walker.go(f"{world.url}{path}/when").url == f"{world.url}{path}"


def test_a_goal_is_kept_and_shown_again(world: World, alice: Tenant) -> None:
    options = alice.walker.go(f"{world.url}/broadcasts/properties?q=life").html
    assert 'value="lifecyclestage"' in options
    path = begin(world, alice)
    goal = {"goal_property": "lifecyclestage", "goal_property_value": "customer", "goal_days": "14"}
    post(alice.walker, f"{path}/when", goal="property", **goal)
    assert kept(world).goal == {
        "kind": "property", "days": 14, "value": "customer", "property": "lifecyclestage",
    }  # fmt: skip
    shown = alice.walker.go(f"{world.url}{path}/when")
    assert 'value="lifecyclestage"' in shown.html
    assert 'value="customer"' in shown.html


def test_ten_thousand_pasted_ids_with_garbage_among_them(world: World, alice: Tenant) -> None:
    linked(world, alice)
    path = begin(world, alice)
    lines = [f"U{number:032x}" for number in range(10_000)]
    lines[1::10] = ["garbage"] * 1000
    text = "\n".join([*lines, "U" + "a" * 32])
    page = post(alice.walker, f"{path}/who", name="Sale", audience="upload", ids=text)
    assert re.search(r'upload-lines">10,001<', page.html)
    assert re.search(r'upload-invalid">1,000<', page.html)
    assert re.search(r'upload-unknown">9,000<', page.html)
    assert re.search(r'upload-fine">1<', page.html)
