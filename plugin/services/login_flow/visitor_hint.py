"""The contact of HubSpot's visitor cookie: a hint for the team's decision, which links nothing."""

import structlog
from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.gateways import ContactRecord, GatewayError
from plugin.models.base import db
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.people.friend import Friend
from plugin.models.people.visitor_hint import VisitorHint
from plugin.models.sql import insert_or
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.contacts.records import get_or_create_contact

log = structlog.get_logger()


def enqueue_suggestion(attempt: LoginAttempt) -> None:
    if attempt.visitor and attempt.qr_code.linkage_type == "hubspot":
        db.session.flush()
        enqueue("suggest_contact", attempt.id, attempt.qr_code.official_account.installation_id)


def suggest_contact(deps: Dependencies, attempt_id: int) -> None:
    """Look up the contact of the attempt's cookie, and delete the cookie."""
    attempt = db.session.get(LoginAttempt, attempt_id)
    if attempt is None or not attempt.visitor:
        return
    account = attempt.qr_code.official_account
    record = _contact_of_visitor(deps, account.installation_id, attempt.visitor)
    with transaction() as session:
        statement = update(LoginAttempt).where(LoginAttempt.id == attempt_id)
        session.execute(statement.values(visitor=""))
        friend = Friend.of_account(account.id, attempt.line_user_id)
        if record is not None and friend is not None:
            _store_hint(friend, account.installation_id, record)


def _contact_of_visitor(
    deps: Dependencies, installation_id: int, visitor: str
) -> ContactRecord | None:
    # A permanent refusal means no suggestion: HubSpot may withdraw this endpoint one day.
    access = portal_access(deps, installation_id)
    try:
        return deps.gateways.hubspot.contact_of_visitor(access, visitor)
    except GatewayError as error:
        if not error.permanent:
            raise
        log.info("visitor_not_answered", reason=error.reason, status=error.status)
        return None


def _store_hint(friend: Friend, installation_id: int, record: ContactRecord) -> None:
    now, contact = utcnow(), get_or_create_contact(installation_id, record.contact_id)
    contact.update_from(dict(record.properties), now)
    db.session.flush()
    values = {"contact_row_id": contact.id, "at": now}
    row = insert_or(VisitorHint).values(friend_id=friend.id, **values)
    db.session.execute(row.on_conflict_do_update(index_elements=["friend_id"], set_=values))
