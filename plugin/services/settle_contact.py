"""One contact as HubSpot has it, beside what Musubi knows of it: every difference is settled."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from plugin.core.clock import utcnow
from plugin.core.linkage import looks_like_user_id
from plugin.gateways import ContactRecord
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact, Linkage
from plugin.services.contact_life import bury, ended_by_deletion, revive, was_untied
from plugin.services.introductions import Introductions
from plugin.services.link_friend import owe_mirror
from plugin.services.offered_ids import Offers, own_property, value_of
from plugin.services.take_property import Finding, take_offer, take_own
from plugin.services.write_contacts import line_facts

# Facts that HubSpot gives back as they were written; times come back in another form.
COMPARED = (
    "line_display_name", "line_picture_url", "line_friend_status", "line_link_method", "line_tags",
    "line_last_result",
)  # fmt: skip
# A read may come from before a deletion that HubSpot has just told of.
STILL_SHOWN = timedelta(minutes=10)


class Look(NamedTuple):
    """What was read at `asked_at`, for a batch: records by HubSpot id, who the LINE User IDs are,
    and the ties.

    `unsure`: HubSpot ids that were neither shown nor plainly called missing. `doubt`: so many
    properties are empty at once that they were lost rather than cleared.
    """

    asked_at: datetime
    records: Mapping[int, ContactRecord]
    offers: Offers
    introductions: Introductions
    ties: Mapping[tuple[int, int], Linkage]
    unsure: Collection[int] = ()
    doubt: bool = False


def settle_contact(contact: Contact, look: Look) -> list[str]:
    """Settle one contact inside the caller's transaction; a word for each thing that was done."""
    if contact.merged_into_id is not None:
        return ["merged"]
    record = look.records.get(contact.contact_id)
    if contact.deleted_at is not None:
        return _settle_deleted(contact, record, look)
    if record is None and contact.contact_id in look.unsure:
        return ["unread"]
    if record is None:
        bury(contact, "missing")
        return ["gone"]
    contact.take(dict(record.properties), utcnow())
    words = [_settle_account(contact, record, look, each) for each in look.offers.accounts]
    return [word for word in words if word]


def _settle_deleted(contact: Contact, record: ContactRecord | None, look: Look) -> list[str]:
    """Shown although it was deleted a while before: somebody restored it, and no event told.

    Nothing of a forgotten person is read, nor of anybody whose ties did not end by the deletion.
    """
    gone_since = contact.deleted_at
    if record is None or gone_since is None or look.asked_at - gone_since < STILL_SHOWN:
        return []
    if not ended_by_deletion(contact):
        return []
    revive(contact, "shown")
    return ["linked"] if Linkage.of_contacts([contact.id]) else []


def values_were_lost(contacts: Sequence[Contact], look: Look) -> bool:
    """Whether more than half of the tied contacts show nothing, which no person does at night."""
    cleared = tied = 0
    for contact in contacts:
        for account in look.offers.accounts:
            record = look.records.get(contact.contact_id)
            if record is not None and (contact.id, account.id) in look.ties:
                tied += 1
                empty = not value_of(record, own_property(account))
                cleared += empty and "" not in contact.may_show(account.id)
    return cleared >= 2 and cleared * 2 > tied


def _settle_account(
    contact: Contact, record: ContactRecord, look: Look, account: OfficialAccount
) -> str:
    linkage = look.ties.get((contact.id, account.id))
    own = _finding(look, account, own_property(account), value_of(record, own_property(account)))
    word: str = take_own(contact, linkage, own, doubt=look.doubt)
    if word:
        return word
    if linkage is None:
        return "" if own.value else _settle_extra(contact, record, look, account)
    if not contact.mirror_owed and _facts_differ(linkage, record, account.property_suffix):
        owe_mirror(contact)
        return "rewritten"
    return ""


def _settle_extra(
    contact: Contact, record: ContactRecord, look: Look, account: OfficialAccount
) -> str:
    """A property of an import, where the account's own is empty. What is odd there is listed by
    the import; what was unlinked by a person stays so."""
    name, value = look.offers.from_import(record, account)
    finding = _finding(look, account, name, value)
    if not contact.check_owed or not looks_like_user_id(value):
        return ""
    if finding.introduction in ("later", "nobody"):
        return "later" if finding.introduction == "later" else ""
    return "" if was_untied(contact, account, value) else take_offer(contact, None, finding)


def _finding(look: Look, account: OfficialAccount, name: str, value: str) -> Finding:
    return Finding(account, name, value, look.introductions.get((account.id, value), "nobody"))


def _facts_differ(linkage: Linkage, record: ContactRecord, suffix: str) -> bool:
    ours = line_facts(linkage)
    return any(value_of(record, name + suffix) != ours[name].strip() for name in COMPARED)
