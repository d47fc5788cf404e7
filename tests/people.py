"""Shortcuts to the state a test begins in."""

from datetime import UTC, datetime

from plugin.models import Contact, Friend, db
from plugin.models.base import transaction
from plugin.sandbox.line.directory import user_id_of
from plugin.sandbox.line.seed import PROVIDER
from plugin.services.link_friend import Wish, contact_row, friend_row, tie
from tests.world import ALICE, Tenant, World

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
        friend = friend_row(account, user_id, NOW)
        friend.note_status(status, NOW)
        contact = contact_row(tenant.installation_id, contact_id)
        assert tie(Wish(friend, contact, "manual", "test")).decision == "link"
        db.session.flush()
        return friend.id, contact.id


def friend_of(friend_id: int) -> Friend:
    """The friend as it stands, inside the app's context."""
    return db.session.get_one(Friend, friend_id, populate_existing=True)


def contact_of(contact_row_id: int) -> Contact:
    """The contact as it stands, inside the app's context."""
    return db.session.get_one(Contact, contact_row_id, populate_existing=True)
