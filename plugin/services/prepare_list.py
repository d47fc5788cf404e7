"""Personal links for a HubSpot list, a page of it at a time.

The cursor moves in the transaction that stores a page's links: who is killed goes on there, and
nobody gets two. Writing them to HubSpot is owed in the same transaction and goes its own way.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError, MembershipPage
from plugin.models.base import affected, db, transaction
from plugin.models.installation import Installation
from plugin.models.job import plant
from plugin.models.list_preparation import FAILED, FINISHED, RUNNING, STOPPED, ListPreparation
from plugin.models.qr_code import QRCode
from plugin.services import Outside
from plugin.services.budget import in_background
from plugin.services.portal_access import portal
from plugin.services.prepare_page import link_members

# The rate limit gives calls back one by one; waiting a little for several costs fewer awakenings.
BREATH = timedelta(milliseconds=250)
PAUSED_WAIT = timedelta(minutes=1)
# Somebody looks at the page meanwhile; another's token refresh is worth these seconds.
PATIENCE = 3.0


class Order(NamedTuple):
    """What is wanted of a list; the fields of the same names say what they mean."""

    list_id: str
    valid_days: int
    renew_days: int = 0
    only_unlinked: bool = True


def begin_preparation(outside: Outside, code: QRCode, order: Order, actor: str) -> ListPreparation:
    """Begin, or answer the one under way for this list and code.

    Raises `GatewayError`: `not_found` or `invalid` where HubSpot has no such list of contacts.
    """
    standing = ListPreparation.running_of(code.id, order.list_id)
    if standing is not None:
        with transaction():
            # Where it was given up after many tries, asking again is what takes it up.
            plant("prepare_list", standing.id, standing.installation_id)
        return standing
    installation_id = code.official_account.installation_id
    access = portal(outside, installation_id, PATIENCE)
    found = outside.gateways.hubspot.list_by_id(access, order.list_id)
    with transaction() as session:
        mine = ListPreparation(
            installation_id=installation_id,
            qr_code=code,
            list_name=found.name[:255],
            size=found.size,
            actor=actor,
            started_at=utcnow(),
            **order._asdict(),
        )
        session.add(mine)
        session.flush()
        plant("prepare_list", mine.id, installation_id)
    return mine


def prepare_again(outside: Outside, mine: ListPreparation, actor: str) -> ListPreparation:
    """The same list once more: who joined since, and whose link ends soon. Raises as `begin`."""
    order = Order(mine.list_id, mine.valid_days, mine.renew_days, mine.only_unlinked)
    return begin_preparation(outside, mine.qr_code, order, actor)


def stop_preparation(mine: ListPreparation) -> bool:
    """No more links are made; those made stay good. False where it had ended already."""
    with transaction():
        return end_preparation(mine, STOPPED)


def prepare_list(outside: Outside, preparation_id: int) -> datetime | None:
    """One page; answers when to go on, or None at the end."""
    mine = ListPreparation.by_id(preparation_id)
    installation = Installation.by_id(mine.installation_id) if mine else None
    if mine is None or installation is None or mine.state != RUNNING:
        return None
    if not installation.is_alive:
        return utcnow() + PAUSED_WAIT
    if mine.qr_code.archived_at is not None or not mine.qr_code.takes_links:
        _fail(mine, "The QR code was archived, or takes no personal links any more")
        return None
    try:
        with in_background():
            access = portal(outside, mine.installation_id)
            page = outside.gateways.hubspot.memberships(access, mine.list_id, mine.after or None)
    except GatewayError as error:
        if error.reason == "rate_limited" and error.retry_at is not None:
            return max(error.retry_at, utcnow() + BREATH)
        if not error.permanent:
            raise
        _fail(mine, error.message)
        return None
    return _store(mine, page)


def end_preparation(mine: ListPreparation, state: str, error: str = "") -> bool:
    """Inside the caller's transaction; False where it had ended already."""
    running = update(ListPreparation).where(
        ListPreparation.id == mine.id, ListPreparation.state == RUNNING
    )
    values = {"state": state, "error": error[:500], "finished_at": utcnow()}
    ended = affected(running.values(values).execution_options(synchronize_session=False)) == 1
    db.session.refresh(mine)
    return ended


def _store(mine: ListPreparation, page: MembershipPage) -> datetime | None:
    """Keep the page, unless it was stopped or somebody else kept it meanwhile."""
    with transaction() as session:
        same = update(ListPreparation).where(
            ListPreparation.id == mine.id,
            ListPreparation.state == RUNNING,
            ListPreparation.step == mine.step,
        )
        one_on = same.values(step=mine.step + 1).execution_options(synchronize_session=False)
        if not affected(one_on):
            return None
        session.refresh(mine)
        link_members(mine, page.contact_ids, utcnow())
        mine.after = page.after or ""
        if page.after is None:
            mine.state, mine.finished_at = FINISHED, utcnow()
    return utcnow() if page.after else None


def _fail(mine: ListPreparation, error: str) -> None:
    with transaction():
        end_preparation(mine, FAILED, error)
