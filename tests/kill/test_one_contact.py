"""Two imports, friends who scan, and a webhook race for one contact: one link is left."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from plugin.models import Conflict, Contact, HistoryEntry, ImportMember, ImportRun, Job, Linkage, db
from plugin.services.imports.manage import Plan, create_import
from tests.support.imports import FIELD, befriend, list_of, put
from tests.support.people import line_user
from tests.support.processes import Forked, Nursery, ending, environment, wait_until
from tests.support.world import ALICE, Sandbox, Tenant, World
from tests.web.login_flow.browser import Phone, personal_link

pytestmark = [pytest.mark.kill, pytest.mark.both_databases]
OTHER_FIELD = "jobtitle"
PEOPLE = ("alice", "bob", "charlie")


def test_all_ways_at_once_end_in_one_link(
    world: World, alice: Tenant, sandbox: Sandbox, nursery: Nursery
) -> None:
    first, second, third = befriend(sandbox, 3)
    put(sandbox, ALICE, first)
    put(sandbox, ALICE, second, OTHER_FIELD)
    list_id = list_of(sandbox, [ALICE])
    phones = [Phone(person) for person in PEOPLE]
    for phone in phones:
        phone.follow(personal_link(world, alice))
    start = threading.Barrier(len(phones) + 3)

    def say_yes(phone: Phone) -> None:
        start.wait(60)
        phone.submit()

    def write_property() -> None:
        start.wait(60)
        put(sandbox, ALICE, third, "line_user_id")

    def begin_import(name: str) -> None:
        start.wait(60)
        with world.app.app_context():
            create_import(world.deps, world.account(alice), Plan(list_id, name, 0))

    with ending(*(process(world, nursery).wait() for _ in range(2))):
        with ThreadPoolExecutor(len(phones) + 3) as hands:
            deeds = [hands.submit(say_yes, phone) for phone in phones]
            deeds.append(hands.submit(write_property))
            deeds += [hands.submit(begin_import, name) for name in (FIELD, OTHER_FIELD)]
            for deed in deeds:
                deed.result(120)
        wait_until(lambda: all_is_done(world, sandbox), 90, "all work is done")
    assert_one_link(world, {first, second, *map(line_user, PEOPLE)}, third)


def process(world: World, nursery: Nursery) -> Forked:
    """`python app.py` on the test's database and sandbox."""
    url = world.app.config["SQLALCHEMY_DATABASE_URI"]
    return nursery.make(environment(world.url, world.sandbox.url, url))


def all_is_done(world: World, sandbox: Sandbox) -> bool:
    """Both imports have ended, the webhook was handled, and HubSpot shows the tie."""
    with world.app.app_context():
        runs = db.session.scalars(select(ImportRun.state)).all()
        later = ("refresh_token", "read_quota", "read_profiles")
        if list(runs) != ["finished"] * 2 or any(
            job.kind not in later for job in db.session.scalars(select(Job))
        ):
            return False
        tie = db.session.scalars(select(Linkage)).first()
        shown = sandbox.contact(ALICE).get("line_user_id")
        return tie is not None and shown == tie.friend.line_user_id


def assert_one_link(world: World, wished: set[str], typed: str) -> None:
    with world.app.app_context():
        tie = db.session.scalars(select(Linkage)).one()
        assert tie.contact.contact_id == ALICE
        deeds = db.session.scalars(select(HistoryEntry).order_by(HistoryEntry.id)).all()
        assert [one.line_user_id for one in deeds if one.event_type == "linked"] == [
            tie.friend.line_user_id
        ]
        assert not [one for one in deeds if one.event_type in ("moved", "unlinked")]
        # Everybody else waits for a person. Only what was typed into HubSpot may be written over
        # by the link before anybody reads it, as any two who write there at once.
        open_ones = db.session.scalars(Conflict.owned(tie.friend.official_account.installation_id))
        met = {one.friend.line_user_id for one in open_ones.unique()}
        assert tie.friend.line_user_id not in met
        # An import that saw what was typed lists both ids, since nobody knows which is right.
        several = select(ImportMember.value).where(ImportMember.outcome == "several_ids")
        met |= {one for value in db.session.scalars(several) for one in value.split("; ")}
        assert (met | {tie.friend.line_user_id}) - {typed} == wished
        assert not db.session.scalars(select(Contact).where(Contact.push_pending)).all()
