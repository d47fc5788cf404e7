"""HubSpot shows what Musubi knows: contacts that changed are written there, a hundred a call.

What is written is worked out from the rows at that moment, never stored, so that ten changes of
one contact are one write, and a repeat writes the same.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import partial

from sqlalchemy import Select, select, update
from sqlalchemy.orm import joinedload, lazyload

from plugin.core.properties import datetime_value, suffixed
from plugin.gateways import ContactBatch, ContactUpdate, Portal
from plugin.models.base import db, failures, side_by_side, transaction
from plugin.models.installation import Installation
from plugin.models.job import plant
from plugin.models.official_account import OfficialAccount
from plugin.models.people import TYING, Contact, Friend, LedgerEntry, Linkage
from plugin.services import Outside
from plugin.services.link_friend import lock_contacts
from plugin.services.linkage_values import linkage_values
from plugin.services.offered_ids import USER_ID, own_property
from plugin.services.portal_access import portal

BATCH, AT_ONCE = 100, 4
Values = dict[str, str]
LINE_FACTS = (
    "line_user_id", "line_display_name", "line_picture_url", "line_friend_status",
    "line_linked_at", "line_link_method", "line_last_sent_at", "line_last_result",
    "line_last_received_at", "line_last_clicked_at", "line_tags",
)  # fmt: skip


def write_contacts(outside: Outside, installation_id: int) -> bool:
    """Write a few batches at once; True where more is owed.

    Raises `GatewayError` where one could not be written, with nothing lost.
    """
    installation = Installation.by_id(installation_id)
    if installation is None or not installation.is_alive:
        return False
    owed = Contact.owing(installation_id, AT_ONCE * BATCH)
    if not owed:
        return False
    seen = {contact.id: contact.mirror_wanted for contact in owed}
    values = _values(outside, installation, owed)
    names = property_names(installation_id)
    user_ids = {
        row: {account: of[name] for account, name in names.items() if name in of}
        for row, of in values.items()
    }
    access = portal(outside, installation_id)
    with transaction():
        _announce(owed, user_ids)
    batches = [owed[start : start + BATCH] for start in range(0, len(owed), BATCH)]
    answers = _write(outside, access, batches, values)
    written = [pair for pair in zip(batches, answers, strict=True) if not pair[1].exception()]
    with transaction():
        for batch, answer in written:
            _settle({one.id: seen[one.id] for one in batch}, user_ids, answer.result())
    if len(written) < len(batches):
        # What HubSpot refuses for good counts more than "not now".
        raise max(failures(answers), key=lambda error: getattr(error, "permanent", True))
    return len(owed) == AT_ONCE * BATCH


def _write(
    outside: Outside,
    access: Portal,
    batches: Sequence[Sequence[Contact]],
    values: Mapping[int, Values],
) -> list[Future[ContactBatch]]:
    rows = [
        [ContactUpdate(one.contact_id, values[one.id]) for one in batch if values.get(one.id)]
        for batch in batches
    ]
    update_contacts = outside.gateways.hubspot.update_contacts
    return side_by_side([partial(update_contacts, access, some) for some in rows])


def _values(
    outside: Outside, installation: Installation, contacts: Sequence[Contact]
) -> dict[int, Values]:
    """By contact row: the LINE facts of every account, and the newest linkage URL."""
    ids = [contact.id for contact in contacts]
    accounts = {one.id: one for one in OfficialAccount.list_owned(installation.id)}
    values: dict[int, Values] = {
        row: _cleared(accounts, ever) for row, ever in _ever_linked(contacts).items()
    }
    for linkage in db.session.scalars(_facts_of(ids)):
        account = accounts.get(linkage.official_account_id)
        if account is not None:
            facts = suffixed(line_facts(linkage), account.property_suffix)
            values[linkage.contact_row_id].update(facts)
    links = linkage_values(outside, installation, contacts)
    for contact in contacts:
        values[contact.id].update(links[contact.id])
        _leave_alone(contact, values[contact.id], accounts)
    return values


def _facts_of(contact_row_ids: list[int]) -> Select[tuple[Linkage]]:
    """Ties and friends, without the accounts that would come along with each of them."""
    friends = joinedload(Linkage.friend, innerjoin=True)
    alone = friends.options(lazyload(Friend.official_account), lazyload(Friend.linkage))
    ties = select(Linkage).where(Linkage.contact_row_id.in_(contact_row_ids))
    return ties.options(alone, lazyload(Linkage.contact))


def _leave_alone(contact: Contact, values: Values, accounts: Mapping[int, OfficialAccount]) -> None:
    """A LINE User ID that stands there already is not written again.

    A person may be changing it this moment, and that change is a wish, not a mistake.
    """
    for account_id, account in accounts.items():
        name = own_property(account)
        if name in values and contact.may_show(account_id) == [values[name]]:
            del values[name]


def _ever_linked(contacts: Sequence[Contact]) -> dict[int, dict[int, str]]:
    """The accounts on which each contact was ever tied, or a wish of its was turned down; with
    the value that an undo of the tie puts back.

    Only there may anything be cleared. HubSpot hands values down in a merge, so the ties of those
    that went into a contact count too.
    """
    rows = Contact.with_ancestors(contacts)
    found = select(
        LedgerEntry.contact_id, LedgerEntry.official_account_id, LedgerEntry.before
    ).where(
        LedgerEntry.installation_id == contacts[0].installation_id,
        LedgerEntry.contact_id.in_(rows),
        LedgerEntry.deed.in_((*TYING, "kept")),
    )
    ever: dict[int, dict[int, str]] = {contact.id: {} for contact in contacts}
    for contact_id, account_id, before in db.session.execute(found.order_by(LedgerEntry.id)):
        ever[rows[contact_id]][account_id] = before.get("put_back", "")
    return ever


def _cleared(accounts: dict[int, OfficialAccount], ever: dict[int, str]) -> dict[str, str]:
    cleared: dict[str, str] = {}
    for account_id, put_back in ever.items():
        if account_id in accounts:
            nothing = {**dict.fromkeys(LINE_FACTS, ""), USER_ID: put_back}
            cleared.update(suffixed(nothing, accounts[account_id].property_suffix))
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
        "line_last_result": friend.last_result,
        "line_last_received_at": datetime_value(friend.last_received_at),
        "line_last_clicked_at": datetime_value(friend.last_clicked_at),
        "line_tags": "; ".join(friend.tags),
    }


def write_again(account: OfficialAccount) -> None:
    """The account's properties are new in HubSpot, so they hold nothing of what was written.

    Inside the caller's transaction.
    """
    tied = select(Linkage.contact_row_id).where(Linkage.official_account_id == account.id)
    owed = update(Contact).where(Contact.id.in_(tied), Contact.deleted_at.is_(None))
    values = {"shown": {}, "mirror_wanted": Contact.mirror_wanted + 1, "mirror_owed": True}
    db.session.execute(owed.values(values), execution_options={"synchronize_session": False})
    plant("write_contacts", account.installation_id, account.installation_id)


def property_names(installation_id: int) -> dict[int, str]:
    """The LINE User ID property of each of the tenant's accounts, by account id."""
    accounts = OfficialAccount.list_owned(installation_id)
    return {one.id: own_property(one) for one in accounts}


def _announce(contacts: Sequence[Contact], user_ids: Mapping[int, dict[int, str]]) -> None:
    """Before the call: whoever reads HubSpot meanwhile may meet our value, or the one before."""
    for contact in lock_contacts([one.id for one in contacts]):
        for account_id, value in user_ids[contact.id].items():
            contact.note_shown(account_id, *contact.may_show(account_id), value)


def _settle(
    seen: Mapping[int, int], user_ids: Mapping[int, dict[int, str]], batch: ContactBatch
) -> None:
    """A contact that changed since it was read stays owed; a refused one keeps the reason."""
    for contact in lock_contacts(list(seen)):
        error, version = batch.errors.get(str(contact.contact_id), ""), seen[contact.id]
        contact.mirror_done, contact.mirror_error = version, error[:500]
        contact.mirror_owed = contact.mirror_wanted != version
        if str(contact.contact_id) in batch.missing:
            # Deleted, or merged into another: reading it tells which.
            contact.owe_check()
            plant("check_contacts", contact.installation_id, contact.installation_id)
        if not error:
            for account_id, value in user_ids[contact.id].items():
                contact.note_shown(account_id, value)
