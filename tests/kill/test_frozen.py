"""A machine that stands still, wherever it does, holds nobody up; when it goes on, it does no harm.

Nobody is killed: the process is there, and so are its connections and what it has locked.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from plugin.models.limits import SESSION_LIMITS
from tests.kill.freezing import Freezing
from tests.kill.verdict import (
    assert_once_each,
    begin,
    delivered,
    in_hand,
    leases_run_out,
    wait_for_the_end,
)
from tests.support.bare import NOWHERE
from tests.support.crowd import gather
from tests.support.databases import PostgresCopies, migrate, postgres_is_there
from tests.support.processes import Nursery, answers, ending, wait_until
from tests.support.stage import Stage, staged
from tests.support.world import Socket, make_app, settings_for

pytestmark = [pytest.mark.kill, pytest.mark.postgres]
PEOPLE, BY_WORKFLOW = 120, 60


@pytest.fixture
def stage(request: pytest.FixtureRequest, musubi_socket: Socket, tmp_path: Path) -> Iterator[Stage]:
    """On PostgreSQL: a stopped process that has SQLite's only lock holds up its own machine."""
    if request.config.getoption("database") == "sqlite" or not postgres_is_there():
        pytest.skip("several machines need PostgreSQL")
    copies = PostgresCopies()
    migrate(make_app(settings_for(NOWHERE, NOWHERE, copies.template_url, tmp_path)))
    with copies.copy(tmp_path) as url, staged(musubi_socket, url, tmp_path) as here:
        yield here
    copies.close()


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("INSERT INTO job", "complete_callbacks"),
        ("INSERT INTO job", "write_contacts"),
        ("UPDATE job SET owner", ""),
        ("UPDATE delivery SET state", ""),
        ("budget_spent", ""),
    ],
)
def test_the_others_go_on_and_the_frozen_one_harms_nobody(
    stage: Stage, nursery: Nursery, statement: str, values: str
) -> None:
    crowd = gather(stage.world, stage.tenant, PEOPLE)
    with ending(Freezing(stage, statement, values)) as (frozen,):
        begin(stage, crowd, BY_WORKFLOW)
        wait_until(lambda: frozen.stands_still, 40, "a process that stands still")
        held = in_hand(stage)
        with ending(nursery.make(stage.env).wait()):
            # Without its leases' end, all but what it has in hand; well before a server's idle
            # limit alone would have helped, were there a row that every send needs.
            wait_until(lambda: delivered(stage) >= PEOPLE - held, 60, "everybody else's message")
            leases_run_out(stage)
            wait_for_the_end(stage, 60)
            before = told(stage)
            frozen.go_on()
            wait_until(lambda: answers(f"{frozen.url}/healthz"), 20, "the frozen one is back")
            wait_until(lambda: not in_hand(stage), 30, "no job claimed")
            # What the frozen one gave back is done again, under the key that it had.
            wait_for_the_end(stage, 60)
            assert told(stage) == before
    assert_once_each(stage, PEOPLE, BY_WORKFLOW)


def told(stage: Stage) -> object:
    """What HubSpot was told of each execution, and how often."""
    return stage.world.sandbox.control("GET", "/callbacks")


def test_a_session_of_ours_is_limited_by_the_server(stage: Stage) -> None:
    from plugin.models import db

    with stage.world.app.app_context(), db.engine.connect() as connection:
        shown = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar() for name in SESSION_LIMITS
        }
    assert shown == SESSION_LIMITS


def test_the_server_ends_a_transaction_that_is_idle_after_many_executions(stage: Stage) -> None:
    from plugin.models import db

    limit = text("SELECT set_config('idle_in_transaction_session_timeout', '100ms', true)")
    rows = [{"id": number} for number in range(50)]
    with stage.world.app.app_context(), db.engine.connect() as connection:
        connection.execute(limit)
        connection.execute(text("UPDATE job SET ready_ms = ready_ms WHERE id = :id"), rows)
        session_id = connection.execute(text("SELECT pg_backend_pid()")).scalar()
        connection.execute(text("UPDATE job SET ready_ms = ready_ms WHERE id = :id"), rows)
        alive = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :id")
        with db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as other:
            wait_until(
                lambda: not other.execute(alive, {"id": session_id}).scalar(),
                10,
                "the end of an idle transaction",
            )
        with pytest.raises(DBAPIError, match="terminating connection"):
            connection.execute(limit)
        connection.invalidate()
