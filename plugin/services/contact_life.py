"""A contact is deleted, restored, or asks to be forgotten: what becomes of its ties."""

from sqlalchemy import delete, select, update

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.email_proof import EmailProof
from plugin.models.job import plant
from plugin.models.official_account import OfficialAccount
from plugin.models.people import TYING, Contact, Friend, LedgerEntry, Linkage
from plugin.models.qr_code import LoginAttempt, QRCode, rows_of
from plugin.models.sending import COMPLETED, EXPIRED, ActionCall
from plugin.services.erase_person import erase_friend
from plugin.services.link_friend import Wish, lock_contacts, owe_mirror, tie, untie

# Who a tie ends by where the contact goes: what ended so may come back with the contact.
BY_HUBSPOT = "hubspot:"
GONE = "deletion"
# What a line's `before` may hold that people wrote into a property.
VALUES = ("replaced", "put_back")


def bury(contact: Contact, cause: str) -> None:
    """HubSpot has the contact no more: nothing is left to tie; the friend stays.

    Inside the caller's transaction, like everything here.
    """
    for linkage in Linkage.of_contacts([contact.id]):
        untie(linkage, actor=BY_HUBSPOT + cause, method="property", source=GONE)
    contact.deleted_at = contact.deleted_at or utcnow()
    contact.mirror_owed = contact.check_owed = False


def revive(contact: Contact, cause: str) -> None:
    """The contact is back: so are its ties, where nobody else has taken the friend meanwhile."""
    contact.deleted_at = None
    retie(contact, contact, cause)
    # What HubSpot brought back may be older than what we know.
    contact.owe_check()
    plant("check_contacts", contact.installation_id, contact.installation_id)
    owe_mirror(contact)


def retie(gone: Contact, heir: Contact, cause: str) -> None:
    """Tie again to `heir` what the deletion of `gone` untied. A friend taken since: a conflict."""
    for line in ended_by_deletion(gone):
        account = OfficialAccount.find_owned(gone.installation_id, line.official_account_id)
        friend = Friend.of_account(account.id, line.line_user_id) if account else None
        if friend is not None:
            method = line.before.get("method", line.method)
            tie(Wish(friend, heir, method, BY_HUBSPOT + cause, f"ledger:{line.id}"))


def forget(contact: Contact, cause: str) -> None:
    """A person asked HubSpot to be forgotten: what we knew of contact and friend goes too.

    Deletion and privacy deletion come in any order, so a tie that is gone already is looked up.
    """
    # A tie that is being made at this moment is waited for, and forgotten with the others.
    lock_contacts([contact.id])
    before = ended_by_deletion(contact)
    tied = [linkage.friend for linkage in Linkage.of_contacts([contact.id])]
    bury(contact, cause)
    tied += [friend for line in before if (friend := _friend_of(line)) is not None]
    for friend in {friend.id: friend for friend in tied}.values():
        erase_friend(friend, contact, BY_HUBSPOT + cause)
    for each in db.session.scalars(select(Contact).where(Contact.id.in_(rows_of(contact)))):
        each.email = each.firstname = each.lastname = ""
        each.mirror_error, each.shown = "", {}
    ids = list(Contact.with_ancestors([contact]))
    _forget_values(contact.installation_id, ids)
    _forget_walks(contact.installation_id, ids)
    _forget_answers(contact.installation_id, ids)


def was_untied(contact: Contact, account: OfficialAccount, line_user_id: str) -> bool:
    """Whether the contact's last tie on this account was to this LINE user, and was undone, not by
    the contact's deletion."""
    mine = select(LedgerEntry).where(
        LedgerEntry.installation_id == contact.installation_id,
        LedgerEntry.contact_id == contact.contact_id,
        LedgerEntry.official_account_id == account.id,
        LedgerEntry.deed.in_(TYING),
    )
    last = db.session.scalar(mine.order_by(LedgerEntry.id.desc()).limit(1))
    if last is None or last.line_user_id != line_user_id:
        return False
    return last.deed == "unlinked" and last.source != GONE


def _forget_answers(installation_id: int, contact_ids: list[int]) -> None:
    """What workflows were told of this person; who still waits for it is told first."""
    told = update(ActionCall).where(
        ActionCall.installation_id == installation_id,
        ActionCall.contact_id.in_(contact_ids),
        ActionCall.state.in_((COMPLETED, EXPIRED)),
    )
    nothing = told.values(outputs=None, inputs=None)
    db.session.execute(nothing, execution_options={"synchronize_session": False})


def _forget_walks(installation_id: int, contact_ids: list[int]) -> None:
    """Whoever was asked about this contact was shown its name, and may have typed its address."""
    accounts = OfficialAccount.owned(installation_id).with_only_columns(OfficialAccount.id)
    codes = select(QRCode.id).where(QRCode.official_account_id.in_(accounts.order_by(None)))
    mine = LoginAttempt.contact_id.in_(contact_ids), LoginAttempt.qr_code_id.in_(codes)
    walks = select(LoginAttempt.id).where(*mine)
    for statement in (
        delete(EmailProof).where(EmailProof.attempt_id.in_(walks)),
        update(LoginAttempt).where(*mine).values(contact_name="", contact_email=""),
    ):
        db.session.execute(statement, execution_options={"synchronize_session": "fetch"})


def _forget_values(installation_id: int, contact_ids: list[int]) -> None:
    """What stood in the contact's properties may be somebody's LINE User ID elsewhere."""
    mine = select(LedgerEntry).where(
        LedgerEntry.installation_id == installation_id,
        LedgerEntry.contact_id.in_(contact_ids),
    )
    for line in db.session.scalars(mine):
        line.before = {k: value for k, value in line.before.items() if k not in VALUES}
        if line.deed == "refused":
            line.line_user_id = ""


def _friend_of(line: LedgerEntry) -> Friend | None:
    """The friend that a line speaks of, unless tied to somebody else by now."""
    friend = Friend.of_account(line.official_account_id, line.line_user_id)
    return None if friend is None or friend.linkage is not None else friend


def ended_by_deletion(contact: Contact) -> list[LedgerEntry]:
    """The last lines of this contact, one an account, where the contact's deletion wrote them."""
    mine = select(LedgerEntry).where(
        LedgerEntry.installation_id == contact.installation_id,
        LedgerEntry.contact_id == contact.contact_id,
        LedgerEntry.deed.in_((*TYING, "erased")),
    )
    newest: dict[int, LedgerEntry] = {}
    for line in db.session.scalars(mine.order_by(LedgerEntry.id)):
        newest[line.official_account_id] = line
    return [one for one in newest.values() if one.deed == "unlinked" and one.source == GONE]
