"""Confirmation of a login attempt: the only step of the login flow that links."""

from datetime import timedelta

from sqlalchemy import and_, or_, select, update

from plugin.core.clock import utcnow
from plugin.gateways import ContactRecord, GatewayError
from plugin.models.base import db
from plugin.models.login_flow.linkage_token import LinkageToken
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.transaction import affected, retried, transaction
from plugin.services import Dependencies
from plugin.services.contacts.lookup import find_or_create_contact
from plugin.services.contacts.records import get_or_create_contact, lock_contacts
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage.by_property import existing_value
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.link import link
from plugin.services.login_flow.email_code import is_verified
from plugin.services.login_flow.session import LoginRefused, add_visit
from plugin.services.login_flow.unverified_email import hold_unverified, owner_of_email
from plugin.services.login_flow.welcome import welcome
from plugin.services.personal_links.tokens import use_up

# How long a confirmation may take; after that it counts as interrupted and may be repeated.
LEASE = timedelta(seconds=60)


def confirm_login(deps: Dependencies, attempt: LoginAttempt) -> str:
    """Link the attempt's friend and contact and return the outcome: linked, already_linked,
    friend_taken, contact_taken, contact_gone, used, revoked, proposed where a self-reported address
    is a contact's, under_way where another request confirms. Idempotent. Raise `GatewayError` where
    HubSpot could not be reached; nothing is used up then."""
    if not _claim(attempt):
        return attempt.outcome or "under_way"
    try:
        record = _contact_to_link(deps, attempt)
    except GatewayError as error:
        if _is_only_typed(attempt) and error.reason == "conflict":
            # The address was given to a contact since the lookup, so only people may decide.
            existing = owner_of_email(deps, attempt, attempt.contact_email)
            return hold_unverified(attempt, existing)
        # After a lost response the friend may confirm again only when the lease has run out, since
        # HubSpot's search may not show yet what was created.
        if error.reason != "lost":
            _release(attempt)
        raise
    _complete(attempt, record)
    return attempt.outcome


def is_confirming(attempt: LoginAttempt) -> bool:
    """Return whether a confirmation has begun and may still complete."""
    confirmed_at = attempt.confirmed_at
    return confirmed_at is not None and not attempt.outcome and confirmed_at > utcnow() - LEASE


@retried
def _complete(attempt: LoginAttempt, record: ContactRecord | None) -> None:
    with transaction() as session:
        session.refresh(attempt, with_for_update={"of": LoginAttempt})
        if attempt.outcome:
            # It took longer than the lease, and another confirmation came first.
            return
        attempt.outcome = _link_contact(attempt, record)
        add_visit(attempt.qr_code_id, attempt.outcome)
        # Locked: a webhook or a person may be changing this friend's tags.
        welcome(attempt, _friend(attempt, held=True))


@retried
def _claim(attempt: LoginAttempt) -> bool:
    # Two confirmations at a time would create two contacts for one person in HubSpot.
    now = utcnow()
    interrupted = and_(LoginAttempt.outcome == "", LoginAttempt.confirmed_at <= now - LEASE)
    free = or_(LoginAttempt.confirmed_at.is_(None), interrupted)
    statement = update(LoginAttempt).where(LoginAttempt.id == attempt.id, free)
    with transaction() as session:
        friend = get_or_create_friend(attempt.qr_code.official_account, attempt.line_user_id, now)
        session.execute(select(Friend.id).where(Friend.id == friend.id).with_for_update())
        claimed = False
        if not _confirms_elsewhere(attempt, friend):
            claimed = affected(statement.values(confirmed_at=now)) == 1
        session.refresh(attempt)
    return claimed


def _confirms_elsewhere(attempt: LoginAttempt, friend: Friend) -> bool:
    now = utcnow()
    statement = select(LoginAttempt.id).join(QRCode).where(
        LoginAttempt.id != attempt.id,
        # Redundant, but lets the database use the index.
        LoginAttempt.expires_at > now - LEASE,
        LoginAttempt.line_user_id == friend.line_user_id,
        LoginAttempt.confirmed_at > now - LEASE,
        LoginAttempt.outcome == "",
        QRCode.official_account_id == friend.official_account_id,
    )  # fmt: skip
    return db.session.scalar(statement.limit(1)) is not None


def _release(attempt: LoginAttempt) -> None:
    # Unless the lease ran out and another request claimed the attempt.
    statement = update(LoginAttempt).where(
        LoginAttempt.id == attempt.id,
        LoginAttempt.confirmed_at == attempt.confirmed_at,
        LoginAttempt.outcome == "",
    )
    with transaction() as session:
        session.execute(statement.values(confirmed_at=None))


def _contact_to_link(deps: Dependencies, attempt: LoginAttempt) -> ContactRecord | None:
    """Create a contact where the attempt has none and the friend is not linked by now."""
    account = attempt.qr_code.official_account
    if attempt.contact_id is not None:
        return None
    friend = Friend.of_account(account.id, attempt.line_user_id)
    if friend is not None and friend.linkage is not None:
        return None
    if attempt.is_personal:
        # A personal link belongs to a contact that exists already.
        _release(attempt)
        raise LoginRefused("login_unknown")
    properties = {"email": attempt.contact_email}
    if attempt.typed:
        properties["firstname"] = attempt.contact_name
    adopt = not _is_only_typed(attempt)
    return find_or_create_contact(deps, account, attempt.line_user_id, properties, adopt=adopt)


def _is_only_typed(attempt: LoginAttempt) -> bool:
    return attempt.typed and not is_verified(attempt)


def _friend(attempt: LoginAttempt, *, held: bool = False) -> Friend:
    account = attempt.qr_code.official_account
    return get_or_create_friend(account, attempt.line_user_id, utcnow(), held=held)


def _link_contact(attempt: LoginAttempt, record: ContactRecord | None) -> str:
    if record is None and attempt.contact_id is None:
        return "already_linked"
    friend, contact = _friend(attempt), _contact(attempt, record)
    lock_contacts([contact.id])
    if contact.deleted_at is not None:
        return "contact_gone"
    if attempt.token_id is not None:
        return _link_by_token(friend, contact, attempt.token_id)
    request = LinkRequest(friend, contact, "qr", "friend", f"qr:{attempt.qr_code_id}")
    return _outcome_of(link(request).decision)


def _link_by_token(friend: Friend, contact: Contact, token_id: int) -> str:
    # Link and use up the token, or neither, whatever races for them.
    with db.session.begin_nested() as savepoint:
        request = LinkRequest(friend, contact, "email", "friend", f"token:{token_id}")
        decision = link(request).decision
        if decision != "link" or use_up(token_id, friend.line_user_id):
            return _outcome_of(decision)
        savepoint.rollback()
    token = db.session.get_one(LinkageToken, token_id)
    return "revoked" if token.revoked_at is not None else "used"


def _outcome_of(decision: str) -> str:
    return "linked" if decision == "link" else decision


def _contact(attempt: LoginAttempt, record: ContactRecord | None) -> Contact:
    installation_id = attempt.qr_code.official_account.installation_id
    if record is None:
        return get_or_create_contact(installation_id, attempt.contact_id or 0)
    contact = get_or_create_contact(installation_id, record.contact_id)
    lock_contacts([contact.id])
    contact.update_from(dict(record.properties), utcnow())
    contact.deleted_at = None
    existing_value(attempt.qr_code.official_account, contact, record, attempt.line_user_id)
    return contact
