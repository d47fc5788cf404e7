"""What stood in the LINE User ID property before Musubi ever wrote there.

An earlier tool, a file or a person put it there. A link must not wipe it out unseen: who is known
by it is tied, as any list or webhook would have done, and then the new link meets a tie; anything
else is kept in the ledger, from where an undo puts it back.
"""

from plugin.gateways import ContactRecord
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact, Friend, Linkage
from plugin.services.offered_ids import own_property, value_of
from plugin.services.take_property import Finding, take_own


def take_found(
    account: OfficialAccount, contact: Contact, record: ContactRecord, line_user_id: str
) -> None:
    """Settle the property before the contact is tied to this LINE user, in the caller's
    transaction; `record` was read with the account's own property."""
    name = own_property(account)
    seen = str(account.id) in (contact.shown or {})
    if seen or name not in record.properties or Linkage.of_contact(account.id, contact.id):
        # What we have seen or written there is the comparison's.
        return
    value = value_of(record, name)
    if value == line_user_id:
        contact.note_shown(account.id, value)
    elif value:
        known = Friend.of_account(account.id, value) is not None
        take_own(contact, None, Finding(account, name, value, "known" if known else "nobody"))
