"""One of everything that a portal can have."""

import io

from plugin.core.clock import utcnow
from plugin.core.retry import retry_key
from plugin.models import (
    Conflict,
    Delivery,
    Friend,
    FriendImport,
    HistoryEntry,
    Installation,
    Job,
    Linkage,
    ListImport,
    Member,
    db,
)
from plugin.models.audience.list_export import ListExport
from plugin.models.media.media import UPLOADED
from plugin.models.people.friend_search import FriendFilter
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services.broadcasts.drafts import create_draft
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.conversations.record import open_conversation
from plugin.services.friends.bulk_tags import begin_tagging
from plugin.services.friends.records import get_or_create_friend
from plugin.services.inbox.canned import save_canned_answer
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.link import link
from plugin.services.media import uploads
from plugin.services.media.store import Upload, keep
from plugin.services.message_templates.library import create_template
from plugin.services.message_templates.template_drafts import keep_draft
from plugin.services.outgoing.receivers import register, send_test
from plugin.services.outgoing.relay import set_relay
from plugin.services.personal_links.tokens import issue_token
from plugin.services.segments.library import create_segment
from tests.services.personal_links.test_bulk import begin, make_list
from tests.support.people import linked
from tests.support.pictures import drawn, saved
from tests.support.world import ALICE, Tenant, World


def estate_of(world: World, alice: Tenant) -> dict[str, str]:
    friend_id, _ = linked(world, alice)
    with world.app.app_context():
        with transaction():
            enqueue("read_profiles", "parked", alice.installation_id)
        job = db.session.query(Job).filter_by(key="parked").one()
        with transaction():
            job.failed = True
        linkage = db.session.query(Linkage).one()
        return {
            "account_id": str(alice.account_id),
            "code_id": str(alice.qr_code_id),
            "friend_id": str(friend_id),
            "linkage_id": str(linkage.id),
            "conflict_id": str(conflict_of(world, alice)),
            "entry_id": str(db.session.query(HistoryEntry).first().id),  # type: ignore[union-attr]
            "job_id": str(job.id),
            "preparation_id": str(begin(world, alice, make_list(world, ALICE))),
            "token_id": str(token_of(world, alice)),
            "import_id": str(imports_of(alice)),
            "segment_id": str(segment_of(world, alice)),
            "export_id": str(export_of(world, alice)),
            "template_id": str(template_of(world, alice)),
            "broadcast_id": str(create_draft(world.account(alice), "Hers").id),
            "draft_id": str(keep_draft(alice.installation_id, {"name": "Hers"}, "").id),
            "delivery_id": str(delivery_of(alice, friend_id)),
            **of_the_inbox(world, alice, friend_id),
            **files_of(world, alice),
            **receiver_of(world, alice),
        }


def of_the_inbox(world: World, alice: Tenant, friend_id: int) -> dict[str, str]:
    """A talk with her friend, an answer she prepared, a tagging, herself."""
    with transaction():
        talk = open_conversation(db.session.get_one(Friend, friend_id), utcnow())
    prepared = save_canned_answer(alice.installation_id, "Hours", "10 to 18", "alice")
    query = FriendFilter(ids=[friend_id])
    tagging = begin_tagging(alice.installation_id, query, ["VIP"], removes=False, actor="alice")
    return {
        "conversation_id": str(talk.id),
        "message_id": "1",
        "answer_id": str(prepared.id),
        "tagging_id": str(tagging.id),
        "member_id": str(db.session.scalars(Member.owned(alice.installation_id)).first().id),  # type: ignore[union-attr]
    }


def files_of(world: World, alice: Tenant) -> dict[str, str]:
    """A picture of hers, and an upload that she has begun."""
    upload = Upload(io.BytesIO(saved(drawn("red"))), "hers.png")
    kept = keep(world.deps, upload, installation_id=alice.installation_id, origin=UPLOADED)
    begun = uploads.begin(alice.installation_id, "film.mp4", 5)
    return {"media_id": str(kept.id), "upload_id": str(begun.id)}


def conflict_of(world: World, alice: Tenant) -> int:
    """A wish of another friend for the contact that is linked."""
    with transaction():
        friend = get_or_create_friend(world.account(alice), "U" + "b" * 32, utcnow())
        contact = get_or_create_contact(alice.installation_id, ALICE)
        link(LinkRequest(friend, contact, "import", "list:1"))
    return db.session.query(Conflict).one().id


def token_of(world: World, alice: Tenant) -> int:
    """A personal link of hers."""
    with transaction():
        contact = get_or_create_contact(alice.installation_id, ALICE)
        return issue_token(world.code(alice), contact, 30, utcnow()).id


def template_of(world: World, alice: Tenant) -> int:
    """A template of hers."""
    messages = [{"type": "text", "text": "Hers"}]
    return create_template(world.account(alice), "Hers", messages).id


def segment_of(world: World, alice: Tenant) -> int:
    """A segment of hers."""
    return create_segment(world.account(alice), "Hers", {"all": []}).id


def export_of(world: World, alice: Tenant) -> int:
    """A list that she made of her friends."""
    ids = {"installation_id": alice.installation_id, "official_account_id": alice.account_id}
    export = ListExport(name="Hers", source={}, started_at=utcnow(), **ids)
    with transaction() as session:
        session.add(export)
    return export.id


def delivery_of(alice: Tenant, friend_id: int) -> int:
    """A message she sent."""
    delivery = Delivery(
        official_account_id=alice.account_id,
        friend_id=friend_id,
        retry_key=retry_key("tenancy", friend_id),
        messages=[{"type": "text", "text": "Hers"}],
        created_at=utcnow(),
    )
    with transaction() as session:
        session.add(delivery)
    return delivery.id


def receiver_of(world: World, alice: Tenant) -> dict[str, str]:
    """A receiver of hers, and what it is to be told."""
    installation = db.session.get_one(Installation, alice.installation_id)
    receiver = register(world.deps, installation, "https://example.com/hers", ["friend.linked"])
    delivery_id = send_test(receiver)
    set_relay(world.deps, world.account(alice), "https://example.com/line")
    return {"webhook_id": str(receiver.id), "event_delivery_id": str(delivery_id)}


def imports_of(alice: Tenant) -> int:
    """An import of a list and one of friends, both under one id."""
    both = {"installation_id": alice.installation_id, "official_account_id": alice.account_id}
    rows = (
        ListImport(id=41, list_id="1", property_name="company", created_at=utcnow(), **both),
        FriendImport(id=41, state="finished", started_at=utcnow(), **both),
    )
    with transaction() as session:
        session.add_all(rows)
    return 41
