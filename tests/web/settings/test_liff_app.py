"""The LIFF app: made at LINE by one button, checked, mended."""

from plugin.gateways import Channel
from plugin.models.transaction import transaction
from tests.support.walker import Page
from tests.support.world import Tenant, World
from tests.web.pages import csrf_of, marks


def press(world: World, tenant: Tenant) -> Page:
    walker, address = tenant.walker, f"{world.url}/accounts/{tenant.account_id}"
    data = {"csrf_token": csrf_of(walker.go(address))}
    return walker._arrive(walker.session.post(f"{address}/liff", data=data, timeout=30))


def endpoints(world: World, tenant: Tenant) -> list[str]:
    with world.app.app_context():
        account = world.account(tenant)
        channel = Channel(account.login_channel_id, account.login_channel_secret)
        return [one.endpoint for one in world.deps.gateways.line_login.liff_apps(channel)]


def forget(world: World, tenant: Tenant, **values: str) -> None:
    with world.app.app_context(), transaction():
        for name, value in values.items():
            setattr(world.account(tenant), name, value)


def delete_apps(world: World) -> None:
    from plugin.sandbox.world import world as sandbox_world

    with world.sandbox.app.app_context():
        for key in sandbox_world().store.keys("line_liff"):
            sandbox_world().store.delete("line_liff", key)


def test_the_button_makes_the_app_where_there_is_none(world: World, alice: Tenant) -> None:
    delete_apps(world)
    forget(world, alice, liff_url="")
    page = press(world, alice)
    assert "The LIFF app is ready" in page.text
    assert endpoints(world, alice) == [f"{world.url}/liff/"]
    with world.app.app_context():
        assert world.account(alice).liff_url.startswith(f"{world.sandbox.url}/liff/2000000002-")
        assert world.account(alice).checks["liff_url"]["ok"] is True
    assert "set-liff" not in marks(page)


def test_an_app_that_is_there_is_taken_up(world: World, alice: Tenant) -> None:
    forget(world, alice, liff_url="")
    press(world, alice)
    assert len(endpoints(world, alice)) == 1
    with world.app.app_context():
        assert world.account(alice).liff_url.endswith("/2000000002-Sandbox1")


def test_a_wrong_endpoint_is_found_and_mended(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        account = world.account(alice)
        channel = Channel(account.login_channel_id, account.login_channel_secret)
        login = world.deps.gateways.line_login
        login.change_liff_app(
            channel, "2000000002-Sandbox1", "https://old.example.com/", email=False
        )
    walker = alice.walker
    walker.go(f"{world.url}/accounts/{alice.account_id}")
    data = {"csrf_token": csrf_of(walker.page)}
    walker.session.post(f"{world.url}/accounts/{alice.account_id}/check", data=data)
    page = walker.go(f"{world.url}/accounts/{alice.account_id}")
    assert "set-liff" in marks(page)
    assert "https://old.example.com/" in page.text
    assert "set-liff" not in marks(press(world, alice))
    assert endpoints(world, alice) == [f"{world.url}/liff/"]


def test_lines_no_is_shown_and_nothing_kept(world: World, alice: Tenant) -> None:
    delete_apps(world)
    forget(world, alice, liff_url="", login_channel_secret="f" * 32)
    page = press(world, alice)
    assert "LINE refused" in page.text
    with world.app.app_context():
        assert world.account(alice).liff_url == ""


def test_a_channel_that_may_not_ask_for_emails_gets_its_app_without(
    world: World, alice: Tenant
) -> None:
    delete_apps(world)
    forget(world, alice, liff_url="")
    refusal = {"status": 400, "body": {"message": "email permission is required"}}
    rule = {"method": "POST", "path": "/line-api/liff/v1/apps", "times": 1, "effect": refusal}
    world.sandbox.control("POST", "/faults", rule)
    assert "The LIFF app is ready" in press(world, alice).text
    assert endpoints(world, alice) == [f"{world.url}/liff/"]
