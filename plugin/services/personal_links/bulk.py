"""Bulk issue of personal links for a HubSpot list, one page at a time. The cursor moves in the
transaction that stores a page's links and enqueues their push: a killed run resumes there, and no
contact gets two."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import insert, select, update

from plugin.core.clock import utcnow
from plugin.core.cursors import RepeatedCursor, follow
from plugin.gateways import GatewayError, MembershipPage
from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.imports.list_preparation import (
    FAILED,
    FINISHED,
    RUNNING,
    STOPPED,
    ListPreparation,
)
from plugin.models.login_flow.linkage_token import LinkageToken
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.contact import Contact
from plugin.models.people.linkage import Linkage
from plugin.models.sql import analyze_grown
from plugin.models.system.job import enqueue
from plugin.models.transaction import affected, transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.contacts.outbox import mark_many_for_push
from plugin.services.contacts.records import get_or_create_contacts
from plugin.services.personal_links.keep import (
    CHECK_EVERY,
    TROUBLE_WAIT,
    renewal_margin,
    restart_pass,
)
from plugin.services.personal_links.tokens import MAX_DAYS, token_row
from plugin.services.system.rate_limits import in_background

# The rate limit frees calls one by one; waiting a little for several costs fewer wake-ups.
MIN_WAIT = timedelta(milliseconds=250)
PAUSED_WAIT = timedelta(minutes=1)
# A person waits for the page, so that waiting for another process's token refresh has an end.
TIMEOUT = 3.0
REPEATED = "HubSpot gave a page of the list for the second time, so it has no end"


class BulkIssueRequest(NamedTuple):
    list_id: str
    valid_days: int
    renew_days: int = 0
    only_unlinked: bool = True
    keeps: bool = False


def begin_preparation(
    deps: Dependencies, code: QRCode, request: BulkIssueRequest, actor: str
) -> ListPreparation:
    """Begin, or return the running or kept preparation of this list and code. Raise `GatewayError`:
    `not_found` or `invalid` where HubSpot has no such list of contacts."""
    if not (1 <= request.valid_days <= MAX_DAYS and 0 <= request.renew_days <= MAX_DAYS):
        raise ValueError(f"Links are good for 1 to {MAX_DAYS} days")
    standing = ListPreparation.running_of(code.id, request.list_id)
    if standing is not None:
        with transaction():
            standing.keeps = standing.keeps or request.keeps
            restart_pass(standing)
            # A job that failed after many tries starts again with this.
            enqueue("prepare_list", standing.id, standing.installation_id)
        return standing
    installation_id = code.official_account.installation_id
    access = portal_access(deps, installation_id, TIMEOUT)
    hubspot_list = deps.gateways.hubspot.list_by_id(access, request.list_id)
    with transaction() as session:
        preparation = ListPreparation(
            installation_id=installation_id,
            qr_code=code,
            list_name=hubspot_list.name[:255],
            size=hubspot_list.size,
            actor=actor,
            started_at=utcnow(),
            **request._asdict(),
        )
        session.add(preparation)
        session.flush()
        enqueue("prepare_list", preparation.id, installation_id)
    return preparation


def restart_preparation(
    deps: Dependencies, preparation: ListPreparation, actor: str
) -> ListPreparation:
    """Read the list again for new members and links that end soon. Raise as `begin_preparation`."""
    request = BulkIssueRequest(
        preparation.list_id,
        preparation.valid_days,
        preparation.renew_days,
        preparation.only_unlinked,
        preparation.keeps,
    )
    return begin_preparation(deps, preparation.qr_code, request, actor)


def stop_preparation(preparation: ListPreparation) -> bool:
    """Stop issuing links; those issued stay valid. False where it had ended already."""
    with transaction():
        was_kept = preparation.keeps
        preparation.keeps, preparation.next_check_at = False, None
        return end_preparation(preparation, STOPPED) or was_kept


def bulk_issue(deps: Dependencies, preparation_id: int) -> datetime | None:
    """Handle one page; return when to go on, or None at the end."""
    preparation = ListPreparation.by_id(preparation_id)
    installation = Installation.by_id(preparation.installation_id) if preparation else None
    if preparation is None or installation is None or preparation.state != RUNNING:
        return None
    if not installation.is_alive:
        return utcnow() + PAUSED_WAIT
    if preparation.qr_code.archived_at is not None or not preparation.qr_code.takes_links:
        _fail(preparation, "The QR code was archived, or takes no personal links any more")
        return None
    try:
        with in_background():
            access = portal_access(deps, preparation.installation_id)
            page = deps.gateways.hubspot.memberships(
                access, preparation.list_id, preparation.after or None
            )
    except GatewayError as error:
        if error.reason == "rate_limited" and error.retry_at is not None:
            return max(error.retry_at, utcnow() + MIN_WAIT)
        if not error.permanent:
            raise
        _fail(preparation, error.message)
        return None
    try:
        return _store(preparation, page)
    except RepeatedCursor:
        _fail(preparation, REPEATED)
        return None


def end_preparation(preparation: ListPreparation, state: str, error: str = "") -> bool:
    """End it inside the caller's transaction; False where it had ended already."""
    running = update(ListPreparation).where(
        ListPreparation.id == preparation.id, ListPreparation.state == RUNNING
    )
    values = {"state": state, "error": error[:500], "finished_at": utcnow()}
    ended = affected(running.values(values).execution_options(synchronize_session=False)) == 1
    db.session.refresh(preparation)
    return ended


def _store(preparation: ListPreparation, page: MembershipPage) -> datetime | None:
    # Unless the run was stopped, or another worker stored the page meanwhile.
    with transaction() as session:
        unchanged = update(ListPreparation).where(
            ListPreparation.id == preparation.id,
            ListPreparation.state == RUNNING,
            ListPreparation.step == preparation.step,
        )
        advance = unchanged.values(step=preparation.step + 1)
        if not affected(advance.execution_options(synchronize_session=False)):
            return None
        session.refresh(preparation)
        link_members(preparation, page.contact_ids, utcnow())
        preparation.trail = follow(preparation.trail, page.after) if page.after else ""
        preparation.after = page.after or ""
        preparation.size = page.total if page.total is not None else preparation.size
        if page.after is None:
            _finish(preparation, utcnow())
    return utcnow() if page.after else None


def _finish(preparation: ListPreparation, now: datetime) -> None:
    preparation.state, preparation.finished_at, preparation.checked_at = FINISHED, now, now
    preparation.members, preparation.covered = (
        preparation.read,
        preparation.kept + preparation.fresh,
    )
    preparation.next_check_at = now + CHECK_EVERY if preparation.keeps else None


def _fail(preparation: ListPreparation, error: str) -> None:
    with transaction():
        end_preparation(preparation, FAILED, error)
        if preparation.keeps:
            preparation.next_check_at = utcnow() + TROUBLE_WAIT


def link_members(preparation: ListPreparation, contact_ids: Sequence[int], now: datetime) -> None:
    """Issue missing links, inside the caller's transaction, and count them on the preparation."""
    contacts = get_or_create_contacts(preparation.installation_id, contact_ids)
    preparation.read += len(set(contact_ids))
    preparation.gone += len(set(contact_ids)) - len(contacts)
    linked_ids = _linked_row_ids(preparation, contacts) if preparation.only_unlinked else set()
    preparation.linked += len(linked_ids)
    recipients = [contact for contact in contacts if contact.id not in linked_ids]
    standing = _standing(preparation, recipients, now)
    preparation.kept += len(standing)
    new = [contact for contact in recipients if contact.id not in standing]
    preparation.made += len(new)
    preparation.fresh += len(new)
    if new:
        code, valid_days = preparation.qr_code, preparation.valid_days
        batch = {"preparation_id": preparation.id, "preview": False}
        rows = [{**token_row(code, contact, valid_days, now), **batch} for contact in new]
        db.session.execute(insert(LinkageToken), rows)
        analyze_grown(Contact, LinkageToken)
    # What HubSpot refused to store is tried once more, since a person asked again.
    refused = [row for row in recipients if row.id in standing and row.push_error]
    mark_many_for_push(preparation.installation_id, [row.id for row in (*new, *refused)])


def _linked_row_ids(preparation: ListPreparation, contacts: Sequence[Contact]) -> set[int]:
    statement = select(Linkage.contact_row_id).where(
        Linkage.official_account_id == preparation.qr_code.official_account_id,
        Linkage.contact_row_id.in_([contact.id for contact in contacts]),
    )
    return set(db.session.scalars(statement))


def _standing(preparation: ListPreparation, contacts: Sequence[Contact], now: datetime) -> set[int]:
    """Return contacts whose newest link leads to this code and is valid for long enough."""
    account_id = preparation.qr_code.official_account_id
    newest = {
        row: token
        for row, token in LinkageToken.of_contacts(contacts)
        if token.is_live and token.qr_code.official_account_id == account_id
    }
    until = now + renewal_margin(preparation)
    return {
        row
        for row, token in newest.items()
        if token.qr_code_id == preparation.qr_code_id and token.expires_at > until
    }
