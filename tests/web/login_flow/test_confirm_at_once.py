"""A yes that is under way, is not answered, or comes from many places at once ties once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from plugin.core.clock import utcnow
from tests.support.world import Tenant, World
from tests.web.login_flow.browser import Phone, change_attempt, facts, made_contacts, personal_link


@pytest.mark.both_databases
def test_a_contact_whose_making_was_not_answered_is_not_made_twice(
    world: World, alice: Tenant
) -> None:
    """HubSpot's search shows what was written only after a while."""
    phone = Phone("bob")
    phone.scan(world, alice)
    reference = phone.reference
    world.sandbox.fail("^/hubspot-api/crm/objects/[0-9-]+/contacts$", "lost", times=1)
    nothing = {"status": 200, "body": {"total": 0, "results": []}}
    phone.submit()
    assert (phone.page.status, phone.outcome) == (200, "under_way")
    world.sandbox.fail("/contacts/search$", nothing)
    phone.go(f"{world.url}/l/{alice.slug}?login={reference}")
    assert phone.outcome == "under_way"
    world.sandbox.control("DELETE", "/faults")
    change_attempt(world, reference, confirmed_at=utcnow() - timedelta(minutes=2))
    phone.go(f"{world.url}/l/{alice.slug}?login={reference}")
    phone.submit()
    assert (phone.outcome, made_contacts(world)) == ("linked", 1)


@pytest.mark.both_databases
def test_a_yes_under_way_waits_and_one_that_was_cut_off_is_asked_again(
    world: World, alice: Tenant
) -> None:
    phone = Phone("bob")
    question = phone.scan(world, alice)
    change_attempt(world, phone.reference, confirmed_at=utcnow())
    for answer in (
        phone.session.get(question.url),
        phone.session.post(question.url, data=question.forms[0].fields),
    ):
        assert 'data-outcome="under_way"' in answer.text
        assert answer.headers["Refresh"] == "2"
    change_attempt(world, phone.reference, confirmed_at=utcnow() - timedelta(minutes=2))
    phone.go(question.url)
    phone.submit()
    assert phone.outcome == "linked"


def race(*deeds: tuple[Phone, str, dict[str, str]]) -> list[str]:
    """Post all of these in the same moment; answers the outcomes."""
    start = threading.Barrier(len(deeds))

    def post(phone: Phone, url: str, fields: dict[str, str]) -> str:
        start.wait()
        text = phone.session.post(url, data=fields, timeout=60).text
        return text.partition('data-outcome="')[2].partition('"')[0]

    with ThreadPoolExecutor(len(deeds)) as hands:
        return [one.result() for one in [hands.submit(post, *deed) for deed in deeds]]


@pytest.mark.both_databases
def test_one_friend_who_says_yes_in_many_places_is_linked_once(world: World, alice: Tenant) -> None:
    """Neither a double tap nor a second tab makes a second contact in HubSpot."""
    phone, deeds = Phone("bob"), []
    for _ in range(2):
        question = phone.scan(world, alice)
        deeds += [(phone, question.url, question.forms[0].fields)] * 3
    world.sandbox.fail("^/hubspot-api/crm", {"delay": 0.3})
    outcomes = race(*deeds)
    assert set(outcomes) <= {"linked", "already_linked", "under_way", ""}
    assert "linked" in outcomes
    assert len(facts(world).linkages) == len(facts(world).ledger) == 1
    assert made_contacts(world) == 1


@pytest.mark.both_databases
def test_two_friends_who_race_for_one_token_end_in_one_tie(world: World, alice: Tenant) -> None:
    link, deeds = personal_link(world, alice), []
    for person in ("alice", "bob", "charlie"):
        phone = Phone(person)
        question = phone.follow(link)
        deeds.append((phone, question.url, question.forms[0].fields))
    assert sorted(race(*deeds)) == ["contact_taken", "contact_taken", "linked"]
    assert len(facts(world).linkages) == 1
    assert sorted(deed for deed, *_ in facts(world).ledger) == ["conflict", "conflict", "linked"]
    assert facts(world).tokens[0][1:] == (True, False)
