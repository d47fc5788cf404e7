"""HubSpot shows what Musubi knows: contacts that changed are written there, a hundred a call.

What is written is worked out from the rows at that moment, never stored, so that ten changes of
one contact are one write, and a repeat writes the same.
"""

from collections.abc import Sequence

from sqlalchemy import select, update

from plugin.core.properties import datetime_value, suffixed
from plugin.gateways import ContactBatch, ContactUpdate
from plugin.models.base import db, transaction
from plugin.models.installation import Installation
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact, Friend, LedgerEntry, Linkage
from plugin.models.qr_code import LinkageToken
from plugin.services import Outside
from plugin.services.linkage_tokens import token_text
from plugin.services.portal_access import portal
from plugin.services.qr_codes import linkage_url

BATCH = 100
LINE_FACTS = (
    "line_user_id", "line_display_name", "line_picture_url", "line_friend_status",
    "line_linked_at", "line_link_method", "line_last_sent_at", "line_last_received_at",
    "line_tags",
)  # fmt: skip


def write_contacts(outside: Outside, installation_id: int) -> bool:
    """Write one batch; True where more is owed. Raises `GatewayError` with nothing lost."""
    installation = Installation.by_id(installation_id)
    if installation is None or not installation.is_alive:
        return False
    owed = Contact.owing(installation_id, BATCH)
    if not owed:
        return False
    seen = {contact.contact_id: contact.mirror_wanted for contact in owed}
    updates = _updates(outside, installation, owed)
    access = portal(outside, installation_id)
    batch = outside.gateways.hubspot.update_contacts(access, updates)
    with transaction():
        _settle(owed, seen, batch)
    return len(owed) == BATCH


def _updates(
    outside: Outside, installation: Installation, contacts: Sequence[Contact]
) -> list[ContactUpdate]:
    """One update per contact: the LINE facts of every account, and its newest linkage URL."""
    ids = [contact.id for contact in contacts]
    accounts = {one.id: one for one in OfficialAccount.list_owned(installation.id)}
    values: dict[int, dict[str, str]] = {
        row: _cleared(accounts, ever) for row, ever in _ever_linked(contacts).items()
    }
    for linkage in Linkage.of_contacts(ids):
        account = accounts.get(linkage.official_account_id)
        if account is not None:
            facts = suffixed(line_facts(linkage), account.property_suffix)
            values[linkage.contact_row_id].update(facts)
    by_row = {contact.id: contact for contact in contacts}
    for token in LinkageToken.newest_of(ids):
        contact = by_row[token.contact_row_id]
        values[contact.id].update(_token_values(outside, installation, contact, token))
    return [ContactUpdate(one.contact_id, values[one.id]) for one in contacts if values[one.id]]


def _ever_linked(contacts: Sequence[Contact]) -> dict[int, set[int]]:
    """The accounts on which each contact was ever tied: only there may anything be cleared."""
    rows = {contact.contact_id: contact.id for contact in contacts}
    found = select(LedgerEntry.contact_id, LedgerEntry.official_account_id).where(
        LedgerEntry.installation_id == contacts[0].installation_id,
        LedgerEntry.contact_id.in_(rows),
        LedgerEntry.deed != "conflict",
    )
    ever: dict[int, set[int]] = {row: set() for row in rows.values()}
    for contact_id, account_id in db.session.execute(found.distinct()):
        ever[rows[contact_id]].add(account_id)
    return ever


def _cleared(accounts: dict[int, OfficialAccount], ever: set[int]) -> dict[str, str]:
    nothing = dict.fromkeys(LINE_FACTS, "")
    cleared: dict[str, str] = {}
    for account in (accounts[one] for one in ever if one in accounts):
        cleared.update(suffixed(nothing, account.property_suffix))
    return cleared


def line_facts(linkage: Linkage) -> dict[str, str]:
    """The values of one tie, under the names of the first account."""
    friend: Friend = linkage.friend
    return {
        "line_user_id": friend.line_user_id,
        "line_display_name": friend.display_name,
        "line_picture_url": friend.picture_url,
        "line_friend_status": friend.status,
        "line_linked_at": datetime_value(linkage.linked_at),
        "line_link_method": linkage.method,
        "line_last_sent_at": datetime_value(friend.last_sent_at),
        "line_last_received_at": datetime_value(friend.last_received_at),
        "line_tags": "; ".join(friend.tags),
    }


def _token_values(
    outside: Outside, installation: Installation, contact: Contact, token: LinkageToken
) -> dict[str, str]:
    text = token_text(outside, token, installation.portal_id, contact.contact_id)
    values = {
        "line_linkage_token": text,
        "line_linkage_url": linkage_url(outside, token.qr_code, text),
    }
    return suffixed(values, token.qr_code.official_account.property_suffix)


def _settle(owed: Sequence[Contact], seen: dict[int, int], batch: ContactBatch) -> None:
    """A contact that changed since it was read stays owed; a refused one keeps the reason."""
    for contact in owed:
        error = batch.errors.get(str(contact.contact_id), "")
        version = seen[contact.contact_id]
        done = update(Contact).where(Contact.id == contact.id, Contact.mirror_wanted == version)
        db.session.execute(
            done.values(mirror_owed=False, mirror_done=version, mirror_error=error[:500])
        )
