"""Rows of LINE friends, by account and LINE User ID."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend import Friend
from plugin.models.sql import insert_or, insert_rows
from plugin.models.system.activity import FRIENDS, count


def get_or_create_friend(
    account: OfficialAccount, line_user_id: str, now: datetime, *, held: bool = False
) -> Friend:
    """Return the row, inside the caller's transaction; `held`: locked until its end."""
    inserted = insert_or(Friend).values(_fresh(account, line_user_id, now))
    inserted = inserted.on_conflict_do_nothing().returning(Friend.id)
    if db.session.scalar(inserted) is not None:
        count(account.id, FRIENDS)
    statement = select(Friend).where(Friend.official_account_id == account.id)
    statement = statement.where(Friend.line_user_id == line_user_id)
    if held:
        statement = statement.with_for_update(key_share=True, of=Friend)
        statement = statement.execution_options(populate_existing=True)
    friend = db.session.scalar(statement)
    assert friend is not None  # noqa: S101 - inserted a line above
    return friend


def get_or_create_friends(
    account: OfficialAccount, line_user_ids: Sequence[str], now: datetime
) -> list[Friend]:
    """Return the rows, inside the caller's transaction, with few statements."""
    # One order for every transaction, so that two of them wait for each other without a deadlock.
    ids = sorted(set(line_user_ids))
    if not ids:
        return []
    rows = [_fresh(account, line_user_id, now) for line_user_id in ids]
    statement = insert_rows(Friend).on_conflict_do_nothing().returning(Friend.id)
    count(account.id, FRIENDS, len(db.session.scalars(statement, rows).all()))
    owned = select(Friend).where(Friend.official_account_id == account.id)
    friends = owned.where(Friend.line_user_id.in_(ids)).order_by(Friend.id)
    return list(db.session.scalars(friends))


def _fresh(account: OfficialAccount, line_user_id: str, now: datetime) -> dict[str, object]:
    return {
        "official_account_id": account.id, "line_user_id": line_user_id, "created_at": now,
        "status": "unknown", "display_name": "", "picture_url": "", "language": "",
    }  # fmt: skip
