"""The preview in a real browser: as a person, pinned on a phone, its hints; messages dragged."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from plugin.models.transaction import transaction
from plugin.services.message_templates.library import create_template
from tests.browser.chromium import SHOTS, shoot
from tests.browser.places import signed_in
from tests.support.people import friend_of, linked
from tests.support.world import Tenant, World

pytestmark = pytest.mark.browser

HELLO = "Dear {{ contact.firstname }} of {{ contact.company | default('your firm') }}"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
Open = Callable[..., Page]


@pytest.fixture
def address(world: World, alice: Tenant) -> str:
    friend_id, _ = linked(world, alice)
    with world.app.app_context(), transaction():
        friend_of(friend_id).display_name = "Aiko Sato"
    with world.app.app_context():
        messages = [{"type": "text", "text": text} for text in (HELLO, "Second", "b" * 700)]
        template = create_template(world.account(alice), "Welcome", messages)
        return f"{world.url}/templates/{template.id}"


@pytest.fixture
def open_editor(world: World, alice: Tenant, chromium: Browser, address: str) -> Iterator[Open]:
    """Opens the editor; its errors fail the test."""
    contexts, errors = [], []

    def open_at(viewport: dict[str, int], language: str = "en", **more: object) -> Page:
        context = signed_in(chromium, world, alice, viewport=viewport, **more)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto(f"{address}?lang={language}")
        page.goto(address)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert errors == []


def texts(page: Page) -> list[str]:
    fields = page.locator("fieldset.draft textarea")
    return [fields.nth(at).input_value()[:6] for at in range(fields.count())]


def middle(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def choose(page: Page, words: str) -> None:
    page.get_by_test_id("seen-as").locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("seen-search")).to_be_focused()
    page.keyboard.type(words)
    rows = page.locator(".seen-row")
    expect(rows).to_have_count(2)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")


def test_a_person_is_chosen_by_keyboard_and_followed_while_typing(open_editor: Open) -> None:
    page = open_editor(DESK)
    bubble = page.get_by_test_id("bubble-text").first
    expect(bubble).to_have_text("Dear firstname of your firm")
    expect(bubble.locator(".stand-in")).to_have_count(2)
    choose(page, "aik")
    expect(page.get_by_test_id("seen-name")).to_have_text("Aiko Sato")
    expect(bubble).to_have_text("Dear Alice of your firm")
    expect(bubble.locator(".stand-in.default")).to_have_text("your firm")
    page.get_by_test_id("bubble.0.text").fill(
        "Hi {{ contact.firstname }}, from {{ contact.company }}"
    )
    expect(bubble).to_have_text("Hi Alice, from company")
    expect(page.get_by_test_id("friend-problem")).to_contain_text("has no company")
    shoot(page, "editor-seen-as")
    # The choice survives a button of the form, and the page's own reload.
    page.get_by_test_id("copy-1").click()
    expect(page.get_by_test_id("seen-name")).to_have_text("Aiko Sato")
    page.reload()
    expect(page.get_by_test_id("bubble-text").first).to_have_text("Hi Alice, from company")
    page.get_by_test_id("seen-as").locator("summary").click()
    page.get_by_test_id("seen-as-0").check()
    expect(page.get_by_test_id("bubble-text").first).to_have_text("Hi firstname, from company")


def test_it_is_chosen_without_a_script(open_editor: Open) -> None:
    page = open_editor(PHONE, "ja", java_script_enabled=False)
    expect(page.get_by_test_id("bubble-text").first).to_have_text("Dear firstname of your firm")
    page.get_by_test_id("preview-bar").click()
    page.get_by_test_id("seen-as").locator("summary").click()
    page.locator(".seen-row").nth(1).click()
    page.get_by_test_id("see-as").click()
    expect(page.get_by_test_id("bubble-text").first).to_have_text("Dear Alice of your firm")
    expect(page.get_by_test_id("seen-name")).to_have_text("Aiko Sato")


def test_on_a_desk_it_stays_in_view_and_scrolls_by_itself(open_editor: Open) -> None:
    page = open_editor(DESK)
    page.get_by_test_id("draft-2").evaluate("draft => draft.scrollIntoView({ block: 'center' })")
    beside = page.locator(".beside")
    box = beside.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= DESK["height"]
    followed = page.locator(".followed")
    assert followed.evaluate("place => place.scrollHeight > place.clientHeight")
    # Whatever the preview needs, the test send below it is in sight.
    expect(page.get_by_test_id("test-send")).to_be_in_viewport(ratio=1)
    expect(page.get_by_test_id("preview-bar")).to_be_hidden()
    shoot(page, "editor-desk")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_on_a_phone_a_bar_opens_it_and_gives_back_focus_and_place(
    open_editor: Open, language: str
) -> None:
    page = open_editor(PHONE, language)
    bar, sheet = page.get_by_test_id("preview-bar"), page.get_by_test_id("preview-sheet")
    field = page.get_by_test_id("bubble.1.text")
    field.fill("Half a word")
    expect(bar).to_contain_text("Half a word")
    expect(bar).not_to_contain_text("Dear")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    before = page.evaluate("scrollY")
    bar.click()
    expect(sheet).to_be_visible()
    expect(sheet.get_by_test_id("bubble-text").nth(1)).to_have_text("Half a word")
    shoot(page, f"editor-sheet-{language}")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(field).to_be_focused()
    assert abs(page.evaluate("scrollY") - before) <= 1
    # By keyboard the bar has the focus again.
    bar.focus()
    page.keyboard.press("Enter")
    expect(sheet).to_be_visible()
    sheet.get_by_test_id("sheet-close").press("Enter")
    expect(sheet).to_be_hidden()
    expect(bar).to_be_focused()


def test_on_a_phone_the_bar_covers_no_field_with_focus(open_editor: Open) -> None:
    page = open_editor(PHONE)
    top = page.get_by_test_id("preview-bar").bounding_box()
    assert top is not None
    page.get_by_test_id("name").focus()
    for _ in range(24):
        page.keyboard.press("Tab")
        # A frame later the page has made room.
        page.evaluate("() => new Promise(requestAnimationFrame)")
        # What stands in the bars themselves, or in the top bar, is no field of the form.
        bottom = page.evaluate(
            "() => { const at = document.activeElement;"
            " return at.form?.id === 'writing' ? at.getBoundingClientRect().bottom : null }"
        )
        assert bottom is None or bottom <= top["y"] + 1


def test_on_a_phone_a_hint_closes_the_sheet_and_leads_to_its_field(open_editor: Open) -> None:
    page = open_editor(PHONE)
    page.get_by_test_id("preview-bar").click()
    sheet = page.get_by_test_id("preview-sheet")
    sheet.get_by_test_id("bubble-hints").get_by_role("link").first.click()
    expect(sheet).to_be_hidden()
    expect(page.get_by_test_id("bubble.2.text")).to_be_focused()
    expect(page.get_by_test_id("bubble.2.text")).to_be_in_viewport()


def test_a_message_is_dragged_and_the_move_is_undone(open_editor: Open) -> None:
    page = open_editor({"width": 1280, "height": 1400})
    # A step that can be undone to.
    with page.expect_response("**/keep"):
        page.get_by_test_id("name").fill("Greeting")
    first, second, third = texts(page)
    page.mouse.move(*middle(page.get_by_test_id("drag-0")))
    page.mouse.down()
    x, y = middle(page.get_by_test_id("draft-1"))
    page.mouse.move(x, y + 60, steps=4)
    expect(page.locator(".drop-line")).to_be_visible()
    page.screenshot(path=SHOTS / "editor-drag.png")
    page.keyboard.press("Escape")
    expect(page.locator(".drop-line")).to_have_count(0)
    page.mouse.up()
    assert texts(page) == [first, second, third]
    page.mouse.move(*middle(page.get_by_test_id("drag-0")))
    page.mouse.down()
    page.mouse.move(*middle(page.get_by_test_id("drag-0")))
    x, y = middle(page.get_by_test_id("draft-1"))
    page.mouse.move(x, y + 60, steps=4)
    page.mouse.up()
    expect(page.get_by_test_id("bubble.0.text")).to_have_value("Second")
    assert texts(page) == [second, first, third]
    assert page.url.endswith("#bubble.1")
    page.get_by_test_id("undo").click()
    expect(page.get_by_test_id("bubble.0.text")).to_have_value(HELLO)
    assert texts(page) == [first, second, third]


def test_a_drag_scrolls_at_the_edge(open_editor: Open) -> None:
    page = open_editor({"width": 1280, "height": 500})
    first, second, third = texts(page)
    page.evaluate("document.getElementById('bubble.0').scrollIntoView()")
    start = page.evaluate("scrollY")
    page.mouse.move(*middle(page.get_by_test_id("drag-0")))
    page.mouse.down()
    page.mouse.move(600, 490, steps=3)
    page.wait_for_function("start => scrollY > start + 400", arg=start)
    page.mouse.up()
    expect(page.get_by_test_id("bubble.2.text")).to_have_value(HELLO)
    assert texts(page) == [second, third, first]


def test_a_finger_drags_too(open_editor: Open) -> None:
    page = open_editor(PHONE, "ja", has_touch=True)
    first, second, third = texts(page)
    page.evaluate("scrollTo(0, document.getElementById('bubble.0').offsetTop - 70)")
    touch = page.context.new_cdp_session(page)
    x, y = middle(page.get_by_test_id("drag-1"))
    to_x, to_y = middle(page.get_by_test_id("draft-0"))

    def send(kind: str, *points: tuple[float, float]) -> None:
        spots = [{"x": x, "y": y} for x, y in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    send("touchStart", (x, y))
    send("touchMove", (x, y - 30))
    send("touchMove", (to_x, to_y - 80))
    expect(page.locator(".drop-line")).to_be_visible()
    send("touchEnd")
    expect(page.get_by_test_id("bubble.0.text")).to_have_value("Second")
    assert texts(page) == [second, first, third]
