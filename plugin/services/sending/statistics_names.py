"""Names of LINE's statistics: a thousand a month and account, whoever uses them. LINE counts the
next one under no name, without a word."""

from datetime import date, datetime

import structlog
from sqlalchemy import ColumnElement, func, select, update

from plugin.core.clock import utcnow
from plugin.core.quota import month_of
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.broadcasts.measures import DailyCount, TemplateUnit
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sql import insert_or
from plugin.models.transaction import affected, transaction
from plugin.services import Dependencies
from plugin.services.connections.channels import messaging_channel

log = structlog.get_logger()
NAMES, MOST_NAMES = "names", 1000


def read_names(deps: Dependencies, account: OfficialAccount) -> bool:
    """Ask LINE how many names are in use; False where it does not tell, and then none are given."""
    try:
        used = deps.gateways.line.aggregation_units(messaging_channel(account))
    except GatewayError as error:
        log.info("line_names_unknown", account=account.id, reason=error.reason)
        return False
    now = utcnow()
    with transaction():
        # `ours`: names given since LINE was asked.
        row = {"theirs": used, "ours": 0, "checked_at": now}
        key = {"official_account_id": account.id, "day": first_day(now), "kind": NAMES}
        statement = insert_or(DailyCount).values(**key, **row)
        db.session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=row))
    return True


def names_used(account_id: int, now: datetime) -> int | None:
    """Return how many names of this month are in use; None: LINE has not told."""
    count = func.coalesce(DailyCount.theirs, 0) + DailyCount.ours
    return db.session.scalar(select(count).where(*_of_month(account_id, now)))


def take_names(account_id: int, number: int, now: datetime) -> bool:
    """Take so many new names of the month, in the caller's transaction; False: too few are left."""
    left = DailyCount.theirs + DailyCount.ours + number <= MOST_NAMES
    taken = update(DailyCount).where(*_of_month(account_id, now), left)
    return affected(taken.values(ours=DailyCount.ours + number)) == 1


def template_unit(account_id: int, template_id: int, now: datetime) -> str:
    """Return the name of a template's workflow sends in this month, in the caller's transaction, ""
    where none can be had."""
    month = f"{first_day(now):%Y%m}"
    unit = db.session.get(TemplateUnit, (template_id, month))
    if unit is not None:
        return unit.name
    if not take_names(account_id, 1, now):
        return ""
    name = f"t{template_id}_{month}"
    row = insert_or(TemplateUnit).values(template_id=template_id, month=month, name=name)
    db.session.execute(row.on_conflict_do_nothing())
    return name


def first_day(now: datetime) -> date:
    return month_of(now).date()


def _of_month(account_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        DailyCount.official_account_id == account_id,
        DailyCount.day == first_day(now),
        DailyCount.kind == NAMES,
    )
