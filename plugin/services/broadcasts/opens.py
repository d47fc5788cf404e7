"""Opens, as LINE tells them: by a name for each variant and for each template's month, for 14 days,
and never for fewer than 20 people."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import or_, select

from plugin.core.clock import utcnow
from plugin.core.quota import MONTH_ZONE, day_of
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.measures import TemplateUnit
from plugin.models.broadcasts.variant import Variant
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sending.template import Template
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.channels import messaging_channel
from plugin.services.sending.statistics_names import read_names, take_names
from plugin.services.sending.usage import usage

# LINE's counts change no more after 14 days (measuring impressions); one more for its own delay.
WATCHED, LONGEST = timedelta(days=15), timedelta(days=30)
AGAIN = timedelta(hours=20)


class Named(NamedTuple):
    """Sends under one name, which may be read from `start` on."""

    row: Variant | TemplateUnit
    name: str
    start: date


def assign_units(deps: Dependencies, broadcast: Broadcast) -> None:
    """Give each variant its name before the first send, if LINE tells that names are left; note the
    month's messages so far. No network call is made again once that is noted."""
    if broadcast.used_before is not None:
        return
    account = broadcast.official_account
    knows = read_names(deps, account)
    with transaction():
        variants = Variant.of_broadcast(broadcast.id)
        if knows and take_names(account.id, len(variants), utcnow()):
            for variant in variants:
                variant.aggregation_unit = f"b{broadcast.id}_{variant.number}"
        broadcast.used_before = usage(account).used


def read_opens(deps: Dependencies, account_id: int) -> bool:
    """Read the next name's statistics; True where more are due. Raise `GatewayError`."""
    account = OfficialAccount.by_id(account_id)
    now = utcnow()
    due = next_due(account_id, now) if account and account.archived_at is None else None
    if account is None or due is None:
        return False
    end = min(day_of(now), due.start + LONGEST)
    opens = deps.gateways.line.opens(messaging_channel(account), due.name, due.start, end)
    with transaction():
        due.row.opens = {"opened": opens.opened, "tapped": opens.tapped}
        due.row.opens_read_at = now
    return next_due(account_id, now) is not None


def next_due(account_id: int, now: datetime) -> Named | None:
    """Return a name whose statistics may have changed and were not read lately."""
    variants = (
        select(Variant, Broadcast.first_sent_at)
        .join(Broadcast, Broadcast.id == Variant.broadcast_id)
        .where(
            Broadcast.official_account_id == account_id,
            Broadcast.first_sent_at > now - WATCHED,
            Variant.aggregation_unit != "",
            or_(Variant.opens_read_at.is_(None), Variant.opens_read_at < now - AGAIN),
        )
        .order_by(Variant.opens_read_at.is_not(None), Variant.broadcast_id)
    )
    found = db.session.execute(variants.limit(1)).first()
    if found is not None:
        return Named(found[0], found[0].aggregation_unit, day_of(found[1]))
    return _next_template(account_id, now)


def _next_template(account_id: int, now: datetime) -> Named | None:
    # A month's last message is watched as long as any.
    months = {f"{day_of(moment):%Y%m}" for moment in (now, now - WATCHED)}
    units = (
        select(TemplateUnit)
        .join(Template, Template.id == TemplateUnit.template_id)
        .where(
            Template.official_account_id == account_id,
            TemplateUnit.month.in_(months),
            or_(TemplateUnit.opens_read_at.is_(None), TemplateUnit.opens_read_at < now - AGAIN),
        )
        .order_by(TemplateUnit.template_id)
    )
    unit = db.session.scalars(units.limit(1)).first()
    if unit is None:
        return None
    start = datetime.strptime(unit.month, "%Y%m").replace(tzinfo=MONTH_ZONE).date()
    return Named(unit, unit.name, start)
