"""Erases a contact's own words, found by HubSpot's id, when they ask to be forgotten.

`erasure` erases the friend's side. Here are words about the contact without a friend, or sent to a
friend who is linked with another contact by now.
"""

import json
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, delete, or_, select, update

from plugin.models.base import db
from plugin.models.broadcasts.audience_member import AudienceMember
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.recipient import Recipient
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.connections.property_trouble import PropertyTrouble
from plugin.models.login_flow.email_proof import EmailProof
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.people.visitor_hint import VisitorHint
from plugin.models.sending.action_call import ANSWERED, COMPLETED, EXPIRED, QUEUED, ActionCall
from plugin.models.sending.delivery import Delivery
from plugin.models.sending.link_click import LinkClick
from plugin.models.sending.link_target import LinkTarget
from plugin.models.sending.question import Question
from plugin.models.system.idempotency import IdempotentCall
from plugin.models.system.job import Job
from plugin.services.contacts.records import lock_contacts
from plugin.services.sync.erasure import cancel_deliveries

# A workflow branches by these; any other output may be somebody's words.
BRANCHING_OUTPUTS = ("result", "hs_execution_state")
NO_SYNC = {"synchronize_session": False}


class ErasedContact(NamedTuple):
    """HubSpot's ids of the contact and of those merged into it, and their e-mail addresses."""

    installation_id: int
    ids: Collection[int]
    emails: Collection[str]

    @property
    def calls(self) -> Select[tuple[int]]:
        return select(ActionCall.id).where(
            ActionCall.installation_id == self.installation_id, ActionCall.contact_id.in_(self.ids)
        )

    @property
    def marks(self) -> list[str]:
        """Texts that identify the contact wherever they stand."""
        return [*map(str, self.ids), *(email for email in self.emails if email)]


def erased_contact(installation_id: int, contact_id: int) -> ErasedContact:
    """Return the contact of any of its ids, even one unknown to Musubi."""
    known = Contact.by_contact_id(installation_id, contact_id)
    # A simultaneous link ends before the caller's transaction goes on.
    lock_contacts([known.id] if known else [])
    ids = {contact_id, *(Contact.with_ancestors([known]) if known else ())}
    statement = select(Contact.email).where(
        Contact.installation_id == installation_id, Contact.contact_id.in_(ids)
    )
    return ErasedContact(installation_id, ids, set(db.session.scalars(statement)))


def erase_words(contact: ErasedContact) -> None:
    _erase_messages(contact)
    _erase_calls(contact)
    _erase_attempts(contact)
    _erase_hints(contact)
    _erase_audiences(contact)
    _erase_api_responses(contact)
    _erase_errors(contact)


def _erase_messages(contact: ErasedContact) -> None:
    """Erase messages filled with the contact's values, to any friend, and cancel queued ones."""
    of_calls = Delivery.action_call_id.in_(contact.calls)
    cancel_deliveries(of_calls)
    friends = _once_linked(contact)
    trials = and_(Delivery.friend_id.in_(friends), Delivery.action_call_id.is_(None))
    targets = select(LinkTarget.id).where(LinkTarget.friend_id.in_(friends))
    for statement in (
        update(Delivery).where(or_(of_calls, trials)).values(messages=[], written=None, error=""),
        delete(LinkClick).where(LinkClick.link_target_id.in_(targets)),
        delete(LinkTarget).where(LinkTarget.friend_id.in_(friends)),
    ):
        db.session.execute(statement, execution_options=NO_SYNC)


def _once_linked(contact: ErasedContact) -> list[int]:
    statement = select(Friend.id).join(
        HistoryEntry,
        and_(
            HistoryEntry.official_account_id == Friend.official_account_id,
            HistoryEntry.line_user_id == Friend.line_user_id,
        ),
    )
    statement = statement.where(
        HistoryEntry.installation_id == contact.installation_id,
        HistoryEntry.contact_id.in_(contact.ids),
    )
    return list(set(db.session.scalars(statement)))


def _erase_calls(contact: ErasedContact) -> None:
    calls = update(ActionCall).where(ActionCall.id.in_(contact.calls))
    closed = ActionCall.state.in_((COMPLETED, EXPIRED))
    empty = {"choices": [], "answer": "", "answer_text": "", "late_answer": "", "late_text": ""}
    for statement in (
        calls.where(closed).values(outputs=None),
        calls.where(ActionCall.state == QUEUED).values(inputs={}, note=""),
        calls.where(ActionCall.state != QUEUED).values(inputs=None, note=""),
        update(Question).where(Question.action_call_id.in_(contact.calls)).values(empty),
    ):
        db.session.execute(statement, execution_options=NO_SYNC)
    waiting = select(ActionCall).where(
        ActionCall.id.in_(contact.calls), ActionCall.state == ANSWERED
    )
    # A workflow that still waits gets the bare result.
    for call in db.session.scalars(waiting.execution_options(populate_existing=True)):
        outputs: dict[str, str] = json.loads(call.outputs or "{}")
        call.outputs = json.dumps(
            {key: outputs[key] for key in BRANCHING_OUTPUTS if key in outputs}
        )


def _erase_attempts(contact: ErasedContact) -> None:
    accounts = OfficialAccount.owned(contact.installation_id).with_only_columns(OfficialAccount.id)
    codes = select(QRCode.id).where(QRCode.official_account_id.in_(accounts.order_by(None)))
    # A friend who was asked about the contact saw their name.
    about_contact = or_(
        LoginAttempt.contact_id.in_(contact.ids), LoginAttempt.contact_email.in_(_emails(contact))
    )
    concerned: tuple[ColumnElement[bool], ...] = (about_contact, LoginAttempt.qr_code_id.in_(codes))
    attempts = select(LoginAttempt.id).where(*concerned)
    portal_attempts = select(LoginAttempt.id).where(LoginAttempt.qr_code_id.in_(codes))
    # Anybody may have typed the contact's address.
    typed = and_(EmailProof.email.in_(_emails(contact)), EmailProof.attempt_id.in_(portal_attempts))
    for statement in (
        delete(EmailProof).where(or_(EmailProof.attempt_id.in_(attempts), typed)),
        update(LoginAttempt).where(*concerned).values(contact_name="", contact_email=""),
    ):
        db.session.execute(statement, execution_options={"synchronize_session": "fetch"})


def _emails(contact: ErasedContact) -> list[str]:
    return [email for email in contact.emails if email]


def _erase_hints(contact: ErasedContact) -> None:
    rows = select(Contact.id).where(
        Contact.installation_id == contact.installation_id, Contact.contact_id.in_(contact.ids)
    )
    hints = delete(VisitorHint).where(VisitorHint.contact_row_id.in_(rows))
    db.session.execute(hints, execution_options={"synchronize_session": "fetch"})


def _erase_audiences(contact: ErasedContact) -> None:
    """Take the contact out of lists that broadcasts go to; where they count, they are nameless."""
    accounts = select(OfficialAccount.id).where(
        OfficialAccount.installation_id == contact.installation_id
    )
    broadcasts = select(Broadcast.id).where(Broadcast.official_account_id.in_(accounts))
    for statement in (
        delete(AudienceMember).where(
            AudienceMember.broadcast_id.in_(broadcasts), AudienceMember.contact_id.in_(contact.ids)
        ),
        update(Recipient)
        .where(Recipient.contact_id.in_(contact.ids), Recipient.broadcast_id.in_(broadcasts))
        .values(contact_id=None),
    ):
        db.session.execute(statement, execution_options=NO_SYNC)


def _erase_api_responses(contact: ErasedContact) -> None:
    statement = select(IdempotentCall).where(
        IdempotentCall.installation_id == contact.installation_id,
        IdempotentCall.status.is_not(None),
    )
    # Stored responses are encrypted, so the database cannot search them. A repeat of the call gets
    # an empty response; they are stored for a day.
    for call in db.session.scalars(statement.execution_options(yield_per=200)):
        if any(mark in call.answer for mark in contact.marks):
            call.answer = "{}"


def _erase_errors(contact: ErasedContact) -> None:
    jobs = update(Job).where(Job.tenant_id == contact.installation_id)
    # HubSpot's message about a refused write may quote its values.
    quoted = or_(*(Job.last_error.contains(mark, autoescape=True) for mark in contact.marks))
    troubles = update(PropertyTrouble).where(
        PropertyTrouble.installation_id == contact.installation_id,
        PropertyTrouble.contact_id.in_(contact.ids),
    )
    for statement in (
        jobs.where(quoted).values(last_error=""),
        troubles.values(words="", contact_id=0),
    ):
        db.session.execute(statement, execution_options=NO_SYNC)
