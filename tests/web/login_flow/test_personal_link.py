"""Personal links in the wild: tracked, scanned, forwarded, pressed again, keys rotated."""

from dataclasses import replace
from urllib.parse import urlencode

import pytest
import requests
from sqlalchemy import select

from plugin.models import Conflict, Linkage, LinkageToken, db
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.contacts.outbox import mark_for_push
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.linkage.link import unlink_manually
from plugin.services.personal_links.tokens import read_token, text_of
from tests.sandbox.line.rig import ALICE as ALICE_ON_LINE
from tests.sandbox.line.rig import BOB as BOB_ON_LINE
from tests.support.world import ALICE, BOB, Tenant, World
from tests.web.login_flow.browser import Phone, attempts, facts, personal_link, visits

# What HubSpot's click tracking and Google's tools put behind a link, at its longest.
TRACKING = {
    "utm_campaign": "2026-11 " + "newsletter " * 8,
    "utm_medium": "email",
    "utm_content": "417236511",
    "utm_source": "hs_email",
    "_hsenc": "p2ANqtz-" + "A" * 120,
    "_hsmi": "417236511",
    "__hstc": "1." + "a" * 90,
    "__hssc": "1." + "b" * 60,
    "__hsfp": "1234567890",
    "hsCtaTracking": "c" * 73,
    "gclid": "d" * 100,
    "mc_eid": "e" * 20,
}  # fmt: skip


def conflicts(world: World) -> list[tuple[str, int, str, str]]:
    """Who wants which contact, in whose way, from where."""
    with world.app.app_context():
        rows = db.session.scalars(select(Conflict).order_by(Conflict.id))
        return [
            (one.friend.line_user_id, one.contact.contact_id, one.standing_friend.line_user_id,
             one.source)
            for one in rows
        ]  # fmt: skip


def link(world: World, tenant: Tenant, address: str, person: str = "alice") -> Phone:
    """Press the button and say yes."""
    phone = Phone(person)
    phone.follow(address)
    if not phone.outcome:
        phone.submit()
    return phone


def test_with_all_tracking_a_link_is_short_and_works(world: World, alice: Tenant) -> None:
    address = f"{personal_link(world, alice)}&{urlencode(TRACKING)}"
    assert len(address) < 2000
    assert link(world, alice, address).outcome == "linked"
    assert facts(world).linkages == ((ALICE_ON_LINE, ALICE),)


def test_scanners_of_every_kind_change_nothing(world: World, alice: Tenant) -> None:
    address, before = personal_link(world, alice), facts(world)
    for agent in ("Safe Links", "GoogleImageProxy", "BarracudaSentinel", "curl/8"):
        for method in ("GET", "HEAD", "OPTIONS", "GET"):
            headers = {"User-Agent": agent}
            answer = requests.request(method, address, headers=headers, timeout=30)
            assert answer.status_code < 300, (agent, method)
    assert requests.post(address, timeout=30).status_code == 400
    assert (facts(world), attempts(world)) == (before, 0)
    assert link(world, alice, address).outcome == "linked"


@pytest.mark.parametrize("text", ["friend", "there", "none", "0", "default"])
def test_a_default_that_all_share_is_never_valid(world: World, alice: Tenant, text: str) -> None:
    before, phone = facts(world), Phone("bob")
    address = f"{world.url}/l/{alice.slug}?t={text}&_hsmi=1"
    phone.go(f"{address}&team=1")
    assert (phone.page.status, phone.outcome) == (400, "shared_default")
    assert "default value" in phone.page.text
    assert visits(world, alice) == {"shared_default": 1}
    assert (facts(world), attempts(world)) == (before, 0)
    phone.follow(address)
    assert phone.outcome == "nobody"
    assert facts(world) == before


@pytest.mark.parametrize("text", ["", "{{ contact.line_linkage_token }}"])
def test_a_test_send_says_so_to_the_marketer(world: World, alice: Tenant, text: str) -> None:
    phone = Phone()
    phone.go(f"{world.url}/l/{alice.slug}?t={text}&team=1")
    assert phone.outcome == "test_send"
    for words in ("Did you make the message?", "Receive email as specific contact", "preview"):
        assert words in phone.page.text


@pytest.mark.both_databases
def test_a_forwarded_mail_moves_nothing_and_is_kept_for_a_person(
    world: World, alice: Tenant
) -> None:
    """Alice is linked by another way; Bob presses the button of the mail she forwarded."""
    address = personal_link(world, alice)
    scan = Phone()
    scan.scan(world, alice)
    scan.submit()
    bob = link(world, alice, address, "bob")
    assert bob.outcome == "contact_taken"
    assert facts(world).linkages == ((ALICE_ON_LINE, ALICE),)
    token_id = facts(world).tokens[0][0]
    assert conflicts(world) == [(BOB_ON_LINE, ALICE, ALICE_ON_LINE, f"token:{token_id}")]
    assert facts(world).tokens == ((token_id, False, False),)


def test_a_forwarded_mail_whose_link_was_used(world: World, alice: Tenant) -> None:
    address = personal_link(world, alice)
    assert link(world, alice, address).outcome == "linked"
    bob = Phone("bob")
    bob.go(address)
    assert bob.outcome == "used"
    bob.submit()
    bob.log_in()
    bob.submit()
    assert bob.outcome == "contact_taken"
    assert facts(world).linkages == ((ALICE_ON_LINE, ALICE),)
    token_id = facts(world).tokens[0][0]
    assert conflicts(world) == [(BOB_ON_LINE, ALICE, ALICE_ON_LINE, f"token:{token_id}")]


def test_a_friend_of_another_contact_is_kept_too(world: World, alice: Tenant) -> None:
    assert link(world, alice, personal_link(world, alice, BOB)).outcome == "linked"
    phone = link(world, alice, personal_link(world, alice, ALICE))
    assert phone.outcome == "friend_taken"
    assert facts(world).linkages == ((ALICE_ON_LINE, BOB),)
    assert [one[3] for one in conflicts(world)] == [f"token:{facts(world).tokens[1][0]}"]


def test_pressing_again_is_friendly_in_the_same_browser(world: World, alice: Tenant) -> None:
    address = personal_link(world, alice)
    phone = link(world, alice, address)
    before, counted = facts(world), visits(world, alice)
    phone.go(f"{address}&_hsmi=1")
    assert (phone.page.status, phone.outcome) == (200, "already_linked")
    assert (facts(world), visits(world, alice)) == (before, counted)


def test_pressing_again_is_friendly_in_another_browser(world: World, alice: Tenant) -> None:
    address = personal_link(world, alice)
    link(world, alice, address)
    before, other = facts(world), Phone()
    other.go(address)
    assert (other.page.status, other.outcome) == (410, "used")
    other.submit()
    other.log_in()
    assert other.outcome == "already_linked"
    assert facts(world) == before


def test_after_unlinking_the_old_browser_is_told_the_truth(world: World, alice: Tenant) -> None:
    address = personal_link(world, alice)
    phone = link(world, alice, address)
    with world.app.app_context():
        unlink_manually(db.session.scalars(select(Linkage)).one(), "test")
    phone.go(address)
    assert phone.outcome == "used"


def outside_with(world: World, *keys: str) -> Dependencies:
    real = world.deps
    return Dependencies(replace(real.settings, secret_keys=keys), real.gateways)


def test_keys_are_rotated_without_a_dead_link(world: World, alice: Tenant) -> None:
    text = personal_link(world, alice).partition("?t=")[2]
    with world.app.app_context():
        old = world.deps.settings.secret_keys[0]
        code = world.code(alice)
        rotated, forgotten = outside_with(world, "new", old), outside_with(world, "new")
        assert read_token(rotated, text, code).verdict == "valid"
        assert read_token(forgotten, text, code).verdict == "tampered"
        token_id = db.session.scalars(select(LinkageToken.id)).one()
        fresh = text_of(rotated, token_id)
        assert fresh != text
        assert read_token(forgotten, fresh, code).verdict == "valid"
        assert fresh[:21] == text[:21]


@pytest.mark.both_databases
def test_one_of_two_keys_does_not_make_two_tokens(world: World, alice: Tenant) -> None:
    """Used up under one key, it is used up under the other."""
    text = personal_link(world, alice).partition("?t=")[2]
    link(world, alice, f"{world.url}/l/{alice.slug}?t={text}")
    with world.app.app_context():
        rotated = outside_with(world, "new", world.deps.settings.secret_keys[0])
        token_id = db.session.scalars(select(LinkageToken.id)).one()
        for each in (text, text_of(rotated, token_id)):
            assert read_token(rotated, each, world.code(alice)).verdict == "used"


def test_what_was_used_stays_in_hubspot(world: World, alice: Tenant) -> None:
    """Later mails to a linked contact end friendly, not on the page for test sends."""
    address = personal_link(world, alice)
    with world.app.app_context(), transaction():
        mark_for_push(get_or_create_contact(alice.installation_id, ALICE))
    world.work()
    link(world, alice, address)
    world.work()
    assert world.sandbox.contact(ALICE)["line_linkage_url"] == address
