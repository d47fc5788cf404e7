"""Erases a person: LINE user id, name, picture, and every word to and from them."""

from sqlalchemy import ColumnElement, delete, or_, select, update

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.broadcasts.audience_member import AudienceMember
from plugin.models.broadcasts.measures import GoalHit, StatusChange
from plugin.models.imports.import_member import ImportMember
from plugin.models.imports.list_import import ListImport
from plugin.models.login_flow.linkage_token import LinkageToken
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.conflict import SETTLED, Conflict
from plugin.models.people.contact import Contact
from plugin.models.people.friend import UNKNOWN, Friend
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.people.visitor_hint import VisitorHint
from plugin.models.sending.delivery import PLANNED, REFUSED, SENDING, Delivery
from plugin.models.sending.delivery import UNKNOWN as MAYBE_SENT
from plugin.models.sending.link_click import LinkClick
from plugin.models.sending.link_target import LinkTarget
from plugin.models.sending.question import Question
from plugin.models.sending.received_message import ReceivedMessage
from plugin.models.system.webhook_event import LINE, WebhookEvent
from plugin.services.conversations.retention import erase_conversation
from plugin.services.executions.execution import FAIL_CONTINUE, complete
from plugin.services.friends.search_terms import forget_search_terms
from plugin.services.friends.tags import lock_friend, set_tags
from plugin.services.linkage.history import LinkRequest, record
from plugin.services.outgoing.erasure import forget_friend

ERASED = "The person asked HubSpot to be forgotten."


def erase_friend(friend: Friend, contact: Contact, actor: str) -> None:
    """Anonymise the friend's row and record the erasure, inside the caller's transaction."""
    line_user_id, now = friend.line_user_id, utcnow()
    placeholder = f"erased:{friend.id}"
    cancel_deliveries(Delivery.friend_id == friend.id)
    _erase_words(friend, line_user_id)
    _erase_traces(friend, line_user_id, placeholder)
    forget_search_terms([friend.id])
    erase_conversation(friend)
    forget_friend(friend.id)
    friend.line_user_id, friend.display_name, friend.picture_url = placeholder, "", ""
    friend.change_status(UNKNOWN)
    friend.language, friend.status_at, friend.status_since = "", now, None
    friend.last_received_at = friend.last_sent_at = friend.last_clicked_at = None
    friend.last_result = ""
    friend.profile_at = now
    # If the person writes again, LINE's event creates a new friend without a past.
    set_tags(lock_friend(friend), [])
    record("erased", LinkRequest(friend, contact, "property", actor), now)


def cancel_deliveries(condition: ColumnElement[bool]) -> None:
    """Fail queued deliveries, and complete their executions."""
    statement = select(Delivery).where(condition, Delivery.state.in_((PLANNED, SENDING)))
    for delivery in db.session.scalars(statement).unique():
        delivery.state = MAYBE_SENT if delivery.maybe_sent else REFUSED
        delivery.result, delivery.error, delivery.settled_at = "failed", ERASED, utcnow()
        if delivery.action_call is not None:
            outputs = {"result": "failed", "message_id": "", "error": ERASED}
            complete(delivery.action_call, FAIL_CONTINUE, outputs)


def _erase_words(friend: Friend, line_user_id: str) -> None:
    empty = {"answer": "", "answer_text": "", "late_answer": "", "late_text": ""}
    events = delete(WebhookEvent).where(
        WebhookEvent.source == LINE,
        WebhookEvent.owner_id == friend.official_account_id,
        WebhookEvent.payload["source"]["userId"].as_string() == line_user_id,
    )
    targets = select(LinkTarget.id).where(LinkTarget.friend_id == friend.id)
    for statement in (
        update(Delivery).where(Delivery.friend_id == friend.id).values(messages=[], written=None),
        delete(ReceivedMessage).where(ReceivedMessage.friend_id == friend.id),
        delete(LinkClick).where(LinkClick.link_target_id.in_(targets)),
        delete(LinkTarget).where(LinkTarget.friend_id == friend.id),
        update(Question).where(Question.friend_id == friend.id).values(empty),
        events,
    ):
        db.session.execute(statement, execution_options={"synchronize_session": False})


def _erase_traces(friend: Friend, line_user_id: str, placeholder: str) -> None:
    account_id = friend.official_account_id
    codes = select(QRCode.id).where(QRCode.official_account_id == account_id)
    attempts = delete(LoginAttempt).where(LoginAttempt.line_user_id == line_user_id)
    tokens = update(LinkageToken).where(LinkageToken.used_by == line_user_id)
    entries = update(HistoryEntry).where(
        HistoryEntry.official_account_id == account_id, HistoryEntry.line_user_id == line_user_id
    )
    imports = select(ListImport.id).where(ListImport.official_account_id == account_id)
    members = delete(ImportMember).where(ImportMember.list_import_id.in_(imports))
    requests = update(Conflict).where(
        Conflict.decided_at.is_(None),
        or_(Conflict.friend_id == friend.id, Conflict.standing_friend_id == friend.id),
    )
    for statement in (
        attempts.where(LoginAttempt.qr_code_id.in_(codes)),
        delete(VisitorHint).where(VisitorHint.friend_id == friend.id),
        delete(AudienceMember).where(AudienceMember.line_user_id == line_user_id),
        delete(StatusChange).where(StatusChange.friend_id == friend.id),
        delete(GoalHit).where(GoalHit.friend_id == friend.id),
        members.where(ImportMember.line_user_id == line_user_id),
        tokens.where(LinkageToken.qr_code_id.in_(codes)).values(used_by=placeholder),
        entries.values(line_user_id=placeholder),
        requests.values(decided_at=utcnow(), verdict=SETTLED),
    ):
        db.session.execute(statement, execution_options={"synchronize_session": "fetch"})
