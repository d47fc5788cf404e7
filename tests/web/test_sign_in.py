"""Installing and signing in: one walk, bound to one browser, that never loops and never leaks."""

from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from sqlalchemy import select

from plugin.core.text.uris import local_path
from plugin.models import Installation, Member, OAuthState, db
from plugin.models.transaction import transaction
from tests.support.walker import Walker
from tests.support.world import OTHER_PORTAL, PORTAL, World
from tests.web.pages import csrf_of, marks


def approve(walker: Walker, portal: int = PORTAL) -> None:
    walker.submit(button="approve", portal=str(portal), decision="approve")


def installations(world: World) -> int:
    with world.app.app_context():
        return len(db.session.scalars(select(Installation)).all())


def test_a_stranger_sees_what_musubi_does_and_one_way_in(world: World) -> None:
    page = Walker().go(f"{world.url}/")
    assert page.status == 200
    assert marks(page)[-2:] == ["install", "sign-in"]
    assert page.html.count('class="button primary') == 1


def test_the_walk_signs_in_and_goes_where_one_wanted(world: World) -> None:
    walker = Walker()
    walker.go(f"{world.url}/friends?q=alice")
    assert parse_qs(urlsplit(walker.page.url).query)["next"] == ["/friends?q=alice"]
    assert "signed-out" in marks(walker.page)
    walker.go(walker.page.html.partition('class="button primary big" href="')[2].partition('"')[0])
    approve(walker)
    assert walker.page.url == f"{world.url}/friends?q=alice"
    assert "admin@example.com" in walker.page.text


def test_the_cookies_are_out_of_reach_of_scripts(world: World) -> None:
    answer = Walker().session.get(f"{world.url}/hubspot/install", allow_redirects=False)
    assert answer.status_code == 302
    assert "musubi_browser=" in answer.headers["Set-Cookie"]
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=Lax" in answer.headers["Set-Cookie"]


def test_a_decline_is_explained_and_changes_nothing(world: World) -> None:
    walker = Walker()
    walker.go(f"{world.url}/hubspot/install")
    walker.submit(button="decline", portal=str(PORTAL), decision="decline")
    assert walker.page.status == 400
    assert "stopped-declined" in marks(walker.page)
    assert "try-again" in marks(walker.page)
    assert installations(world) == 0


@pytest.mark.parametrize("query", ["", "?code=x", "?state=&code=x", "?state=unknown&code=x"])
def test_an_unknown_state_starts_again_with_a_fresh_one(world: World, query: str) -> None:
    """As HubSpot's marketplace does: no state of ours, and the code is never exchanged."""
    world.sandbox.control("DELETE", "/calls")
    walker = Walker()
    walker.go(f"{world.url}/hubspot/callback{query}")
    assert "/hubspot-app/oauth/authorize" in walker.page.url
    assert not [path for path in world.sandbox.control("GET", "/calls")["calls"] if "token" in path]
    approve(walker)
    assert walker.page.url == f"{world.url}/"
    assert "step-connect" in marks(walker.page)


def test_a_second_refusal_is_a_page_with_a_button_and_no_loop(world: World) -> None:
    walker = Walker()
    walker.go(f"{world.url}/hubspot/callback?state=one&code=x")
    walker.go(f"{world.url}/hubspot/callback?state=two&code=x")
    assert walker.page.status == 400
    assert "stopped-state" in marks(walker.page)
    walker.go(f"{world.url}/hubspot/callback?state=three&code=x")
    assert "/hubspot-app/oauth/authorize" in walker.page.url


def test_a_browser_without_cookies_is_told_so(world: World) -> None:
    address = f"{world.url}/hubspot/callback?state=one&code=x"
    for _ in range(2):
        answer = requests.get(address, timeout=30, allow_redirects=False)
        address = urljoin(answer.url, answer.headers.get("Location", ""))
    assert answer.status_code == 400
    assert 'data-testid="stopped-cookies"' in answer.text


def test_a_state_of_another_browser_signs_nobody_in(world: World) -> None:
    """Login CSRF: the victim's browser follows the attacker's callback."""
    attacker = Walker()
    attacker.go(f"{world.url}/hubspot/install")
    form = next(one for one in attacker.page.forms if one.method == "post")
    fields = {**form.fields, "portal": str(PORTAL), "decision": "approve"}
    answer = attacker.session.post(attacker.page.url, data=fields, allow_redirects=False)
    victim = Walker()
    victim.go(answer.headers["Location"])
    assert "/hubspot-app/oauth/authorize" in victim.page.url
    assert installations(world) == 0
    victim.go(f"{world.url}/")
    assert "install" in marks(victim.page)


def test_hubspot_out_of_reach_is_a_page_and_not_a_crash(world: World) -> None:
    walker = Walker()
    walker.go(f"{world.url}/hubspot/install")
    form = next(one for one in walker.page.forms if one.method == "post")
    fields = {**form.fields, "portal": str(PORTAL), "decision": "approve"}
    answer = walker.session.post(walker.page.url, data=fields, allow_redirects=False)
    world.sandbox.fail("/oauth/.*token", {"status": 503})
    walker.go(answer.headers["Location"])
    assert walker.page.status in (502, 503)
    assert "stopped-unavailable" in marks(walker.page)
    assert installations(world) == 0


def test_signing_in_begins_an_empty_session(world: World) -> None:
    walker = Walker()
    walker.go(f"{world.url}/?lang=ja")
    before = walker.session.cookies.get("musubi")
    walker.go(f"{world.url}/hubspot/install")
    approve(walker)
    assert walker.session.cookies.get("musubi") != before
    assert 'lang="ja"' in walker.page.html


def test_signing_out_needs_a_post_and_forgets_the_person(world: World) -> None:
    walker = world.install().walker
    assert walker.session.get(f"{world.url}/sign-out").status_code == 405
    walker.go(f"{world.url}/")
    token = csrf_of(walker.page)
    assert walker.session.post(f"{world.url}/sign-out").status_code == 400
    walker.session.post(f"{world.url}/sign-out", data={"csrf_token": token})
    walker.go(f"{world.url}/settings")
    assert "install" in marks(walker.page)


@pytest.mark.both_databases
@pytest.mark.parametrize("model", [Member, Installation])
def test_whoever_is_gone_is_signed_out(world: World, model: type[Member | Installation]) -> None:
    walker = world.install().walker
    with world.app.app_context(), transaction() as session:
        for row in session.scalars(select(model)):
            session.delete(row)
    walker.go(f"{world.url}/friends")
    assert "install" in marks(walker.page)


def test_a_member_of_one_portal_never_reads_another(world: World) -> None:
    walker = world.install().walker
    world.install(OTHER_PORTAL)
    assert f"Portal {PORTAL}" in walker.go(f"{world.url}/settings").text
    assert str(OTHER_PORTAL) not in walker.page.text


def test_a_disconnected_portal_says_so_and_offers_the_way_back(world: World) -> None:
    walker = world.install().walker
    with world.app.app_context(), transaction() as session:
        session.scalars(select(Installation)).one().state = "disconnected"
    walker.go(f"{world.url}/friends")
    assert walker.page.status == 200
    assert {"disconnected", "reconnect"} <= set(marks(walker.page))
    walker.go(f"{world.url}/hubspot/install?next=/friends")
    approve(walker)
    assert "disconnected" not in marks(walker.page)


@pytest.mark.parametrize(
    ("before", "after"),
    [("paused", "paused"), ("active", "active"), ("disconnected", "active"), ("removed", "active")],
)
def test_a_sign_in_ends_no_pause(world: World, before: str, after: str) -> None:
    """A colleague comes in while HubSpot is paused: only who presses "go on" ends that."""
    world.install()
    with world.app.app_context(), transaction() as session:
        session.scalars(select(Installation)).one().state = before
    colleague = world.install().walker
    assert ("paused" in marks(colleague.go(f"{world.url}/"))) == (after == "paused")
    with world.app.app_context():
        row = db.session.scalars(select(Installation)).one()
        assert row.state == after
        assert row.refresh_token


@pytest.mark.parametrize("told", [True, False])
def test_a_sign_in_stops_no_removal(world: World, told: bool) -> None:
    """What the consent installed meanwhile is given back, where HubSpot was left already."""
    world.install()
    with world.app.app_context(), transaction() as session:
        row = session.scalars(select(Installation)).one()
        row.state = "removing"
        row.refresh_token = "" if told else row.refresh_token
    walker = Walker()
    walker.go(f"{world.url}/hubspot/install")
    approve(walker)
    assert "stopped-unavailable" in marks(walker.page)
    with world.app.app_context():
        assert db.session.scalars(select(Installation)).one().state == "removing"
    store = world.sandbox.app.extensions["world"].store
    assert (store.get("install", PORTAL) is None) == told


def states(world: World) -> list[str]:
    with world.app.app_context():
        return list(db.session.scalars(select(OAuthState.fingerprint)))


@pytest.mark.both_databases
def test_asking_to_install_stores_nothing_and_a_state_is_used_once(world: World) -> None:
    walker = Walker()
    for _ in range(3):
        walker.go(f"{world.url}/hubspot/install?next=/friends")
    assert states(world) == []
    form = next(one for one in walker.page.forms if one.method == "post")
    fields = {**form.fields, "portal": str(PORTAL), "decision": "approve"}
    answer = walker.session.post(walker.page.url, data=fields, allow_redirects=False)
    state = parse_qs(urlsplit(answer.headers["Location"]).query)["state"][0]
    Walker().go(answer.headers["Location"])
    assert states(world) == []
    assert walker.go(answer.headers["Location"]).url == f"{world.url}/friends"
    assert len(states(world)) == 1
    assert state not in states(world)
    walker.go(answer.headers["Location"])
    assert "/hubspot-app/oauth/authorize" in walker.page.url
    assert len(states(world)) == 1


@pytest.mark.parametrize(
    "wish",
    [
        "https://evil.example.com/", "//evil.example.com", "/\\evil.example.com", "friends", "",
        "javascript:alert(1)", "/a\r\nSet-Cookie: x", "\t//evil.example.com", "/" + "a" * 501,
        "http:/evil.example.com", "///evil.example.com",
    ],
)  # fmt: skip
def test_nobody_is_sent_elsewhere_after_signing_in(wish: str) -> None:
    assert local_path(wish) == "/"


@pytest.mark.parametrize("wish", ["/friends", "/friends?q=a%20b&linked=yes", "/qr-codes/3"])
def test_our_own_pages_are_where_one_may_go(wish: str) -> None:
    assert local_path(wish) == wish
