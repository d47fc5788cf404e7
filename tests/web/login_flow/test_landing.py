"""The address of a QR code or a personal link: what it answers, and that looking does nothing."""

from collections.abc import Callable

import pytest
import requests

from plugin.core.clock import utcnow
from plugin.models.transaction import transaction
from tests.support.walker import Walker
from tests.support.world import ALICE, Tenant, World
from tests.web.login_flow.browser import (
    Phone,
    attempts,
    change_installation,
    change_tokens,
    expired_link,
    facts,
    personal_link,
    visits,
)


def archive(world: World, tenant: Tenant) -> None:
    with world.app.app_context(), transaction():
        world.code(tenant).archived_at = utcnow()


def archive_account(world: World, tenant: Tenant) -> None:
    with world.app.app_context(), transaction():
        world.account(tenant).archived_at = utcnow()


def forget_login_channel(world: World, tenant: Tenant) -> None:
    with world.app.app_context(), transaction():
        world.account(tenant).login_channel_secret = ""


CLOSED: list[tuple[str, int, Callable[[World, Tenant], None]]] = [
    ("archived", 410, archive),
    ("archived", 410, archive_account),
    ("paused", 503, lambda world, tenant: change_installation(world, tenant, "paused")),
    ("paused", 503, lambda world, tenant: change_installation(world, tenant, "disconnected")),
    ("not_ready", 503, forget_login_channel),
]


@pytest.mark.both_databases
@pytest.mark.parametrize(("outcome", "status", "close"), CLOSED)
def test_a_closed_way_in_has_a_page_is_counted_and_begins_nothing(
    world: World,
    alice: Tenant,
    outcome: str,
    status: int,
    close: Callable[[World, Tenant], None],
) -> None:
    link = personal_link(world, alice)
    close(world, alice)
    before = facts(world)
    for address in (f"{world.url}/l/{alice.slug}", link):
        phone = Phone()
        phone.go(address)
        assert (phone.page.status, phone.outcome) == (status, outcome)
        assert "Sandbox Shop" in phone.page.text
    assert visits(world, alice) == {outcome: 2}
    assert (facts(world), attempts(world)) == (before, 0)


def test_an_unknown_slug_has_a_page_and_is_counted(world: World, alice: Tenant) -> None:
    phone = Phone()
    phone.go(f"{world.url}/l/nobody-knows-this")
    assert (phone.page.status, phone.outcome) == (404, "unknown_code")
    assert visits(world, None) == {"unknown_code": 1}


def test_a_tracked_link_that_nobody_signed_is_answered_to_a_friend(world: World) -> None:
    phone = Phone()
    phone.go(f"{world.url}/r/nonsense")
    assert (phone.page.status, phone.outcome) == (404, "unknown_link")
    assert "Musubi" not in phone.page.text


@pytest.mark.parametrize(
    "path",
    [
        "/l/%00",
        "/l/{slug}?login=%00",
        "/liff/%00",
        "/liff/?liff.state=%2F%00",
        "/liff/?liff.state=http%3A%2F%2F%5B",
    ],
)
def test_what_no_page_of_ours_asks_for_has_a_page(world: World, alice: Tenant, path: str) -> None:
    phone = Phone()
    phone.go(world.url + path.format(slug=alice.slug))
    assert (phone.page.status, phone.outcome) == (400, "no_walk")


@pytest.mark.both_databases
@pytest.mark.parametrize("field", ["email", "name"])
def test_a_form_that_cannot_be_kept_has_a_page(world: World, alice: Tenant, field: str) -> None:
    with world.app.app_context(), transaction():
        code = world.code(alice)
        code.by_email, code.by_form = False, True
    phone = Phone("bob")
    phone.scan(world, alice)
    given = {"email": "a@example.com", "name": "A", field: "a\0@example.com"}
    phone.submit(0, **given)
    assert (phone.page.status, phone.outcome) == (400, "no_walk")


@pytest.mark.parametrize(
    "text", ["", "%20", "{{ contact.line_linkage_token }}", "%257B%257Bcontact.x%257D%257D"]
)
def test_an_empty_link_is_told_to_the_team_and_leads_customers_on(
    world: World, alice: Tenant, text: str
) -> None:
    address = f"{world.url}/l/{alice.slug}?t={text}&utm_source=mail"
    phone = Phone()
    phone.go(address)
    assert (phone.page.status, phone.outcome) == (200, "")
    assert "Continue with LINE" in phone.page.text
    assert "Generate LINE linkage URL" not in phone.page.text
    alice.walker.go(address)
    assert "Generate LINE linkage URL" in alice.walker.page.text
    says_so = phone.page.html.partition('data-testid="team" href="')[2].partition('"')[0]
    phone.go(says_so.replace("&amp;", "&"))
    assert (phone.page.status, phone.outcome) == (200, "test_send")
    assert "Generate LINE linkage URL" in phone.page.text
    assert visits(world, alice) == {"test_send": 3}
    assert attempts(world) == 0


def test_what_is_no_whole_link_is_called_incomplete(world: World, alice: Tenant) -> None:
    phone = Phone()
    phone.go(f"{world.url}/l/{alice.slug}?t=garbage")
    assert "not complete" in phone.page.text
    phone.go(f"{world.url}/l/{alice.slug}?t=")
    assert "carried no personal link" in phone.page.text


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: "A" * 43, lambda t: t[::-1], str.lower]
)
def test_a_tampered_token_is_refused(
    world: World, alice: Tenant, change: Callable[[str], str]
) -> None:
    address, _, text = personal_link(world, alice).partition("?t=")
    before, phone = facts(world), Phone()
    phone.go(f"{address}?t={change(text)}")
    assert (phone.page.status, phone.outcome) == (400, "tampered")
    assert visits(world, alice) == {"tampered": 1}
    assert (facts(world), attempts(world)) == (before, 0)


def test_a_token_of_another_tenants_account_is_refused(
    world: World, alice: Tenant, charlie: Tenant
) -> None:
    text = personal_link(world, alice).partition("?t=")[2]
    phone = Phone()
    phone.go(f"{world.url}/l/{charlie.slug}?t={text}")
    assert (phone.page.status, phone.outcome) == (400, "foreign")
    assert visits(world, charlie) == {"foreign": 1}


@pytest.mark.both_databases
def test_expired_and_revoked_tokens_say_so(world: World, alice: Tenant) -> None:
    phone = Phone()
    phone.go(expired_link(world, alice))
    assert (phone.page.status, phone.outcome) == (410, "expired")
    link = personal_link(world, alice)
    change_tokens(world, revoked_at=utcnow())
    phone.go(link)
    assert (phone.page.status, phone.outcome) == (410, "revoked")
    assert visits(world, alice) == {"expired": 1, "revoked": 1}
    assert attempts(world) == 0


def test_a_bad_token_cannot_be_posted_either(world: World, alice: Tenant) -> None:
    phone, bad = Phone(), expired_link(world, alice).partition("?t=")[2]
    phone.go(personal_link(world, alice))
    phone.submit(t=bad)
    assert (phone.page.status, phone.outcome) == (410, "expired")
    assert attempts(world) == 0


@pytest.mark.both_databases
def test_opening_a_personal_link_does_nothing_however_often(world: World, alice: Tenant) -> None:
    """Mail scanners open every link, with parameters of their own behind it."""
    link = personal_link(world, alice)
    before = facts(world)
    for number in range(10):
        scanner = Walker()
        scanner.go(f"{link}&utm_campaign=x&_hsenc=p{number}&_hsmi=1")
        assert scanner.page.status == 200
        assert "Continue with LINE" in scanner.page.html
    assert "Sandbox Shop" in scanner.page.text
    assert (facts(world), attempts(world)) == (before, 0)
    assert visits(world, alice) == {"opened": 10}


def pressed(world: World, tenant: Tenant, phone: Phone) -> requests.Response:
    """The redirect to LINE, which the one button of a scan brings; the scan begins nothing."""
    phone.go(f"{world.url}/l/{tenant.slug}?utm_source=poster")
    assert attempts(world) == 0
    form = phone.page.forms[-1]
    return phone.session.post(world.url + form.action, data=form.fields, allow_redirects=False)


def test_a_scan_leads_to_line_login_in_the_friends_language(world: World, alice: Tenant) -> None:
    phone = Phone(language="ja-JP,ja;q=0.9")
    answer = pressed(world, alice, phone)
    address = answer.headers["Location"]
    assert answer.status_code == 303
    assert address.startswith(f"{world.sandbox.url}/line-access/oauth2/v2.1/authorize?")
    for part in ("ui_locales=ja", "code_challenge_method=S256", "bot_prompt=", "nonce=", "state="):
        assert part in address
    assert visits(world, alice) == {"scan": 1}


def test_who_only_looks_ahead_begins_no_walk(world: World, alice: Tenant) -> None:
    address = f"{world.url}/l/{alice.slug}"
    assert Phone().head(address).status_code == 200
    for name in ("Purpose", "Sec-Purpose", "X-Moz"):
        phone = Phone()
        phone.session.headers[name] = "prefetch;prerender"
        phone.go(address)
        assert phone.page.status == 200
        assert "Continue with LINE" in phone.page.html
    assert Phone().head(personal_link(world, alice)).status_code == 200
    assert Phone().head(f"{address}?t={'x' * 43}").status_code == 400
    assert (attempts(world), visits(world, alice)) == (0, {})


def test_the_page_shown_ahead_of_a_tap_works_when_tapped(world: World, alice: Tenant) -> None:
    phone = Phone()
    phone.session.headers["Sec-Purpose"] = "prefetch"
    phone.go(f"{world.url}/l/{alice.slug}")
    del phone.session.headers["Sec-Purpose"]
    phone.submit()
    assert "Whose phone is this?" in phone.page.text


def test_the_walks_cookie_is_out_of_scripts_reach(world: World, alice: Tenant) -> None:
    answer = pressed(world, alice, Phone())
    told = answer.headers["Set-Cookie"]
    assert "musubi_walk=" in told
    assert "HttpOnly" in told
    assert "SameSite=Lax" in told
    assert "Secure" not in told  # this server has no https


def test_a_cookie_that_is_not_ours_is_replaced(world: World, alice: Tenant) -> None:
    phone = Phone()
    phone.session.cookies.set("musubi_walk", "known", domain="127.0.0.1")
    answer = pressed(world, alice, phone)
    assert "musubi_walk=" in answer.headers["Set-Cookie"]


def test_pages_are_light_private_and_closed_to_others(world: World, alice: Tenant) -> None:
    for address in (personal_link(world, alice), f"{world.url}/l/unknown"):
        answer = Phone().session.get(address)
        css = Phone().session.get(f"{world.url}/static/friend.css")
        assert css.status_code == 200
        assert len(answer.content) + len(css.content) < 20_000
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "<script" not in answer.text
        assert " style=" not in answer.text


def test_pages_speak_the_friends_language_or_the_one_asked_for(world: World, alice: Tenant) -> None:
    link = personal_link(world, alice, ALICE)
    assert 'lang="ja"' in Phone(language="ja").go(link).html
    assert 'lang="en"' in Phone(language="fr").go(link).html
    assert 'lang="ja"' in Phone(language="en").go(f"{link}&lang=ja").html
