"""One contact and one Official Account: what Musubi knows, what HubSpot shows, and what to do.

Three values decide: what the property shows now, what it may show by our own writing, and whom the
contact is tied to. Where it shows neither of ours, a person, a workflow or a file put it there.
"""

from typing import Literal, NamedTuple

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.linkage import looks_like_user_id
from plugin.models.base import db
from plugin.models.conflict import KEPT, Conflict
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact, LedgerEntry, Linkage
from plugin.services.introductions import Introduction, met
from plugin.services.link_friend import Wish, owe_mirror, tie, untie

ACTOR = "hubspot:property"
Word = Literal["", "rewritten", "linked", "unlinked", "conflict", "refused", "later"]


class Finding(NamedTuple):
    """What a property of the contact shows. `name` is HubSpot's name of it."""

    account: OfficialAccount
    name: str
    value: str
    introduction: Introduction


def take_own(
    contact: Contact, linkage: Linkage | None, finding: Finding, *, doubt: bool = False
) -> Word:
    """Settle the account's own property, inside the caller's transaction. "": nothing to do.

    `doubt`: so many are empty at once that the values were lost rather than cleared.
    """
    account_id, shows = finding.account.id, finding.value
    if shows == (linkage.friend.line_user_id if linkage else ""):
        contact.note_shown(account_id, shows)
        return ""
    if shows in contact.may_show(account_id):
        return _look_again(contact, linkage, finding)
    if finding.introduction == "later" and shows:
        return "later"
    contact.note_shown(account_id, shows)
    if shows:
        return take_offer(contact, linkage, finding)
    if doubt or linkage is None:
        owe_mirror(contact)
        return "rewritten"
    untie(linkage, ACTOR, "property", finding.name)
    return "unlinked"


def take_offer(contact: Contact, linkage: Linkage | None, finding: Finding) -> Word:
    """Tie whom the property names, if that is somebody and both are free."""
    known = finding.introduction != "nobody" and looks_like_user_id(finding.value)
    if not known:
        _refuse(contact, finding)
        word: Word = "refused"
    else:
        friend = met(finding.account, finding.value, finding.introduction)
        wish = Wish(friend, contact, "property", ACTOR, finding.name)
        decision = tie(wish).decision
        word = "linked" if decision == "link" else "conflict"
        if word == "conflict" and _was_turned_down(wish):
            clear_turned_down(wish)
    if linkage is not None:
        # The tie stands, so HubSpot shows it again; the other value is in the ledger.
        owe_mirror(contact)
    return word


def clear_turned_down(wish: Wish) -> None:
    """HubSpot shows the friend of a wish that a person has decided against: not any longer."""
    account_id, value = wish.friend.official_account_id, wish.friend.line_user_id
    if value in wish.contact.may_show(account_id):
        wish.contact.note_shown(account_id, value, "")
        owe_mirror(wish.contact)


def _was_turned_down(wish: Wish) -> bool:
    kept = select(Conflict.id).where(
        Conflict.friend_id == wish.friend.id,
        Conflict.contact_row_id == wish.contact.id,
        Conflict.verdict == KEPT,
    )
    return db.session.scalar(kept) is not None


def _look_again(contact: Contact, linkage: Linkage | None, finding: Finding) -> Word:
    """HubSpot shows what it may, but not our tie: a write is not through, or it was turned down."""
    if contact.mirror_owed:
        return ""
    several = len(contact.may_show(finding.account.id)) > 1
    # No write is under way, so what was read is what stands there.
    contact.note_shown(finding.account.id, finding.value)
    if linkage is not None or several:
        owe_mirror(contact)
        return "rewritten"
    if finding.value and finding.introduction == "known":
        # Left as its author wrote it; the friend may be known, or free, by now.
        return take_offer(contact, None, finding)
    return ""


def _refuse(contact: Contact, finding: Finding) -> None:
    """A value that is nobody's LINE User ID here. The ledger says it once."""
    form = looks_like_user_id(finding.value)
    db.session.add(
        LedgerEntry(
            installation_id=contact.installation_id,
            official_account_id=finding.account.id,
            at=utcnow(),
            deed="refused",
            method="property",
            actor=ACTOR,
            source=finding.name,
            line_user_id=finding.value[:80],
            contact_id=contact.contact_id,
            before={"reason": "unknown_friend" if form else "invalid_id"},
        )
    )
