"""What happens to a personal link on its way: it finds its contact, or says so; nobody is new."""

from urllib.parse import quote, urlencode

import pytest

from plugin.core.clock import utcnow
from plugin.models import LoginAttempt, db
from tests.sandbox.line.rig import BOB as BOB_ON_LINE
from tests.support.world import ALICE, BOB, Tenant, World
from tests.web.login_flow.browser import (
    Phone,
    change_tokens,
    facts,
    made_contacts,
    personal_link,
    visits,
)
from tests.web.login_flow.test_liff import LinePhone
from tests.web.login_flow.test_personal_link import TRACKING

pytestmark = pytest.mark.both_databases

# {t}: the token, {slug}: its code's; {a} and {b}: the token's halves.
DAMAGED = {
    "tracked": "/l/{slug}?utm_source=mail&t={t}&_hsmi=1",
    "ampersand escaped": "/l/{slug}?utm_source=mail&amp;t={t}",
    "ampersand escaped twice": "/l/{slug}?utm_source=mail&amp;amp;t={t}",
    "equals escaped": "/l/{slug}?t%3D{t}",
    "all of it escaped": "/l/{slug}%3Ft%3D{t}",
    "escaped twice": "/l/{slug}%253Ft%253D{t}",
    "quoted-printable": "/l/{slug}?t=3D{t}",
    "soft line break": "/l/{slug}?t={a}=%0D%0A{b}",
    "soft line break, its end dropped": "/l/{slug}?t={a}={b}",
    "wrapped with a blank": "/l/{slug}?t={a}%20{b}",
    "wrapped with a plus": "/l/{slug}?t={a}+{b}",
    "wrapped with a tab": "/l/{slug}?t={a}%0A%09{b}",
    "invisible sign": "/l/{slug}?t={a}%E2%80%8B{b}",
    "full stop": "/l/{slug}?t={t}.",
    "bracket": "/l/{slug}?t={t})",
    "angle": "/l/{slug}?t={t}%3E",
    "escaped angle": "/l/{slug}?t={t}&gt;",
    "quotation mark": "/l/{slug}?t=%22{t}%22",
    "Japanese full stop": "/l/{slug}?t={t}%E3%80%82",
    "word behind": "/l/{slug}?t={t}or",
    "upper case name": "/l/{slug}?T={t}",
    "no name": "/l/{slug}?{t}",
    "another name": "/l/{slug}?token={t}",
    "in the path": "/l/{slug}/{t}",
    "slash before the query": "/l/{slug}/?t={t}",
    "said twice": "/l/{slug}?t={a}&t={t}",
    "slug cut": "/l/x?t={t}",
    "slug with a full stop": "/l/{slug}.?t={t}",
    "liff, as LINE packs it": "/liff/?liff.state=%2F{slug}%3Ft%3D{t}",
    "liff, packed twice": "/liff/?liff.state=%252F{slug}%253Ft%253D{t}",
    "liff, escaped ampersand": "/liff/?liff.state=%2F{slug}%3Fhutk%3Dx%26amp%3Bt%3D{t}",
    "liff, in the path": "/liff/{slug}/{t}",
}  # fmt: skip


def damaged(world: World, tenant: Tenant, form: str, contact_id: int = BOB) -> str:
    address = personal_link(world, tenant, contact_id)
    text = address.partition("?t=")[2]
    path = form.format(t=text, slug=tenant.slug, a=text[:20], b=text[20:])
    return f"{world.url}{path}"


@pytest.mark.parametrize("form", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_link_still_finds_its_contact(world: World, alice: Tenant, form: str) -> None:
    phone = Phone("alice")
    phone.go(damaged(world, alice, form))
    phone.submit(0)
    phone.log_in()
    assert "Bob Example" in phone.page.text
    phone.submit()
    assert phone.outcome == "linked"
    assert [contact for _, contact in facts(world).linkages] == [BOB]
    assert facts(world).ledger[0][1] == "email"
    assert made_contacts(world) == 0


def test_all_of_a_mailers_parameters_hide_no_token(world: World, alice: Tenant) -> None:
    phone = Phone()
    phone.follow(damaged(world, alice, f"/l/{{slug}}?{urlencode(TRACKING)}&amp;t={{t}}."))
    assert "Bob Example" in phone.page.text


LOST_FOR_GOOD = {
    "cut": "/l/{slug}?t={a}",
    "cut, name in upper case": "/l/{slug}?T={a}",
    "cut in the path": "/l/{slug}/{a}",
    "cut without a name": "/l/{slug}?{a}",
    "lower case": "/l/{slug}?t={low}",
    "middle lost": "/l/{slug}?t={a}%EF%BF%BD{c}",
}


@pytest.mark.parametrize("form", LOST_FOR_GOOD.values(), ids=LOST_FOR_GOOD)
def test_what_cannot_be_read_any_more_says_so_and_begins_nothing(
    world: World, alice: Tenant, form: str
) -> None:
    text = personal_link(world, alice).partition("?t=")[2]
    path = form.format(slug=alice.slug, a=text[:25], c=text[27:], low=text.lower())
    phone = Phone()
    phone.go(world.url + path)
    assert (phone.page.status, phone.outcome) == (400, "tampered")
    assert phone.page.forms == []
    assert "Ask Sandbox Shop in the chat" in phone.page.text


@pytest.mark.parametrize(
    "form", ["/l/{slug}?t=", "/l/{slug}?t", "/l/{slug}?T=", "/l/{slug}?a=b&amp;t=", "/l/{slug}/?t="]
)
def test_an_empty_link_finds_by_the_address_that_line_vouches_for_or_nobody(
    world: World, alice: Tenant, form: str
) -> None:
    """Whoever it was made for is in HubSpot already, so that nobody new is made."""
    bob, address = Phone("bob"), f"{world.url}{form.format(slug=alice.slug)}"
    bob.follow(address)
    assert bob.outcome == "nobody"
    phone = Phone("alice")
    phone.follow(address)
    assert "Alice Example" in phone.page.text
    phone.submit()
    assert [contact for _, contact in facts(world).linkages] == [ALICE]
    assert made_contacts(world) == 0


def test_an_empty_link_makes_nobody_through_liff_or_a_form_either(
    world: World, alice: Tenant
) -> None:
    phone = LinePhone(world, "bob")
    phone.bring(**phone.open(f"{world.url}/l/{alice.slug}?t="))
    assert phone.outcome == "nobody"
    phone.go(f"{world.url}/liff/?liff.state=%2F{alice.slug}%3Ft%3D")
    phone.submit(0)
    phone.log_in()
    assert phone.outcome == "nobody"
    assert made_contacts(world) == 0


@pytest.mark.parametrize("punctuation", ["/", ".", ")", "%20", "%E3%80%82", "&gt;"])
def test_a_scan_with_something_behind_it_is_a_scan(
    world: World, alice: Tenant, punctuation: str
) -> None:
    phone = Phone("bob")
    phone.follow(f"{world.url}/l/{alice.slug}{punctuation}")
    assert "A new record" in phone.page.text


def test_a_posters_parameters_are_no_personal_link(world: World, alice: Tenant) -> None:
    phone = Phone("bob")
    phone.follow(f"{world.url}/l/{alice.slug}?spring-poster-2026-11&{urlencode(TRACKING)}")
    assert "A new record" in phone.page.text
    assert visits(world, alice)["scan"] == 1


def test_a_walk_goes_on_in_the_browser_that_line_came_back_to(world: World, alice: Tenant) -> None:
    """LINE's app returns the login in the phone's own browser, not in the mail program's."""
    mail, own = Phone("bob"), Phone("bob")
    mail.go(personal_link(world, alice))
    mail.submit()
    own.go(mail.callback())
    assert own.outcome == "other_browser"
    [form] = own.page.forms
    assert "t" not in form.fields
    own.submit()
    own.log_in()
    assert "Alice Example" in own.page.text
    own.submit()
    assert own.outcome == "linked"
    assert facts(world).linkages == ((BOB_ON_LINE, ALICE),)
    assert made_contacts(world) == 0


def test_a_question_opened_in_another_app_goes_on_there(world: World, alice: Tenant) -> None:
    """ "Open in Safari", while the page asks."""
    mail, own = Phone("bob"), Phone("bob")
    mail.follow(personal_link(world, alice))
    own.go(mail.page.url)
    assert "Alice" not in own.page.text
    own.submit()
    own.log_in()
    own.submit()
    assert facts(world).linkages == ((BOB_ON_LINE, ALICE),)
    mail.submit()
    assert mail.outcome == "already_linked"


def test_an_empty_link_goes_on_as_one(world: World, alice: Tenant) -> None:
    mail, own = Phone("bob"), Phone("bob")
    mail.go(f"{world.url}/l/{alice.slug}?t=")
    mail.submit()
    own.go(mail.callback())
    own.submit()
    own.log_in()
    assert own.outcome == "nobody"


def test_a_scan_goes_on_as_a_scan(world: World, alice: Tenant) -> None:
    first, second = Phone("bob"), Phone("bob")
    first.press(world, alice)
    second.go(first.callback())
    second.submit()
    second.log_in()
    assert "A new record" in second.page.text


@pytest.mark.parametrize("how", ["too old", "unknown", "of another code"])
def test_what_cannot_go_on_begins_nothing_else(
    world: World, alice: Tenant, charlie: Tenant, how: str
) -> None:
    mail, own = Phone("bob"), Phone("bob")
    mail.go(personal_link(world, alice))
    mail.submit()
    callback = mail.callback()
    own.go(callback)
    reference = {"unknown": "x" * 24}.get(how, own.page.forms[0].fields["resume"])
    if how == "too old":
        with world.app.app_context():
            db.session.query(LoginAttempt).update({"expires_at": utcnow()})
            db.session.commit()
    if how == "of another code":
        own.go(f"{world.url}/l/{charlie.slug}")
    own.submit(resume=reference)
    assert (own.page.status, own.outcome) == (404, "login_unknown")
    assert own.page.forms == []
    own.go(callback)
    assert own.outcome == "other_browser"
    assert (own.page.forms == []) is (how == "too old")
    assert (facts(world).linkages, made_contacts(world)) == ((), 0)


def test_a_revoked_link_does_not_go_on(world: World, alice: Tenant) -> None:
    mail, own = Phone("bob"), Phone("bob")
    mail.go(personal_link(world, alice))
    mail.submit()
    own.go(mail.callback())
    change_tokens(world, revoked_at=utcnow())
    own.submit()
    own.log_in()
    own.submit()
    assert own.outcome == "revoked"
    assert (facts(world).linkages, made_contacts(world)) == ((), 0)


def test_a_failed_auto_login_keeps_the_link_though_a_scan_came_later(
    world: World, alice: Tenant
) -> None:
    phone = Phone("bob")
    phone.go(personal_link(world, alice))
    phone.submit()
    phone.press(world, alice)
    phone.go(f"{world.url}/line/login/callback?code=x&state=nobody-knows")
    assert phone.outcome == "login_restart"
    phone.submit()
    phone.log_in()
    assert "Alice Example" in phone.page.text


def test_an_unknown_login_offers_no_other_walk(world: World, alice: Tenant) -> None:
    phone = Phone("bob")
    phone.go(f"{world.url}/l/{alice.slug}?login={quote('gone-by-now')}")
    assert (phone.page.status, phone.outcome) == (404, "login_unknown")
    assert phone.page.forms == []
