"""Who came through LINE Login, and which contact this would tie. Ties nothing."""

from datetime import datetime
from typing import NamedTuple

from plugin.core.clock import utcnow
from plugin.gateways import ContactRecord, Identity
from plugin.models.base import db, repeated, transaction
from plugin.models.people import FOLLOWING, Contact, Friend
from plugin.models.qr_code import LinkageToken, LoginAttempt, QRCode
from plugin.services import Outside
from plugin.services.find_contact import by_email, by_id
from plugin.services.found_value import take_found
from plugin.services.friend_walk import LoginRefused
from plugin.services.link_friend import contact_row, friend_row, owe_mirror
from plugin.services.suggest_contact import owe_suggestion
from plugin.services.user_tokens import FriendToken, keep_user_token
from plugin.services.visits import add_visit
from plugin.services.welcome import welcome


class Known(NamedTuple):
    """What LINE says: the person, whether a friend, and a token of theirs."""

    identity: Identity
    is_friend: bool
    token: FriendToken


def recognise(outside: Outside, attempt: LoginAttempt, known: Known) -> None:
    """Keep who is there and the contact in question; with nothing to ask, the outcome as well.

    Raises `LoginRefused` where the token's contact is gone, `GatewayError` where HubSpot could not
    be asked.
    """
    _keep(attempt, known, _candidate(outside, attempt, known.identity))


@repeated
def _keep(attempt: LoginAttempt, known: Known, contact: ContactRecord | None) -> None:
    with transaction() as session:
        session.add(attempt)
        attempt.is_friend = known.is_friend
        _note_identity(attempt, known.identity)
        note_contact(attempt, contact)
        friend = _note_friend(attempt)
        # Unlinking needs it, long after this walk is forgotten.
        keep_user_token(friend, attempt.qr_code.official_account, known.token)
        _settle(attempt, friend)
        owe_suggestion(attempt)
        add_visit(attempt.qr_code_id, "login")


def _candidate(outside: Outside, attempt: LoginAttempt, identity: Identity) -> ContactRecord | None:
    """A valid token's contact; else the one whose e-mail LINE vouches for; else none.

    Each only where the QR code allows it; a token is let in, or not, where the walk begins. Who is
    tied already and brings no token wishes for no other contact.
    """
    account = attempt.qr_code.official_account
    if attempt.qr_code.linkage_type != "hubspot":
        return None
    if attempt.token_id is not None:
        record = by_id(outside, account.installation_id, _contact_of_token(attempt))
        if record is None:
            raise LoginRefused("contact_gone", attempt)
        return record
    friend = Friend.of_account(account.id, identity.user_id)
    email = _vouched(attempt.qr_code, identity)
    if email and (friend is None or friend.linkage is None):
        return by_email(outside, account.installation_id, email)
    return None


def _vouched(code: QRCode, identity: Identity) -> str:
    """The e-mail address where it may find somebody; then it stands on a new contact too."""
    return identity.email if code.by_email else ""


def _contact_of_token(attempt: LoginAttempt) -> int:
    """As HubSpot knows it by now; whether it still finds a merged contact's old id is not said."""
    token = db.session.get_one(LinkageToken, attempt.token_id)
    given = db.session.get_one(Contact, token.contact_row_id)
    heir = Contact.of_portal(given.installation_id, given.contact_id)
    return heir.contact_id if heir else given.contact_id


def _note_identity(attempt: LoginAttempt, identity: Identity) -> None:
    attempt.line_user_id = identity.user_id
    attempt.display_name, attempt.picture_url = identity.name, identity.picture_url
    attempt.contact_email = _vouched(attempt.qr_code, identity)


def note_contact(attempt: LoginAttempt, record: ContactRecord | None) -> None:
    """Whom this walk would tie, inside the caller's transaction; None: nobody is known."""
    if record is None:
        return
    account = attempt.qr_code.official_account
    contact = contact_row(account.installation_id, record.contact_id)
    contact.take(dict(record.properties), utcnow())
    contact.deleted_at = None
    take_found(account, contact, record, attempt.line_user_id)
    # The page masks the e-mail address, so it must not stand in for a missing name.
    attempt.contact_id, attempt.contact_name = contact.contact_id, contact.name
    attempt.contact_email = contact.email


def _note_friend(attempt: LoginAttempt) -> Friend:
    now = utcnow()
    friend = friend_row(attempt.qr_code.official_account, attempt.line_user_id, now)
    friend.display_name = attempt.display_name or friend.display_name
    friend.picture_url = attempt.picture_url or friend.picture_url
    if attempt.is_friend and friend.status != FOLLOWING:
        _note_following(friend, now)
    return friend


def _note_following(friend: Friend, now: datetime) -> None:
    """LINE's own word of it may come later with an earlier time, and then changes nothing."""
    if friend.note_status(FOLLOWING, now) and friend.linkage is not None:
        owe_mirror(friend.linkage.contact)


def _settle(attempt: LoginAttempt, friend: Friend) -> None:
    """A code that ties nobody, and a tie that is there, leave nothing to confirm."""
    tied = friend.linkage.contact.contact_id if friend.linkage else None
    if attempt.qr_code.linkage_type != "hubspot":
        attempt.outcome = "welcome"
    elif tied is not None and attempt.contact_id in (None, tied):
        attempt.outcome = "already_linked"
    elif attempt.contact_id is None and not _may_go_on(attempt.qr_code):
        attempt.outcome = "nobody"
    else:
        return
    attempt.confirmed_at = utcnow()
    welcome(attempt, friend)
    add_visit(attempt.qr_code_id, attempt.outcome)


def _may_go_on(code: QRCode) -> bool:
    """Whether a friend in whom nobody is recognised may still say who it is, or be new."""
    return code.by_form or code.makes_contact
