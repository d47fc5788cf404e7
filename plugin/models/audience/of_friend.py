"""SQL of the conditions about friends themselves and what they did.

Each function answers a condition's positive operator with true or false, never NULL.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
)

from plugin.core.segments.rule import Condition
from plugin.core.segments.times import span_of
from plugin.models.audience.scope import Scope, among_values, found_by, is_sqlite
from plugin.models.audience.texts import folded
from plugin.models.broadcasts.recipient import SENT, Recipient
from plugin.models.login_flow.linkage_token import LinkageToken
from plugin.models.people.friend import FOLLOWING, Friend
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.people.tag import FEW, has_any_tag, has_tag
from plugin.models.sending.delivery import Delivery
from plugin.models.sending.link_click import LinkClick
from plugin.models.sending.question import ANSWERED, Question

Compiled = Callable[[Condition, Scope], ColumnElement[bool]]


def moment_in(column: Any, condition: Condition, scope: Scope) -> ColumnElement[bool]:
    """Compare a column of moments."""
    if condition.positive == "known":
        known: ColumnElement[bool] = column.is_not(None)
        return known
    op, values = condition.positive, condition.values
    span = span_of(op, values, condition.days, scope.now, scope.zone)  # type: ignore[arg-type]
    limits = [column.is_not(None)]
    if span.start is not None:
        limits.append(column >= span.start)
    # What just happened may bear a moment that is ahead of our clock.
    if span.end is not None and op != "within_days":
        limits.append(column < span.end)
    return and_(*limits)


def _status(condition: Condition, _: Scope) -> ColumnElement[bool]:
    return Friend.status.is_not(None) if _asks_known(condition) else _in(Friend.status, condition)


def _language(condition: Condition, _: Scope) -> ColumnElement[bool]:
    return Friend.language != "" if _asks_known(condition) else _in(Friend.language, condition)


def _followed_at(condition: Condition, scope: Scope) -> ColumnElement[bool]:
    followed_at = case((Friend.status == FOLLOWING, Friend.status_since))
    return moment_in(followed_at, condition, scope)


def _tag(condition: Condition, scope: Scope) -> ColumnElement[bool]:
    friend_id = Friend.__table__.c.id
    if _asks_known(condition):
        return has_any_tag(friend_id)
    tags = [scope.tags[name] for name in condition.values if name in scope.tags]  # type: ignore[index]
    is_common = sum(tag.friends for tag in tags) >= FEW
    one_by_one = scope.one_by_one or (scope.first_alone and is_common)
    return has_tag(friend_id, tags, one_by_one=one_by_one)


def _qr_code(condition: Condition, scope: Scope) -> ColumnElement[bool]:
    # The history tells through which code or personal link a friend was linked.
    token_id = case(
        (HistoryEntry.source.like("token:%"), cast(func.substr(HistoryEntry.source, 7), BigInteger))
    )
    through_token = exists().where(LinkageToken.id == token_id)
    through_code: ColumnElement[bool] = HistoryEntry.source.like("qr:%")
    if not _asks_known(condition):
        through_code = HistoryEntry.source.in_([f"qr:{code_id}" for code_id in condition.values])
        through_token = through_token.where(LinkageToken.qr_code_id.in_(condition.values))
    rows = select(HistoryEntry.line_user_id).where(
        HistoryEntry.official_account_id == scope.account_id,
        HistoryEntry.event_type.in_(("linked", "moved")),
        or_(through_code, through_token.correlate(HistoryEntry)),
    )
    user_id = HistoryEntry.__table__.c.line_user_id
    found: ColumnElement[bool] = found_by(Friend.__table__.c.line_user_id, rows, user_id, scope)
    return found


def _line_user_id(condition: Condition, _: Scope) -> ColumnElement[bool]:
    return among_values(Friend.__table__.c.line_user_id, condition.values)  # type: ignore[arg-type]


def _tapped(condition: Condition, scope: Scope) -> ColumnElement[bool]:
    if not condition.values:
        return moment_in(Friend.last_clicked_at, condition, scope)
    rows = (
        select(Delivery.friend_id)
        .join(LinkClick, LinkClick.delivery_id == Delivery.id)
        .where(LinkClick.link_target_id.in_(condition.values))
    )
    return _of_friend(_since(rows, LinkClick.last_at, condition, scope), Delivery.friend_id, scope)


def _received(condition: Condition, scope: Scope) -> ColumnElement[bool]:
    if not condition.values:
        return moment_in(Friend.last_sent_at, condition, scope)
    rows = select(Recipient.friend_id).where(
        Recipient.broadcast_id.in_(condition.values), Recipient.state == SENT
    )
    return _of_friend(
        _since(rows, Recipient.settled_at, condition, scope), Recipient.friend_id, scope
    )


def _answered(condition: Condition, scope: Scope) -> ColumnElement[bool]:
    rows = select(Question.friend_id).where(
        Question.official_account_id == scope.account_id, Question.state == ANSWERED
    )
    if condition.values:
        texts = [folded(column) for column in (Question.answer, Question.answer_text)]
        rows = rows.where(or_(*(_text_matches(text, condition) for text in texts)))
    return _of_friend(
        _since(rows, Question.answered_at, condition, scope), Question.friend_id, scope
    )


def _last_received(condition: Condition, scope: Scope) -> ColumnElement[bool]:
    return moment_in(Friend.last_sent_at, condition, scope)


def _replied(condition: Condition, scope: Scope) -> ColumnElement[bool]:
    return moment_in(Friend.last_received_at, condition, scope)


def _text_matches(text: ColumnElement[str], condition: Condition) -> ColumnElement[bool]:
    words = [ascii_folded(str(value)) for value in condition.values]
    if condition.positive == "contains":
        return position_of(words[0], text) > 0
    return text.in_(words)


def position_of(word: str, text: ColumnElement[str]) -> ColumnElement[int]:
    # Without LIKE, which folds letters on SQLite.
    return func.instr(text, word) if is_sqlite() else func.strpos(text, word)


def ascii_folded(text: str) -> str:
    """Fold the value of a rule as `folded` does the texts that it is compared with."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in text.strip(" "))


def _since(rows: Select[Any], column: Any, condition: Condition, scope: Scope) -> Select[Any]:
    if condition.days is None:
        return rows
    return rows.where(column >= scope.now - timedelta(days=condition.days))


def _of_friend(rows: Select[Any], key: Any, scope: Scope) -> ColumnElement[bool]:
    found: ColumnElement[bool] = found_by(Friend.__table__.c.id, rows, key, scope)
    return found


def _asks_known(condition: Condition) -> bool:
    return condition.positive == "known"


def _in(column: Any, condition: Condition) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.in_(condition.values)
    return found


OF_FRIEND: Mapping[str, Compiled] = {
    "friend.status": _status,
    "friend.language": _language,
    "friend.followed_at": _followed_at,
    "friend.tag": _tag,
    "friend.qr_code": _qr_code,
    "friend.line_user_id": _line_user_id,
    "behaviour.tapped": _tapped,
    "behaviour.answered": _answered,
    "behaviour.received": _received,
    "behaviour.last_received": _last_received,
    "behaviour.replied": _replied,
}
