"""Many people at once: contacts and friends in the sandbox, tied in Musubi, with messages owed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select

from plugin.core.clock import utcnow
from plugin.core.retry import retry_key
from plugin.models import Contact, Delivery, Friend, Job, Linkage, db
from plugin.models.sql import insert_or
from plugin.models.system.activity import FOLLOWING, FRIENDS, count, count_links
from plugin.models.system.job import enqueue_many
from plugin.models.transaction import transaction
from tests.support.world import PORTAL, Tenant, World

SINCE = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Crowd:
    """Row ids of friends, and the HubSpot ids of their contacts, in the same order."""

    friend_ids: list[int]
    contact_ids: list[str]


def gather(world: World, tenant: Tenant, size: int, contacts: bool = True, first: int = 1) -> Crowd:
    """`size` friends of the tenant's account, each tied to a contact where `contacts`; `first`:
    the number in the e-mail address of the first one."""
    users = world.sandbox.control("POST", "/friends", {"count": size})["user_ids"]
    with world.app.app_context():
        friends = _friends(world, tenant, users)
        if not contacts:
            return Crowd(friends, [])
        body = {"portal": PORTAL, "count": size, "start": first,
                "properties": {"email": "u{n}@example.com"}}  # fmt: skip
        ids = world.sandbox.control("POST", "/contacts", body)["ids"]
        _tie(tenant, friends, ids)
        return Crowd(friends, ids)


def _friends(world: World, tenant: Tenant, users: list[str]) -> list[int]:
    rows = [
        {"official_account_id": tenant.account_id, "line_user_id": user, "status": "following",
         "status_at": SINCE, "profile_at": SINCE, "created_at": SINCE, "display_name": "",
         "picture_url": "", "language": ""}
        for user in users
    ]  # fmt: skip
    with transaction() as session:
        # Musubi may have read the account's followers in the meantime.
        inserted = insert_or(Friend).on_conflict_do_nothing().returning(Friend.id)
        new = len(session.scalars(inserted, rows).all())
        count(tenant.account_id, FRIENDS, new)
        count(tenant.account_id, FOLLOWING, new)
    found = select(Friend.line_user_id, Friend.id)
    by_user = dict(db.session.execute(found).tuples().all())
    return [by_user[user] for user in users]


def _tie(tenant: Tenant, friends: list[int], contact_ids: list[str]) -> None:
    rows = [
        {"installation_id": tenant.installation_id, "contact_id": int(one), "email": "",
         "firstname": "", "lastname": "", "push_version": 0, "pushed_version": 0,
         "push_pending": False, "push_error": ""}
        for one in contact_ids
    ]  # fmt: skip
    with transaction() as session:
        # Musubi may have heard of the new contacts in the meantime.
        session.execute(insert_or(Contact).on_conflict_do_nothing(), rows)
    found = select(Contact.contact_id, Contact.id)
    by_id = dict(db.session.execute(found).tuples().all())
    ties = [
        {"official_account_id": tenant.account_id, "friend_id": friend, "method": "manual",
         "contact_row_id": by_id[int(contact)], "linked_at": SINCE}
        for friend, contact in zip(friends, contact_ids, strict=True)
    ]  # fmt: skip
    with transaction() as session:
        session.execute(insert(Linkage), ties)
        count_links(tenant.account_id, "manual", len(ties))


def owe_messages(world: World, tenant: Tenant, friends: list[int], label: str = "one") -> None:
    """A message for each friend, as a broadcast plans it: Deliveries and their jobs."""
    now = utcnow()
    rows: list[dict[str, Any]] = [
        {"official_account_id": tenant.account_id, "friend_id": friend, "state": "planned",
         "retry_key": retry_key(label, friend), "created_at": now, "silent": False,
         "messages": [{"type": "text", "text": f"Hello {friend} {label}"}], "message_ids": []}
        for friend in friends
    ]  # fmt: skip
    with world.app.app_context(), transaction() as session:
        # No others: the jobs of what a workflow sends meanwhile are locked by whoever runs it.
        ids = session.scalars(insert(Delivery).returning(Delivery.id), rows).all()
        enqueue_many("deliver", [(one, {}) for one in ids], tenant.installation_id)


def jobs_left(world: World, *kinds: str) -> int:
    """How many jobs of these kinds are owed."""
    with world.app.app_context():
        left = select(func.count()).select_from(Job).where(Job.kind.in_(kinds))
        return db.session.scalar(left) or 0
