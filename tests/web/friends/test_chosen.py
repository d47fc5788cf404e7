"""Friends chosen in the list, ticked or all who fit: tagged, exported, broadcast to, saved as a
segment. Without JavaScript."""

import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from sqlalchemy import select

from plugin.models import Broadcast, Friend, Segment, db
from plugin.models.audience.segment import SegmentVersion
from plugin.models.broadcasts.audience_member import AudienceMember
from plugin.services.broadcasts import to_friends
from plugin.services.segments.library import create_segment
from tests.support.people import linked
from tests.support.walker import Page
from tests.support.world import Tenant, World
from tests.web.friends.test_friends import befriend
from tests.web.friends.test_tags import tags_of
from tests.web.pages import marks

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ids(world: World, alice: Tenant) -> dict[str, int]:
    """Thirty friends by name; the even ones are linked. A page holds 20 of them."""
    befriend(world, alice, 30)
    with world.app.app_context():
        rows = db.session.execute(select(Friend.display_name, Friend.id)).tuples().all()
    return dict(rows)


def press(
    world: World, tenant: Tenant, deed: str, chosen: str, ids: list[int], **filters: object
) -> Page:
    """Send the form around the list as a browser does."""
    page = tenant.walker.go(f"{world.url}/friends?{urlencode(filters)}")
    page_ids = re.findall(r'name="page_ids" value="([^"]*)"', page.html)
    assert f'href="/friends/{ids[0]}"' in page.html if ids else True
    values = [("chosen", chosen), *(("page_ids", each) for each in page_ids)]
    values += [("ids", str(each)) for each in ids]
    return tenant.walker.go(f"{world.url}{deed}?{urlencode([*filters.items(), *values])}")


def rows_of(page: Page) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(page.html.lstrip("\ufeff"))))


@pytest.mark.parametrize(
    ("chosen", "ticked", "count"),
    [("ticked", ["Friend 29", "Friend 17"], 2), ("page", ["Friend 29"], 20), ("all", [], 30)],
)
def test_the_file_holds_those_who_are_chosen(
    world: World, alice: Tenant, ids: dict[str, int], chosen: str, ticked: list[str], count: int
) -> None:
    numbers = [ids[name] for name in ticked]
    page = press(world, alice, "/friends/export.csv", chosen, numbers)
    found = {row["display_name"] for row in rows_of(page)}
    assert len(found) == count
    assert set(ticked) <= found


def test_only_the_ticked_are_tagged_and_the_list_is_the_one_before(
    world: World, alice: Tenant, ids: dict[str, int]
) -> None:
    chosen = [ids["Friend 28"], ids["Friend 26"]]
    page = press(world, alice, "/friends/tags", "ticked", chosen, linked="yes", sort="name")
    assert "The 2 friends you chose." in page.text
    page = alice.walker.submit(button="add", operation="add", tags="vip")
    assert "2 friends were looked at, 2 changed." in page.text
    assert set(page.url.partition("?")[2].split("&")) == {"linked=yes", "sort=name"}
    tagged = {name for name, tags in tags_of(world, alice).items() if tags}
    assert tagged == {"Friend 28", "Friend 26"}


@pytest.mark.parametrize("deed", ["tags", "export.csv", "hubspot-list", "broadcast"])
def test_nobody_ticked_is_said_and_nothing_is_done(
    world: World, alice: Tenant, ids: dict[str, int], deed: str
) -> None:
    page = press(world, alice, f"/friends/{deed}", "ticked", [], linked="yes")
    assert "Nobody is ticked." in page.text
    assert page.url.endswith("/friends?linked=yes")


def test_a_broadcast_to_the_ticked_has_them_as_a_list(
    world: World, alice: Tenant, ids: dict[str, int]
) -> None:
    chosen = [ids["Friend 29"], ids["Friend 28"]]
    page = press(world, alice, "/friends/broadcast", "ticked", chosen)
    assert "They are listed as they are now" in page.text
    page = alice.walker.submit(name="  ")
    assert (page.status, "error" in marks(page)) == (422, True)
    page = alice.walker.submit(name="To both")
    assert page.url.endswith("/who")
    with world.app.app_context():
        broadcast = db.session.scalars(select(Broadcast)).one()
        members = db.session.scalars(select(AudienceMember.line_user_id)).all()
        assert (broadcast.name, broadcast.audience) == ("To both", "upload")
        assert broadcast.upload == {"lines": 2, "invalid": 0, "unknown": 0, "repeated": 0}
        assert set(members) == {f"U{number:032x}" for number in (28, 29)}


def test_a_broadcast_to_all_who_fit_has_the_filter_as_its_segment(
    world: World, alice: Tenant, ids: dict[str, int]
) -> None:
    press(world, alice, "/friends/broadcast", "all", [], linked="yes", status="blocked")
    alice.walker.submit(name="Come back")
    with world.app.app_context():
        broadcast = db.session.scalars(select(Broadcast)).one()
        segment = db.session.get_one(Segment, broadcast.segment_id)
        rule = SegmentVersion.current(segment).rule
    assert (broadcast.audience, segment.name) == ("segment", "Come back")
    assert rule == {
        "all": [
            {"field": "linkage.linked", "op": "is", "value": True},
            {"field": "friend.status", "op": "is", "value": "blocked"},
        ]
    }


def post(world: World, tenant: Tenant, fields: dict[str, str], name: str) -> str:
    """Press the form of a broadcast in a browser window of its own; answer where it leads to."""
    session = requests.Session()
    session.cookies.update(tenant.walker.session.cookies)
    form = {**fields, "name": name}
    answer = session.post(f"{world.url}/friends/broadcast", data=form, allow_redirects=False)
    assert answer.status_code == 302
    return answer.headers["Location"]


@pytest.mark.parametrize(
    ("chosen", "filters", "segments"),
    [("page", {}, 0), ("all", {}, 0), ("all", {"linked": "no"}, 1)],
)
def test_one_form_makes_one_draft_however_often_it_is_pressed(
    world: World,
    alice: Tenant,
    ids: dict[str, int],
    chosen: str,
    filters: dict[str, str],
    segments: int,
) -> None:
    with world.app.app_context():
        before = len(db.session.scalars(select(Segment.id)).all())
    page = press(world, alice, "/friends/broadcast", chosen, [], **filters)
    [form] = [form.fields for form in page.forms if "form_key" in form.fields]
    with ThreadPoolExecutor(4) as pool:
        led_to = list(pool.map(lambda _: post(world, alice, form, "Spring"), range(4)))
    assert len(set(led_to)) == 1
    assert post(world, alice, form, "Spring") == led_to[0]
    with world.app.app_context():
        assert [row.name for row in db.session.scalars(select(Broadcast)).all()] == ["Spring"]
        assert len(db.session.scalars(select(Segment.id)).all()) == before + segments
    assert post(world, alice, form, "Summer") != led_to[0]
    page = press(world, alice, "/friends/broadcast", chosen, [], **filters)
    [other] = [form.fields for form in page.forms if "form_key" in form.fields]
    assert post(world, alice, other, "Spring") != led_to[0]


def test_a_broadcast_to_a_segment_or_to_all_makes_no_further_segment(
    world: World, alice: Tenant, ids: dict[str, int]
) -> None:
    with world.app.app_context():
        rule = {"all": [{"field": "linkage.linked", "op": "is", "value": False}]}
        segment_id = create_segment(world.account(alice), "Loose", rule).id
        segments = set(db.session.scalars(select(Segment.id)))
    for filters in ({"segment": segment_id}, {}):
        press(world, alice, "/friends/broadcast", "all", [], **filters)
        alice.walker.submit(name="Hello")
    with world.app.app_context():
        made = db.session.scalars(select(Broadcast).order_by(Broadcast.id)).all()
        assert [(each.audience, each.segment_id) for each in made] == [
            ("segment", segment_id),
            ("all", None),
        ]
        assert set(db.session.scalars(select(Segment.id))) == segments


def test_who_was_found_by_words_is_listed_up_to_a_bound(
    world: World, alice: Tenant, ids: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(to_friends, "MOST_LISTED", 29)
    press(world, alice, "/friends/broadcast", "all", [], q="Friend")
    page = alice.walker.submit(name="Too many")
    assert (page.status, 'value="Too many"' in page.html) == (422, True)
    press(world, alice, "/friends/broadcast", "all", [], q="friend28@example.com")
    alice.walker.submit(name="Found")
    with world.app.app_context():
        broadcast = db.session.scalars(select(Broadcast)).one()
        assert broadcast.upload is not None
        assert broadcast.upload["lines"] == 1


def test_a_filter_is_saved_as_a_segment_and_chosen_again(
    world: World, alice: Tenant, ids: dict[str, int]
) -> None:
    page = alice.walker.go(f"{world.url}/friends?linked=no&status=following")
    [target] = re.findall(r'href="([^"]+)" data-testid="save-filter"', page.html)
    alice.walker.go(world.url + target.replace("&amp;", "&"))
    page = alice.walker.submit(name="x" * 121)
    assert (page.status, 'value="xxx' in page.html) == (422, True)
    page = alice.walker.submit(name="Loose <b>friends</b>")
    assert "Saved." in page.text
    assert "5 of 30 friends fit." in page.text
    assert "<b>friends" not in page.html
    assert marks(page).count("row") == 5


def test_words_cannot_be_saved_which_is_said(
    world: World, alice: Tenant, ids: dict[str, int]
) -> None:
    page = alice.walker.go(f"{world.url}/friends?q=Friend&linked=no")
    assert "save-filter" not in marks(page)
    page = alice.walker.go(f"{world.url}/friends/segment?q=Friend&linked=no")
    assert "A segment has no search by words." in page.text
    assert "save" not in marks(page)


def test_another_tenants_friends_cannot_be_chosen(
    world: World, alice: Tenant, charlie: Tenant, ids: dict[str, int]
) -> None:
    linked(world, charlie)
    hers = f"chosen=ticked&ids={ids['Friend 1']}"
    page = charlie.walker.go(f"{world.url}/friends/export.csv?{hers}")
    assert rows_of(page) == []
    page = charlie.walker.go(f"{world.url}/friends/broadcast?{hers}")
    assert "Nobody fits any more." in page.text
    charlie.walker.go(f"{world.url}/friends/tags?{hers}")
    charlie.walker.submit(button="add", operation="add", tags="hers")
    assert not any(tags_of(world, alice).values())
    charlie.walker.go(f"{world.url}/friends/broadcast")
    page = charlie.walker.submit(name="Mine", of_account=str(alice.account_id))
    with world.app.app_context():
        broadcast = db.session.scalars(select(Broadcast)).one()
        assert broadcast.official_account_id == charlie.account_id


@pytest.mark.parametrize(
    "odd",
    ["ids=x", "ids=-1,0,%00", "ids=" + "9" * 400, "ids=99999999999999999999"],
)
def test_odd_ids_choose_nobody(world: World, alice: Tenant, ids: dict[str, int], odd: str) -> None:
    page = alice.walker.go(f"{world.url}/friends/broadcast?chosen=ticked&{odd}")
    assert page.status == 200
    with world.app.app_context():
        assert db.session.scalars(select(Broadcast)).all() == []
