"""The card as Chromium prints it: one page of the paper's size, its words, a code that scans."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from plugin.models.transaction import transaction
from plugin.services.qr_codes.codes import set_logo
from tests.support.pictures import Print, drawn, letters, printed, saved, scanned
from tests.support.world import Tenant, World

pytestmark = pytest.mark.browser
MILLIMETRE = 72 / 25.4
PAPERS = {"a6": (105, 148, 1), "a5": (148, 210, 1), "a4": (210, 297, 1), "four": (210, 297, 4)}


@pytest.fixture
def window(chromium: Browser, world: World, alice: Tenant) -> Iterator[Page]:
    """Signed in, and counts its print dialogs; a refused style or picture fails the test."""
    context = chromium.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
    context.add_init_script("window.dialogs = 0; window.print = () => { window.dialogs += 1; };")
    context.add_cookies(
        [
            {"name": cookie.name, "value": cookie.value or "", "url": world.url}
            for cookie in alice.walker.session.cookies
        ]
    )
    page, complaints = context.new_page(), []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert not complaints


def printed_card(page: Page, world: World, tenant: Tenant, query: str = "") -> Print:
    page.goto(f"{world.url}/qr-codes/{tenant.qr_code_id}/print{query}", wait_until="networkidle")
    return printed(page.pdf(prefer_css_page_size=True))


def change(world: World, tenant: Tenant, name: str, zone: str, logo: bool) -> None:
    with world.app.app_context():
        with transaction():
            account, code = world.account(tenant), world.code(tenant)
            account.name, account.installation.time_zone = name, zone
            code.dark, code.light = "#003366", "#fff8e8"
        set_logo(world.code(tenant), saved(drawn("orange", 200, 150)) if logo else b"")


@pytest.mark.parametrize("paper", PAPERS)
def test_each_paper_is_one_page_with_codes_that_scan(
    world: World, alice: Tenant, window: Page, paper: str
) -> None:
    width, height, cards = PAPERS[paper]
    page = printed_card(window, world, alice, f"?paper={paper}")
    # Chromium counts paper in whole pixels, 96 an inch.
    assert page.points == pytest.approx((width * MILLIMETRE, height * MILLIMETRE), abs=1)
    assert scanned(page.picture) == [f"{world.url}/l/{alice.slug}"] * cards
    assert page.letters.count("@sandbox") == cards
    assert all(page.fonts.values())


@pytest.mark.parametrize("logo", [False, True])
@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("結び商店 さくら", "Asia/Tokyo"),
        ("台北好物商店", "Asia/Taipei"),
        ("Café Łódź", "Europe/Warsaw"),
    ],
)
def test_the_card_alone_is_printed_in_its_letters_and_colours(
    world: World, alice: Tenant, window: Page, name: str, zone: str, logo: bool
) -> None:
    change(world, alice, name, zone, logo)
    page = printed_card(window, world, alice, "?headline=LINE")
    assert page.letters.startswith(("S" + letters(name), letters(name)))
    assert page.letters.endswith(letters("LINE Scan with your phone's camera or LINE @sandbox"))
    assert scanned(page.picture) == [f"{world.url}/l/{alice.slug}"]
    # The code is drawn in lines; the logo alone is a picture.
    assert page.pictures == int(logo)
    # The ground at the top, the band below.
    assert page.picture.getpixel((5, 5)) == (0xFF, 0xF8, 0xE8)
    assert page.picture.getpixel((9, page.picture.height - 30)) == (0x00, 0x33, 0x66)


def test_the_button_opens_the_print_dialog(world: World, alice: Tenant, window: Page) -> None:
    window.goto(f"{world.url}/qr-codes/{alice.qr_code_id}")
    window.get_by_test_id("print-card").click()
    expect(window.get_by_test_id("sheet")).to_be_visible()
    window.get_by_test_id("print").click()
    assert window.evaluate("window.dialogs") == 1
    window.get_by_test_id("headline").fill("好友")
    window.get_by_test_id("show").click()
    expect(window.get_by_test_id("print-headline")).to_have_text("好友")
    window.get_by_test_id("paper-four").click()
    expect(window.get_by_test_id("print-headline")).to_have_count(4)


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_screen(
    world: World, alice: Tenant, window: Page, width: int
) -> None:
    window.set_viewport_size({"width": width, "height": 844})
    for paper in PAPERS:
        window.goto(f"{world.url}/qr-codes/{alice.qr_code_id}/print?paper={paper}")
        assert window.evaluate("document.documentElement.scrollWidth") <= width
