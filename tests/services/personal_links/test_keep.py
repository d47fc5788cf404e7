"""A list that a person prepared stays prepared: who joins gets a link, links do not end in silence,
the page says what the next email would miss, and one press stops it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from plugin.core.clock import utcnow
from plugin.models import BudgetSpent, Contact, Installation, LinkageToken, ListPreparation, db
from plugin.models.system.job_kinds import RECURRING
from plugin.models.transaction import transaction
from plugin.sandbox.hubspot.api.lists import add_members
from plugin.services.connections.connection import switch_mode
from plugin.services.personal_links.bulk import bulk_issue, stop_preparation
from plugin.services.personal_links.keep import (
    CHECK_EVERY,
    TROUBLE_WAIT,
    keep_list_prepared,
    keep_lists,
)
from plugin.services.personal_links.progress import Coverage, coverage_of
from plugin.services.personal_links.revoke import revoke_of_code, revoke_of_preparation
from tests.api.client import program
from tests.services.personal_links.test_bulk import begin, counts, make_list, tokens
from tests.support.people import linked
from tests.support.world import ALICE, BOB, CHARLIE, PORTAL, Tenant, World
from tests.web.pages import csrf_of, marks

pytestmark = pytest.mark.both_databases

HOUR = timedelta(hours=1)


def join(world: World, list_id: str, *contact_ids: int) -> None:
    """These become members in HubSpot."""
    add_members(
        world.sandbox.app.extensions["world"], PORTAL, list_id, [str(one) for one in contact_ids]
    )


def an_hour_later(world: World, **moved: timedelta) -> None:
    """What is due within the hour happens; `moved`: moments of all links that lie nearer."""
    with world.app.app_context():
        with transaction() as session:
            late = utcnow() - timedelta(seconds=1)
            passes = update(ListPreparation).where(ListPreparation.next_check_at <= utcnow() + HOUR)
            session.execute(passes.values(next_check_at=late))
            # The rate limit's window of ten seconds is over by then.
            session.execute(delete(BudgetSpent))
        for name, ago in moved.items():
            with transaction() as session:
                for token in session.query(LinkageToken):
                    setattr(token, name, getattr(token, name) - ago)
        keep_lists()
    world.work()


def link_of(world: World, contact_id: int) -> str:
    return str(world.sandbox.contact(contact_id).get("line_linkage_url") or "")


def coverage(world: World, preparation_id: int) -> Coverage:
    with world.app.app_context():
        mine = ListPreparation.by_id(preparation_id)
        assert mine is not None
        return coverage_of(mine, utcnow())


def row(world: World, preparation_id: int) -> ListPreparation:
    with world.app.app_context():
        mine = ListPreparation.by_id(preparation_id)
        assert mine is not None
        return mine


def test_who_joins_gets_a_link_within_the_hour(world: World, alice: Tenant) -> None:
    list_id = make_list(world, ALICE)
    mine = begin(world, alice, list_id, keeps=True)
    world.work()
    first = link_of(world, ALICE)
    join(world, list_id, BOB)
    assert not link_of(world, BOB)
    an_hour_later(world)
    assert link_of(world, BOB)
    assert link_of(world, ALICE) == first
    assert counts(world, mine) == {"state": "finished", "read": 2, "made": 2, "kept": 1}
    assert coverage(world, mine).missed == 0


def test_the_clock_comes_by_often_enough() -> None:
    assert CHECK_EVERY + RECURRING["keep_lists"] < HOUR


def test_a_list_that_is_not_kept_stays_as_it_is(world: World, alice: Tenant) -> None:
    list_id = make_list(world, ALICE)
    mine = begin(world, alice, list_id)
    world.work()
    join(world, list_id, BOB)
    an_hour_later(world)
    assert not link_of(world, BOB)
    assert row(world, mine).next_check_at is None


@pytest.mark.parametrize(("valid", "renew"), [(30, 0), (30, 7), (2, 0), (30, 365)])
def test_links_are_renewed_before_they_end_and_not_with_every_look(
    world: World, alice: Tenant, valid: int, renew: int
) -> None:
    """However the days were chosen: there is always a good link, and seldom a new one."""
    mine = begin(
        world, alice, make_list(world, ALICE), valid_days=valid, renew_days=renew, keeps=True
    )
    world.work()
    # Links that last a month are looked at every 18 hours here, those of two days every six.
    step = timedelta(hours=18 if valid == 30 else 6)
    for _ in range(2 * timedelta(days=valid) // step):
        an_hour_later(world, expires_at=step)
        with world.app.app_context():
            good = [one for one in tokens(world) if one.is_live and one.expires_at > utcnow()]
            assert good
        assert coverage(world, mine).valid == 1
    assert 2 <= len(tokens(world)) <= 6


def test_a_day_of_links_is_renewed_too(world: World, alice: Tenant) -> None:
    mine = begin(world, alice, make_list(world, ALICE), valid_days=1, keeps=True)
    world.work()
    an_hour_later(world, expires_at=timedelta(hours=1))
    assert len(tokens(world)) == 1
    an_hour_later(world, expires_at=timedelta(hours=12))
    assert len(tokens(world)) == 2
    assert coverage(world, mine).valid == 1


def test_what_the_next_email_would_miss(world: World, alice: Tenant) -> None:
    linked(world, alice, CHARLIE)
    mine = begin(world, alice, make_list(world, ALICE, BOB, CHARLIE), keeps=True)
    with world.app.app_context():
        assert bulk_issue(world.deps, mine) is None
    told = coverage(world, mine)
    assert (told.members, told.valid, told.linked, told.unwritten) == (3, 0, 1, 2)
    assert told.missed == 2
    world.work()
    told = coverage(world, mine)
    assert (told.valid, told.missed) == (2, 0)
    with world.app.app_context(), transaction() as session:
        bob = session.query(Contact).filter_by(contact_id=BOB).one()
        bob.push_error = "line_linkage_url: too long"
    assert (coverage(world, mine).refused, coverage(world, mine).missed) == (1, 1)
    with world.app.app_context(), transaction() as session:
        bob = session.query(Contact).filter_by(contact_id=BOB).one()
        bob.push_error = "line_tags: too long"
    assert coverage(world, mine).missed == 0
    world.sandbox.control("DELETE", "/properties/line_linkage_url", {"archive": True})
    another = begin(world, alice, make_list(world, ALICE, BOB), valid_days=40, renew_days=35)
    world.work()
    assert coverage(world, another).missed == 2


def test_links_that_end_are_counted_where_nobody_renews_them(world: World, alice: Tenant) -> None:
    mine = begin(world, alice, make_list(world, ALICE, BOB))
    world.work()
    ends = coverage(world, mine).ends_at
    assert ends is not None
    assert ends > utcnow() + timedelta(days=29)
    with world.app.app_context(), transaction() as session:
        # Prepared a month and a day ago.
        session.execute(update(LinkageToken).values(expires_at=utcnow() - timedelta(days=1)))
        session.execute(update(ListPreparation).values(checked_at=utcnow() - timedelta(days=31)))
    told = coverage(world, mine)
    assert (told.valid, told.missed, told.ends_at) == (0, 2, None)


def stopped(world: World, alice: Tenant, mine: int, how: str) -> None:
    with world.app.app_context():
        preparation = ListPreparation.by_id(mine)
        assert preparation is not None
        if how == "service":
            assert stop_preparation(preparation)
            assert not stop_preparation(preparation)
        elif how == "taken back":
            revoke_of_preparation(preparation)
        elif how == "code taken back":
            revoke_of_code(world.code(alice))
    if how == "api":
        answer = program(world, alice).ask("POST", f"/list-preparations/{mine}/stop")
        assert answer.json["keeps"] is False
    elif how == "page":
        page = alice.walker.go(f"{world.url}/email/preparations/{mine}")
        assert "stop" in marks(page)
        body = {"csrf_token": csrf_of(page)}
        alice.walker.session.post(f"{world.url}/email/preparations/{mine}/stop", data=body)


@pytest.mark.parametrize("how", ["service", "page", "api", "taken back", "code taken back"])
def test_one_press_stops_it(world: World, alice: Tenant, how: str) -> None:
    list_id = make_list(world, ALICE)
    mine = begin(world, alice, list_id, keeps=True)
    world.work()
    stopped(world, alice, mine, how)
    join(world, list_id, BOB)
    an_hour_later(world)
    assert not link_of(world, BOB)
    assert (row(world, mine).keeps, row(world, mine).next_check_at) == (False, None)


def test_a_list_that_is_kept_is_not_begun_a_second_time(world: World, alice: Tenant) -> None:
    list_id = make_list(world, ALICE)
    mine = begin(world, alice, list_id, keeps=True)
    world.work()
    join(world, list_id, BOB)
    assert begin(world, alice, list_id) == mine
    world.work()
    assert link_of(world, BOB)
    with world.app.app_context():
        assert len(db.session.query(ListPreparation).all()) == 1


def test_it_can_be_kept_from_later_on(world: World, alice: Tenant) -> None:
    list_id = make_list(world, ALICE)
    mine = begin(world, alice, list_id)
    world.work()
    join(world, list_id, BOB)
    with world.app.app_context():
        preparation = ListPreparation.by_id(mine)
        assert preparation is not None
        keep_list_prepared(preparation)
    world.work()
    assert link_of(world, BOB)
    assert row(world, mine).keeps


def test_trouble_is_said_and_tried_again(world: World, alice: Tenant) -> None:
    list_id = make_list(world, ALICE)
    mine = begin(world, alice, list_id, keeps=True)
    world.work()
    world.sandbox.fail("/hubspot-api/crm/lists", {"status": 404, "body": {}})
    an_hour_later(world)
    failed = row(world, mine)
    assert (failed.state, failed.keeps) == ("failed", True)
    assert failed.next_check_at is not None
    assert failed.next_check_at > utcnow() + TROUBLE_WAIT / 2
    page = alice.walker.go(f"{world.url}/")
    assert "Newsletter is not kept prepared" in page.text
    world.sandbox.control("DELETE", "/faults")
    join(world, list_id, BOB)
    with world.app.app_context(), transaction() as session:
        session.execute(update(ListPreparation).values(next_check_at=utcnow()))
    an_hour_later(world)
    assert link_of(world, BOB)
    assert "is not kept prepared" not in alice.walker.go(f"{world.url}/").text


def test_a_pause_waits_and_goes_on(world: World, alice: Tenant) -> None:
    list_id = make_list(world, ALICE)
    begin(world, alice, list_id, keeps=True)
    world.work()
    join(world, list_id, BOB)
    modes: tuple[Any, ...] = ("pause", "resume")
    for mode in modes:
        with world.app.app_context():
            preparation = db.session.query(ListPreparation).one()
            assert switch_mode(db.session.get_one(Installation, preparation.installation_id), mode)
        an_hour_later(world)
        assert bool(link_of(world, BOB)) == (mode == "resume")


def test_the_page_and_the_form(world: World, alice: Tenant) -> None:
    list_id = make_list(world, ALICE, BOB)
    page = alice.walker.go(f"{world.url}/email/prepare")
    assert "keeps" in marks(page)
    body = {
        "csrf_token": csrf_of(page), "list_id": list_id, "code": str(alice.qr_code_id),
        "valid_days": "30", "renew_days": "7", "only_unlinked": "y", "keeps": "y",
    }  # fmt: skip
    answer = alice.walker.session.post(f"{world.url}/email/prepare", data=body)
    world.work()
    page = alice.walker.go(answer.url)
    assert {"coverage", "valid", "nobody-missed", "stop"} <= set(marks(page))
    assert "2 of 2 members have a link" in page.text
    assert "Kept prepared" in page.text


def test_the_api_says_it(world: World, alice: Tenant) -> None:
    api = program(world, alice)
    list_id = make_list(world, ALICE)
    body = {"qr_code": str(alice.qr_code_id), "list_id": list_id, "keeps": True}
    made = api.ask("POST", "/list-preparations", body).json
    world.work()
    shown = api.get(f"/list-preparations/{made['id']}")
    assert (shown["keeps"], shown["members"], shown["covered"]) == (True, 1, 1)
    assert shown["checked_at"] < shown["next_check_at"]
