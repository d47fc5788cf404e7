"""Broadcasts: frozen, sent in multicasts, sent in pushes; the limit is a bare loop of the calls."""

import time
from collections.abc import Callable

from sqlalchemy import func, select, update

from plugin.models import Broadcast, Friend, Multicast, Recipient, db
from plugin.models.transaction import transaction
from plugin.services.broadcasts.drafts import Content, create_draft, save_draft
from plugin.services.broadcasts.job import pushes
from plugin.services.broadcasts.job.open_multicasts import AT_ONCE
from plugin.services.broadcasts.start import start
from tests.benchmarks.audiences.people import plant_friends
from tests.benchmarks.platforms import (
    LINE_TAKES,
    Platforms,
    bare_multicasts,
    bare_pushes,
    platforms,
)
from tests.benchmarks.stage import quiet
from tests.benchmarks.table import Figure
from tests.support.processes import Musubi, ending, wait_until
from tests.support.stage import Stage

TEXT = {"type": "text", "text": "Our winter sale begins today."}
PERSONAL = {
    "type": "text",
    "text": "Hello {{ contact.firstname | default('friend') }}, sale today.",
}
SIZE = 500


def broadcasts(stage: Stage, people: int) -> list[Figure]:
    """One text to everybody, then personal words to a fifth of them, both with LINE at 50 ms."""
    plant_friends(stage, people)
    with platforms(stage, LINE_TAKES) as there:
        one_by_one = bare_multicasts(there.url, people, 1)
    with platforms(stage, LINE_TAKES) as there:
        together = bare_multicasts(there.url, people, AT_ONCE)
    with platforms(stage, LINE_TAKES) as there:
        frozen, sent = _through(stage, there, TEXT, lambda: there.counts().people == people)
        calls = there.counts().pushed
    assert calls == -(-people // SIZE), calls
    name = f"one text to {people:,} friends in {calls} multicasts, LINE at 50 ms"
    fewer = people // 5
    _leave(stage, fewer)
    with platforms(stage, LINE_TAKES) as there:
        bare = bare_pushes(there.url, fewer, pushes.AT_ONCE)
    with platforms(stage, LINE_TAKES) as there:
        _, pushed = _through(stage, there, PERSONAL, lambda: there.counts().pushed == fewer)
    return [
        Figure(f"freezing {people:,} recipients", "s", None, frozen),
        Figure(f"{name}, beside one call after the other", "people/s", one_by_one, people / sent),
        Figure(f"{name}, beside {AT_ONCE} at once", "people/s", together, people / sent),
        Figure(f"personal words to {fewer:,}, LINE at 50 ms", "people/s", bare, fewer / pushed),
    ]


def _through(
    stage: Stage, there: Platforms, message: dict[str, str], is_done: Callable[[], bool]
) -> tuple[float, float]:
    """Seconds from the start to the frozen audience, and from there to the last call."""
    process = Musubi(there.env, stage.folder)
    with ending(process.wait()):
        quiet(stage)
        with stage.world.app.app_context():
            broadcast = create_draft(stage.world.account(stage.tenant), "Sale")
            save_draft(broadcast, {}, [Content([message])])
            start(broadcast)
            broadcast_id = broadcast.id
        began = time.monotonic()
        wait_until(lambda: _is_frozen(stage, broadcast_id), 120, "the frozen audience")
        frozen = time.monotonic()
        wait_until(is_done, 600, "the broadcast", there.counts)
        ended = there.counts().last
        wait_until(lambda: _is_finished(stage, broadcast_id), 60, "the end")
    with stage.world.app.app_context():
        twice = select(func.count()).where(Recipient.broadcast_id == broadcast_id)
        assert db.session.scalar(twice.where(Recipient.state != "sent")) == 0
        assert db.session.scalar(select(func.count(Multicast.id))) is not None
    return frozen - began, ended - frozen


def _is_frozen(stage: Stage, broadcast_id: int) -> bool:
    with stage.world.app.app_context():
        return db.session.get_one(Broadcast, broadcast_id).frozen_at is not None


def _is_finished(stage: Stage, broadcast_id: int) -> bool:
    with stage.world.app.app_context():
        return db.session.get_one(Broadcast, broadcast_id).state == "finished"


def _leave(stage: Stage, people: int) -> None:
    """Have only so many still follow."""
    with stage.world.app.app_context(), transaction() as session:
        some = select(Friend.id).where(Friend.status == "following").order_by(Friend.id)
        session.execute(
            update(Friend)
            .where(Friend.id.not_in(some.limit(people)))
            .values(status="blocked")
            .execution_options(synchronize_session=False)
        )
