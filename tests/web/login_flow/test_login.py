"""Through LINE Login and back: whom it recognises, and every way in which it can go wrong."""

from datetime import timedelta

import pytest

from plugin.core.clock import utcnow
from plugin.models import LoginAttempt, db
from plugin.models.transaction import transaction
from tests.support.world import CHARLIE, Tenant, World
from tests.web.login_flow.browser import (
    LOGIN_CHANNEL,
    Phone,
    change_attempt,
    change_installation,
    facts,
    made_contacts,
    personal_link,
    visits,
)


def test_a_scan_ends_at_a_question_that_names_both_sides(world: World, alice: Tenant) -> None:
    before, phone = facts(world), Phone()
    phone.scan(world, alice)
    assert phone.page.status == 200
    assert "Link your LINE account with Sandbox Shop?" in phone.page.text
    assert "Alice Example" in phone.page.text  # the contact whose e-mail LINE vouches for
    assert "a••••@example.com" in phone.page.text
    assert "alice@example.com" not in phone.page.html
    assert "undone" in phone.page.text
    assert facts(world).linkages == before.linkages == ()
    assert visits(world, alice) == {"scan": 1, "login": 1}


def test_a_personal_link_asks_about_its_own_contact(world: World, alice: Tenant) -> None:
    phone = Phone("bob")
    phone.follow(personal_link(world, alice, CHARLIE))
    assert "Charlie Example" in phone.page.text
    assert "ボブ" in phone.page.text
    assert "c••••@example.com" in phone.page.text


def test_whom_line_does_not_vouch_for_gets_a_new_record_after_his_yes(
    world: World, alice: Tenant
) -> None:
    phone, before = Phone("bob"), made_contacts(world)
    phone.scan(world, alice)
    assert "A new record, from your LINE profile" in phone.page.text
    assert made_contacts(world) == before
    phone.submit()
    assert phone.outcome == "linked"
    assert made_contacts(world) == before + 1


@pytest.mark.both_databases
def test_names_of_other_peoples_making_are_text(world: World, alice: Tenant) -> None:
    who = {"person": "mallory", "name": "<script>alert(1)</script>", "email": ""}
    world.sandbox.control("POST", "/line-users", {"users": [who]})
    phone = Phone("mallory")
    phone.scan(world, alice)
    assert "<script" not in phone.page.html
    assert "<script>alert(1)</script>" in phone.page.text


def test_a_declined_consent_can_be_given_after_all(world: World, alice: Tenant) -> None:
    before, phone = facts(world), Phone()
    phone.go(personal_link(world, alice))
    phone.submit()
    phone.log_in(decision="deny")
    assert (phone.page.status, phone.outcome) == (200, "declined")
    assert facts(world).linkages == before.linkages
    assert visits(world, alice) == {"opened": 1, "scan": 1, "declined": 1}
    phone.submit()
    phone.log_in()
    assert "a••••@example.com" in phone.page.text
    with world.app.app_context():
        assert all(one.token_id for one in db.session.query(LoginAttempt))


def test_lines_failed_auto_login_begins_again_by_a_tap(world: World, alice: Tenant) -> None:
    world.sandbox.control("POST", f"/line-channels/{LOGIN_CHANNEL}", {"auto_login_fails": True})
    link, phone = personal_link(world, alice), Phone()
    before = facts(world)
    phone.go(link)
    phone.submit()
    assert (phone.page.status, phone.outcome) == (400, "login_restart")
    assert facts(world) == before
    assert visits(world, alice) == {"opened": 1, "scan": 1, "login_restart": 1}
    phone.submit()  # with disable_auto_login=true, else LINE would fail once more
    phone.log_in()
    phone.submit()
    assert phone.outcome == "linked"
    assert facts(world).tokens[0][1:] == (True, False)


def test_an_answer_to_nothing_we_asked_has_a_page(world: World, alice: Tenant) -> None:
    for query in ("", "?code=x&state=y", "?error=ACCESS_DENIED&state=y", "?state="):
        phone = Phone()
        phone.go(f"{world.url}/line/login/callback{query}")
        assert (phone.page.status, phone.outcome) == (400, "no_walk")
    assert visits(world, None) == {"no_walk": 4}


def test_lines_answer_in_another_browser_is_worth_nothing(world: World, alice: Tenant) -> None:
    """Mallory makes Bob end Mallory's walk: Bob logs in himself, and is asked by Alice's name."""
    mallory, bob = Phone("alice"), Phone("bob")
    mallory.go(personal_link(world, alice))
    mallory.submit()
    before = facts(world)
    stolen = mallory.callback()
    bob.go(stolen)
    assert (bob.page.status, bob.outcome) == (400, "other_browser")
    assert "Your personal link comes along" in bob.page.text
    assert "?t=" not in bob.page.html
    assert 'name="t"' not in bob.page.html
    assert facts(world) == before
    mallory.go(stolen)  # used up by the other browser
    assert mallory.outcome == "login_expired"
    bob.submit()
    bob.log_in()
    assert "ボブ" in bob.page.text
    assert "Alice Example" in bob.page.text
    assert facts(world) == before


def test_a_question_is_shown_only_in_its_own_browser(world: World, alice: Tenant) -> None:
    phone, other = Phone(), Phone("bob")
    phone.scan(world, alice)
    other.go(phone.page.url)
    assert (other.page.status, other.outcome) == (400, "other_browser")
    assert "Alice" not in other.page.text
    other.go(f"{world.url}/l/{alice.slug}?login=unknown")
    assert (other.page.status, other.outcome) == (404, "login_unknown")
    assert visits(world, alice)["other_browser"] == 1


def test_a_question_belongs_to_its_own_code(world: World, alice: Tenant, charlie: Tenant) -> None:
    phone = Phone()
    phone.scan(world, alice)
    phone.go(f"{world.url}/l/{charlie.slug}?login={phone.reference}")
    assert (phone.page.status, phone.outcome) == (404, "login_unknown")


def test_lines_answer_twice_shows_the_same_question(world: World, alice: Tenant) -> None:
    phone = Phone()
    phone.press(world, alice)
    answer = phone.callback()
    urls = {phone.go(answer).url for _ in range(3)}
    assert len(urls) == 1
    assert "Link your LINE account" in phone.page.text
    assert visits(world, alice)["login"] == 1
    phone.submit()
    assert phone.go(answer).status == 200
    assert phone.outcome == "linked"
    assert len(facts(world).linkages) == 1


def test_looking_ahead_does_not_use_lines_answer_up(world: World, alice: Tenant) -> None:
    phone = Phone()
    phone.press(world, alice)
    answer = phone.callback()
    assert phone.head(answer).status_code == 503
    assert "Link your LINE account" in phone.go(answer).text


@pytest.mark.both_databases
def test_an_old_walk_says_so_and_begins_again(world: World, alice: Tenant) -> None:
    phone, past = Phone(), utcnow() - timedelta(minutes=1)
    phone.scan(world, alice)
    change_attempt(world, phone.reference, expires_at=past)
    for _ in range(2):
        phone.go(phone.page.url)
        assert (phone.page.status, phone.outcome) == (410, "login_expired")
    phone.submit()
    assert "Link your LINE account" in phone.page.text


@pytest.mark.both_databases
def test_an_answer_that_comes_too_late_is_not_taken(world: World, alice: Tenant) -> None:
    phone, past = Phone(), utcnow() - timedelta(minutes=1)
    phone.press(world, alice)
    answer = phone.callback()
    with world.app.app_context(), transaction():
        db.session.query(LoginAttempt).update({"expires_at": past})
    phone.go(answer)
    assert (phone.page.status, phone.outcome) == (410, "login_expired")
    assert facts(world).linkages == ()


@pytest.mark.parametrize(
    ("path", "status", "outcome"),
    [
        ("^/line-api/oauth2/v2.1/token", 500, "unreachable"),
        ("^/line-api/oauth2/v2.1/token", 400, "login_failed"),
        ("^/line-api/oauth2/v2.1/verify", 400, "login_failed"),
        ("^/line-api/oauth2/v2.1/verify", 503, "unreachable"),
        ("^/hubspot-api/crm", 500, "unreachable"),
    ],
)
def test_a_platform_that_fails_changes_nothing_and_can_be_tried_again(
    world: World, alice: Tenant, path: str, status: int, outcome: str
) -> None:
    world.sandbox.fail(path, {"status": status})
    before, phone = facts(world), Phone()
    phone.follow(personal_link(world, alice))
    assert (phone.page.status // 100, phone.outcome) == (5, outcome)
    assert visits(world, alice)[outcome] == 1
    assert facts(world).linkages == before.linkages
    world.sandbox.control("DELETE", "/faults")
    phone.submit()
    phone.log_in()
    phone.submit()
    assert phone.outcome == "linked"


def test_a_friendship_that_line_does_not_tell_stops_nobody(world: World, alice: Tenant) -> None:
    world.sandbox.fail("^/line-api/friendship", {"status": 400})
    phone = Phone()
    phone.scan(world, alice)
    phone.submit()
    assert phone.outcome == "linked"
    assert "Add Sandbox Shop as a friend" in phone.page.text


def test_a_contact_that_is_gone_has_a_page(world: World, alice: Tenant) -> None:
    phone = Phone()
    phone.follow(personal_link(world, alice, 150000009999))
    assert (phone.page.status, phone.outcome) == (410, "contact_gone")
    assert visits(world, alice)["contact_gone"] == 1
    assert facts(world).linkages == ()


@pytest.mark.parametrize("state", ["paused", "disconnected"])
def test_an_installation_that_ends_meanwhile_stops_the_walk(
    world: World, alice: Tenant, state: str
) -> None:
    phone = Phone()
    phone.press(world, alice)
    answer = phone.callback()
    change_installation(world, alice, state)
    phone.go(answer)
    assert (phone.page.status, phone.outcome) == (503, "paused")
    assert facts(world).linkages == ()


def test_a_channel_without_the_email_permission_is_asked_for_less(
    world: World, alice: Tenant
) -> None:
    """LINE refuses the scope, and only this walk goes on without it: anybody could claim that."""
    world.sandbox.control("POST", f"/line-channels/{LOGIN_CHANNEL}", {"email_permission": False})
    phone = Phone()
    phone.scan(world, alice)
    assert "A new record" in phone.page.text
    assert visits(world, alice) == {"scan": 1, "login": 1}
    with world.app.app_context():
        assert world.account(alice).login_email


def test_a_scope_refused_twice_ends(world: World, alice: Tenant) -> None:
    world.sandbox.control("POST", f"/line-channels/{LOGIN_CHANNEL}", {"email_permission": False})
    phone = Phone()
    address = phone.press(world, alice).url
    assert "/login/" in address
    state = phone.callback(decision="deny").partition("state=")[2].partition("&")[0]
    phone.go(f"{world.url}/line/login/callback?error=INVALID_SCOPE&state={state}")
    assert (phone.page.status, phone.outcome) == (502, "login_failed")
