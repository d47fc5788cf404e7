"""Every page of a portal that has one of everything, for tests that walk all of them."""

from playwright.sync_api import Browser, BrowserContext
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.webhooks.event_types import EVENT_TYPES
from plugin.models import Conversation, Installation, SyncedList, SyncedProperty, Tagging, db
from plugin.models.audience.list_export import ListExport
from plugin.models.audience.segment import Segment
from plugin.models.media.media import UPLOADED
from plugin.models.outgoing.event import DELIVERED, EventDelivery
from plugin.models.sending.action_call import ActionCall
from plugin.models.sending.delivery import ACCEPTED, Delivery
from plugin.models.transaction import transaction
from plugin.services.broadcasts.drafts import Content, create_draft, save_draft
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.conversations.record import record_received
from plugin.services.media.store import keep
from plugin.services.message_templates.library import create_template
from plugin.services.outgoing.receivers import register, send_test
from plugin.services.outgoing.relay import set_relay
from plugin.services.personal_links.issue import preview_link
from tests.services.media.files import picture, upload
from tests.services.personal_links.test_bulk import begin, make_list
from tests.support.imports import befriend, contacts_with, imported, list_of
from tests.support.people import friend_of, linked
from tests.support.world import ALICE, Tenant, World
from tests.web.pages import TEAM

# Files, and what only sends a browser elsewhere.
NO_PAGES = {
    "friends.export_csv",
    "friends.known_tags",
    "guides.picture",
    "broadcasts.look_at_segment",
    "broadcasts.recipients_file",
    "broadcasts.results",
    "broadcasts.start_again",
    "broadcasts.suggest_lists",
    "broadcasts.suggest_properties",
    "imports.file_again",
    "imports.findings_file",
    "imports.interval_again",
    "login_flow.tapped",
    "message_templates.list_friends",
    "message_templates.line_emoji",
    "message_templates.list_properties",
    "media.pick",
    "media_files.show_file",
    "qr_codes.print_style",
    "qr_codes.qr_code_pdf",
    "qr_codes.qr_code_png",
    "qr_codes.qr_code_svg",
    "segments.count_segment",
    "segments.segment_size",
    "settings.export_links",
    "settings.prove",
    "web.callback",
    "inbox.content",
    "inbox_live.live",
    "web.install",
    "web.search_results",
}


def team_pages(world: World, tenant: Tenant) -> list[str]:
    """The path of every page of the administration; one that is new is found by itself."""
    rows = _one_of_everything(world, tenant)
    paths = []
    for rule in world.app.url_map.iter_rules():
        if not rule.endpoint.startswith(TEAM) or "GET" not in (rule.methods or ()):
            continue
        if rule.endpoint not in NO_PAGES:
            with world.app.test_request_context():
                values = {name: rows[name] for name in rule.arguments}
                paths.append(world.app.url_map.bind("").build(rule.endpoint, values))
    return sorted(paths)


def friend_pages(world: World, tenant: Tenant) -> list[str]:
    """Those of the friends' pages that can be looked at without LINE."""
    with world.app.app_context():
        with transaction():
            contact = get_or_create_contact(tenant.installation_id, ALICE)
        code = world.code(tenant)
        path = preview_link(world.deps, code, contact).url.removeprefix(world.url)
    steps = [path, *(f"{path}&step={step}" for step in ("confirm", "linked", "cancelled"))]
    return [*steps, "/l/unknown", f"/l/{tenant.slug}?t=odd"]


def signed_in(chromium: Browser, world: World, tenant: Tenant, **more: object) -> BrowserContext:
    """A browser in which the tenant's admin is signed in."""
    context = chromium.new_context(locale="en-US", **more)  # type: ignore[arg-type]
    jar = tenant.walker.session.cookies
    context.add_cookies([
        {"name": one.name, "value": str(one.value), "url": world.url} for one in jar
        if not one.path.startswith("/sandbox")
    ])  # fmt: skip
    return context


def _uploaded(world: World, tenant: Tenant) -> int:
    with world.app.app_context():
        tenancy = {"installation_id": tenant.installation_id, "origin": UPLOADED}
        return keep(world.deps, upload(picture(), "Spring.jpg"), **tenancy).id  # type: ignore[arg-type]


def _one_of_everything(world: World, tenant: Tenant) -> dict[str, int | str]:
    contacts = contacts_with(world.sandbox, befriend(world.sandbox, 2))
    import_id = imported(world, tenant, list_of(world.sandbox, contacts))
    friend_id, contact_row = linked(world, tenant)
    preparation_id = begin(world, tenant, make_list(world, ALICE))
    world.work()
    with world.app.app_context(), transaction() as session:
        now, friend = utcnow(), friend_of(friend_id)
        messages = [{"type": "text", "text": "Hello {{ contact.firstname }}"}]
        call = ActionCall(
            installation_id=tenant.installation_id, callback_id="ap-1", action="check-friend",
            contact_id=ALICE, state="completed", result="checked", created_at=now,
        )  # fmt: skip
        delivery = Delivery(
            official_account_id=tenant.account_id, friend=friend, retry_key="key",
            messages=messages, state=ACCEPTED, result="sent", created_at=now, settled_at=now,
        )  # fmt: skip
        tagging = Tagging(
            installation_id=tenant.installation_id, wanted={}, tags=["VIP"], state="finished",
            until_id=0, size=0, started_at=now,
        )  # fmt: skip
        session.add_all([call, delivery, tagging])
        session.flush()
        synced, listed = _synced(tenant)
        export = ListExport(
            installation_id=tenant.installation_id, official_account_id=tenant.account_id,
            name="Regulars", source={"rule": {"all": []}}, state="finished", started_at=now,
        )  # fmt: skip
        session.add_all([synced, listed, export])
        session.flush()
        ids = {"call_id": call.id, "delivery_id": delivery.id, "tagging_id": tagging.id}
        ids["export_id"] = export.id
    ids["media_id"] = _uploaded(world, tenant)
    with world.app.app_context():
        template = create_template(world.account(tenant), "Welcome", messages)
        draft = create_draft(world.account(tenant), "Spring sale")
        save_draft(draft, {}, [Content(messages)])
        db.session.commit()
        conversation_id = _conversation(friend_id)
        segment = db.session.scalars(Segment.owned(tenant.installation_id)).first()
        assert segment is not None
        return {
            **ids,
            "synced_list_id": listed.id,
            "synced_property_id": synced.id,
            "segment_id": segment.id,
            "account_id": tenant.account_id,
            "broadcast_id": draft.id,
            "code_id": tenant.qr_code_id,
            "contact_row_id": contact_row,
            "friend_id": friend_id,
            "conversation_id": conversation_id,
            "message_id": 1,
            "name": "marketer",
            "import_id": import_id,
            "preparation_id": preparation_id,
            "template_id": template.id,
            **_receiver(world, tenant),
        }


def _receiver(world: World, tenant: Tenant) -> dict[str, int]:
    installation = db.session.get_one(Installation, tenant.installation_id)
    receiver = register(world.deps, installation, "https://example.com/hooks", EVENT_TYPES)
    delivery_id = send_test(receiver)
    with transaction() as session:
        # A page of something that waits looks again soon; this one is at rest.
        delivery, now = session.get_one(EventDelivery, delivery_id), utcnow()
        delivery.state, delivery.settled_at, delivery.tried_at = DELIVERED, now, now
        delivery.attempts, delivery.status = 1, 200
    set_relay(world.deps, world.account(tenant), "https://bot.example.com/line")
    return {"receiver_id": receiver.id, "event_delivery_id": delivery_id}


def _conversation(friend_id: int) -> int:
    friend, at = friend_of(friend_id), utcnow()
    with transaction():
        record_received(friend, {"type": "text", "id": "1", "text": "Are you open?"}, at)
    return db.session.scalars(select(Conversation.id)).one()


def _synced(tenant: Tenant) -> tuple[SyncedProperty, SyncedList]:
    common = {"installation_id": tenant.installation_id, "chosen_at": utcnow()}
    words = "Property shoe_size does not exist"
    return (
        SyncedProperty(
            name="shoe_size", label="Shoe size", type="number", field_type="number",
            state="missing", error=words, former_label="Size", **common,
        ),
        SyncedList(list_id="7", name="Regulars", size=1200, **common),
    )  # fmt: skip
