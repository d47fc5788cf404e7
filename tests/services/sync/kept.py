"""What a tenant keeps of HubSpot, as a test sees it."""

from typing import Any

from sqlalchemy import select, update

from plugin.models import (
    ContactValues,
    Installation,
    ListMembership,
    PropertySync,
    SyncedList,
    SyncedProperty,
    db,
)
from plugin.models.transaction import transaction
from plugin.services.sync.synced_choice import Choice, choose
from plugin.services.sync.synced_schedule import plan_syncs
from tests.support.world import Tenant, World


def keep(world: World, tenant: Tenant, *properties: str, lists: tuple[str, ...] = ()) -> None:
    """Choose these besides what is kept, and do the work."""
    with world.app.app_context():
        installation = db.session.get_one(Installation, tenant.installation_id)
        choose(world.deps, installation, Choice(properties, lists), "alice", only=False)
    world.work()


def look(world: World) -> None:
    """Five minutes later: HubSpot is asked what changed."""
    with world.app.app_context():
        with transaction() as session:
            session.execute(update(PropertySync).values(looked_at=None, failed_at=None))
            session.execute(update(SyncedList).values(looked_at=None))
        plan_syncs()
    world.work()


def make_list(world: World, *contact_ids: int, **more: Any) -> str:
    body = {"name": "Shop", "contact_ids": list(contact_ids), **more}
    return str(world.sandbox.control("POST", "/lists", body)["listId"])


def values_of(world: World, contact_row_id: int) -> dict[str, str] | None:
    with world.app.app_context():
        row = db.session.get(ContactValues, contact_row_id, populate_existing=True)
        return row.values if row else None


def members_of(world: World, list_id: str) -> dict[int, bool]:
    """By contact row id: whether it is still in the list."""
    with world.app.app_context():
        rows = select(ListMembership).join(SyncedList).where(SyncedList.list_id == list_id)
        return {row.contact_row_id: row.left_at is None for row in db.session.scalars(rows)}


def property_of(world: World, name: str) -> SyncedProperty:
    with world.app.app_context():
        return db.session.scalars(select(SyncedProperty).where(SyncedProperty.name == name)).one()


def list_of(world: World, list_id: str) -> SyncedList:
    with world.app.app_context():
        return db.session.scalars(select(SyncedList).where(SyncedList.list_id == list_id)).one()
