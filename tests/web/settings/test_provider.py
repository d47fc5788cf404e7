"""A LINE Login channel of another provider: nobody is linked, and everybody is told."""

from typing import Any

import pytest
from sqlalchemy import func, select

from plugin.models import Contact, Friend, LoginAttempt, db
from plugin.models.transaction import transaction
from plugin.sandbox.line.seed import SHOP, STRAY_LOGIN, constant
from plugin.services.connections.official_account import ChannelValues, connect_account
from tests.api.client import program
from tests.support.world import Tenant, World
from tests.web.login_flow.browser import LOGIN_CHANNEL, Phone, facts, made_contacts, personal_link
from tests.web.login_flow.test_liff import LinePhone
from tests.web.settings.test_accounts import states

PROFILE = "GET /line-api/v2/bot/profile/{}"


@pytest.fixture
def stray(world: World, alice: Tenant) -> Tenant:
    """Alice, who entered a LINE Login channel of another provider."""
    with world.app.app_context(), transaction():
        account = world.account(alice)
        account.login_channel_id = STRAY_LOGIN
        account.login_channel_secret = constant(f"channel {STRAY_LOGIN}")
        account.liff_url = f"{world.deps.settings.line_liff_base}/{STRAY_LOGIN}-Sandbox1"
    return alice


def link_accounts(world: World) -> None:
    """The stray channel is linked with the account, as LINE's consoles may let people do."""
    world.sandbox.control("POST", f"/line-channels/{STRAY_LOGIN}", {"linked_account": SHOP})


def provider(world: World, tenant: Tenant) -> dict[str, Any] | None:
    with world.app.app_context():
        account = world.account(tenant)
        db.session.refresh(account)
        stored = account.checks.get("provider")
        return {name: stored[name] for name in ("ok", "detail")} if stored else None


def profile_calls(world: World) -> int:
    calls = world.sandbox.control("GET", "/calls")["calls"]
    return sum(told["count"] for name, told in calls.items() if "/bot/profile" in name)


def nothing_was_kept(world: World) -> bool:
    """Neither here nor in HubSpot."""
    with world.app.app_context():
        rows = [db.session.scalar(select(func.count(model.id))) for model in (Friend, Contact)]
        known = select(LoginAttempt).where(LoginAttempt.line_user_id != "")
        attempt = db.session.scalars(known).first()
    world.work()
    return (rows, attempt, made_contacts(world), facts(world).linkages) == ([0, 0], None, 0, ())


@pytest.mark.parametrize(("linked", "outcome"), [(False, "not_shown"), (True, "other_provider")])
def test_a_scan_links_nobody_and_is_said_everywhere(
    world: World, stray: Tenant, linked: bool, outcome: str
) -> None:
    if linked:
        link_accounts(world)
    phone = Phone("bob")
    phone.scan(world, stray)
    assert (phone.page.status, phone.outcome) == (503, outcome)
    assert "another provider" in phone.page.text
    assert nothing_was_kept(world)
    kept = provider(world, stray)
    assert kept is not None
    assert kept["ok"] is False
    walker = stray.walker
    page = walker.go(f"{world.url}/accounts/{stray.account_id}")
    assert states(page)["provider"] == "bad"
    assert "another provider" in page.text
    assert "Sandbox Shop: Provider of both channels" in walker.go(f"{world.url}/").text
    told = program(world, stray).get(f"/official-accounts/{stray.account_id}")["checks"]
    assert told["provider"]["detail"].startswith("another provider")
    # Checking again asks LINE for everything else, and forgets nothing of this.
    program(world, stray).ask("POST", f"/official-accounts/{stray.account_id}/check")
    assert provider(world, stray) == kept


def test_a_personal_link_and_liff_are_kept_to_the_provider_too(world: World, stray: Tenant) -> None:
    link = personal_link(world, stray)
    before = facts(world)
    phone = LinePhone(world, "bob")
    phone.bring(**phone.open(f"{world.url}/l/{stray.slug}"))
    assert phone.outcome == "not_shown"
    web = Phone("bob")
    web.follow(link)
    assert web.outcome == "not_shown"
    world.work()
    assert facts(world) == before
    assert made_contacts(world) == 0


def test_who_is_no_friend_yet_proves_nothing_and_is_linked(world: World, alice: Tenant) -> None:
    phone = Phone("bob")
    phone.scan(world, alice, friend="skip")
    phone.submit()
    assert phone.outcome == "linked"
    assert provider(world, alice) is None


def test_the_first_friend_who_logs_in_proves_the_pair_and_no_other_is_looked_up(
    world: World, alice: Tenant
) -> None:
    before = profile_calls(world)
    Phone("bob").scan(world, alice)
    assert provider(world, alice) == {"ok": True, "detail": ""}
    proved = profile_calls(world)
    assert proved > before
    Phone("alice").scan(world, alice, friend="skip")
    assert profile_calls(world) == proved
    page = alice.walker.go(f"{world.url}/accounts/{alice.account_id}")
    assert states(page)["provider"] == "ok"


def test_after_a_mismatch_nobody_is_let_in_until_line_shows_somebody(
    world: World, stray: Tenant
) -> None:
    link_accounts(world)
    Phone("bob").scan(world, stray)
    shy = Phone("charlie")
    shy.scan(world, stray, friend="skip")
    assert shy.outcome == "other_provider"
    assert nothing_was_kept(world)
    with world.app.app_context():
        account = world.account(stray)
        values = {name: getattr(account, name) for name in ChannelValues._fields}
        login = {
            "login_channel_id": LOGIN_CHANNEL,
            "login_channel_secret": constant(f"channel {LOGIN_CHANNEL}"),
            "liff_url": f"{world.deps.settings.line_liff_base}/{LOGIN_CHANNEL}-Sandbox1",
        }
        connect_account(world.deps, account.installation, ChannelValues(**{**values, **login}))
    assert provider(world, stray) is None
    shy.scan(world, stray)
    assert "Charlie" in shy.page.text
    assert provider(world, stray) == {"ok": True, "detail": ""}


def test_a_friendship_that_cannot_be_asked_at_the_moment_decides_nothing(
    world: World, stray: Tenant
) -> None:
    world.sandbox.fail("^/line-api/friendship", {"status": 500})
    phone = Phone("bob")
    phone.scan(world, stray)
    assert phone.outcome == "unreachable"
    assert nothing_was_kept(world)
    assert provider(world, stray) is None


def prove(world: World, tenant: Tenant, friend: str = "add", decision: str = "allow") -> Phone:
    """An administrator presses the button, and logs in with LINE."""
    phone = Phone("bob")
    phone.session = tenant.walker.session
    page = phone.go(f"{world.url}/accounts/{tenant.account_id}")
    href = page.html.partition('data-testid="prove" href="')[2].partition('"')[0]
    phone.go(world.url + href)
    phone.log_in(decision, friend)
    return phone


def test_an_administrator_proves_the_pair(world: World, alice: Tenant) -> None:
    phone = prove(world, alice)
    assert phone.page.url == f"{world.url}/accounts/{alice.account_id}"
    assert "Proven: both channels belong to one provider." in phone.page.text
    assert states(phone.page)["provider"] == "ok"
    assert nothing_was_kept(world)


@pytest.mark.parametrize("linked", [False, True])
def test_an_administrator_learns_of_another_provider(
    world: World, stray: Tenant, linked: bool
) -> None:
    if linked:
        link_accounts(world)
    phone = prove(world, stray)
    assert states(phone.page)["provider"] == "bad"
    assert "another provider" in phone.page.text
    assert nothing_was_kept(world)


def test_a_proof_by_no_friend_or_without_consent_proves_nothing(
    world: World, alice: Tenant
) -> None:
    phone = prove(world, alice, decision="deny")
    assert "You did not allow it" in phone.page.text
    assert states(phone.page)["provider"] == "none"
    phone = prove(world, alice, friend="skip")
    assert "You are no friend of the account yet" in phone.page.text
    assert states(phone.page)["provider"] == "none"


def test_a_proof_ends_in_the_browser_that_began_it(world: World, alice: Tenant) -> None:
    phone = Phone("bob")
    phone.session = alice.walker.session
    phone.go(f"{world.url}/accounts/{alice.account_id}/prove")
    callback = phone.callback()
    stranger = Phone("alice")
    stranger.go(callback)
    assert stranger.outcome == "no_walk"
    assert provider(world, alice) is None
    phone.go(callback.replace("code=", "code=x"))
    assert "LINE refused" in phone.page.text
    assert provider(world, alice) is None
