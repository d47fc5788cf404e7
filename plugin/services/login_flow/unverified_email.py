"""Link requests from a self-reported address that no mail server can verify. They link no existing
contact but wait among the conflicts; a contact is created if none has the address."""

from plugin.core.clock import utcnow
from plugin.gateways import ContactRecord
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.people.linkage import Linkage
from plugin.models.transaction import retried, transaction
from plugin.services import Dependencies
from plugin.services.contacts.lookup import by_email
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage.conflict_rows import record_conflict, record_unverified
from plugin.services.linkage.history import LinkRequest
from plugin.services.login_flow.session import add_visit


def owner_of_email(deps: Dependencies, attempt: LoginAttempt, email: str) -> ContactRecord | None:
    return by_email(deps, attempt.qr_code.official_account.installation_id, email)


@retried
def hold_unverified(attempt: LoginAttempt, record: ContactRecord | None) -> str:
    """Hold the request for the team to decide, and close the attempt. None: no contact is known."""
    with transaction():
        if record is not None:
            _hold(attempt, record)
    return close_attempt(attempt, "proposed")


def _hold(attempt: LoginAttempt, record: ContactRecord) -> None:
    now, account = utcnow(), attempt.qr_code.official_account
    friend = get_or_create_friend(account, attempt.line_user_id, now)
    contact = get_or_create_contact(account.installation_id, record.contact_id)
    contact.update_from(dict(record.properties), now)
    request = LinkRequest(friend, contact, "qr", "friend", f"qr:{attempt.qr_code_id}")
    standing = friend.linkage or Linkage.of_contact(account.id, contact.id)
    if standing is None:
        record_unverified(request, now)
    elif standing.friend_id != friend.id:
        record_conflict(request, "contact_taken", standing, now)
    elif standing.contact_row_id != contact.id:
        record_conflict(request, "friend_taken", standing, now)


def close_attempt(attempt: LoginAttempt, outcome: str) -> str:
    """Close and count the attempt. Return its outcome: an earlier one stays."""
    with transaction() as session:
        session.refresh(attempt, with_for_update={"of": LoginAttempt})
        if attempt.outcome:
            # Another window of this browser closed it in the meantime.
            return attempt.outcome
        attempt.outcome, attempt.confirmed_at = outcome, attempt.confirmed_at or utcnow()
        add_visit(attempt.qr_code_id, outcome)
    return outcome
