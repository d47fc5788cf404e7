"""A friend's timeline: older pages, and the words of a conversation."""

import re
from datetime import timedelta

import pytest

from plugin.core.clock import utcnow
from plugin.models import Contact, Delivery, StatusChange
from plugin.models.inbox.message import ConversationMessage
from plugin.models.transaction import transaction
from plugin.services.conversations.record import open_conversation
from plugin.services.linkage.history import LinkRequest, record
from tests.support.people import friend_of, linked
from tests.support.walker import Page
from tests.support.world import Tenant, World
from tests.web.pages import marks

pytestmark = pytest.mark.both_databases


def changes(world: World, friend_id: int, count: int) -> None:
    """So many changes of status, a minute apart."""
    now = utcnow()
    with world.app.app_context(), transaction() as session:
        for number in range(count):
            at = now - timedelta(minutes=number)
            status = "blocked" if number % 2 else "following"
            session.add(StatusChange(friend_id=friend_id, at=at, status=status))


def walk(world: World, tenant: Tenant, friend_id: int) -> list[Page]:
    """Every page from the newest to the oldest."""
    pages = [tenant.walker.go(f"{world.url}/friends/{friend_id}?kind=status")]
    while "older-events" in marks(pages[-1]):
        found = re.search(r'href="([^"]+)" data-testid="older-events"', pages[-1].html)
        assert found is not None
        pages.append(tenant.walker.go(world.url + found[1].replace("&amp;", "&")))
        assert len(pages) < 9
    return pages


@pytest.mark.parametrize(("count", "shown"), [(30, [30]), (31, [30, 1]), (75, [30, 30, 15])])
def test_older_pages_show_each_event_once(
    world: World, alice: Tenant, count: int, shown: list[int]
) -> None:
    friend_id, _ = linked(world, alice)
    changes(world, friend_id, count)
    pages = walk(world, alice, friend_id)
    assert [marks(page).count("happening") for page in pages] == shown
    assert ["newest-events" in marks(page) for page in pages] == [False] + [True] * (len(shown) - 1)
    moments = [at for page in pages for at in re.findall(r'datetime="([^"]+)"', page.html)]
    assert len(set(moments)) >= count


@pytest.mark.parametrize("before", ["x", "2026-01-01", "9" * 5000, "2026-01-01T00:00:00+99:99"])
def test_an_odd_moment_is_none(world: World, alice: Tenant, before: str) -> None:
    friend_id, _ = linked(world, alice)
    changes(world, friend_id, 2)
    page = alice.walker.go(f"{world.url}/friends/{friend_id}?kind=status&before={before}")
    assert page.status == 200
    assert marks(page).count("happening") == 2


def test_before_everything_nothing_happened(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    page = alice.walker.go(f"{world.url}/friends/{friend_id}?before=1970-01-01T00:00:00%2B00:00")
    assert "Nothing happened before that." in page.text


def test_a_conversation_stands_among_the_messages_and_no_answer_twice(
    world: World, alice: Tenant
) -> None:
    friend_id, _ = linked(world, alice)
    now = utcnow()
    said = [("in", "text", "Are you open?"), ("in", "image", ""), ("note", "note", "Call her")]
    with world.app.app_context(), transaction() as session:
        talk = open_conversation(friend_of(friend_id), now)
        session.flush()
        for number, (direction, kind, text) in enumerate(said):
            row = {"conversation_id": talk.id, "direction": direction, "kind": kind, "text": text}
            session.add(ConversationMessage(at=now + timedelta(seconds=number), **row))
        delivery = Delivery(
            official_account_id=alice.account_id, friend_id=friend_id, retry_key="k",
            messages=[{"type": "text", "text": "Until eight, Alice"}], created_at=now,
            conversation_id=talk.id,
        )  # fmt: skip
        session.add(delivery)
        session.flush()
        row = {"conversation_id": talk.id, "direction": "out", "kind": "text"}
        words = "Until eight, {{ contact.firstname }}"
        session.add(ConversationMessage(at=now, text=words, delivery_id=delivery.id, **row))
    page = alice.walker.go(f"{world.url}/friends/{friend_id}?kind=messages")
    answered = "Answered by the team: Until eight, …"
    for words in ("They wrote: Are you open?", "They wrote: a picture",
                  "Note of the team: Call her", answered):  # fmt: skip
        assert words in page.text
    assert page.text.count("Until eight") == 1
    assert marks(page).count("happening") == 4


def test_a_sent_message_without_words_is_named_by_its_kind(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    address = "https://a.example/a.jpg"
    picture = {"type": "image", "originalContentUrl": address, "previewImageUrl": address}
    with world.app.app_context(), transaction() as session:
        now = utcnow()
        delivery = Delivery(
            official_account_id=alice.account_id, friend_id=friend_id, retry_key="k",
            messages=[picture], state="accepted", result="sent", created_at=now, settled_at=now,
        )  # fmt: skip
        session.add(delivery)
    page = alice.walker.go(f"{world.url}/friends/{friend_id}?kind=messages")
    assert ": a picture" in page.text


def test_contacts_of_the_history_have_names_and_the_page_an_end(
    world: World, alice: Tenant
) -> None:
    friend_id, row = linked(world, alice)
    with world.app.app_context(), transaction() as session:
        contact = session.get_one(Contact, row)
        contact.firstname, contact.lastname = "Hanako", "Sato"
        friend = friend_of(friend_id)
        for _ in range(30):
            record("conflict", LinkRequest(friend, contact, "qr", "friend"), utcnow())
    page = alice.walker.go(f"{world.url}/friends/{friend_id}")
    assert "A link with contact Hanako Sato was asked for" in page.text
    assert "Linked with contact: Hanako Sato" in page.text
    assert "history-goes-on" in marks(page)
    assert page.text.count("was asked for") == 20


def test_the_friend_is_written_to_from_their_page(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    page = alice.walker.go(f"{world.url}/friends/{friend_id}")
    forms = [f"/inbox/friends/{friend_id}" in form.action for form in page.forms]
    page = alice.walker.submit(forms.index(True))
    assert page.status == 200
    assert "/inbox/" in page.url
    with world.app.app_context(), transaction():
        friend_of(friend_id).status = "blocked"
    assert "write-to" not in marks(alice.walker.go(f"{world.url}/friends/{friend_id}"))
