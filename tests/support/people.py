"""Shortcuts to the state a test begins in."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.models import Contact, Friend, Installation, db
from plugin.models.transaction import transaction
from plugin.sandbox.line.directory import user_id_of
from plugin.sandbox.line.seed import PROVIDER
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.friends.records import get_or_create_friend
from plugin.services.friends.tags import lock_friend, set_tags
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.link import link
from tests.support.world import ALICE, Tenant, World

NOW = datetime(2020, 1, 1, tzinfo=UTC)


def line_user(person: str = "alice") -> str:
    """The LINE user id of one of the sandbox's phones; only Charlie is a friend from the start."""
    return user_id_of(person, PROVIDER)


def linked(
    world: World,
    tenant: Tenant,
    contact_id: int = ALICE,
    user_id: str = "U" + "a" * 32,
    status: str = "following",
) -> tuple[int, int]:
    """A tied pair, made by the service; answers the row ids of friend and contact."""
    with world.app.app_context(), transaction():
        account = world.account(tenant)
        friend = get_or_create_friend(account, user_id, NOW)
        friend.note_status(status, NOW)
        contact = get_or_create_contact(tenant.installation_id, contact_id)
        assert link(LinkRequest(friend, contact, "manual", "test")).decision == "link"
        db.session.flush()
        return friend.id, contact.id


def carry(friend: Friend, *tags: str) -> None:
    """The friend has these tags and no others, inside the caller's transaction."""
    set_tags(lock_friend(friend), tags)


def friend_of(friend_id: int) -> Friend:
    """The friend as it stands, inside the app's context."""
    return db.session.get_one(Friend, friend_id, populate_existing=True)


def contact_of(contact_row_id: int) -> Contact:
    """The contact as it stands, inside the app's context."""
    return db.session.get_one(Contact, contact_row_id, populate_existing=True)


def pass_refusal(world: World, span: timedelta) -> None:
    """So long has HubSpot refused the portals that it refuses, and they may ask it again now."""
    refused = update(Installation).where(Installation.refused_since.is_not(None))
    values = {"refused_since": utcnow() - span, "refresh_not_before": None}
    with world.app.app_context(), transaction() as session:
        session.execute(refused.values(values), execution_options={"synchronize_session": False})
