"""Broadcasts for tests: drafted, started, and judged by what the sandbox's phones received."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from plugin.models import Broadcast, Recipient, SendingRules, db
from plugin.models.broadcasts.tally import Counted, counts
from plugin.models.transaction import transaction
from plugin.services.broadcasts.drafts import Content, create_draft, save_draft
from plugin.services.broadcasts.start import start
from tests.support.world import Tenant, World

TEXT = {"type": "text", "text": "Our winter sale begins today."}
PERSONAL = {"type": "text", "text": "Hello {{ contact.email }}"}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def draft(world: World, tenant: Tenant, *messages: dict[str, Any], **changes: Any) -> int:
    """A draft to all friends with one variant for each of `messages`; answers its id."""
    with world.app.app_context():
        broadcast = create_draft(world.account(tenant), "Sale", "alice@example.com")
        contents = [Content([message]) for message in messages or (TEXT,)]
        save_draft(broadcast, changes, contents)
        return broadcast.id


def begin(world: World, broadcast_id: int, by: str = "alice@example.com") -> None:
    with world.app.app_context():
        start(found(broadcast_id), by)


def sent(world: World, tenant: Tenant, *messages: dict[str, Any], **changes: Any) -> int:
    """A broadcast that was started and worked on until nothing is due."""
    broadcast_id = draft(world, tenant, *messages, **changes)
    begin(world, broadcast_id)
    world.work()
    return broadcast_id


def found(broadcast_id: int) -> Broadcast:
    """The broadcast as it stands, inside the app's context."""
    return db.session.get_one(Broadcast, broadcast_id, populate_existing=True)


def states(world: World, broadcast_id: int) -> dict[tuple[str, str], int]:
    """How many recipients by state and reason: of the tally, which agrees with the rows."""
    with world.app.app_context():
        columns = func.coalesce(Recipient.variant, -1), Recipient.state, Recipient.reason
        rows = select(*columns, func.count()).where(Recipient.broadcast_id == broadcast_id)
        grouped = {Counted(*row) for row in db.session.execute(rows.group_by(*columns))}
        assert grouped == set(counts(broadcast_id))
        assert sum(row.people for row in grouped) == found(broadcast_id).total
        summed: Counter[tuple[str, str]] = Counter()
        for row in grouped:
            summed[row.state, row.reason] += row.people
        return dict(summed)


def arrived(world: World) -> dict[str, int]:
    """What the sandbox counts of messages that reached a phone."""
    summary: dict[str, int] = world.sandbox.control("GET", "/deliveries?summary=1")
    return summary


def texts(world: World) -> Counter[str]:
    rows = world.sandbox.control("GET", "/deliveries")["deliveries"]
    return Counter(message["text"] for row in rows for message in row["messages"])


def set_rules(world: World, tenant: Tenant, **rules: Any) -> None:
    with world.app.app_context(), transaction() as session:
        session.merge(SendingRules(official_account_id=tenant.account_id, changed_at=NOW, **rules))


def state_of(world: World, broadcast_id: int) -> tuple[str, str]:
    with world.app.app_context():
        broadcast = found(broadcast_id)
        return broadcast.state, broadcast.reason
