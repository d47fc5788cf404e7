"""The newest rows of a tenant, read from the end of an index however many rows there are."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, union_all

from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount


def newest_rows(
    model: Any,
    installation_id: int,
    limit: int,
    before: int = 0,
    conditions: Sequence[ColumnElement[bool]] = (),
) -> list[Any]:
    """Return rows of the tenant's accounts with ids below `before`, the newest first.

    `model` has an index by `official_account_id` and `id`. Databases sort all rows of several
    accounts to find the newest, so each account is asked for its own.
    """
    account_ids = db.session.scalars(OfficialAccount.owned_ids(installation_id)).all()
    below = (model.id < before,) if before else ()
    newest = [
        select(model.id)
        .where(model.official_account_id == account_id, *below, *conditions)
        .order_by(model.id.desc())
        .limit(limit)
        .subquery()
        for account_id in account_ids
    ]
    if not newest:
        return []
    found = union_all(*(select(rows.c.id) for rows in newest)).subquery()
    ids = list(db.session.scalars(select(found.c.id).order_by(found.c.id.desc()).limit(limit)))
    rows = db.session.scalars(select(model).where(model.id.in_(ids)).order_by(model.id.desc()))
    return list(rows.unique())
