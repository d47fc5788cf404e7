"""Pushes changed contacts to HubSpot, a hundred a call.

The values are computed from the rows at the time of writing and never stored: ten changes of one
contact are one write, and a repeat writes the same.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import partial

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, lazyload, selectinload

from plugin.core.clock import utcnow
from plugin.core.properties import datetime_value, suffixed
from plugin.gateways import ContactBatch, ContactUpdate, Portal
from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.connections.property_trouble import PropertyTrouble
from plugin.models.login_flow.linkage_token import LinkageToken
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import LINKING_EVENTS, Linkage
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.system.job import enqueue
from plugin.models.transaction import failures, in_parallel, transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.contacts.id_properties import USER_ID, property_names, user_id_property
from plugin.services.contacts.property_troubles import close_refusals, note_faults
from plugin.services.contacts.records import lock_contacts
from plugin.services.personal_links.tokens import token_text
from plugin.services.qr_codes.codes import linkage_url

BATCH, PARALLEL_BATCHES = 100, 4
Values = dict[str, str]
LINE_FACTS = (
    "line_user_id", "line_display_name", "line_picture_url", "line_friend_status",
    "line_linked_at", "line_link_method", "line_last_sent_at", "line_last_result",
    "line_last_received_at", "line_last_clicked_at", "line_tags",
)  # fmt: skip


def write_contacts(deps: Dependencies, installation_id: int) -> bool:
    """Write a few batches at once; return True if more are pending. Raise `GatewayError`."""
    installation = Installation.by_id(installation_id)
    if installation is None or not installation.is_alive:
        return False
    pending = Contact.pending_of(installation_id, PARALLEL_BATCHES * BATCH)
    if not pending:
        return False
    seen = {contact.id: contact.push_version for contact in pending}
    skipped = PropertyTrouble.skipped(installation_id)
    values = {
        row: {name: text for name, text in texts.items() if name not in skipped}
        for row, texts in _values(deps, installation, pending).items()
    }
    names = property_names(installation_id)
    user_ids = {
        row: {account: texts[name] for account, name in names.items() if name in texts}
        for row, texts in values.items()
    }
    access = portal_access(deps, installation_id)
    with transaction():
        _note_expected_values(pending, user_ids)
    batches = [pending[start : start + BATCH] for start in range(0, len(pending), BATCH)]
    responses = _write(deps, access, batches, values)
    written = [pair for pair in zip(batches, responses, strict=True) if not pair[1].exception()]
    with transaction():
        for batch, response in written:
            versions = {contact.id: seen[contact.id] for contact in batch}
            _store_results(versions, user_ids, names, response.result())
            _store_faults(installation_id, batch, values, response.result())
        if written:
            installation.contacts_written_at = utcnow()
    if len(written) < len(batches):
        # A permanent refusal counts more than a temporary one.
        raise max(failures(responses), key=lambda error: getattr(error, "permanent", True))
    return len(pending) == PARALLEL_BATCHES * BATCH


def _write(
    deps: Dependencies,
    access: Portal,
    batches: Sequence[Sequence[Contact]],
    values: Mapping[int, Values],
) -> list[Future[ContactBatch]]:
    rows = [
        [
            ContactUpdate(contact.contact_id, values[contact.id])
            for contact in batch
            if values.get(contact.id)
        ]
        for batch in batches
    ]
    update_contacts = deps.gateways.hubspot.update_contacts
    return in_parallel("hubspot", [partial(update_contacts, access, updates) for updates in rows])


def _values(
    deps: Dependencies, installation: Installation, contacts: Sequence[Contact]
) -> dict[int, Values]:
    """By contact row: the LINE facts of every account, and the newest personal link."""
    ids = [contact.id for contact in contacts]
    accounts = {row.id: row for row in OfficialAccount.list_owned(installation.id)}
    values: dict[int, Values] = {
        row: _cleared(accounts, former) for row, former in _ever_linked(contacts).items()
    }
    for linkage in db.session.scalars(_linkages_with_friends(ids)):
        account = accounts.get(linkage.official_account_id)
        if account is not None:
            facts = suffixed(line_facts(linkage), account.property_suffix)
            values[linkage.contact_row_id].update(facts)
    links = linkage_values(deps, installation, contacts)
    for contact in contacts:
        values[contact.id].update(links[contact.id])
        _skip_unchanged_ids(contact, values[contact.id], accounts)
    return values


def _linkages_with_friends(contact_row_ids: list[int]) -> Select[tuple[Linkage]]:
    friends = joinedload(Linkage.friend, innerjoin=True)
    alone = friends.options(
        lazyload(Friend.official_account),
        lazyload(Friend.linkage),
        selectinload(Friend.given_tags),
    )
    statement = select(Linkage).where(Linkage.contact_row_id.in_(contact_row_ids))
    # Without the account that each row would load.
    return statement.options(alone, lazyload(Linkage.contact))


def _skip_unchanged_ids(
    contact: Contact, values: Values, accounts: Mapping[int, OfficialAccount]
) -> None:
    for account_id, account in accounts.items():
        name = user_id_property(account)
        # A person may be changing the value at this moment: never write it over again.
        if name in values and contact.may_show(account_id) == [values[name]]:
            del values[name]


def _ever_linked(contacts: Sequence[Contact]) -> dict[int, dict[int, str]]:
    """By contact row: the accounts with a history, and the value that an undo restores there.

    Only there may anything be cleared. A merge in HubSpot hands values down, so the history of
    merged contacts counts too.
    """
    rows = Contact.with_ancestors(contacts)
    statement = select(
        HistoryEntry.contact_id, HistoryEntry.official_account_id, HistoryEntry.before
    ).where(
        HistoryEntry.installation_id == contacts[0].installation_id,
        HistoryEntry.contact_id.in_(rows),
        HistoryEntry.event_type.in_((*LINKING_EVENTS, "kept")),
    )
    former: dict[int, dict[int, str]] = {contact.id: {} for contact in contacts}
    for contact_id, account_id, before in db.session.execute(statement.order_by(HistoryEntry.id)):
        former[rows[contact_id]][account_id] = before.get("put_back", "")
    return former


def _cleared(accounts: dict[int, OfficialAccount], former: dict[int, str]) -> dict[str, str]:
    cleared: dict[str, str] = {}
    for account_id, put_back in former.items():
        if account_id in accounts:
            empty = {**dict.fromkeys(LINE_FACTS, ""), USER_ID: put_back}
            cleared.update(suffixed(empty, accounts[account_id].property_suffix))
    return cleared


def line_facts(linkage: Linkage) -> dict[str, str]:
    """Return a linkage's values under the property names of the first account."""
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


def _note_expected_values(
    contacts: Sequence[Contact], user_ids: Mapping[int, dict[int, str]]
) -> None:
    # During the call HubSpot may show our value, or the one before.
    for contact in lock_contacts([row.id for row in contacts]):
        for account_id, value in user_ids[contact.id].items():
            contact.note_shown(account_id, *contact.may_show(account_id), value)


def _store_results(
    versions: Mapping[int, int],
    user_ids: Mapping[int, dict[int, str]],
    id_properties: Mapping[int, str],
    batch: ContactBatch,
) -> None:
    """Store errors, and clear `push_pending` of contacts that did not change since."""
    for contact in lock_contacts(list(versions)):
        faults = {
            fault.name: fault.words for fault in batch.faults.get(str(contact.contact_id), ())
        }
        refused = batch.errors.get(str(contact.contact_id), "")
        error = refused or "; ".join(f"{name}: {words}" for name, words in faults.items())
        pushed_version = versions[contact.id]
        contact.pushed_version, contact.push_error = pushed_version, error[:500]
        contact.push_pending = contact.push_version != pushed_version
        if str(contact.contact_id) in batch.missing:
            # Deleted, or merged into another: a read tells which.
            contact.mark_for_pull()
            enqueue("check_contacts", contact.installation_id, contact.installation_id)
        for account_id, value in user_ids[contact.id].items():
            # HubSpot does not show what was left out of a write.
            if not refused and id_properties.get(account_id) not in faults:
                contact.note_shown(account_id, value)


def _store_faults(
    installation_id: int,
    contacts: Sequence[Contact],
    values: Mapping[int, Values],
    batch: ContactBatch,
) -> None:
    """Store which properties HubSpot refuses, and which it accepts again."""
    written = {}
    for contact in contacts:
        key = str(contact.contact_id)
        if key not in batch.errors:
            left_out = {fault.name for fault in batch.faults.get(key, ())}
            written[contact.contact_id] = set(values.get(contact.id, ())) - left_out
    close_refusals(installation_id, written)
    note_faults(installation_id, {int(key): faults for key, faults in batch.faults.items()})


def linkage_values(
    deps: Dependencies, installation: Installation, contacts: Sequence[Contact]
) -> dict[int, Values]:
    """By contact row: the two properties of personal links, for each account with a link.

    A revoked link is cleared, so that no e-mail carries it from then on. A used one stays: pressing
    it again confirms that the contact is linked.
    """
    newest: dict[tuple[int, str], LinkageToken] = {}
    for row, token in LinkageToken.of_contacts(contacts):
        key = row, token.qr_code.official_account.property_suffix
        previous = newest.get(key)
        if previous is None or token.is_live or not previous.is_live:
            newest[key] = token
    values: dict[int, Values] = {contact.id: {} for contact in contacts}
    for (row, suffix), token in newest.items():
        if token.used_at is None:
            properties = _token_properties(deps, installation, token)
            values[row].update(suffixed(properties, suffix))
    return values


def _token_properties(
    deps: Dependencies, installation: Installation, token: LinkageToken
) -> Values:
    if token.revoked_at is not None:
        return {"line_linkage_token": "", "line_linkage_url": ""}
    text = token_text(deps, token, installation.portal_id, token.contact.contact_id)
    url = linkage_url(deps, token.qr_code, text)
    return {"line_linkage_token": text, "line_linkage_url": url}
