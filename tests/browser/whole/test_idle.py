"""A page that nobody touches asks for nothing. The browser's own clock is run forward."""

import itertools

import pytest
from playwright.sync_api import Browser, Page, Request

from plugin.web.inbox.live import forget_sessions
from tests.browser.places import friend_pages, signed_in, team_pages
from tests.support.people import linked
from tests.support.world import Tenant, World

pytestmark = pytest.mark.browser
FENCE = "/healthz?fence="
# The one thing that an open inbox asks for.
LIVE = "/inbox/live"
AWAY_MS, QUIET_MS = 6 * 60_000, 150_000
# A page that asked for so much never comes to rest.
UNRESTFUL = 20
_numbers = itertools.count()
WRITABLE = "main form textarea, main form input:is(:not([type]), [type=text], [type=email])"


def test_every_page_at_rest_asks_for_nothing(
    world: World, alice: Tenant, chromium: Browser
) -> None:
    paths = [*team_pages(world, alice), *friend_pages(world, alice)]
    assert len(paths) > 30
    context = signed_in(chromium, world, alice)
    context.clock.install()
    asked = {}
    for path in paths:
        page = context.new_page()
        answer = page.goto(world.url + path)
        assert answer is not None
        assert answer.status < 500, path
        touch(page)
        found = at_rest(page)
        if found:
            asked[path] = found
        page.close()
    context.close()
    assert asked == {}


def test_a_watched_page_looks_again_and_rests_when_nobody_moves(
    world: World, alice: Tenant, chromium: Browser
) -> None:
    linked(world, alice)
    context = signed_in(chromium, world, alice)
    context.clock.install()
    page = context.new_page()
    page.goto(f"{world.url}/friends")
    run(page, 100, Traffic(page))
    traffic = Traffic(page)
    run(page, 60_000, traffic)
    assert traffic.asked == ["GET /friends"]
    assert at_rest(page) == []
    page.keyboard.press("Shift")
    traffic = Traffic(page)
    run(page, 11_000, traffic)
    assert traffic.asked == ["GET /friends"]
    context.close()


def touch(page: Page) -> None:
    """One key in the first field there is, as somebody does who then goes for lunch."""
    field = page.locator(WRITABLE).first
    if page.locator(WRITABLE).count() and field.is_editable() and field.is_visible():
        field.press_sequentially("a")


def at_rest(page: Page) -> list[str]:
    """What a page asks for when nobody has been there for a while."""
    traffic = Traffic(page)
    run(page, 2_000, traffic)
    # The browser's minutes pass within the second for which the server keeps what it told: what
    # opening the page changed, a conversation that is read now, would be told in the middle of the
    # rest.
    forget_sessions()
    # What is told then may be followed by more, a step at each of the browser's timers.
    before = -1
    while before != len(traffic.asked) and len(traffic.asked) < UNRESTFUL:
        before = len(traffic.asked)
        run(page, AWAY_MS, traffic)
    for _ in range(4):
        run(page, QUIET_MS, traffic)
    return traffic.asked[before:]


class Traffic:
    """What a page asks for from now on, and how much of it is on its way still."""

    def __init__(self, page: Page) -> None:
        self.asked: list[str] = []
        self.under_way = 0
        page.on("request", self._begin)
        for ended in ("requestfinished", "requestfailed"):
            page.on(ended, self._end)

    def _begin(self, request: Request) -> None:
        self.under_way += 1
        path = "/" + request.url.split("/", 3)[-1]
        if not path.startswith((FENCE, LIVE)):
            self.asked.append(f"{request.method} {path}")

    def _end(self, request: Request) -> None:
        self.under_way -= 1


def run(page: Page, milliseconds: int, traffic: Traffic) -> None:
    """Let the browser's timers fire, and wait until what they caused is answered: a request whose
    answer causes the next one ends before that one is counted as the page's rest.
    """
    page.clock.run_for(milliseconds)
    known = -1
    while traffic.under_way > 0 or known != len(traffic.asked):
        known = len(traffic.asked)
        page.evaluate("path => fetch(path).then((answer) => answer.text())", _fence())


def _fence() -> str:
    return f"{FENCE}{next(_numbers)}"
