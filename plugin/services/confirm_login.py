"""The friend says yes: the one moment in which a walk ties anything."""

from datetime import timedelta

from sqlalchemy import and_, or_, select, update

from plugin.core.clock import utcnow
from plugin.gateways import ContactRecord, GatewayError
from plugin.models.base import affected, db, repeated, transaction
from plugin.models.people import Contact, Friend
from plugin.models.qr_code import LinkageToken, LoginAttempt, QRCode
from plugin.services import Outside
from plugin.services.find_contact import made_for
from plugin.services.found_value import take_found
from plugin.services.link_friend import Wish, contact_row, friend_row, lock_contacts, tie
from plugin.services.linkage_tokens import use_up
from plugin.services.propose_tie import owner_of_email, propose
from plugin.services.prove_email import is_proved
from plugin.services.visits import add_visit
from plugin.services.welcome import welcome

# How long a confirmation may take; after that it was cut off and may be made again.
LEASE = timedelta(seconds=60)


def confirm_login(outside: Outside, attempt: LoginAttempt) -> str:
    """Tie the walk's friend and contact; answers the outcome. Harmless when done twice.

    Outcomes: linked, already_linked, friend_taken, contact_taken, contact_gone, used, revoked,
    proposed where a typed address is somebody's, and under_way where the same friend is confirming
    in another request. Raises `GatewayError` where HubSpot could not be asked; nothing is used up,
    and the friend may say yes again: at once, or where the answer was lost after the lease, since
    HubSpot's search may not show yet what was made.
    """
    if not _claim(attempt):
        return attempt.outcome or "under_way"
    try:
        made = _contact_to_tie(outside, attempt)
    except GatewayError as error:
        if _is_only_typed(attempt) and error.reason == "conflict":
            # Somebody has the typed address since it was looked up, so that only people may decide.
            taken = owner_of_email(outside, attempt, attempt.contact_email)
            return propose(attempt, taken)
        if error.reason != "lost":
            _release(attempt)
        raise
    _settle(attempt, made)
    return attempt.outcome


def is_under_way(attempt: LoginAttempt) -> bool:
    """Whether a confirmation of this attempt has begun and may still end by itself."""
    begun = attempt.confirmed_at
    return begun is not None and not attempt.outcome and begun > utcnow() - LEASE


@repeated
def _settle(attempt: LoginAttempt, made: ContactRecord | None) -> None:
    with transaction():
        attempt.outcome = _outcome(attempt, made)
        add_visit(attempt.qr_code_id, attempt.outcome)
        welcome(attempt, _friend(attempt))


@repeated
def _claim(attempt: LoginAttempt) -> bool:
    """One confirmation of a friend at a time: else HubSpot gets two new contacts for one person."""
    now = utcnow()
    cut_off = and_(LoginAttempt.outcome == "", LoginAttempt.confirmed_at <= now - LEASE)
    free = or_(LoginAttempt.confirmed_at.is_(None), cut_off)
    mine = update(LoginAttempt).where(LoginAttempt.id == attempt.id, free)
    with transaction() as session:
        friend = friend_row(attempt.qr_code.official_account, attempt.line_user_id, now)
        session.execute(select(Friend.id).where(Friend.id == friend.id).with_for_update())
        claimed = False
        if not _confirms_elsewhere(attempt, friend):
            claimed = affected(mine.values(confirmed_at=now)) == 1
        session.refresh(attempt)
    return claimed


def _confirms_elsewhere(attempt: LoginAttempt, friend: Friend) -> bool:
    now = utcnow()
    others = select(LoginAttempt.id).join(QRCode).where(
        LoginAttempt.id != attempt.id,
        # Says nothing more, but is what the index knows.
        LoginAttempt.expires_at > now - LEASE,
        LoginAttempt.line_user_id == friend.line_user_id,
        LoginAttempt.confirmed_at > now - LEASE,
        LoginAttempt.outcome == "",
        QRCode.official_account_id == friend.official_account_id,
    )  # fmt: skip
    return db.session.scalar(others.limit(1)) is not None


def _release(attempt: LoginAttempt) -> None:
    with transaction():
        attempt.confirmed_at = None


def _contact_to_tie(outside: Outside, attempt: LoginAttempt) -> ContactRecord | None:
    """Make a contact where the walk has none and the friend is not tied by now."""
    account = attempt.qr_code.official_account
    if attempt.contact_id is not None:
        return None
    friend = Friend.of_account(account.id, attempt.line_user_id)
    if friend is not None and friend.linkage is not None:
        return None
    facts = {"email": attempt.contact_email}
    if attempt.typed:
        facts["firstname"] = attempt.contact_name
    adopt = not _is_only_typed(attempt)
    return made_for(outside, account, attempt.line_user_id, facts, adopt=adopt)


def _is_only_typed(attempt: LoginAttempt) -> bool:
    return attempt.typed and not is_proved(attempt)


def _friend(attempt: LoginAttempt) -> Friend:
    return friend_row(attempt.qr_code.official_account, attempt.line_user_id, utcnow())


def _outcome(attempt: LoginAttempt, made: ContactRecord | None) -> str:
    if made is None and attempt.contact_id is None:
        return "already_linked"
    friend, contact = _friend(attempt), _contact(attempt, made)
    lock_contacts([contact.id])
    if contact.deleted_at is not None:
        return "contact_gone"
    if attempt.token_id is not None:
        return _tie_by_token(friend, contact, attempt.token_id)
    wish = Wish(friend, contact, "qr", "friend", f"qr:{attempt.qr_code_id}")
    return _word(tie(wish).decision)


def _tie_by_token(friend: Friend, contact: Contact, token_id: int) -> str:
    """The tie and the use of the token stand or fall together, whoever races for either."""
    with db.session.begin_nested() as attempted:
        wish = Wish(friend, contact, "email", "friend", f"token:{token_id}")
        decision = tie(wish).decision
        if decision != "link" or use_up(token_id, friend.line_user_id):
            return _word(decision)
        attempted.rollback()
    token = db.session.get_one(LinkageToken, token_id, populate_existing=True)
    return "revoked" if token.revoked_at is not None else "used"


def _word(decision: str) -> str:
    return "linked" if decision == "link" else decision


def _contact(attempt: LoginAttempt, made: ContactRecord | None) -> Contact:
    installation_id = attempt.qr_code.official_account.installation_id
    if made is None:
        return contact_row(installation_id, attempt.contact_id or 0)
    contact = contact_row(installation_id, made.contact_id)
    contact.take(dict(made.properties), utcnow())
    contact.deleted_at = None
    take_found(attempt.qr_code.official_account, contact, made, attempt.line_user_id)
    return contact
