"""axe-core finds nothing on any page, the team's, the friends' and the sandbox's: light and dark,
on a desk and on a phone, in English and in Japanese.
"""

from typing import Any, Literal, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from plugin.services.message_templates.library import create_template
from tests.browser.places import friend_pages, signed_in, team_pages
from tests.browser.whole.axe import ALL, OF_LOOKS, axe_script, violations
from tests.support.people import linked
from tests.support.world import Tenant, World

pytestmark = [pytest.mark.browser, pytest.mark.node]
HEIGHT = 844
Scheme = Literal["light", "dark"]


class Mode(NamedTuple):
    """`scheme`: the colours in which a page is opened; `width`: of the window, in pixels."""

    scheme: Scheme
    width: int
    language: str

    @property
    def settings(self) -> dict[str, Any]:
        """What a browser is told; without motion a colour changes at once."""
        size = ViewportSize(width=self.width, height=HEIGHT)
        return {"color_scheme": self.scheme, "viewport": size, "reduced_motion": "reduce"}

    @property
    def other(self) -> Scheme:
        return "dark" if self.scheme == "light" else "light"


MODES = {"desk": Mode("light", 1280, "ja"), "phone": Mode("dark", 390, "en")}
SANDBOX = (
    "/sandbox/", "/sandbox/portal/20000001", "/sandbox/mailbox", "/sandbox/phone/alice",
    "/sandbox/line-console", "/sandbox/portal/20000001/workflows?action=send-message",
    "/sandbox/hubspot-app/contacts/20000001/record/0-1/150000000001",
)  # fmt: skip


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    return axe_script(tmp_path_factory.getbasetemp() / "axe")


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_team_and_friends(
    world: World, alice: Tenant, chromium: Browser, axe: str, mode: Mode
) -> None:
    paths = [*team_pages(world, alice), *friend_pages(world, alice)]
    assert len(paths) > 50
    context = signed_in(chromium, world, alice, **mode.settings)
    page = context.new_page()
    page.goto(f"{world.url}/?lang={mode.language}")
    found = {
        path: problems for path in paths if (problems := look(page, world.url + path, axe, mode))
    }
    context.close()
    assert found == {}


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_the_sandbox(newcomer: str, chromium: Browser, axe: str, mode: Mode) -> None:
    context = chromium.new_context(**mode.settings)
    page = context.new_page()
    found = {
        path: problems for path in SANDBOX if (problems := look(page, newcomer + path, axe, mode))
    }
    context.close()
    assert found == {}


def look(page: Page, address: str, axe: str, mode: Mode) -> list[str]:
    """Return what is found in the colours of the mode, then in the others."""
    page.emulate_media(color_scheme=mode.scheme)
    page.goto(address)
    found = [(mode.scheme, rule) for rule in violations(page, axe, ALL)]
    page.emulate_media(color_scheme=mode.other)
    found += [(mode.other, rule) for rule in violations(page, axe, OF_LOOKS)]
    return [f"{scheme}, {rule['id']}: {rule['nodes']}" for scheme, rule in found]


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_an_editor_with_hints_and_a_person(
    world: World, alice: Tenant, chromium: Browser, axe: str, mode: Mode
) -> None:
    friend_id, _ = linked(world, alice)
    words = ["{{ contact.company }}", "{{ contact.city | default('here') }}", "b" * 700]
    with world.app.app_context():
        messages = [{"type": "text", "text": text} for text in words]
        template_id = create_template(world.account(alice), "Welcome", messages).id
    context = signed_in(chromium, world, alice, **mode.settings)
    page = context.new_page()
    page.goto(f"{world.url}/?lang={mode.language}")
    problems = look(page, f"{world.url}/templates/{template_id}?as={friend_id}", axe, mode)
    page.get_by_test_id("seen-as").evaluate("chooser => { chooser.open = true; }")
    if mode.width < 900:
        page.get_by_test_id("preview-bar").click()
    expect(page.get_by_test_id("bubble-hints").first).to_be_visible()
    problems += [str(each) for each in violations(page, axe)]
    context.close()
    assert problems == []
