"""What has to be true of the inbox after a simulated week: the rows, replayed, say what each
conversation says, and each form sent one answer at most."""

from collections import Counter
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select

from plugin.models import Conversation, ConversationMessage, Delivery, db
from plugin.models.inbox.conversation import CLOSED, OPEN
from plugin.models.inbox.inbox_search import count_unread
from plugin.models.inbox.message import IN, NOTE, OUT
from plugin.models.sending.received_message import ReceivedMessage
from tests.simulation.simulation import Simulation
from tests.simulation.team import ASSIGN, CLOSE, READ, REOPEN, UNREAD, Done

# How often somebody got an answer, by the state of its delivery.
TIMES = {"accepted": (1,), "unknown": (0, 1)}


class Expected(NamedTuple):
    """What a conversation should say."""

    unread: int = 0
    state: str = OPEN
    waiting_since: datetime | None = None
    assigned_to: int | None = None


def judge_inbox(simulation: Simulation) -> None:
    """Inside the app's context, when all work is done."""
    conversations = list(db.session.scalars(select(Conversation)).unique())
    for conversation in conversations:
        _judge(simulation, conversation)
    unread = sum(row.unread > 0 for row in conversations)
    assert count_unread([simulation.tenant.account_id]) == unread
    _judge_messages(simulation)
    _judge_answers(simulation)


def _judge(simulation: Simulation, conversation: Conversation) -> None:
    statement = select(ConversationMessage).where(
        ConversationMessage.conversation_id == conversation.id
    )
    rows = list(db.session.scalars(statement.order_by(ConversationMessage.id)))
    deeds = [done for done in simulation.team.done if done.conversation_id == conversation.id]
    said = Expected(
        conversation.unread,
        conversation.state,
        conversation.waiting_since,
        conversation.assigned_to,
    )
    assert said == _replayed(rows, deeds), f"Conversation {conversation.id} has drifted"
    assert (conversation.unread_since is None) == (conversation.unread == 0)
    assert (conversation.closed_at is None) == (conversation.state == OPEN)
    shown = [row for row in rows if row.direction != NOTE]
    if not shown:
        assert conversation.last_direction == ""
        return
    assert conversation.last_at == max(row.at for row in shown)
    newest = {(row.direction, row.kind) for row in shown if row.at == conversation.last_at}
    assert (conversation.last_direction, conversation.last_kind) in newest


def _replayed(rows: list[ConversationMessage], deeds: list[Done]) -> Expected:
    expected, left = Expected(), list(deeds)
    for row in rows:
        while left and left[0].after_id < row.id:
            expected = _after_deed(expected, left.pop(0))
        expected = _after_message(expected, row)
    for deed in left:
        expected = _after_deed(expected, deed)
    return expected


def _after_message(before: Expected, row: ConversationMessage) -> Expected:
    if row.direction == IN:
        since = row.at if before.waiting_since is None else min(before.waiting_since, row.at)
        return before._replace(unread=before.unread + 1, state=OPEN, waiting_since=since)
    if row.direction == OUT:
        assigned_to = before.assigned_to or row.member_id
        return Expected(assigned_to=assigned_to)
    return before


def _after_deed(before: Expected, deed: Done) -> Expected:
    changes: dict[str, dict[str, Any]] = {
        READ: {"unread": 0},
        UNREAD: {"unread": max(before.unread, 1)},
        CLOSE: {"unread": 0, "state": CLOSED, "waiting_since": None},
        REOPEN: {"state": OPEN},
        ASSIGN: {"assigned_to": deed.member_id},
    }
    return before._replace(**changes[deed.what])


def _judge_messages(simulation: Simulation) -> None:
    """Each message of a friend is kept once, however often LINE told of it."""
    received = select(ConversationMessage.text).where(ConversationMessage.direction == IN)
    kept = list(db.session.scalars(received))
    assert sorted(kept) == sorted(simulation.friends.written), "A message was lost or doubled"
    counted = db.session.scalar(select(func.count()).select_from(ReceivedMessage))
    assert counted == len(kept)


def _judge_answers(simulation: Simulation) -> None:
    """One answer for each form, which reached its friend once or not at all, as its state says."""
    team = simulation.team
    numbers = [press.text.partition(":")[0] for press in team.pressed]
    answers = select(ConversationMessage.text, Delivery.state).join(
        Delivery, Delivery.id == ConversationMessage.delivery_id
    )
    states = dict(db.session.execute(answers).tuples().all())
    many = select(func.count()).where(Delivery.conversation_id.is_not(None))
    outgoing = select(func.count()).where(ConversationMessage.direction == OUT)
    assert db.session.scalar(many) == db.session.scalar(outgoing) == len(states), "Doubled"
    assert team.accepted <= states.keys(), "What Musubi took is not there"
    taken = Counter(each.text.partition(":")[0] for each in simulation.wire.taken)
    assert {name for name in taken if name.startswith("Q")} <= set(numbers)
    for press, number in zip(team.pressed, numbers, strict=True):
        state = states.get(press.text, "not there")
        times = TIMES.get(state, (0,))
        assert taken[number] in times, f"{number} is {state}, sent {taken[number]}"
    notes = select(func.count()).where(ConversationMessage.direction == NOTE)
    assert (db.session.scalar(notes) or 0) <= team.notes
