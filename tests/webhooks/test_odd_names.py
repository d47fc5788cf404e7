"""A friend whose name LINE cut in the middle of an emoji, from the first event to HubSpot."""

import pytest
from sqlalchemy import select

from plugin.models import Friend, db
from tests.support.people import line_user
from tests.support.signing import line_post
from tests.support.world import Tenant, World
from tests.web.login_flow.browser import Phone

CUT = "Al\0ice \ud83d"


def rename(world: World, person: str, name: str) -> None:
    people = world.sandbox.app.extensions["world"].store
    people.put("line_person", person, {**(people.get("line_person", person) or {}), "name": name})


def test_a_login_under_a_cut_name_comes_through(world: World, alice: Tenant) -> None:
    phone = Phone("alice")
    # The sandbox's own pages and ID tokens cannot hold half a pair; test_odd_text has that.
    rename(world, "alice", "Al\0ice" + "x" * 300)
    phone.scan(world, alice)
    assert phone.page.status == 200
    phone.submit()
    assert phone.outcome == "linked"
    world.work()
    assert world.sandbox.contact()["line_display_name"] == "Alice" + "x" * 250


@pytest.mark.parametrize("name", [CUT, "x" * 3000])
def test_one_odd_name_leaves_no_other_friend_nameless(
    world: World, alice: Tenant, name: str
) -> None:
    users = world.sandbox.control("POST", "/friends", {"count": 3})["user_ids"]
    rename(world, "charlie", name)
    with world.app.app_context():
        account = world.account(alice)
        events = [
            {"type": "follow", "timestamp": 1790000000000, "webhookEventId": f"E{place}",
             "source": {"type": "user", "userId": user}}
            for place, user in enumerate([line_user("charlie"), *users])
        ]  # fmt: skip
        body = {"destination": account.bot_user_id, "events": events}
        url = f"{world.url}/line/webhooks/{account.webhook_key}"
        assert line_post(url, body, account.channel_secret).status_code == 200
    world.work()
    with world.app.app_context():
        assert all(db.session.scalars(select(Friend.display_name)).all())
        assert None not in db.session.scalars(select(Friend.profile_at)).all()
