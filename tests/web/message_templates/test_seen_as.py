"""The preview as a chosen friend: values as a send fills them, and nobody of another tenant."""

import re
from html import unescape

import pytest

from plugin.models import Template, db
from plugin.models.transaction import transaction
from plugin.services.friends.records import get_or_create_friend
from tests.support.people import NOW, friend_of, linked
from tests.support.walker import Page
from tests.support.world import Tenant, World
from tests.web.broadcasts.drafts import begin, post
from tests.web.message_templates.editor import send, write
from tests.web.pages import csrf_of, marks

HELLO = {
    "bubble.0.kind": "text",
    "bubble.0.text": "Dear {{ contact.firstname }} of {{ contact.company | default('your firm') }}",
}


def preview(world: World, tenant: Tenant, **fields: str) -> Page:
    tenant.walker.go(f"{world.url}/templates/new")
    return send(tenant, tenant.walker.page, "/templates/preview", **{**HELLO, **fields})


def said(page: Page) -> str:
    """What the first text bubble says."""
    (words, *_) = re.findall(r'data-testid="bubble-text">(.*?)</p>', page.html, re.DOTALL)
    return unescape(re.sub(r"<[^>]*>", "", words))


def named(world: World, friend_id: int, name: str) -> None:
    with world.app.app_context(), transaction():
        friend_of(friend_id).display_name = name


def test_nobody_in_particular_sees_defaults_and_names(world: World, alice: Tenant) -> None:
    page = preview(world, alice)
    assert said(page) == "Dear firstname of your firm"
    assert page.html.count('class="stand-in example"') == 2
    assert "no default: whoever lacks it gets nothing" in page.text
    assert "default: “your firm”" in page.text


def test_a_person_sees_what_hubspot_holds_of_them(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    page = preview(world, alice, **{"as": str(friend_id)})
    assert said(page) == "Dear Alice of your firm"
    assert 'class="stand-in default"' in page.html
    assert "Without a value for this person" in page.text
    assert "friend-problem" not in marks(page)
    # The choice is kept until somebody else is chosen.
    assert said(preview(world, alice)) == "Dear Alice of your firm"
    assert said(preview(world, alice, **{"as": "0"})) == "Dear firstname of your firm"
    assert said(preview(world, alice)) == "Dear firstname of your firm"


def test_what_would_not_be_sent_says_why(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    text = {"bubble.0.text": "At {{ contact.company }}", "as": str(friend_id)}
    page = preview(world, alice, **text)
    assert "Nothing would be sent to this person." in page.text
    assert "The contact has no company" in page.text
    assert 'class="stand-in missing"' in page.html
    with world.app.app_context(), transaction():
        friend_of(friend_id).status = "blocked"
    page = preview(world, alice, **{"as": str(friend_id)})
    assert "has blocked the account" in page.text


def test_a_value_that_makes_it_too_long_is_said(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    token = "{{ contact.firstname | default('') }}"
    page = preview(world, alice, **{"bubble.0.text": "a" * 4996 + token, "as": str(friend_id)})
    assert "Nothing would be sent to this person." in page.text
    page = preview(world, alice, **{"bubble.0.text": "a" * 4995 + token, "as": str(friend_id)})
    assert "friend-problem" not in marks(page)


def test_a_friend_without_a_contact_has_defaults(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    with world.app.app_context(), transaction() as session:
        session.delete(friend_of(friend_id).linkage)
    page = preview(world, alice, **{"as": str(friend_id)})
    assert said(page) == "Dear firstname of your firm"
    assert "The contact has no firstname" in page.text


def test_hubspot_that_is_away_is_said(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    world.sandbox.fail("/crm/objects/2026-09/contacts/batch/read", {"status": 503})
    page = preview(world, alice, **{"as": str(friend_id)})
    assert "HubSpot could not be asked" in page.text
    assert said(page) == "Dear firstname of your firm"


def test_a_draft_that_cannot_be_read_says_so_beside_the_others(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    broken = {"bubble.1.kind": "text", "bubble.1.text": "{{ oops }}", "as": str(friend_id)}
    page = preview(world, alice, **broken)
    assert said(page) == "Dear Alice of your firm"
    assert "problem" in marks(page)


def test_values_are_text_and_no_markup(world: World, alice: Tenant) -> None:
    page = preview(
        world, alice, **{"bubble.0.text": "{{ contact.city | default('<i>Osaka</i>') }}"}
    )
    assert said(page) == "<i>Osaka</i>"
    assert "<i>Osaka" not in page.html


def test_a_foreign_friend_is_nobody(world: World, alice: Tenant, charlie: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    named(world, friend_id, "Secret Aiko")
    page = preview(world, charlie, **{"as": str(friend_id)})
    assert said(page) == "Dear firstname of your firm"
    page = charlie.walker.go(f"{world.url}/templates/new?as={friend_id}")
    assert "Secret Aiko" not in page.html
    answer = charlie.walker.session.get(f"{world.url}/templates/friends?account={alice.account_id}")
    assert answer.status_code == 404
    rows = charlie.walker.go(f"{world.url}/templates/friends?account={charlie.account_id}&q=Secret")
    assert "Secret Aiko" not in rows.html


def test_friends_are_found_by_name(world: World, alice: Tenant) -> None:
    first, _ = linked(world, alice)
    named(world, first, "Aiko Sato")
    for number in range(10):
        user_id = f"U{number:032x}"
        with world.app.app_context(), transaction():
            friend = get_or_create_friend(world.account(alice), user_id, NOW)
            friend.note_status("following", NOW)
            friend.display_name = f"Ben {number}"
    world.work()
    rows = alice.walker.go(f"{world.url}/templates/friends?account={alice.account_id}")
    assert rows.html.count('type="radio"') == 9
    rows = alice.walker.go(f"{world.url}/templates/friends?account={alice.account_id}&q=aiko")
    assert re.findall(r'value="(\d+)"', rows.html) == ["0", str(first)]
    # The chosen one stays in the list that somebody searches.
    preview(world, alice, **{"as": str(first)})
    rows = alice.walker.go(f"{world.url}/templates/friends?account={alice.account_id}&q=ben")
    assert "Aiko Sato" in rows.html
    assert rows.html.count('type="radio"') == 10


def test_the_editor_opens_with_the_choice(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    write(world, alice, **HELLO)
    with world.app.app_context():
        template_id = db.session.scalars(db.select(Template.id)).one()
    page = alice.walker.go(f"{world.url}/templates/{template_id}?as={friend_id}")
    assert said(page) == "Dear Alice of your firm"
    page = alice.walker.go(f"{world.url}/templates/{template_id}")
    assert said(page) == "Dear Alice of your firm"


def test_a_broadcasts_message_is_seen_as_a_friend_too(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    path = begin(world, alice)
    alice.walker.go(f"{world.url}{path}/what")
    page = post(alice.walker, f"{path}/what/preview", source="written", **HELLO)
    assert said(page) == "Dear firstname of your firm"
    alice.walker.go(f"{world.url}{path}/what")
    fields = {"source": "written", **HELLO, "as": str(friend_id)}
    page = post(alice.walker, f"{path}/what/preview", **fields)
    assert said(page) == "Dear Alice of your firm"


THREE = {f"bubble.{number}.kind": "text" for number in range(3)} | {
    f"bubble.{number}.text": text for number, text in enumerate("ABC")
}


@pytest.mark.parametrize(
    ("act", "order"),
    [
        ("move:0:2", "BCA"),
        ("move:2:0", "CAB"),
        ("move:1:1", "ABC"),
        ("move:0:9", "ABC"),
        ("move:x", "ABC"),
        ("move:1", "ABC"),
    ],
)
def test_a_dropped_message_stands_where_it_was_dropped(
    world: World, alice: Tenant, act: str, order: str
) -> None:
    page = alice.walker.go(f"{world.url}/templates/new")
    page = send(alice, page, "/templates/new", act, name="Moved", **THREE)
    texts = re.findall(r'<textarea id="bubble.\d.text"[^>]*>\s*(\w)</textarea>', page.html)
    assert "".join(texts) == order
    assert csrf_of(page)


def test_a_hint_stands_at_its_bubble_and_leads_to_its_field(world: World, alice: Tenant) -> None:
    long = {"bubble.1.kind": "text", "bubble.1.text": "b" * 600}
    video = {"bubble.2.kind": "video", "bubble.2.video_url": "https://a.example/v.mp4"}
    page = preview(world, alice, **long, **video)
    assert 'href="#bubble.1.text"' in page.html
    assert 'href="#bubble.2.video_url"' in page.html
    described = re.findall(r'aria-describedby="([^"]+)"', page.html)
    assert described == re.findall(r'class="bubble-hints" id="([^"]+)"', page.html)
    assert len(described) == 2
    # What concerns all of them stands below.
    assert "hints" in marks(page)
    assert "arrive together" in page.text
