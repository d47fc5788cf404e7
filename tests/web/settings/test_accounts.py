"""Connecting an Official Account, and what its page says is right or to be mended."""

import re

import pytest
import requests

from plugin.models import OfficialAccount, db
from plugin.models.transaction import transaction
from plugin.sandbox import account_to_connect
from plugin.services.connections.official_account import check_account, webhook_url
from tests.support.walker import Page, Walker
from tests.support.world import Tenant, World
from tests.web.pages import csrf_of, marks


def wizard(world: World, **changed: str) -> tuple[Walker, Page]:
    walker = world.install().walker
    walker.go(f"{world.url}/accounts/new")
    values = {**account_to_connect(world.sandbox.app), **changed}
    return walker, walker.submit(-1, None, **values)


def accounts(world: World) -> list[OfficialAccount]:
    with world.app.app_context():
        return list(db.session.scalars(db.select(OfficialAccount)))


def states(page: Page) -> dict[str, str]:
    """The sign of every check on an account's page, by its name."""
    found = re.findall(r'data-testid="check-([a-z_]+)">\s*<div><span class="state (\w+)', page.html)
    return dict(found)


def test_the_wizard_connects_and_says_that_all_is_right(world: World) -> None:
    _, page = wizard(world)
    assert page.status == 200
    assert "Sandbox Shop is connected, and has its first QR code." in page.text
    assert states(page) == {
        **dict.fromkeys(
            ("channel", "webhook_url", "webhook_active", "webhook_test", "webhook_speed"), "ok"
        ),
        **dict.fromkeys(("login_channel", "liff_url", "liff_scopes"), "ok"),
        # Only a login shows them.
        **dict.fromkeys(("linked", "provider"), "none"),
    }
    assert f"{world.url}/line/login/callback" in page.html
    with world.app.app_context():
        assert webhook_url(world.deps, accounts(world)[0]) in page.html


def test_the_page_of_the_wizard_works_without_anything_prefilled(world: World) -> None:
    walker = world.install().walker
    walker.go(f"{world.url}/accounts/new")
    page = walker.submit()
    assert page.status == 422
    assert "Enter the channel ID." in page.text
    assert accounts(world) == []


def test_a_wrong_secret_is_said_at_its_field_and_keeps_nothing(world: World) -> None:
    _, page = wizard(world, channel_secret="0" * 32)
    assert page.status == 422
    assert "error-channel_secret" in marks(page)
    assert "LINE does not accept this channel ID and secret" in page.text
    assert accounts(world) == []


def test_line_out_of_reach_is_said_over_the_form(world: World) -> None:
    walker = world.install().walker
    walker.go(f"{world.url}/accounts/new")
    world.sandbox.fail("/line-api/", {"status": 500})
    page = walker.submit(-1, None, **account_to_connect(world.sandbox.app))
    assert page.status == 422
    assert "problem" in marks(page)
    assert "cannot be reached" in page.text
    assert accounts(world) == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"channel_id": "@sandbox"}, "channel_id"),
        ({"channel_secret": "short"}, "channel_secret"),
        ({"login_channel_id": "2000000001"}, "login_channel_id"),
        ({"login_channel_secret": ""}, "login_channel_secret"),
        ({"login_channel_id": ""}, "login_channel_id"),
        ({"liff_url": "https://example.com/liff"}, "liff_url"),
        ({"liff_url": "javascript:alert(1)"}, "liff_url"),
    ],
)
def test_each_mistake_is_said_at_its_field(
    world: World, changed: dict[str, str], field: str
) -> None:
    _, page = wizard(world, **changed)
    assert page.status == 422
    assert [mark for mark in marks(page) if mark.startswith("error-")] == [f"error-{field}"]
    assert accounts(world) == []


def test_spaces_from_copying_do_no_harm(world: World) -> None:
    secret = account_to_connect(world.sandbox.app)["channel_secret"]
    _, page = wizard(world, channel_secret=f"  {secret}\n", channel_id=" 2000000001 ")
    assert "account-name" in marks(page)


def test_an_account_without_line_login_is_connected_and_reminded(world: World) -> None:
    walker, page = wizard(world, login_channel_id="", login_channel_secret="", liff_url="")
    assert states(page)["login_channel"] == "none"
    assert "has no LINE Login channel" in walker.go(f"{world.url}/").text


def test_a_switched_off_webhook_is_found_and_explained(world: World, alice: Tenant) -> None:
    requests.post(f"{world.sandbox.url}/line-console/account/2000000001", data={}, timeout=30)
    walker = alice.walker
    walker.go(f"{world.url}/accounts/{alice.account_id}")
    page = post(walker, f"/accounts/{alice.account_id}/check")
    assert states(page)["webhook_active"] == "bad"
    assert "switch “Use webhook” on" in page.text
    dashboard = walker.go(f"{world.url}/")
    assert "matter" in marks(dashboard)
    assert "Use webhook" in dashboard.text


def test_a_webhook_that_points_elsewhere_is_found_and_set_again(
    world: World, alice: Tenant
) -> None:
    with world.app.app_context(), transaction():
        account = world.account(alice)
        account.webhook_key = "another-key-since-then"
    walker = alice.walker
    walker.go(f"{world.url}/accounts/{alice.account_id}")
    page = post(walker, f"/accounts/{alice.account_id}/check")
    assert states(page)["webhook_url"] == "bad"
    assert states(page)["webhook_test"] == "none"
    page = post(walker, f"/accounts/{alice.account_id}/webhook")
    assert states(page)["webhook_url"] == "ok"
    assert "previous-webhook" in marks(page)


def test_line_out_of_reach_is_a_verdict_and_no_crash(world: World, alice: Tenant) -> None:
    world.sandbox.fail("/line-api/", {"status": 500})
    alice.walker.go(f"{world.url}/accounts/{alice.account_id}")
    page = post(alice.walker, f"/accounts/{alice.account_id}/check")
    assert page.status == 200
    # An outage says nothing about the secret.
    assert states(page)["channel"] == "none"
    assert "There was no answer that says yes or no." in page.text


def test_editing_keeps_what_is_left_empty_and_shows_no_secret(world: World, alice: Tenant) -> None:
    before = accounts(world)[0]
    page = alice.walker.go(f"{world.url}/accounts/{alice.account_id}/edit")
    assert before.channel_secret not in page.html
    assert before.login_channel_secret not in page.html
    page = alice.walker.submit(liff_url="")
    assert "Saved." in page.text
    after = accounts(world)[0]
    assert (after.channel_secret, after.login_channel_secret) == (
        before.channel_secret,
        before.login_channel_secret,
    )
    assert (after.login_channel_id, after.liff_url) == (before.login_channel_id, "")


def test_another_login_channel_needs_its_own_secret(world: World, alice: Tenant) -> None:
    alice.walker.go(f"{world.url}/accounts/{alice.account_id}/edit")
    page = alice.walker.submit(login_channel_id="2000000004")
    assert page.status == 422
    assert "error-login_channel_secret" in marks(page)
    assert accounts(world)[0].login_channel_id == "2000000002"


def test_removing_the_login_channel_removes_its_secret(world: World, alice: Tenant) -> None:
    alice.walker.go(f"{world.url}/accounts/{alice.account_id}/edit")
    alice.walker.submit(login_channel_id="")
    assert accounts(world)[0].login_channel_secret == ""


def test_a_wrong_new_secret_keeps_the_old_one(world: World, alice: Tenant) -> None:
    before = accounts(world)[0].channel_secret
    alice.walker.go(f"{world.url}/accounts/{alice.account_id}/edit")
    page = alice.walker.submit(channel_secret="0" * 32)
    assert page.status == 422
    assert accounts(world)[0].channel_secret == before


@pytest.mark.both_databases
def test_disconnecting_says_the_consequence_and_can_be_taken_back(
    world: World, alice: Tenant
) -> None:
    walker = alice.walker
    page = walker.go(f"{world.url}/accounts/{alice.account_id}")
    assert "Friends, links and history are kept" in page.text
    page = post(walker, f"/accounts/{alice.account_id}/disconnect")
    assert "No Official Account yet" in page.text
    assert walker.go(f"{world.url}/accounts/{alice.account_id}").status == 404
    walker.go(f"{world.url}/accounts/new")
    page = walker.submit(-1, None, **account_to_connect(world.sandbox.app))
    assert page.url == f"{world.url}/accounts/{alice.account_id}"


def post(walker: Walker, path: str) -> Page:
    """Press the button of the page that posts to `path`."""
    form = next(one for one in walker.page.forms if one.action == path)
    assert csrf_of(walker.page)
    return walker.submit(walker.page.forms.index(form))


@pytest.mark.parametrize("kind", ["channel_secret", "login_channel_secret"])
def test_what_line_refuses_replaces_nothing(world: World, alice: Tenant, kind: str) -> None:
    before = accounts(world)[0]
    # A token of the good secret is at hand, as it is in a working account.
    with world.app.app_context():
        check_account(world.deps, world.account(alice))
    alice.walker.go(f"{world.url}/accounts/{alice.account_id}/edit")
    liff = before.liff_url
    page = alice.walker.submit(-1, None, **{kind: "0" * 32})
    assert page.status == 422
    assert f"error-{kind}" in marks(page)
    assert "LINE says:" in page.text
    assert "Saved." not in page.text
    assert f'value="{liff}"' in page.html
    after = accounts(world)[0]
    assert (after.channel_secret, after.login_channel_secret) == (
        before.channel_secret,
        before.login_channel_secret,
    )


def test_a_liff_app_that_line_does_not_know_is_not_kept(world: World, alice: Tenant) -> None:
    before = accounts(world)[0].liff_url
    alice.walker.go(f"{world.url}/accounts/{alice.account_id}/edit")
    unknown = before.rpartition("-")[0] + "-Unknown1"
    page = alice.walker.submit(liff_url=unknown)
    assert (page.status, accounts(world)[0].liff_url) == (422, before)
    assert "error-liff_url" in marks(page)
    assert f'value="{unknown}"' in page.html


def test_a_new_account_is_kept_whole_or_not_at_all(world: World) -> None:
    _, page = wizard(world, login_channel_secret="0" * 32)
    assert page.status == 422
    assert [mark for mark in marks(page) if mark.startswith("error-")] == [
        "error-login_channel_secret",
        "error-login_channel_secret",
    ]
    assert accounts(world) == []


def test_values_that_did_not_change_are_not_asked_about_again(world: World, alice: Tenant) -> None:
    """LINE may have replaced the secret of one channel while a person mends the other."""
    with world.app.app_context(), transaction():
        world.account(alice).login_channel_secret = "1" * 32
    alice.walker.go(f"{world.url}/accounts/{alice.account_id}/edit")
    page = alice.walker.submit(liff_url="")
    assert "Saved." in page.text
    assert states(page)["login_channel"] == "bad"


def test_line_out_of_reach_saves_nothing(world: World, alice: Tenant) -> None:
    before = accounts(world)[0].login_channel_secret
    alice.walker.go(f"{world.url}/accounts/{alice.account_id}/edit")
    world.sandbox.fail("/line-api/oauth2", {"status": 503})
    page = alice.walker.submit(login_channel_secret="0" * 32)
    assert (page.status, accounts(world)[0].login_channel_secret) == (422, before)
    assert "problem" in marks(page)


def test_a_webhook_that_line_refuses_leaves_no_former_address(world: World, alice: Tenant) -> None:
    with world.app.app_context(), transaction():
        world.account(alice).webhook_key = "another-key-since-then"
    world.sandbox.fail("/line-api/v2/bot/channel/webhook/endpoint", {"status": 400}, method="PUT")
    alice.walker.go(f"{world.url}/accounts/{alice.account_id}")
    post(alice.walker, f"/accounts/{alice.account_id}/check")
    page = post(alice.walker, f"/accounts/{alice.account_id}/webhook")
    assert states(page)["webhook_url"] == "bad"
    assert "previous-webhook" not in marks(page)


def test_a_second_tab_overwrites_no_account(world: World, alice: Tenant) -> None:
    path = f"{world.url}/accounts/{alice.account_id}/edit"
    alice.walker.go(path)
    first, liff = alice.walker.page, accounts(world)[0].liff_url
    page = alice.walker.submit(liff_url="")
    assert "Saved." in page.text
    alice.walker.page = first
    page = alice.walker.submit(login_channel_id="", liff_url=liff)
    assert page.status == 409
    assert "changed-meanwhile" in marks(page)
    assert "LIFF URL is now: (empty)" in page.text
    assert accounts(world)[0].login_channel_id == "2000000002"
    # Untouched there, so what was saved in the other tab stands; what was typed here stays.
    assert alice.walker.page.forms[-1].fields["liff_url"] == ""
    assert alice.walker.page.forms[-1].fields["login_channel_id"] == ""
    page = alice.walker.submit()
    assert "Saved." in page.text
    assert accounts(world)[0].login_channel_id == ""
