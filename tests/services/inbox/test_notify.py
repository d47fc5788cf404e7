"""An e-mail where nobody opens what a friend wrote: once, to the right people, without words."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.models import Conversation, InboxRules, Installation
from plugin.models.transaction import transaction
from plugin.services.inbox.notify import notify_of_waiting
from plugin.services.inbox.state import assign, close, mark_read
from tests.services.inbox.talks import conversation_of, member_of, talk, write
from tests.support.mailbox import Mailbox, mailing
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases


@pytest.fixture
def box(world: World, alice: Tenant) -> Iterator[Mailbox]:
    with mailing(world) as box:
        yield box


@pytest.fixture
def waiting(world: World, alice: Tenant, box: Mailbox) -> int:
    """A conversation that nobody has opened for an hour; a mail goes out after ten minutes."""
    conversation_id = talk(world, alice, "My secret question")
    with world.app.app_context(), transaction() as session:
        session.add(
            InboxRules(
                official_account_id=alice.account_id, kept_days=30, notify_after=10, notify_to=""
            )
        )
    wait_an_hour(world)
    return conversation_id


def wait_an_hour(world: World) -> None:
    with world.app.app_context(), transaction() as session:
        values = {"unread_since": utcnow() - timedelta(hours=1)}
        session.execute(update(Conversation).values(values))


def look(world: World) -> None:
    with world.app.app_context():
        notify_of_waiting(world.deps)


def test_once_for_each_time_that_a_friend_waits(
    world: World, alice: Tenant, box: Mailbox, waiting: int
) -> None:
    for _ in range(3):
        look(world)
    assert len(box.letters) == 1
    assert "/inbox" in box.letters[0]["text"]
    assert "secret" not in str(box.letters[0])
    with world.app.app_context():
        mark_read(conversation_of(waiting))
    write(world, "And again")
    wait_an_hour(world)
    look(world)
    assert len(box.letters) == 2


def test_minutes_count_from_what_nobody_has_opened(
    world: World, alice: Tenant, box: Mailbox, waiting: int
) -> None:
    """Somebody read the question and owes the answer; what is new has been there for no minute."""
    with world.app.app_context():
        mark_read(conversation_of(waiting))
    write(world, "Are you there?")
    look(world)
    assert box.letters == []


def test_a_closed_one_that_opens_again_is_told_of_again(
    world: World, alice: Tenant, box: Mailbox, waiting: int
) -> None:
    look(world)
    with world.app.app_context():
        close(conversation_of(waiting))
    look(world)
    assert len(box.letters) == 1
    write(world, "One more thing")
    wait_an_hour(world)
    look(world)
    assert len(box.letters) == 2


@pytest.mark.parametrize(("answer", "letters"), [("451 later", 1), ("550 never", 0)])
def test_a_mail_server_that_takes_nothing_for_a_while(
    world: World, alice: Tenant, box: Mailbox, waiting: int, answer: str, letters: int
) -> None:
    box.server.manners.answers["RCPT"] = answer
    look(world)
    assert box.letters == []
    box.server.manners.answers.clear()
    for _ in range(2):
        look(world)
    assert len(box.letters) == letters


def test_nobody_is_told_of_what_was_read_or_is_new(
    world: World, alice: Tenant, box: Mailbox, waiting: int
) -> None:
    with world.app.app_context():
        mark_read(conversation_of(waiting))
    look(world)
    assert box.letters == []


def test_the_assigned_member_comes_first_then_the_named_addresses(
    world: World, alice: Tenant, box: Mailbox, waiting: int
) -> None:
    with world.app.app_context(), transaction() as session:
        session.execute(update(InboxRules).values(notify_to="a@example.test,b@example.test"))
    look(world)
    assert {recipients(letter) for letter in box.letters} == {"a@example.test", "b@example.test"}
    with world.app.app_context():
        member = member_of(alice)
        assign(conversation_of(waiting), member)
        with transaction() as session:
            session.execute(update(Conversation).values(notified_at=None))
        email = member.email
    look(world)
    assert [recipients(letter) for letter in box.letters[2:]] == [email]


@pytest.mark.parametrize(
    ("zone", "begins"),
    [("Asia/Tokyo", "受信箱を開く"), ("Asia/Bangkok", "เปิดกล่องข้อความ"),
     ("Asia/Taipei", "打開收件匣"), ("Europe/Berlin", "")],
)  # fmt: skip
def test_the_mail_is_in_the_language_of_the_portals_place(
    world: World, alice: Tenant, box: Mailbox, waiting: int, zone: str, begins: str
) -> None:
    with world.app.app_context(), transaction() as session:
        session.execute(update(Installation).values(time_zone=zone))
    look(world)
    text = box.letters[0]["text"]
    assert begins in text
    # English stands below, for whoever reads another language.
    assert "Open the inbox" in text.split("\n\n")[-1]
    assert sum(words in text for words in ("受信箱", "เปิดกล่อง", "打開收件匣")) == bool(begins)


def recipients(letter: dict[str, Any]) -> str:
    return ", ".join(letter["to"])
