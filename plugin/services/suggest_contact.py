"""Whom HubSpot's visitor cookie would be. It is kept for whoever decides, and ties nobody."""

import structlog
from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.gateways import ContactRecord, GatewayError
from plugin.models.base import db, transaction
from plugin.models.job import plant
from plugin.models.people import Friend
from plugin.models.qr_code import LoginAttempt
from plugin.models.upsert import insert_or
from plugin.models.visitor_hint import VisitorHint
from plugin.services import Outside
from plugin.services.link_friend import contact_row
from plugin.services.portal_access import portal

log = structlog.get_logger()


def owe_suggestion(attempt: LoginAttempt) -> None:
    """Owe the look into HubSpot, inside the caller's transaction, where a site passed a cookie."""
    if attempt.visitor and attempt.qr_code.linkage_type == "hubspot":
        db.session.flush()
        plant("suggest_contact", attempt.id, attempt.qr_code.official_account.installation_id)


def suggest_contact(outside: Outside, attempt_id: int) -> None:
    """Ask HubSpot whose cookie the walk brought; the cookie itself is kept no longer than that."""
    attempt = db.session.get(LoginAttempt, attempt_id)
    if attempt is None or not attempt.visitor:
        return
    account = attempt.qr_code.official_account
    record = _asked(outside, account.installation_id, attempt.visitor)
    with transaction() as session:
        mine = update(LoginAttempt).where(LoginAttempt.id == attempt_id)
        session.execute(mine.values(visitor=""))
        friend = Friend.of_account(account.id, attempt.line_user_id)
        if record is not None and friend is not None:
            _keep(friend, account.installation_id, record)


def _asked(outside: Outside, installation_id: int, visitor: str) -> ContactRecord | None:
    """A refusal for good is no suggestion: HubSpot may give this question up one day."""
    access = portal(outside, installation_id)
    try:
        return outside.gateways.hubspot.contact_of_visitor(access, visitor)
    except GatewayError as error:
        if not error.permanent:
            raise
        log.info("visitor_not_answered", reason=error.reason, status=error.status)
        return None


def _keep(friend: Friend, installation_id: int, record: ContactRecord) -> None:
    now, contact = utcnow(), contact_row(installation_id, record.contact_id)
    contact.take(dict(record.properties), now)
    db.session.flush()
    values = {"contact_row_id": contact.id, "at": now}
    row = insert_or(VisitorHint).values(friend_id=friend.id, **values)
    db.session.execute(row.on_conflict_do_update(index_elements=["friend_id"], set_=values))
