"""A process dies while it sends a member's answer: the friend gets it once, or the page says that
nobody knows. LINE takes no retry key with a free reply, so one that was under way is not repeated.
"""

import re
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

import pytest
import requests
from sqlalchemy import func, select, update

from plugin.core.clock import utcnow
from plugin.models import ConversationMessage, Delivery, Friend, db
from plugin.models.transaction import transaction
from tests.actions.calls import arrived
from tests.kill.freezing import Freezing
from tests.kill.verdict import owed
from tests.services.inbox.talks import talk
from tests.support.processes import Nursery, ending, wait_until
from tests.support.stage import Stage
from tests.support.walker import Walker
from tests.web.pages import csrf_of

pytestmark = [pytest.mark.kill, pytest.mark.both_databases]
TEXT, UNKNOWN = "Yes, from ten.", "answer was lost: it may have arrived"
SLOW_SECONDS = 3
NEVER = ("a statement that nobody sends", "")


class Moment(NamedTuple):
    """When it dies: at a statement, or while LINE has the call. `times`: how often the friend then
    has it. The state of an answer that may not be repeated is unknown."""

    statement: tuple[str, str]
    times: int = 1
    is_unknown: bool = False
    is_stored: bool = True


BEFORE_IT_IS_STORED = Moment(("INSERT INTO delivery", ""), is_stored=False)
BEFORE_ITS_TRY = Moment(("UPDATE delivery SET state", ""))
# The account's own calls, such as for the month's messages, are counted in rows of their own.
BEFORE_THE_CALL = Moment(("INSERT INTO budget_spent", ":push'"))
BEFORE_THE_REPLY = Moment(("INSERT INTO budget_spent", ":reply'"), times=0, is_unknown=True)
IN_THE_CALL = Moment(NEVER)
TAKEN_BY_LINE = Moment(("line_request_id=", ""))
PUSHED = {
    "before it is stored": BEFORE_IT_IS_STORED,
    "before its try": BEFORE_ITS_TRY,
    "before the call": BEFORE_THE_CALL,
    "in the call": IN_THE_CALL,
    "taken by LINE": TAKEN_BY_LINE,
}
REPLIED = {
    **PUSHED,
    "before the call": BEFORE_THE_REPLY,
    "in the call": IN_THE_CALL._replace(is_unknown=True),
    "taken by LINE": TAKEN_BY_LINE._replace(is_unknown=True),
}


class Team:
    """A member at a browser, before and after the process dies."""

    def __init__(self, stage: Stage, conversation_id: int) -> None:
        self.stage, self.path = stage, f"/inbox/{conversation_id}"

    def open(self, url: str) -> dict[str, str]:
        """The answer's form with its words."""
        walker: Walker = self.stage.tenant.walker
        page = walker.go(url + self.path)
        (key,) = re.findall(r'name="form_key" value="([^"]+)"', page.html)
        return {"csrf_token": csrf_of(page), "form_key": key, "text": TEXT}

    def press(self, url: str, form: dict[str, str]) -> requests.Response:
        session = self.stage.tenant.walker.session
        return session.post(f"{url}{self.path}/answer", data=form, timeout=60)

    def states(self, url: str) -> list[str]:
        """What the page says of each answer."""
        html = self.stage.tenant.walker.go(url + self.path).html
        return re.findall(r'data-testid="answer-state">([^<]*)<', html)


@pytest.mark.parametrize("moment", PUSHED)
def test_an_answer_that_counts_arrives_once(stage: Stage, nursery: Nursery, moment: str) -> None:
    conversation_id = talk(stage.world, stage.tenant)
    with stage.world.app.app_context(), transaction() as session:
        long_ago = utcnow() - timedelta(minutes=5)
        session.execute(update(Friend).values(last_received_at=long_ago))
    die_and_go_on(stage, nursery, Team(stage, conversation_id), PUSHED[moment])
    assert {row["kind"] for row in arrived(stage.world)} == {"push"}


@pytest.mark.parametrize("moment", REPLIED)
def test_a_free_answer_arrives_once_or_is_unknown(
    stage: Stage, nursery: Nursery, moment: str
) -> None:
    conversation_id = talk(stage.world, stage.tenant)
    die_and_go_on(stage, nursery, Team(stage, conversation_id), REPLIED[moment])


def die_and_go_on(stage: Stage, nursery: Nursery, team: Team, moment: Moment) -> None:
    form = killed_at(stage, team, moment)
    assert rows(stage) == ((1, 1) if moment.is_stored else (0, 0))
    with ending(nursery.make(stage.env).wait()) as (heir,):
        if not moment.is_stored:
            assert team.states(heir.url) == []
            # Nothing is there of it, so whoever wrote it presses again.
            team.press(heir.url, form)
        stage.world.pass_time(60)
        wait_until(lambda: not owed(stage), 30, "all work done")
        wait_until(lambda: len(arrived(stage.world)) == moment.times, 20, "what LINE took")
        (state,) = team.states(heir.url)
        assert (UNKNOWN in state) is moment.is_unknown
        assert moment.is_unknown or state.startswith("sent")
        # The same form once more, as a browser that loads the lost page again.
        said = team.press(heir.url, form)
        assert said.ok
        assert ("nobody knows whether" in said.text) is moment.is_unknown
        assert "did not go out" not in said.text
    assert [row["messages"][0]["text"] for row in arrived(stage.world)] == [TEXT] * moment.times
    assert rows(stage) == (1, 1)


def killed_at(stage: Stage, team: Team, moment: Moment) -> dict[str, str]:
    """Press in a process that dies then; return the form."""
    if moment.statement == NEVER:
        slow = {"delay": SLOW_SECONDS}
        stage.world.sandbox.fail("message/(push|reply)$", slow, times=1)
    with (
        ThreadPoolExecutor(1) as hands,
        ending(Freezing(stage, *moment.statement).wait()) as (process,),
    ):
        form = team.open(process.url)
        pressed = hands.submit(team.press, process.url, form)
        wait_until(
            lambda: process.stands_still or is_in_the_call(stage),
            30,
            "the moment",
            lambda: said_by(pressed),
        )
        process.kill()
        with suppress(requests.RequestException):
            pytest.fail(f"It lived: {pressed.result(30).text}")
    return form


def is_in_the_call(stage: Stage) -> bool:
    """Whether LINE has the call and has not answered."""
    rules = stage.world.sandbox.control("GET", "/faults")["faults"]
    return any(rule.get("hits") for rule in rules)


def said_by(pressed: "Future[requests.Response]") -> str:
    return pressed.result().text if pressed.done() else "nothing yet"


def rows(stage: Stage) -> tuple[int, int]:
    """How many answers are stored, and how many the conversation shows."""
    with stage.world.app.app_context():
        deliveries = select(func.count()).select_from(Delivery)
        shown = select(func.count()).where(ConversationMessage.direction == "out")
        return db.session.scalar(deliveries) or 0, db.session.scalar(shown) or 0
