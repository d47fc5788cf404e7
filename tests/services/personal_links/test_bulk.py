"""A whole list gets personal links: once, in pages, to be stopped, taken up and done again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select, update

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models import Job, LinkageToken, ListPreparation, QRCode, db
from plugin.models.transaction import transaction
from plugin.scheduler import runner
from plugin.services import Dependencies
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.personal_links.bulk import (
    BulkIssueRequest,
    begin_preparation,
    bulk_issue,
    restart_preparation,
    stop_preparation,
)
from plugin.services.personal_links.revoke import revoke_of_code, revoke_of_preparation
from plugin.services.personal_links.tokens import read_token
from plugin.services.qr_codes.codes import create_qr_code
from plugin.services.sync.push import write_contacts
from tests.support.people import linked
from tests.support.portal import mute
from tests.support.world import ALICE, BOB, CHARLIE, PORTAL, Tenant, World, own_sql

pytestmark = pytest.mark.both_databases


def make_list(world: World, *contact_ids: int, count: int = 0, start: int = 1) -> str:
    """A list at HubSpot of these contacts, or with so many new ones."""
    body = {"portal": PORTAL, "name": "Newsletter", "contact_ids": list(map(str, contact_ids))}
    list_id = str(world.sandbox.control("POST", "/lists", body)["listId"])
    if count:
        properties = {"email": "user{n}@example.com", "firstname": "User {n}"}
        many = {"portal": PORTAL, "count": count, "properties": properties, "start": start}
        world.sandbox.control("POST", "/contacts", {**many, "list": list_id})
    return list_id


def begin(world: World, tenant: Tenant, list_id: str, **order: Any) -> int:
    with world.app.app_context():
        wanted = BulkIssueRequest(list_id, **{"valid_days": 30, **order})
        return begin_preparation(world.deps, world.code(tenant), wanted, "a test").id


def again(world: World, preparation_id: int) -> int:
    with world.app.app_context():
        mine = ListPreparation.by_id(preparation_id)
        assert mine is not None
        return restart_preparation(world.deps, mine, "a test").id


def counts(world: World, preparation_id: int) -> dict[str, Any]:
    with world.app.app_context():
        mine = ListPreparation.by_id(preparation_id)
        assert mine is not None
        names = ("state", "read", "made", "kept", "linked", "gone")
        return {name: getattr(mine, name) for name in names if getattr(mine, name)}


def tokens(world: World) -> list[LinkageToken]:
    with world.app.app_context():
        found = (
            select(LinkageToken).order_by(LinkageToken.id).execution_options(populate_existing=True)
        )
        return list(db.session.scalars(found))


def test_everybody_on_the_list_gets_a_link_that_is_good(world: World, alice: Tenant) -> None:
    mine = begin(world, alice, make_list(world, ALICE, BOB))
    world.work()
    assert counts(world, mine) == {"state": "finished", "read": 2, "made": 2}
    for contact_id in (ALICE, BOB):
        shown = world.sandbox.contact(contact_id)
        text = parse_qs(urlsplit(shown["line_linkage_url"]).query)["t"][0]
        assert shown["line_linkage_token"] == text
        with world.app.app_context():
            read = read_token(world.deps, text, world.code(alice))
            assert read.verdict == "valid"
            assert read.contact is not None
            assert read.contact.contact_id == contact_id
    assert "line_linkage_url" not in world.sandbox.contact(CHARLIE)


def test_it_goes_page_by_page_and_writes_a_hundred_a_call(world: World, alice: Tenant) -> None:
    list_id = make_list(world, count=620)
    mine = begin(world, alice, list_id)
    steps = 0
    with world.app.app_context():
        while bulk_issue(world.deps, mine) is not None:
            steps += 1
    assert steps == 2
    assert counts(world, mine)["made"] == 620
    before = updates(world)
    world.work()
    assert updates(world) - before == 7
    assert world.sandbox.contact(ALICE).get("line_linkage_url") is None


def updates(world: World) -> int:
    calls = world.sandbox.control("GET", "/calls")["calls"]
    return sum(told["count"] for name, told in calls.items() if "batch/update" in name)


def test_contacts_do_not_cost_statements(world: World, alice: Tenant) -> None:
    """A page of 250 costs as many statements as a page of 10, and so does writing them."""
    mute(world)
    few, many = make_list(world, count=10), make_list(world, count=250, start=11)
    spent = [statements(world, begin(world, alice, one), bulk_issue) for one in (few, many)]
    assert spent[0] == spent[1]
    assert statements(world, alice.installation_id, write_contacts) < 60


def statements(world: World, key: int, step: Callable[[Dependencies, int], object]) -> int:
    with world.app.app_context(), own_sql(world) as sent:
        step(world.deps, key)
    return len(sent)


def test_again_keeps_what_lasts_and_renews_what_ends(world: World, alice: Tenant) -> None:
    list_id = make_list(world, ALICE, BOB)
    mine = begin(world, alice, list_id, valid_days=10, renew_days=3)
    world.work()
    kept = again(world, mine)
    world.work()
    assert counts(world, kept) == {"state": "finished", "read": 2, "kept": 2}
    old = world.sandbox.contact(ALICE)["line_linkage_token"]
    assert len(tokens(world)) == 2
    with world.app.app_context(), transaction() as session:
        soon = utcnow().replace(microsecond=0) + timedelta(days=2)
        session.execute(update(LinkageToken).values(expires_at=soon))
    renewed = again(world, mine)
    world.work()
    assert counts(world, renewed) == {"state": "finished", "read": 2, "made": 2}
    assert world.sandbox.contact(ALICE)["line_linkage_token"] != old
    assert len(tokens(world)) == 4
    assert all(token.is_live for token in tokens(world))


def test_another_code_gets_links_of_its_own(world: World, alice: Tenant) -> None:
    list_id = make_list(world, ALICE)
    begin(world, alice, list_id)
    world.work()
    with world.app.app_context():
        other = create_qr_code(world.account(alice), "Newsletter", "hubspot")
        second = begin_preparation(world.deps, other, BulkIssueRequest(list_id, 30), "a test").id
    world.work()
    assert counts(world, second)["made"] == 1
    assert f"/l/{other.slug}?t=" in world.sandbox.contact(ALICE)["line_linkage_url"]
    # The newest leads elsewhere now, so the first code has to give a new one to be shown.
    third = begin(world, alice, list_id)
    world.work()
    assert counts(world, third)["made"] == 1
    assert f"/l/{alice.slug}?t=" in world.sandbox.contact(ALICE)["line_linkage_url"]


@pytest.mark.parametrize("only_unlinked", [True, False])
def test_who_is_linked_is_left_out_unless_wanted(
    world: World, alice: Tenant, only_unlinked: bool
) -> None:
    linked(world, alice, ALICE)
    mine = begin(world, alice, make_list(world, ALICE, BOB), only_unlinked=only_unlinked)
    world.work()
    left_out = {"made": 1, "linked": 1} if only_unlinked else {"made": 2}
    assert counts(world, mine) == {"state": "finished", "read": 2, **left_out}


def test_who_is_gone_is_left_out(world: World, alice: Tenant) -> None:
    with world.app.app_context(), transaction():
        get_or_create_contact(alice.installation_id, BOB).deleted_at = utcnow()
    mine = begin(world, alice, make_list(world, ALICE, BOB))
    world.work()
    assert counts(world, mine) == {"state": "finished", "read": 2, "made": 1, "gone": 1}


def test_an_empty_list_is_done_at_once(world: World, alice: Tenant) -> None:
    mine = begin(world, alice, make_list(world))
    world.work()
    assert counts(world, mine) == {"state": "finished"}


def test_stopped_it_stays_where_it_was_and_can_be_done_again(world: World, alice: Tenant) -> None:
    mine = begin(world, alice, make_list(world, count=520))
    with world.app.app_context():
        bulk_issue(world.deps, mine)
        preparation = ListPreparation.by_id(mine)
        assert preparation is not None
        assert stop_preparation(preparation)
        assert not stop_preparation(preparation)
        assert bulk_issue(world.deps, mine) is None
    world.work()
    assert counts(world, mine) == {"state": "stopped", "read": 250, "made": 250}
    second = again(world, mine)
    world.work()
    assert counts(world, second) == {"state": "finished", "read": 520, "made": 270, "kept": 250}


def test_a_page_is_stored_once_whoever_reads_it_too(
    world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = begin(world, alice, make_list(world, count=300))
    with world.app.app_context():
        gateway = type(world.deps.gateways.hubspot)
        real = gateway.memberships

        def overtaken(self: Any, *args: Any) -> Any:
            page = real(self, *args)
            with transaction() as session:
                elsewhere = update(ListPreparation).values(step=ListPreparation.step + 1)
                session.execute(elsewhere.execution_options(synchronize_session=False))
            return page

        monkeypatch.setattr(gateway, "memberships", overtaken)
        assert bulk_issue(world.deps, mine) is None
    assert tokens(world) == []


def test_beginning_twice_is_one(world: World, alice: Tenant) -> None:
    list_id = make_list(world, ALICE)
    assert begin(world, alice, list_id) == begin(world, alice, list_id)


def test_a_list_that_is_not_there(world: World, alice: Tenant) -> None:
    with pytest.raises(GatewayError) as refused:
        begin(world, alice, "987654")
    assert refused.value.reason == "not_found"


def test_a_list_that_goes_meanwhile_fails_with_the_reason(world: World, alice: Tenant) -> None:
    mine = begin(world, alice, make_list(world, count=300))
    with world.app.app_context():
        bulk_issue(world.deps, mine)
    world.sandbox.fail("/hubspot-api/crm/lists", {"status": 404, "body": {}})
    world.work()
    assert counts(world, mine)["state"] == "failed"
    with world.app.app_context():
        preparation = ListPreparation.by_id(mine)
        assert preparation is not None
        assert preparation.error
        assert db.session.scalar(select(func.count()).select_from(Job).where(Job.failed)) == 0


def test_a_code_that_takes_no_links_any_more_gets_none(world: World, alice: Tenant) -> None:
    running = begin(world, alice, make_list(world, ALICE))
    with world.app.app_context(), transaction():
        world.code(alice).by_token = False
    world.work()
    assert counts(world, running) == {"state": "failed"}
    assert tokens(world) == []


def test_taken_back_they_lead_nowhere_and_hubspot_shows_none(world: World, alice: Tenant) -> None:
    mine = begin(world, alice, make_list(world, ALICE, BOB))
    world.work()
    text = world.sandbox.contact(ALICE)["line_linkage_token"]
    with world.app.app_context():
        preparation = ListPreparation.by_id(mine)
        assert preparation is not None
        assert revoke_of_preparation(preparation) == 2
        assert revoke_of_preparation(preparation) == 0
        assert read_token(world.deps, text, world.code(alice)).verdict == "revoked"
    world.work()
    for contact_id in (ALICE, BOB):
        shown = world.sandbox.contact(contact_id)
        assert not shown.get("line_linkage_token")
        assert not shown.get("line_linkage_url")


def test_taking_back_a_codes_links_stops_what_makes_more(world: World, alice: Tenant) -> None:
    mine = begin(world, alice, make_list(world, count=300))
    with world.app.app_context():
        bulk_issue(world.deps, mine)
        code = db.session.get_one(QRCode, alice.qr_code_id)
        assert revoke_of_code(code) == 250
    world.work()
    assert counts(world, mine)["state"] == "stopped"
    assert not any(token.is_live for token in tokens(world))


def test_the_job_is_claimed_like_any_other(world: World, alice: Tenant) -> None:
    begin(world, alice, make_list(world, ALICE))
    with world.app.app_context():
        assert [job.kind for job in runner.claim("import", "test", 5)] == ["prepare_list"]
