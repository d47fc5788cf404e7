"""A friend typed who it is, and nobody vouches for it, so people decide about contacts there are.

Without a mail server to prove an address with, a typed one never ties an existing contact: the
wish waits among the conflicts. Only where nobody has the address a contact is made.
"""

from plugin.core.clock import utcnow
from plugin.gateways import ContactRecord
from plugin.models.base import db, repeated, transaction
from plugin.models.conflict import Conflict
from plugin.models.people import Contact, Friend, Linkage
from plugin.models.qr_code import LoginAttempt
from plugin.models.upsert import insert_or
from plugin.services import Outside
from plugin.services.find_contact import by_email
from plugin.services.ledger import Wish, note_conflict, write_down
from plugin.services.link_friend import contact_row, friend_row
from plugin.services.visits import add_visit

# What stands in the way of such a wish: not another tie, but that nobody vouches for it.
UNCONFIRMED = "unconfirmed"


def owner_of_email(outside: Outside, attempt: LoginAttempt, email: str) -> ContactRecord | None:
    """Whose address was typed. Raises `GatewayError`."""
    return by_email(outside, attempt.qr_code.official_account.installation_id, email)


@repeated
def propose(attempt: LoginAttempt, record: ContactRecord | None) -> str:
    """Keep the wish for the team to decide, and end the walk. None: nobody knows whose it is."""
    with transaction():
        if record is not None:
            _keep(attempt, record)
    return end_walk(attempt, "proposed")


def _keep(attempt: LoginAttempt, record: ContactRecord) -> None:
    now, account = utcnow(), attempt.qr_code.official_account
    friend = friend_row(account, attempt.line_user_id, now)
    contact = contact_row(account.installation_id, record.contact_id)
    contact.take(dict(record.properties), now)
    wish = Wish(friend, contact, "qr", "friend", f"qr:{attempt.qr_code_id}")
    standing = friend.linkage or Linkage.of_contact(account.id, contact.id)
    if standing is None:
        _note(wish, friend, contact)
    elif standing.friend_id != friend.id:
        note_conflict(wish, "contact_taken", standing, now)
    elif standing.contact_row_id != contact.id:
        note_conflict(wish, "friend_taken", standing, now)


def _note(wish: Wish, friend: Friend, contact: Contact) -> None:
    """Nothing stands in the way of the wish but itself."""
    now = utcnow()
    row = {
        "installation_id": contact.installation_id,
        "official_account_id": friend.official_account_id,
        "friend_id": friend.id,
        "contact_row_id": contact.id,
        "standing_friend_id": friend.id,
        "standing_contact_row_id": contact.id,
        "decision": UNCONFIRMED,
        "method": wish.method,
        "actor": wish.actor,
        "source": wish.source,
        "times": 1,
        "opened_at": now,
        "seen_at": now,
        "decided_by": "",
        "verdict": "",
    }
    made = insert_or(Conflict).values(row).on_conflict_do_nothing().returning(Conflict.id)
    if db.session.scalar(made) is not None:
        write_down("conflict", wish, now, {"decision": UNCONFIRMED})


def end_walk(attempt: LoginAttempt, outcome: str) -> str:
    """Nothing more is asked of this walk; counted."""
    with transaction():
        attempt.outcome, attempt.confirmed_at = outcome, attempt.confirmed_at or utcnow()
        add_visit(attempt.qr_code_id, outcome)
    return outcome
