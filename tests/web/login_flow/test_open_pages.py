"""Open pages: who looks writes nothing, who comes too often waits, who is lost is led on."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from plugin.core.visit_limits import Rate, VisitLimiter
from plugin.models import VisitCount, db
from plugin.models.base import Base
from plugin.services import Dependencies
from plugin.trusted_proxies import networks
from plugin.web.visit_limits import LOOK, PRESS
from tests.support.walker import Walker
from tests.support.world import Tenant, World
from tests.web.login_flow.browser import Phone, attempts, personal_link, visits

STRANGER, NEIGHBOUR = "8.8.8.8", "8.8.4.4"


def rows(world: World) -> dict[str, int]:
    """How many rows each table has, but for the counters, of which there is one a day."""
    with world.app.app_context():
        return {
            table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table is not VisitCount.__table__
        }


def test_looking_writes_no_row(world: World, alice: Tenant) -> None:
    link, before = personal_link(world, alice), None
    for _ in range(2):
        for address in (
            f"{world.url}/l/{alice.slug}", link, f"{link}x", f"{world.url}/l/{alice.slug}?t=",
            f"{world.url}/l/nobody", f"{world.url}/liff/{alice.slug}",
            f"{world.url}/hubspot/install",
            f"{world.url}/hubspot/callback?state=x&code=y", f"{world.url}/r/x", f"{world.url}/",
            f"{world.url}/line/login/callback?state=x&code=y",
        ):  # fmt: skip
            Walker().session.get(address, allow_redirects=False, timeout=30)
        before = before or rows(world)
    assert rows(world) == before
    assert attempts(world) == 0


@pytest.mark.parametrize(
    "agent",
    [
        "facebookexternalhit/1.1;line-poker/1.0",
        "Mozilla/5.0 (compatible; Googlebot/2.1)",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "WhatsApp/2.23 link preview",
        "Mozilla/5.0 (compatible; bingbot/2.0)",
        "Baiduspider",
    ],
)
def test_a_robot_is_neither_a_scan_nor_an_opening(world: World, alice: Tenant, agent: str) -> None:
    robot = Phone()
    robot.session.headers["User-Agent"] = agent
    for address in (
        f"{world.url}/l/{alice.slug}",
        personal_link(world, alice),
        f"{world.url}/l/{alice.slug}?t=",
        f"{world.url}/l/{alice.slug}?t={'x' * 43}",
        f"{world.url}/liff/?liff.state=%2F{alice.slug}",
    ):
        robot.go(address)
    assert visits(world, alice) == {}
    robot.session.headers["User-Agent"] = "Mozilla/5.0 (Linux; Android 13; CUBOT X70) Mobile"
    robot.go(f"{world.url}/l/{alice.slug}")
    assert visits(world, alice) == {"scan": 1}


@pytest.fixture
def client(world: World) -> Iterator[FlaskClient]:
    """A Musubi behind a proxy that it trusts, where a network has six units and gets none back."""
    deps: Dependencies = world.app.extensions["musubi"]
    limiter = world.app.extensions["musubi_visits"]
    settings = replace(deps.settings, trusted_proxies=networks("127.0.0.1", []))
    world.app.extensions["musubi"] = replace(deps, settings=settings)
    world.app.extensions["musubi_visits"] = VisitLimiter(Rate(6, 0.1), lambda: 0.0)
    yield world.app.test_client()
    world.app.extensions["musubi"] = deps
    world.app.extensions["musubi_visits"] = limiter


def ask(client: FlaskClient, path: str, network: str = STRANGER, **kwargs: Any) -> Any:
    return client.open(path, headers={"X-Forwarded-For": network}, **kwargs)


def test_who_comes_too_often_gets_a_polite_page_and_nobody_else_does(
    world: World, alice: Tenant, client: FlaskClient
) -> None:
    assert PRESS > LOOK
    path = f"/l/{alice.slug}"
    assert [ask(client, path).status_code for _ in range(6)] == [200] * 6
    counted = visits(world, alice)
    answer = ask(client, path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
    assert "Very many people are coming through your network" in answer.text
    assert 'data-outcome="too_many_visits"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert visits(world, alice) == counted
    assert ask(client, path, NEIGHBOUR).status_code == 200
    # Whoever makes addresses up in front of the proxy's own word is not believed.
    assert ask(client, path, f"1.1.1.1, {STRANGER}").status_code == 429


@pytest.mark.parametrize("path", ["/hubspot/install", "/", "/r/x", "/friends", "/liff/x"])
def test_every_open_page_counts_for_strangers(client: FlaskClient, path: str) -> None:
    assert 429 not in [ask(client, path).status_code for _ in range(6)]
    answer = ask(client, path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")


def test_a_press_costs_more_than_a_look(world: World, alice: Tenant, client: FlaskClient) -> None:
    path = f"/l/{alice.slug}"
    assert ask(client, path, method="POST").status_code == 400  # no form of ours
    assert ask(client, path).status_code == 200
    assert ask(client, path).status_code == 429


def test_the_team_is_not_counted(alice: Tenant, client: FlaskClient) -> None:
    cookie = alice.walker.session.cookies.get("musubi")
    assert cookie is not None
    client.set_cookie("musubi", cookie)
    assert {ask(client, "/friends").status_code for _ in range(8)} == {200}


@pytest.mark.parametrize("path", ["/l/", "/l/x/y/", "/r/", "/r/x/y?t=secret", "/line/login/other"])
def test_a_friend_who_is_lost_sees_no_page_of_the_administration(
    world: World, alice: Tenant, path: str
) -> None:
    for walker in (Phone(), alice.walker):
        walker.go(world.url + path)
        assert walker.page.status == 404
        assert 'data-testid="friend-page"' in walker.page.html
        assert "Musubi" not in walker.page.text
        assert "secret" not in walker.page.html


def test_a_page_that_is_missing_keeps_the_navigation(world: World, alice: Tenant) -> None:
    for path in ("/no-such-page?t=secret", "/friends/999999", "/qr-codes/1/nothing"):
        page = alice.walker.go(world.url + path)
        assert page.status == 404
        assert 'data-testid="nav-qr"' in page.html
        assert "secret" not in page.html
    stranger = Walker().go(f"{world.url}/no-such-page")
    assert (stranger.status, 'data-testid="nav-qr"' in stranger.html) == (404, False)
