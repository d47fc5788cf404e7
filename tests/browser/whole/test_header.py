"""The header is one line high and no wider than the window, in every language."""

from dataclasses import replace

import pytest
from playwright.sync_api import Browser

from plugin.models import OfficialAccount
from plugin.models.transaction import transaction
from plugin.web.language import LANGUAGES
from tests.browser.places import signed_in
from tests.support.world import Tenant, World

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# 1265: a window of 1280 with a scrollbar. The others: about where something is folded away.
WIDTHS = (1420, 1280, 1265, 1210, 1190, 1100, 1000, 800, 770, 390)
LAYOUT = """() => {
  const parts = [...document.querySelector("header.top").children].filter(each => each.offsetWidth);
  return {
    excess: document.documentElement.scrollWidth - innerWidth,
    high: document.querySelector("header.top").offsetHeight,
    tall: parts.filter(each => each.offsetHeight > 44).map(each => each.className),
    over: parts.filter((each, place) => place && each.getBoundingClientRect().left
      < parts[place - 1].getBoundingClientRect().right - 1).map(each => each.className),
  };
}"""


def test_the_header_is_one_line_at_every_width(
    world: World, alice: Tenant, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The badge of sandbox mode and the mark of an account that needs attention are shown too.
    deps = world.app.extensions["musubi"]
    sandbox_mode = replace(deps.settings, sandbox=True)
    monkeypatch.setitem(world.app.extensions, "musubi", replace(deps, settings=sandbox_mode))
    with world.app.app_context(), transaction() as session:
        account = session.get_one(OfficialAccount, alice.account_id)
        account.name, account.checks = "Musubi Coffee Roasters", {"channel": {"ok": False}}
    context = signed_in(chromium, world, alice)
    page = context.new_page()
    wrong = {}
    for language in LANGUAGES:
        page.goto(f"{world.url}/settings?lang={language}", wait_until="load")
        assert page.locator("[data-testid=sandbox-link], .switcher summary .warn").count() == 2
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            found = page.evaluate(LAYOUT)
            if found["excess"] > 0 or found["high"] > 62 or found["tall"] or found["over"]:
                wrong[language, width] = found
    context.close()
    assert not wrong
