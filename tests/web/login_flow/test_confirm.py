"""The one question: what a yes ties, and what no amount of looking or repeating does."""

import pytest
import requests

from plugin.core.clock import utcnow
from plugin.models import Contact, db
from plugin.models.transaction import transaction
from tests.sandbox.line.rig import ALICE as ALICE_ON_LINE
from tests.sandbox.line.rig import BOB as BOB_ON_LINE
from tests.support.imports import put
from tests.support.people import linked
from tests.support.world import ALICE, BOB, Tenant, World
from tests.web.login_flow.browser import (
    Phone,
    change_installation,
    change_tokens,
    facts,
    made_contacts,
    personal_link,
    visits,
)


@pytest.mark.both_databases
def test_a_yes_links_and_hubspot_hears_of_it(world: World, alice: Tenant) -> None:
    phone = Phone()
    phone.scan(world, alice)
    phone.submit()
    assert (phone.page.status, phone.outcome) == (200, "linked")
    assert "just tell Sandbox Shop" in phone.page.text
    assert facts(world).linkages == ((ALICE_ON_LINE, ALICE),)
    assert facts(world).ledger == (("linked", "qr", ALICE_ON_LINE, ALICE),)
    assert visits(world, alice) == {"scan": 1, "login": 1, "linked": 1}
    world.work()
    assert world.sandbox.contact()["line_user_id"] == ALICE_ON_LINE


def test_looking_at_the_question_links_nobody(world: World, alice: Tenant) -> None:
    phone = Phone()
    phone.follow(personal_link(world, alice))
    before = facts(world)
    for suffix in ("", "", "&cancel=1", "&step=confirm", "&lang=ja"):
        for _ in range(4):
            assert phone.session.get(phone.page.url + suffix).status_code == 200
        phone.head(phone.page.url + suffix)
    assert facts(world) == before
    assert before.linkages == ()


def test_cancelling_links_nobody_and_offers_another_account(world: World, alice: Tenant) -> None:
    phone = Phone()
    phone.follow(personal_link(world, alice))
    assert 'data-testid="cancel"' in phone.page.html
    phone.go(f"{phone.page.url}&cancel=1")
    assert (phone.page.status, phone.outcome) == (200, "cancelled")
    assert visits(world, alice)["cancelled"] == 1
    phone.person = "bob"
    phone.submit()
    phone.log_in()
    assert "ボブ" in phone.page.text
    assert "Alice Example" in phone.page.text
    assert facts(world).linkages == ()


@pytest.mark.both_databases
def test_a_yes_again_and_again_is_one_tie(world: World, alice: Tenant) -> None:
    phone = Phone("bob")
    question = phone.scan(world, alice)
    fields = question.forms[0].fields
    for _ in range(3):
        answer = phone.session.post(question.url, data=fields)
        assert 'data-outcome="linked"' in answer.text
    phone.go(question.url)
    assert phone.outcome == "linked"
    assert len(facts(world).linkages) == len(facts(world).ledger) == 1
    assert made_contacts(world) == 1
    assert visits(world, alice)["linked"] == 1


def test_a_yes_in_another_browser_links_nobody(world: World, alice: Tenant) -> None:
    phone, other = Phone(), Phone("bob")
    phone.scan(world, alice)
    other.go(personal_link(world, alice))
    other.submit(step="confirm", login=phone.reference, t="")
    assert (other.page.status, other.outcome) == (400, "other_browser")
    assert facts(world).linkages == ()


@pytest.mark.parametrize("fields", [{}, {"csrf_token": "forged"}])
def test_a_forged_yes_links_nobody_and_leads_back(
    world: World, alice: Tenant, fields: dict[str, str]
) -> None:
    phone = Phone()
    question = phone.scan(world, alice)
    values = {"step": "confirm", "login": phone.reference, **fields}
    answer = phone.session.post(f"{world.url}/l/{alice.slug}", data=values)
    assert answer.status_code == 400
    assert 'data-outcome="form_expired"' in answer.text
    assert f"/l/{alice.slug}?login={phone.reference}" in answer.text
    assert facts(world).linkages == ()
    assert visits(world, alice)["form_expired"] == 1
    assert phone.go(question.url).status == 200


def test_forged_posts_elsewhere_have_a_page_too(world: World, alice: Tenant) -> None:
    answer = requests.post(f"{world.url}/l/unknown", data={"t": "x"}, timeout=30)
    assert (answer.status_code, 'data-outcome="form_expired"' in answer.text) == (400, True)
    link = personal_link(world, alice)
    answer = requests.post(link.partition("?")[0], data={"t": link.partition("?t=")[2]}, timeout=30)
    assert link.removeprefix(world.url) in answer.text


def test_a_token_is_used_up_by_its_link_and_known_afterwards(world: World, alice: Tenant) -> None:
    link, phone = personal_link(world, alice), Phone()
    phone.follow(link)
    phone.submit()
    assert phone.outcome == "linked"
    assert facts(world).ledger == (("linked", "email", ALICE_ON_LINE, ALICE),)
    assert facts(world).tokens[0][1:] == (True, False)
    phone.go(link)
    assert (phone.page.status, phone.outcome) == (200, "already_linked")
    phone.session.cookies.clear(domain="127.0.0.1", path="/", name="musubi_walk")
    phone.go(link)
    assert (phone.page.status, phone.outcome) == (410, "used")
    phone.submit()  # "Check with LINE"; this phone's consent is known, so LINE asks nothing
    assert (phone.page.status, phone.outcome) == (200, "already_linked")
    assert len(facts(world).ledger) == 1


def test_a_forwarded_mail_is_a_conflict_for_a_person(world: World, alice: Tenant) -> None:
    link, friend, other = personal_link(world, alice), Phone(), Phone("bob")
    other.follow(link)
    friend.follow(link)
    friend.submit()
    other.submit()
    assert (other.page.status, other.outcome) == (200, "contact_taken")
    assert "Sandbox Shop has been told" in other.page.text
    other.follow(link)
    other.submit()
    assert other.outcome == "contact_taken"
    assert facts(world).linkages == ((ALICE_ON_LINE, ALICE),)
    conflict = ("conflict", "email", BOB_ON_LINE, ALICE)
    # The same wish again is counted, not told twice.
    assert facts(world).ledger[1:] == (conflict,)
    assert visits(world, alice)["contact_taken"] == 2


def test_a_friend_of_another_record_is_not_moved(world: World, alice: Tenant) -> None:
    linked(world, alice, BOB, ALICE_ON_LINE)
    phone = Phone()
    phone.follow(personal_link(world, alice, ALICE))
    phone.submit()
    assert (phone.page.status, phone.outcome) == (200, "friend_taken")
    assert facts(world).linkages == ((ALICE_ON_LINE, BOB),)
    assert facts(world).ledger[-1] == ("conflict", "email", ALICE_ON_LINE, ALICE)
    assert facts(world).tokens[0][1:] == (False, False)


def test_an_email_address_of_a_linked_record_is_a_conflict(world: World, alice: Tenant) -> None:
    linked(world, alice, ALICE, BOB_ON_LINE)
    phone = Phone()
    phone.scan(world, alice)
    phone.submit()
    assert phone.outcome == "contact_taken"
    assert facts(world).ledger[-1] == ("conflict", "qr", ALICE_ON_LINE, ALICE)


def test_a_used_token_links_nobody_even_when_its_tie_is_gone(world: World, alice: Tenant) -> None:
    link, phone = personal_link(world, alice), Phone("bob")
    change_tokens(world, used_at=utcnow(), used_by=ALICE_ON_LINE)
    phone.follow(link)
    phone.submit()
    assert (phone.page.status, phone.outcome) == (410, "used")
    assert (facts(world).linkages, facts(world).ledger) == ((), ())


def test_what_ends_meanwhile_links_nobody(world: World, alice: Tenant) -> None:
    phone = Phone()
    phone.follow(personal_link(world, alice))
    change_tokens(world, revoked_at=utcnow())
    phone.submit()
    assert (phone.page.status, phone.outcome) == (410, "revoked")

    phone.scan(world, alice)
    with world.app.app_context(), transaction():
        db.session.query(Contact).filter_by(contact_id=ALICE).one().deleted_at = utcnow()
    phone.submit()
    assert (phone.page.status, phone.outcome) == (410, "contact_gone")

    phone.scan(world, alice)
    change_installation(world, alice, "paused")
    phone.submit()
    assert (phone.page.status, phone.outcome) == (503, "paused")
    assert (facts(world).linkages, facts(world).ledger) == ((), ())


@pytest.mark.parametrize(("status", "outcome"), [(503, "unreachable"), (403, "link_failed")])
def test_a_yes_while_hubspot_is_away_can_be_said_again(
    world: World, alice: Tenant, status: int, outcome: str
) -> None:
    phone = Phone("bob")
    phone.scan(world, alice)
    world.sandbox.fail("^/hubspot-api/crm", {"status": status})
    phone.submit()
    assert (phone.page.status // 100, phone.outcome) == (5, outcome)
    assert visits(world, alice)[outcome] == 1
    assert facts(world).linkages == ()
    world.sandbox.control("DELETE", "/faults")
    phone.submit()
    assert phone.outcome == "linked"


@pytest.mark.parametrize(
    ("language", "first", "last", "said"),
    [
        ("ja", "美咲", "山田", "山田 美咲"),
        ("en", "美咲", "山田", "山田 美咲"),
        ("ja", "Alice", "Example", "Alice Example"),
        ("en", "Alice", "Example", "Alice Example"),
    ],
)
def test_the_friend_reads_the_own_name_in_its_order(
    world: World, alice: Tenant, language: str, first: str, last: str, said: str
) -> None:
    for name, value in (("firstname", first), ("lastname", last)):
        put(world.sandbox, ALICE, value, name)
    phone = Phone("alice", language)
    page = phone.follow(personal_link(world, alice))
    assert f"<strong>{said}</strong>" in page.html
