"""The Log: everything that was asked and sent can be found, and stuck work decided on."""

from datetime import timedelta

import pytest

from plugin.core.clock import utcnow
from plugin.models import Delivery, Job, Question, db
from plugin.models.sending.delivery import ACCEPTED
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services.executions.questions import accept_answer
from tests.actions.calls import arrived, befriended, queued, run, send
from tests.support.people import linked
from tests.support.world import BOB, Tenant, World
from tests.web.pages import marks


def text(tenant: Tenant, world: World, path: str) -> str:
    page = tenant.walker.go(f"{world.url}{path}")
    assert page.status == 200, page.text
    return " ".join(page.text.split())


def calls(html: str) -> int:
    return html.count('data-testid="call"')


def test_an_empty_log_says_how_to_begin(world: World, alice: Tenant) -> None:
    assert "No workflow has asked for anything yet" in text(alice, world, "/log")
    assert "Nothing was sent yet" in text(alice, world, "/log/messages")
    assert "Nothing is stuck" in text(alice, world, "/log/jobs")


@pytest.mark.both_databases
def test_executions_are_found_by_contact_callback_action_and_result(
    world: World, alice: Tenant
) -> None:
    befriended(world, alice)
    send(world, {"text": "Hi"}, callback="ap-first")
    send(world, {"text": "Hi"}, callback="ap-second", contact=BOB)
    run(world, "check-friend", {}, callback="ap-third")
    for query, found in [
        ("", 3),
        ("?q=ap-", 3),
        ("?q=ap-second", 1),
        (f"?q={BOB}", 1),
        ("?action=check-friend", 1),
        ("?result=sent", 1),
        ("?result=not_linked", 1),
        ("?result=pending", 0),
        ("?result=unheard", 0),
        ("?q=nobody%25", 0),
        ("?action=nonsense&result=nonsense&before=nonsense", 3),
    ]:
        alice.walker.go(f"{world.url}/log{query}")
        assert calls(alice.walker.page.html) == found, query


def test_one_execution_shows_what_was_sent_and_answered(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    send(world, {"text": "Hello there", "buttons": "Shop | https://example.com/shop"})
    alice.walker.go(f"{world.url}/log")
    link = alice.walker.page.html.split('href="/log/')[1:]
    number = next(part.split('"')[0] for part in link if part.split('"')[0].isdecimal())
    shown = text(alice, world, f"/log/{number}")
    for words in ("Hello there", "Accepted by LINE", "sent", "Retry key", "Shop"):
        assert words in shown
    assert "Hello there" in text(alice, world, "/log/messages/1")
    assert arrived(world)[0]["retry_key"] in shown


def test_what_waits_is_visible_and_asks_are_shown_with_late_answers(
    world: World, alice: Tenant
) -> None:
    queued(world, alice, befriended(world, alice))
    run(world, "ask-question", {"question": "Coming?", "choices": "Yes\nNo"})
    alice.walker.go(f"{world.url}/log?result=pending")
    assert calls(alice.walker.page.html) == 1
    shown = text(alice, world, "/log/1")
    assert "the contact is held in the workflow" in shown
    assert "Yes / No" in shown


def test_charlie_sees_nothing_of_it(world: World, alice: Tenant, charlie: Tenant) -> None:
    befriended(world, alice)
    send(world, {"text": "Hi"})
    assert "No workflow has asked" in text(charlie, world, "/log")
    assert "Nothing was sent yet" in text(charlie, world, "/log/messages")
    for path in ("/log/1", "/log/messages/1"):
        assert charlie.walker.go(f"{world.url}{path}").status == 404


@pytest.fixture
def stuck(world: World, alice: Tenant) -> int:
    linked(world, alice)
    with world.app.app_context(), transaction() as session:
        enqueue("deliver", 1, alice.installation_id, delay=timedelta(hours=1))
        job = session.query(Job).filter_by(kind="deliver").one()
        job.failed, job.last_error = True, "LINE said no"
        return job.id


@pytest.mark.both_databases
def test_stuck_work_is_run_again(world: World, alice: Tenant, stuck: int) -> None:
    assert "LINE said no" in text(alice, world, "/log/jobs")
    alice.walker.submit(index=-2)
    assert alice.walker.page.status == 200
    with world.app.app_context():
        job = db.session.get(Job, stuck)
        assert job is not None
        assert not job.failed
    assert "Nothing is stuck" in text(alice, world, "/log/jobs")


@pytest.mark.both_databases
def test_stuck_work_is_dropped(world: World, alice: Tenant, stuck: int) -> None:
    text(alice, world, "/log/jobs")
    alice.walker.submit(index=-1)
    with world.app.app_context():
        assert db.session.get(Job, stuck) is None
    assert "Dropped" in alice.walker.page.text


def test_a_friends_page_tells_what_was_sent_tapped_and_answered(
    world: World, alice: Tenant
) -> None:
    friend_id = befriended(world, alice)
    assert "Hello" not in text(alice, world, f"/friends/{friend_id}")
    send(world, {"text": "Hello", "buttons": "Shop | https://example.com/shop"})
    url = arrived(world)[0]["messages"][0]["contents"]["footer"]["contents"][0]["action"]["uri"]
    alice.walker.session.get(url, allow_redirects=False, timeout=10)
    run(world, "ask-question", {"question": "Coming?", "choices": "Yes\nNo"}, callback="ap-2")
    world.work()
    with world.app.app_context(), transaction():
        question = db.session.query(Question).one()
        tap = {"type": "message", "message": {"type": "text", "text": "no"}}
        accept_answer(question.friend, tap, utcnow())
    shown = text(alice, world, f"/friends/{friend_id}")
    shown = shown.replace(" :", ":")
    for words in ("Accepted by LINE: Hello", "Tapped: https://example.com/shop", "Answered: No"):
        assert words in shown


def test_pages_behind_the_last_say_so(world: World, alice: Tenant) -> None:
    """They do not say that there is nothing at all."""
    friend_id, _ = linked(world, alice)
    with world.app.app_context(), transaction() as session:
        delivery = Delivery(
            official_account_id=alice.account_id, friend_id=friend_id, retry_key="key",
            messages=[{"type": "text", "text": "x"}], state=ACCEPTED, result="sent",
            created_at=utcnow(),
        )  # fmt: skip
        session.add(delivery)
    page = alice.walker.go(f"{world.url}/log/messages?before=1")
    assert "no-older" in marks(page)
    assert "empty" not in marks(page)
    assert "messages-table" in marks(alice.walker.go(f"{world.url}/log/messages"))
    assert "Nothing fits" not in alice.walker.go(f"{world.url}/log?before=1").text
