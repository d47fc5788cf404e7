"""The friend says yes: the one moment in which a walk ties anything."""

from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.gateways import ContactRecord
from plugin.models.base import db, transaction
from plugin.models.people import Contact, Friend, Linkage
from plugin.models.qr_code import LinkageToken, LoginAttempt
from plugin.services import Outside
from plugin.services.find_contact import made_for
from plugin.services.link_friend import Wish, contact_row, friend_row, tie
from plugin.services.linkage_tokens import use_up
from plugin.services.visits import add_visit


def confirm_login(outside: Outside, attempt: LoginAttempt) -> str:
    """Tie the walk's friend and contact; answers the outcome. Harmless when done twice.

    Outcomes: linked, already_linked, friend_taken, contact_taken, used, welcome (a code that
    links nothing). Raises `GatewayError` where HubSpot could not be asked; nothing is used up.
    """
    if attempt.confirmed_at is not None:
        return _repeated(attempt.outcome)
    account = attempt.qr_code.official_account
    made: ContactRecord | None = None
    if attempt.qr_code.linkage_type == "hubspot" and attempt.contact_id is None:
        name = "line_user_id" + account.property_suffix
        made = made_for(
            outside, account.installation_id, name, attempt.line_user_id, attempt.contact_email
        )
    with transaction():
        if not _take(attempt):
            return _repeated(attempt.outcome)
        attempt.outcome = _outcome(attempt, made)
        add_visit(attempt.qr_code_id, attempt.outcome)
    return attempt.outcome


def _repeated(outcome: str) -> str:
    return "already_linked" if outcome in ("linked", "") else outcome


def _take(attempt: LoginAttempt) -> bool:
    free = update(LoginAttempt).where(
        LoginAttempt.id == attempt.id, LoginAttempt.confirmed_at.is_(None)
    )
    done = db.session.execute(free.values(confirmed_at=utcnow()))
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def _outcome(attempt: LoginAttempt, made: ContactRecord | None) -> str:
    if attempt.qr_code.linkage_type != "hubspot":
        return "welcome"
    friend = friend_row(attempt.qr_code.official_account, attempt.line_user_id, utcnow())
    contact = _contact(attempt, made)
    if attempt.token_id is None:
        wish = Wish(friend, contact, "qr", "friend", f"qr:{attempt.qr_code_id}")
        return _word(tie(wish).decision)
    return _tie_by_token(friend, contact, attempt.token_id)


def _tie_by_token(friend: Friend, contact: Contact, token_id: int) -> str:
    """The token's row is locked first, so that only one of two racing walks can use it."""
    token = db.session.get_one(LinkageToken, token_id, with_for_update=True)
    if token.used_at is not None or token.revoked_at is not None:
        standing = Linkage.of_contact(friend.official_account_id, contact.id)
        return "already_linked" if standing and standing.friend_id == friend.id else "used"
    decision = tie(Wish(friend, contact, "email", "friend", f"token:{token_id}")).decision
    if decision == "link":
        use_up(token_id, friend.line_user_id)
    return _word(decision)


def _word(decision: str) -> str:
    return "linked" if decision == "link" else decision


def _contact(attempt: LoginAttempt, made: ContactRecord | None) -> Contact:
    installation_id = attempt.qr_code.official_account.installation_id
    if made is None:
        return contact_row(installation_id, attempt.contact_id or 0)
    contact = contact_row(installation_id, made.contact_id)
    contact.take(dict(made.properties), utcnow())
    return contact
