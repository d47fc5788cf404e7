"""What has to be true after a simulated week, by what LINE took and what the rows say."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from sqlalchemy import func, select

from plugin.models import Broadcast, Delivery, Friend, Recipient, db
from plugin.models.broadcasts.tally import Counted, counts
from tests.services.system.counts import kept, there, without_methods
from tests.simulation.inbox_verdict import judge_inbox
from tests.simulation.simulation import Simulation

DELIVERED = {"accepted": (1,), "unknown": (0, 1)}
# How often somebody got it, by the state of their row.
TIMES = {"sent": (1,), "unknown": (0, 1)}


def judge(simulation: Simulation) -> None:
    """Everybody got each broadcast once or not at all, as their row says; the sum adds up."""
    with simulation.world.app.app_context():
        for broadcast_id, name in zip(simulation.broadcasts, ("A", "B"), strict=False):
            _judge(simulation, broadcast_id, name)
        _judge_counts(simulation.tenant.account_id)
        judge_inbox(simulation)
    _judge_workflows(simulation)
    _judge_cap(simulation)


def _judge_counts(account_id: int) -> None:
    """The counts that writes keep are what a count of the rows comes to."""
    assert without_methods(kept(account_id)) == there(account_id), "The counts have drifted"


def _judge_workflows(simulation: Simulation) -> None:
    """Each execution sent its message once or, where it was refused, not at all."""
    taken = Counter(each.text for each in simulation.wire.taken if each.text.startswith("W"))
    with simulation.world.app.app_context():
        rows = db.session.execute(
            select(Delivery.messages, Delivery.state).where(Delivery.action_call_id.is_not(None))
        )
        states = {messages[0]["text"]: state for messages, state in rows}
    assert taken.keys() <= states.keys(), "A message without a delivery"
    for text, state in states.items():
        assert taken[text] in DELIVERED.get(state, (0,)), f"{text} is {state}, sent {taken[text]}"


def _judge(simulation: Simulation, broadcast_id: int, name: str) -> None:
    taken = Counter(each.user_id for each in simulation.wire.taken if each.text.startswith(name))
    broadcast = db.session.get_one(Broadcast, broadcast_id)
    assert _counted(broadcast_id) == broadcast.total, "The sum does not add up"
    if broadcast.state == "draft":
        assert not taken, "A draft was sent"
        return
    found = select(Friend.line_user_id, Recipient.state).join_from(Recipient, Friend)
    rows = db.session.execute(found.where(Recipient.broadcast_id == broadcast_id))
    people = dict(rows.tuples().all())
    assert people.keys() == simulation.following[broadcast_id], "Somebody was missed"
    for user_id, ended in people.items():
        assert ended not in ("waiting", "sending"), f"{user_id} still waits"
        times = taken[user_id]
        assert times in TIMES.get(ended, (0,)), f"{user_id} is {ended} and got it {times} times"


def _counted(broadcast_id: int) -> int:
    columns = func.coalesce(Recipient.variant, -1), Recipient.state, Recipient.reason
    grouped = select(*columns, func.count()).where(Recipient.broadcast_id == broadcast_id)
    rows = {Counted(*row) for row in db.session.execute(grouped.group_by(*columns))}
    assert rows == set(counts(broadcast_id)), "The tally is not what the rows say"
    return sum(row.people for row in rows)


def _judge_cap(simulation: Simulation) -> None:
    if simulation.most is None:
        return
    moments: defaultdict[str, list[datetime]] = defaultdict(list)
    # A person's answer is no part of the cap.
    for each in (taken for taken in simulation.wire.taken if not taken.text.startswith("Q")):
        moments[each.user_id].append(each.at)
    for user_id, times in moments.items():
        for at in times:
            inside = sum(at <= other < at + timedelta(days=1) for other in times)
            assert inside <= simulation.most, f"{user_id} got {inside} within a day"
