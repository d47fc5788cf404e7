"""A query that takes too long is ended, and the session works on."""

import pytest
from sqlalchemy import text

from plugin.models import db
from plugin.models.time_limit import TooSlow, time_limit
from tests.support.world import World

pytestmark = pytest.mark.both_databases

ENDLESS = text(
    "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers"
    " WHERE n < 500000000) SELECT count(*) FROM numbers"
)
ONE = text("SELECT 1")


def test_what_takes_too_long_is_ended_and_nothing_else(world: World) -> None:
    with world.app.app_context():
        with pytest.raises(TooSlow), time_limit(0.2):
            db.session.scalar(ENDLESS)
        with time_limit(5):
            assert db.session.scalar(ONE) == 1


def test_another_error_stays_what_it_is(world: World) -> None:
    with world.app.app_context(), pytest.raises(ZeroDivisionError), time_limit(5):
        raise ZeroDivisionError
