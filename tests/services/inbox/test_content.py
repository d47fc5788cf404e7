"""Pictures and files that friends send are fetched over HTTP, kept, and gone when they must be."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select, update

from plugin.core.clock import utcnow
from plugin.models import ConversationMessage, Media, OfficialAccount, WebhookEvent, db
from plugin.models.media.media import RECEIVED
from plugin.models.transaction import transaction
from plugin.sandbox.line.seed import SHOP
from plugin.services.conversations import content as fetching
from plugin.services.conversations.record import hide_message
from plugin.services.conversations.retention import erase_conversation
from plugin.services.media.store import keep
from tests.actions.calls import befriended
from tests.services.inbox.talks import conversation_of, messages_of, talk
from tests.services.media.files import film, picture, upload
from tests.support.processes import wait_until
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases
CONTENT = "/v2/bot/message/.*/content"


def send(world: World, data: bytes, kind: str = "image/jpeg", name: str = "file") -> None:
    """Charlie's phone sends a file."""
    url, before = f"{world.sandbox.url}/phone/charlie/chat/{SHOP}/say", events(world)
    answer = requests.post(url, files={"file": (name, data, kind)}, timeout=20)
    assert answer.status_code < 400
    # The sandbox answers the phone before it calls the webhook.
    wait_until(lambda: events(world) > before, 10, "LINE's event")
    world.work()


def events(world: World) -> int:
    with world.app.app_context():
        return db.session.scalar(select(func.count()).select_from(WebhookEvent)) or 0


def row(world: World) -> ConversationMessage:
    with world.app.app_context():
        return db.session.scalars(select(ConversationMessage)).one()


def shown(world: World, tenant: Tenant, message: ConversationMessage) -> requests.Response:
    path = f"/inbox/{message.conversation_id}/content/{message.id}"
    return tenant.walker.session.get(f"{world.url}{path}")


def test_a_picture_is_kept_and_shown_to_the_team_alone(
    world: World, alice: Tenant, charlie: Tenant
) -> None:
    befriended(world, alice)
    send(world, picture())
    message = row(world)
    assert (message.kind, message.content_state) == ("image", "kept")
    answer = shown(world, alice, message)
    assert answer.headers["Content-Type"] == "image/jpeg"
    # Where it was taken is nobody's business.
    assert b"Kyoto" not in answer.content
    assert shown(world, charlie, message).status_code == 404
    with world.app.app_context():
        media = db.session.scalars(select(Media)).one()
    open_address = f"{world.url}/media/{media.key}/original"
    assert requests.get(open_address, timeout=10).status_code == 404


@pytest.mark.parametrize(
    ("effect", "state"),
    [({"status": 404}, "gone"), ({"status": 410}, "gone"), ({"status": 202}, "pending")],
)
def test_content_that_line_has_no_more_or_not_yet(
    world: World, alice: Tenant, effect: dict[str, int], state: str
) -> None:
    befriended(world, alice)
    world.sandbox.fail(CONTENT, effect)
    send(world, picture())
    assert row(world).content_state == state
    page = alice.walker.go(f"{world.url}/inbox/{row(world).conversation_id}")
    words = {"gone": "LINE has deleted it already", "pending": "being fetched from LINE"}
    assert words[state] in page.text


def test_a_lost_answer_is_asked_for_again(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    world.sandbox.fail(CONTENT, "lost", times=1)
    send(world, picture())
    world.work(120)
    assert row(world).content_state == "kept"


def test_a_file_that_is_too_large_is_not_kept(
    world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "LARGEST", 1000)
    befriended(world, alice)
    send(world, picture(size=(900, 900)))
    assert row(world).content_state == "refused"
    with world.app.app_context():
        assert db.session.scalars(select(Media)).all() == []


@pytest.mark.parametrize(
    ("kind", "name", "data", "kept_as"),
    [
        ("video/mp4", "film.mp4", film(), "video"),
        ("audio/x-m4a", "voice.m4a", b"\0\0\0\x18ftypM4A words", "audio"),
        ("application/pdf", "price list.pdf", b"%PDF-1.7", "file"),
        ("text/html", "page.html", b"<script>alert(1)</script>", "file"),
    ],
)
def test_other_files_are_kept_and_never_run(
    world: World, alice: Tenant, kind: str, name: str, data: bytes, kept_as: str
) -> None:
    befriended(world, alice)
    send(world, data, kind, name)
    message = row(world)
    assert (message.kind, message.content_state) == (kind.partition("/")[0], "kept") or (
        message.kind == kept_as == "file"
    )
    answer = shown(world, alice, message)
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    with world.app.app_context():
        assert db.session.scalars(select(Media.kind)).all() == [kept_as]
    if kept_as == "file":
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert name in alice.walker.go(f"{world.url}/inbox/{message.conversation_id}").text


def test_a_video_is_fetched_once_line_has_prepared_it(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    world.sandbox.control("POST", f"/line-channels/{SHOP}", {"content_slow": True})
    send(world, film(), "video/mp4")
    assert row(world).content_state == "pending"
    world.sandbox.control("POST", "/clock", {"advance_seconds": 30})
    world.work(30)
    assert row(world).content_state == "kept"


def test_a_video_that_line_cannot_prepare_is_said_to_be_unreadable(
    world: World, alice: Tenant
) -> None:
    befriended(world, alice)
    world.sandbox.control("POST", f"/line-channels/{SHOP}", {"content_fails": True})
    send(world, film(), "video/mp4")
    assert row(world).content_state == "refused"


@pytest.mark.parametrize("data", [b"", b"no picture at all", picture()[:300], film()])
def test_what_is_not_what_it_says_never_stops_the_job(
    world: World, alice: Tenant, data: bytes
) -> None:
    befriended(world, alice)
    send(world, data or b"\0")
    assert row(world).content_state in ("kept", "refused")


def test_what_is_taken_back_or_erased_goes_with_its_file(world: World, alice: Tenant) -> None:
    conversation_id = talk(world, alice)
    send(world, picture())
    with world.app.app_context():
        friend = conversation_of(conversation_id).friend
        picture_row = messages_of(conversation_id)[-1]
        with transaction():
            hide_message(friend, picture_row.line_message_id)
    world.work()
    with world.app.app_context():
        assert db.session.scalars(select(Media)).all() == []
    send(world, picture())
    with world.app.app_context(), transaction():
        erase_conversation(conversation_of(conversation_id).friend)
    world.work()
    with world.app.app_context():
        assert db.session.scalars(select(Media)).all() == []


def test_an_account_that_is_disconnected_asks_no_more(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    world.sandbox.fail(CONTENT, {"status": 500})
    send(world, picture())
    with world.app.app_context():
        with transaction() as session:
            gone = update(OfficialAccount).values(archived_at=OfficialAccount.created_at)
            session.execute(gone)
        fetching.fetch_content(world.deps, row(world).id)
        assert row(world).content_state == "gone"


def wait_for_call(world: World) -> None:
    """Until the last of the sandbox's faults holds a call."""

    def is_held() -> bool:
        last = world.sandbox.control("GET", "/faults")["faults"][-1]
        return int(last.get("hits", 0)) > 0

    wait_until(is_held, 10, "a call that the sandbox holds")


def kept_media(world: World) -> list[str]:
    """The keys of files that are kept, once everything marked as deleted is gone."""
    world.work()
    with world.app.app_context():
        rows = db.session.scalars(select(Media).where(Media.content_type != "")).all()
        assert all(row.deleted_at is None for row in rows)
        return [row.key for row in rows]


def test_what_a_killed_try_has_left_is_replaced(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    world.sandbox.fail(CONTENT, {"status": 202}, times=1)
    send(world, picture())
    with world.app.app_context():
        left = keep(world.deps, upload(picture()), installation_id=alice.installation_id,
                    origin=RECEIVED)  # fmt: skip
        with transaction() as session:
            session.execute(update(ConversationMessage).values(media_id=left.id))
    world.work(30)
    assert row(world).content_state == "kept"
    assert row(world).media_id != left.id
    assert len(kept_media(world)) == 1


def test_what_a_killed_try_has_left_goes_with_an_erased_person(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    world.sandbox.fail(CONTENT, {"status": 202}, times=1)
    send(world, picture())
    with world.app.app_context():
        left = keep(world.deps, upload(picture()), installation_id=alice.installation_id,
                    origin=RECEIVED)  # fmt: skip
        with transaction() as session:
            session.execute(update(ConversationMessage).values(media_id=left.id))
        with transaction():
            erase_conversation(conversation_of(row(world).conversation_id).friend)
    assert kept_media(world) == []


@pytest.mark.parametrize("deed", ["taken back", "erased"])
def test_what_goes_while_it_is_fetched_leaves_no_file(
    world: World, alice: Tenant, deed: str
) -> None:
    befriended(world, alice)
    world.sandbox.fail(CONTENT, {"status": 202}, times=1)
    send(world, picture())
    message = row(world)
    world.sandbox.fail(CONTENT, {"delay": 1}, times=1)
    fetching_thread = threading.Thread(target=world.work, args=(30,))
    fetching_thread.start()
    wait_for_call(world)
    with world.app.app_context(), transaction():
        friend = conversation_of(message.conversation_id).friend
        if deed == "erased":
            erase_conversation(friend)
        else:
            hide_message(friend, message.line_message_id)
    fetching_thread.join(30)
    assert not fetching_thread.is_alive()
    assert kept_media(world) == []
    with world.app.app_context():
        states = db.session.scalars(select(ConversationMessage.content_state)).all()
    assert states == ([] if deed == "erased" else [""])


def test_a_video_that_line_never_prepares_is_given_up(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    world.sandbox.fail(CONTENT, {"status": 202})
    send(world, picture())
    for age, state in ((timedelta(hours=4), "pending"), (timedelta(days=3), "gone")):
        with world.app.app_context():
            with transaction() as session:
                session.execute(update(ConversationMessage).values(at=utcnow() - age))
            again = fetching.fetch_content(world.deps, row(world).id)
        assert row(world).content_state == state
        assert (again is not None) is (state == "pending")
        # Every five seconds for days would be of no use to anybody.
        assert again is None or again - utcnow() > timedelta(minutes=5)


def test_a_store_that_fails_is_not_taken_for_line(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    folder = Path(world.app.extensions["musubi"].settings.media_url.removeprefix("file:"))
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder.rename(folder.with_name("aside"))
    folder.write_bytes(b"a file where the folder should be")
    try:
        send(world, picture())
    finally:
        folder.unlink()
        aside.rename(folder)
    assert row(world).content_state == "pending"
    world.work(600)
    assert row(world).content_state == "kept"
