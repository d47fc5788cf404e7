"""Forgetting a person: the LINE user id, name, picture, and every word to and from them."""

from sqlalchemy import delete, or_, select, update

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.conflict import SETTLED, Conflict
from plugin.models.inbox import LINE, WebhookEvent
from plugin.models.link_click import LinkClick, LinkTarget
from plugin.models.list_import import ImportMember, ListImport
from plugin.models.people import UNKNOWN, Contact, Friend, LedgerEntry
from plugin.models.qr_code import LinkageToken, LoginAttempt, QRCode
from plugin.models.question import Question
from plugin.models.sending import PLANNED, REFUSED, SENDING, Delivery
from plugin.models.sending import UNKNOWN as MAYBE_SENT
from plugin.models.visitor_hint import VisitorHint
from plugin.services.executions import FAIL_CONTINUE, settle
from plugin.services.ledger import Wish, write_down

ERASED = "The person asked HubSpot to be forgotten."


def erase_friend(friend: Friend, contact: Contact, actor: str) -> None:
    """Make the friend's row nobody's, inside the caller's transaction; the ledger keeps the deed.

    Should the person write again, LINE's event makes a new friend of whom nothing is known.
    """
    was, now = friend.line_user_id, utcnow()
    nobody = f"erased:{friend.id}"
    cancel_deliveries(friend)
    _forget_words(friend, was)
    _forget_traces(friend, was, nobody)
    friend.line_user_id, friend.display_name, friend.picture_url = nobody, "", ""
    friend.language, friend.tags, friend.status, friend.status_at = "", [], UNKNOWN, now
    friend.last_received_at = friend.last_sent_at = friend.last_clicked_at = None
    friend.last_result = ""
    friend.profile_at = now
    write_down("erased", Wish(friend, contact, "property", actor), now)


def cancel_deliveries(friend: Friend) -> None:
    """Nothing that is queued for this friend goes out any more; its words go at once."""
    mine = select(Delivery).where(Delivery.friend_id == friend.id)
    for delivery in db.session.scalars(mine.where(Delivery.state.in_((PLANNED, SENDING)))):
        delivery.state = MAYBE_SENT if delivery.maybe_sent else REFUSED
        delivery.result, delivery.error, delivery.settled_at = "failed", ERASED, utcnow()
        if delivery.action_call is not None:
            outputs = {"result": "failed", "message_id": "", "error": ERASED}
            settle(delivery.action_call, FAIL_CONTINUE, outputs)


def _forget_words(friend: Friend, line_user_id: str) -> None:
    """What was written to them and by them: deliveries, answers, and LINE's own events."""
    nothing = {"answer": "", "answer_text": "", "late_answer": "", "late_text": ""}
    heard = delete(WebhookEvent).where(
        WebhookEvent.source == LINE,
        WebhookEvent.owner_id == friend.official_account_id,
        WebhookEvent.payload["source"]["userId"].as_string() == line_user_id,
    )
    own = select(LinkTarget.id).where(LinkTarget.friend_id == friend.id)
    for statement in (
        update(Delivery).where(Delivery.friend_id == friend.id).values(messages=[]),
        delete(LinkClick).where(LinkClick.link_target_id.in_(own)),
        delete(LinkTarget).where(LinkTarget.friend_id == friend.id),
        update(Question).where(Question.friend_id == friend.id).values(nothing),
        heard,
    ):
        db.session.execute(statement, execution_options={"synchronize_session": False})


def _forget_traces(friend: Friend, line_user_id: str, nobody: str) -> None:
    account_id = friend.official_account_id
    codes = select(QRCode.id).where(QRCode.official_account_id == account_id)
    walks = delete(LoginAttempt).where(LoginAttempt.line_user_id == line_user_id)
    used = update(LinkageToken).where(LinkageToken.used_by == line_user_id)
    lines = update(LedgerEntry).where(
        LedgerEntry.official_account_id == account_id, LedgerEntry.line_user_id == line_user_id
    )
    imports = select(ListImport.id).where(ListImport.official_account_id == account_id)
    members = delete(ImportMember).where(ImportMember.list_import_id.in_(imports))
    wishes = update(Conflict).where(
        Conflict.decided_at.is_(None),
        or_(Conflict.friend_id == friend.id, Conflict.standing_friend_id == friend.id),
    )
    for statement in (
        walks.where(LoginAttempt.qr_code_id.in_(codes)),
        delete(VisitorHint).where(VisitorHint.friend_id == friend.id),
        members.where(ImportMember.line_user_id == line_user_id),
        used.where(LinkageToken.qr_code_id.in_(codes)).values(used_by=nobody),
        lines.values(line_user_id=nobody),
        wishes.values(decided_at=utcnow(), verdict=SETTLED),
    ):
        db.session.execute(statement, execution_options={"synchronize_session": "fetch"})
