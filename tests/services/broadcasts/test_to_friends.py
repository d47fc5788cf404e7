"""A draft to chosen friends is there with its people, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, func, select

from plugin.models import Broadcast, Segment, db
from plugin.models.audience.segment import SegmentVersion
from plugin.models.broadcasts.audience_member import AudienceMember
from plugin.models.people.friend import Friend
from plugin.models.people.friend_search import FriendFilter
from plugin.services.broadcasts.to_friends import draft_to
from tests.support.world import Tenant, World
from tests.web.friends.test_friends import befriend

pytestmark = pytest.mark.both_databases


class Killed(BaseException):
    pass


@contextmanager
def killed_before(table: str) -> Iterator[None]:
    """The process ends before the first row of the table is written."""

    def look(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.startswith(f"INSERT INTO {table} "):
            raise Killed

    event.listen(db.engine, "before_cursor_execute", look)
    try:
        with pytest.raises(Killed):
            yield
    finally:
        event.remove(db.engine, "before_cursor_execute", look)


def count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize("table", ["segment", "segment_version", "audience_member"])
def test_the_form_sent_again_makes_all_of_it(world: World, alice: Tenant, table: str) -> None:
    befriend(world, alice, 4)
    with world.app.app_context():
        account, segments = world.account(alice), count(Segment)
        ids = list(db.session.scalars(select(Friend.id)))
        listed = table == "audience_member"
        filters = FriendFilter(ids=ids) if listed else FriendFilter(linked=True)
        with killed_before(table):
            draft_to(account, "Spring", filters, form_key="one form")
        db.session.rollback()
        assert (count(Broadcast), count(Segment)) == (0, segments)
        made = draft_to(account, "Spring", filters, form_key="one form")
        assert draft_to(account, "Spring", filters, form_key="one form").id == made.id
        assert count(Broadcast) == 1
        if listed:
            assert (made.audience, count(AudienceMember)) == ("upload", 4)
            assert made.upload == {"lines": 4, "invalid": 0, "unknown": 0, "repeated": 0}
        else:
            segment = db.session.get_one(Segment, made.segment_id)
            assert (made.audience, SegmentVersion.current(segment).rule) == (
                "segment",
                {"all": [{"field": "linkage.linked", "op": "is", "value": True}]},
            )
            assert count(Segment) == segments + 1
