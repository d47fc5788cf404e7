"""What tests of questions share: asking, and what LINE tells of a friend's answer."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models import Question, db
from plugin.models.transaction import transaction
from plugin.services.executions.questions import accept_answer
from tests.actions.calls import arrived, befriended, run
from tests.support.people import friend_of
from tests.support.world import Tenant, World

ASK = {"question": "Coming?", "choices": "Yes\nNo thanks"}


def ask(world: World, inputs: dict[str, str] | None = None, **more: Any) -> dict[str, str]:
    return run(world, "ask-question", ASK if inputs is None else inputs, **more)


def asked(world: World, tenant: Tenant) -> int:
    """A question that has arrived on the phone; answers the friend's row id."""
    friend_id = befriended(world, tenant)
    assert ask(world)["hs_execution_state"] == "BLOCK"
    world.work()
    return friend_id


def hear(world: World, friend_id: int, event: dict[str, Any], late: bool = False) -> None:
    """An event of LINE's, after the time is over or before."""
    at = utcnow() + timedelta(hours=25 if late else 0)
    with world.app.app_context(), transaction():
        accept_answer(friend_of(friend_id), event, at)


def typed(words: str) -> dict[str, Any]:
    return {"type": "message", "message": {"type": "text", "text": words}}


def tapped(world: World, choice: int) -> dict[str, Any]:
    message = next(one for one in arrived(world) if "quickReply" in one["messages"][0])
    item = message["messages"][0]["quickReply"]["items"][choice]
    return {"type": "postback", "postback": {"data": item["action"]["data"]}}


def question(world: World) -> Question:
    with world.app.app_context():
        return db.session.scalars(select(Question).order_by(Question.id.desc())).first() or abort()


def abort() -> Question:
    pytest.fail("no question was asked")


def run_out(world: World) -> None:
    """The waiting time goes by."""
    with world.app.app_context(), transaction():
        for one in db.session.scalars(select(Question)):
            one.closes_at = utcnow() - timedelta(seconds=1)
    world.work(ahead=24 * 3600 + 5)
