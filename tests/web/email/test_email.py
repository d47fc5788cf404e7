"""Email: a list is prepared on a page, its links are pasted and taken back."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from plugin.core.clock import utcnow
from plugin.models import Job, LinkageToken, ListPreparation, db
from plugin.models.transaction import transaction
from plugin.services.personal_links.bulk import bulk_issue
from tests.services.personal_links.test_bulk import begin, make_list
from tests.support.world import ALICE, BOB, PORTAL, Tenant, World
from tests.web.email.mail_pages import go, shown, value
from tests.web.login_flow.browser import Phone
from tests.web.pages import marks


def test_without_anything_it_says_what_comes_first(world: World) -> None:
    fresh = world.install()
    page = go(world, fresh)
    assert "connect" in marks(page)
    assert go(world, fresh, "/email/prepare").url.endswith("/email")


@pytest.mark.both_databases
def test_a_list_is_found_and_prepared(world: World, alice: Tenant) -> None:
    list_id = make_list(world, ALICE, BOB)
    page = go(world, alice)
    assert "none-yet" in marks(page)
    go(world, alice, "/email/prepare")
    page = alice.walker.submit(-2, q="newsl")
    assert f"list-{list_id}" in marks(page)
    page = alice.walker.submit(list_id=list_id, valid_days="14")
    assert "/email/preparations/" in page.url
    assert shown(page, "read") == "0 of 2 contacts"
    world.work()
    page = alice.walker.go(page.url)
    assert [shown(page, mark) for mark in ("read", "made", "unwritten", "used")] == [
        "2 of 2 contacts", "2", "0", "0",
    ]  # fmt: skip
    assert "again" in marks(page)
    assert "data-live-soon" not in page.html
    with world.app.app_context():
        days = db.session.scalars(select(LinkageToken.expires_at)).all()
        assert all(13 < (at - utcnow()) / timedelta(days=1) <= 14 for at in days)
    assert "preparation" in marks(go(world, alice))


@pytest.mark.parametrize(
    ("wrong", "mark"),
    [
        ({"list_id": ""}, "error-list_id"),
        ({"list_id": "../1"}, "error-list_id"),
        ({"list_id": "999999"}, "problem"),
        ({"valid_days": "0"}, "error-valid_days"),
        ({"valid_days": "many"}, "error-valid_days"),
        ({"renew_days": "-1"}, "error-renew_days"),
        ({"code": "77"}, "prepare-form"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    world: World, alice: Tenant, wrong: dict[str, str], mark: str
) -> None:
    list_id = make_list(world, ALICE)
    go(world, alice, "/email/prepare")
    values: dict[str, Any] = {"list_id": list_id, **wrong}
    page = alice.walker.submit(**values)
    assert page.status == 422
    assert mark in marks(page)
    with world.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(ListPreparation)) == 0


def test_a_search_that_finds_nothing(world: World, alice: Tenant) -> None:
    assert "no-list" in marks(go(world, alice, "/email/prepare?q=zzz"))


def test_hubspot_is_down(world: World, alice: Tenant) -> None:
    world.sandbox.fail("/hubspot-api/crm/lists", {"status": 503, "body": {}})
    page = go(world, alice, "/email/prepare")
    assert page.status == 200
    assert "lists-broken" in marks(page)


def test_stop_and_again_and_taking_back(world: World, alice: Tenant) -> None:
    mine = begin(world, alice, make_list(world, count=300))
    with world.app.app_context():
        bulk_issue(world.deps, mine)
    page = go(world, alice, f"/email/preparations/{mine}")
    assert "data-live-soon" in page.html
    page = alice.walker.submit(1)
    assert "Stopped" in page.text
    page = alice.walker.submit(1)
    assert not page.url.endswith(f"/{mine}")
    world.work()
    page = alice.walker.go(page.url)
    assert (shown(page, "made"), shown(page, "kept")) == ("50", "250")
    page = alice.walker.submit(2)
    assert "50 links are taken back" in page.text
    assert "Taken back" in page.text


def test_a_failure_says_why_and_what_to_do(world: World, alice: Tenant) -> None:
    mine = begin(world, alice, make_list(world, count=300))
    with world.app.app_context(), transaction() as session:
        session.execute(update(ListPreparation).values(state="failed", error="The list is gone"))
    page = go(world, alice, f"/email/preparations/{mine}")
    assert "The list is gone" in page.text


def test_what_was_given_up_goes_on_when_asked(world: World, alice: Tenant) -> None:
    mine = begin(world, alice, make_list(world, ALICE))
    with world.app.app_context(), transaction() as session:
        owed = update(Job).where(Job.kind == "prepare_list")
        session.execute(owed.values(failed=True, last_error="HubSpot was down"))
    page = go(world, alice, f"/email/preparations/{mine}")
    assert "given-up" in marks(page)
    assert "HubSpot was down" in page.text
    page = alice.walker.submit(1)
    assert page.url.endswith(f"/{mine}")
    world.work()
    assert shown(alice.walker.go(page.url), "made") == "1"


def test_the_texts_to_paste_become_a_link_that_works(world: World, alice: Tenant) -> None:
    begin(world, alice, make_list(world, ALICE))
    world.work()
    page = go(world, alice)
    typed = value(page, "paste-token")
    assert value(page, "paste-url") == "{{ contact.line_linkage_url }}"
    assert typed == f"{world.url}/l/{alice.slug}?t={{{{ contact.line_linkage_token }}}}"
    assert value(page, "paste-html").startswith('<a href="{{ contact.line_linkage_url }}">')
    assert "CTA module" in page.text
    place, _, _ = typed.partition("?")
    mailbox = f"{world.sandbox.url}/mailbox?portal={PORTAL}&contact={ALICE}&page={place}"
    html = Phone().go(mailbox).html
    links = re.findall(r'href="([^"]+/l/[^"]+)"', html)
    for link in links[:2]:
        phone = Phone()
        phone.go(link.replace("&amp;", "&"))
        assert (phone.page.status, phone.outcome) == (200, "")
        assert 'data-testid="missing"' not in phone.page.html
    for link in links[2:]:
        phone = Phone()
        phone.go(link.replace("&amp;", "&"))
        assert 'data-testid="missing"' in phone.page.html
        assert "This was a test send" in alice.walker.go(link.replace("&amp;", "&")).text
    assert len(links) == 4


def test_the_second_account_has_names_of_its_own(world: World, alice: Tenant) -> None:
    world.connect(alice, 1)
    page = go(world, alice)
    assert value(page, "paste-url") == "{{ contact.line_linkage_url_2 }}"
    assert "LINE linkage URL (2) is known" in page.text


@pytest.mark.both_databases
def test_all_links_to_a_code_are_taken_back(world: World, alice: Tenant) -> None:
    begin(world, alice, make_list(world, ALICE, BOB))
    world.work()
    go(world, alice)
    assert "2 links are taken back" in alice.walker.submit().text


def test_a_code_without_personal_links_is_not_offered(world: World, alice: Tenant) -> None:
    with world.app.app_context(), transaction():
        world.code(alice).by_token = False
    assert "new-code" in marks(go(world, alice))
    assert go(world, alice, "/email/prepare").url.endswith("/email")


@pytest.mark.parametrize("path", ["/email", "/email/prepare", "/email/try"])
def test_the_pages_speak_japanese(world: World, alice: Tenant, path: str) -> None:
    assert "メール" in go(world, alice, f"{path}?lang=ja").text
