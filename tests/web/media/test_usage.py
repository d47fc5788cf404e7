"""A file's page says everything that shows it: published, written, waiting, prepared and sent."""

import re

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.models import CannedAnswer, ConversationMessage, db
from plugin.models.broadcasts.broadcast import CANCELLED, Broadcast
from plugin.models.broadcasts.variant import Variant
from plugin.models.media.media import UPLOADED, Media
from plugin.models.transaction import transaction
from plugin.services.broadcasts.drafts import Content, create_draft, save_draft
from plugin.services.broadcasts.freeze import fix_version
from plugin.services.conversations.retention import erase_conversation
from plugin.services.inbox.answer import Answer
from plugin.services.media.store import keep, public_url
from plugin.services.media.usage import usage_of_media
from plugin.services.message_templates.library import create_template, save_version
from plugin.services.message_templates.template_drafts import keep_draft
from tests.services.inbox.talks import conversation_of, messages_of, reply, talk
from tests.services.media.files import picture, upload
from tests.support.world import Tenant, World
from tests.web.pages import csrf_of, marks

pytestmark = pytest.mark.both_databases
WORDS = [{"type": "text", "text": "No picture"}]


@pytest.fixture
def media_id(world: World, alice: Tenant) -> int:
    with world.app.app_context():
        file = upload(picture())
        tenant_id = alice.installation_id
        return keep(world.deps, file, installation_id=tenant_id, origin=UPLOADED).id


def media_of(media_id: int) -> Media:
    return db.session.get_one(Media, media_id)


def showing(world: World, media_id: int) -> list[dict[str, str]]:
    url = public_url(world.deps.settings, media_of(media_id))
    return [{"type": "image", "originalContentUrl": url, "previewImageUrl": url}]


def test_a_waiting_broadcast_keeps_the_version_that_shows_it(
    world: World, alice: Tenant, media_id: int
) -> None:
    with world.app.app_context():
        account = world.account(alice)
        template = create_template(account, "Summer", showing(world, media_id))
        kept, later = (create_draft(account, name) for name in ("Kept", "Later"))
        for broadcast in (kept, later):
            save_draft(broadcast, {}, [Content(template_id=template.id)])
        names = [row.name for row in usage_of_media(media_of(media_id)).broadcasts]
        assert names == ["Kept", "Later"]
        with transaction():
            (variant,) = Variant.of_broadcast(kept.id)
            fix_version(variant)
            kept.frozen_at = utcnow()
        save_version(template, "Summer", WORDS)
        usage = usage_of_media(media_of(media_id))
        assert usage.templates == []
        assert [row.name for row in usage.broadcasts] == ["Kept"]
        with transaction() as session:
            session.execute(update(Broadcast).values(state=CANCELLED))
        assert usage_of_media(media_of(media_id)).total == 0


def test_its_page_names_every_place(world: World, alice: Tenant, media_id: int) -> None:
    conversation_id = talk(world, alice)
    assert reply(world, alice, conversation_id, Answer(media_id=media_id)) == "sent"
    with world.app.app_context():
        account, messages = world.account(alice), showing(world, media_id)
        template = create_template(account, "Summer", messages)
        content = {"name": "Autumn", "drafts": [{"kind": "image", "url": str(messages)}]}
        keep_draft(alice.installation_id, content, "alice@example.com")
        broadcast = create_draft(account, "Written here")
        save_draft(broadcast, {}, [Content(messages)])
        with transaction() as session:
            text = f"See {messages[0]['originalContentUrl']}"
            values = {"installation_id": alice.installation_id, "changed_at": utcnow()}
            session.add(CannedAnswer(name="Map", text=text, **values))
        assert template.version == 1
    page = alice.walker.go(f"{world.url}/media/{media_id}")
    found = [mark for mark in marks(page) if mark.startswith("use-")]
    assert found == [
        "use-template", "use-draft", "use-broadcast", "use-answer", "use-conversation"
    ]  # fmt: skip
    for words in ("Summer", "Autumn", "Written here", "Map", "It is used in 5 places."):
        assert words in page.html
    links = re.findall(r'href="([^"]+)" data-testid="use-', page.html)
    assert len(links) == 5
    for link in links:
        assert alice.walker.go(world.url + link).status == 200


def test_an_answer_outlives_its_picture(world: World, alice: Tenant, media_id: int) -> None:
    conversation_id = talk(world, alice)
    reply(world, alice, conversation_id, Answer("Look", media_id=media_id))
    url = f"{world.url}/media/{media_id}"
    token = csrf_of(alice.walker.go(url))
    answer = alice.walker.session.post(f"{url}/delete", data={"csrf_token": token})
    assert answer.status_code == 200
    world.work()
    with world.app.app_context():
        assert db.session.scalars(select(Media.id)).all() == []
        sent = messages_of(conversation_id)[-1]
        assert (sent.text, sent.media_id) == ("Look", None)
        assert len(db.session.scalars(select(ConversationMessage)).all()) == 2


def test_a_picture_outlives_the_answer_that_showed_it(
    world: World, alice: Tenant, media_id: int
) -> None:
    conversation_id = talk(world, alice)
    reply(world, alice, conversation_id, Answer(media_id=media_id))
    with world.app.app_context():
        with transaction():
            erase_conversation(conversation_of(conversation_id).friend)
        assert messages_of(conversation_id) == []
        assert media_of(media_id).deleted_at is None
