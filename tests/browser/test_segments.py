"""Segments in a real browser: a nested rule by keyboard, its count, its people; phone, Japanese."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route, expect

from plugin.core.clock import utcnow
from plugin.models import Friend, db
from plugin.models.audience.synced_list import SyncedList
from plugin.models.audience.synced_property import SyncedProperty
from plugin.models.people.tag import Tag
from plugin.models.transaction import transaction
from tests.browser.chromium import shoot
from tests.browser.places import signed_in
from tests.support.people import carry, linked
from tests.support.world import ALICE, BOB, Tenant, World

pytestmark = pytest.mark.browser
A, B, C = ("U" + letter * 32 for letter in "abc")
NAMES = {A: "Sakura", B: "Bob", C: "Charlie"}
STAGES = [["lead", "Lead"], ["customer", "Customer"], ["evangelist", "Evangelist"]]
TAGS = ("VIP", "Newcomer", "Kyoto", "Osaka", "Shop", "Web", "Event", "Fair", "Press", "Test")


@pytest.fixture
def people(world: World, alice: Tenant) -> None:
    """Two linked friends, of whom one has blocked, one without a contact; and what is synced."""
    linked(world, alice, ALICE, A)
    linked(world, alice, BOB, B, "blocked")
    now, tenant = utcnow(), alice.installation_id
    chosen = {"installation_id": tenant, "chosen_at": now}
    with world.app.app_context(), transaction() as session:
        charlie = Friend(
            official_account_id=alice.account_id, line_user_id=C, status="following", created_at=now
        )
        stage = SyncedProperty(
            name="lifecyclestage", label="Lifecycle stage", type="enumeration",
            field_type="radio", labels=STAGES, **chosen,
        )  # fmt: skip
        renewal = SyncedProperty(
            name="renewal", label="Renewal date", type="date", field_type="date", **chosen
        )
        news = SyncedList(list_id="7", name="Newsletter subscribers", **chosen)
        tags = [Tag(installation_id=tenant, name=name, created_at=now) for name in TAGS]
        session.add_all([charlie, stage, renewal, news, *tags])
        session.flush()
        for friend in db.session.scalars(db.select(Friend)).unique():
            friend.display_name = NAMES[friend.line_user_id]
            carry(friend, *(["VIP"] if friend.line_user_id != B else []))


def window(chromium: Browser, world: World, tenant: Tenant, width: int = 1280) -> BrowserContext:
    return signed_in(chromium, world, tenant, viewport={"width": width, "height": 900})


def add(page: Page, words: str, group: str = "root") -> None:
    """Add a condition by the keyboard alone; it has the focus then."""
    before = page.get_by_test_id("condition").count()
    page.get_by_test_id(f"add-{group}").press("Enter")
    expect(page.locator("details[open] [data-find]")).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("condition")).to_have_count(before + 1)


def tick(page: Page, place: str, label: str) -> None:
    picker = page.locator(f"details:has([name='rule.{place}.value'])")
    picker.locator("summary").click()
    picker.get_by_text(label, exact=True).click()
    page.keyboard.press("Escape")
    expect(picker.locator("summary")).to_be_focused()
    expect(picker.locator("[data-chosen]")).to_have_text(label)


def build(page: Page) -> None:
    """Linked, and (customers or people with the tag VIP), but who has blocked is out."""
    add(page, "linked with")
    page.get_by_test_id("group-root").press("Enter")
    expect(page.locator("[name='rule.1.kind']")).to_be_focused()
    add(page, "lifecycle", "1")
    tick(page, "1.0", "Customer")
    add(page, "tag", "1")
    tick(page, "1.1", "VIP")


def test_a_rule_is_built_counted_saved_and_its_friends_are_found(
    world: World, alice: Tenant, people: None, chromium: Browser
) -> None:
    context = window(chromium, world, alice)
    page = context.new_page()
    page.goto(f"{world.url}/segments")
    row = page.get_by_test_id("segment-row").filter(has_text="Tapped in the last 30 days")
    expect(row.get_by_test_id("size")).to_contain_text("0")
    shoot(page, "segments-1-list")
    page.get_by_test_id("new-segment").click()
    expect(page.get_by_test_id("count")).to_contain_text("3")
    page.get_by_test_id("name").fill("Customers and VIPs")
    build(page)
    expect(page.get_by_test_id("count")).to_contain_text("1")
    expect(page.get_by_test_id("sample")).to_contain_text("Sakura")
    expect(page.get_by_test_id("meaning-now")).to_have_text(
        "Friends who are linked with a contact, and (whose Lifecycle stage is Customer or who have"
        " the tag “VIP”)"
    )
    shoot(page, "segments-2-built")
    page.locator("[name='rule.kind']").select_option("any")
    expect(page.get_by_test_id("count")).to_contain_text("3")
    page.get_by_test_id("remove-0").click()
    expect(page.get_by_test_id("condition")).to_have_count(2)
    expect(page.get_by_test_id("count")).to_contain_text("2")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("segment-name")).to_have_text("Customers and VIPs")
    expect(page.get_by_test_id("count")).to_contain_text("2")
    shoot(page, "segments-3-saved")
    page.get_by_test_id("see-friends").click()
    expect(page.get_by_test_id("row")).to_have_count(2)
    context.close()


def test_a_move_takes_the_condition_and_the_focus_along(
    world: World, alice: Tenant, people: None, chromium: Browser
) -> None:
    context = window(chromium, world, alice)
    page = context.new_page()
    page.goto(f"{world.url}/segments/new")
    build(page)
    page.get_by_label("Move down: Linked with a contact").press("Enter")
    expect(page.locator("[name='rule.0.0.value']")).to_be_focused()
    expect(page.locator("[name='rule.0.kind']")).to_have_value("any")
    context.close()


def test_an_unsaved_rule_is_asked_about_and_a_refused_one_stands(
    world: World, alice: Tenant, people: None, chromium: Browser
) -> None:
    context = window(chromium, world, alice)
    page = context.new_page()
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.goto(f"{world.url}/segments/new")
    add(page, "contact ids")
    page.get_by_test_id("value").fill("150000000001\n150000000002 odd, thing")
    expect(page.get_by_test_id("ids-counted")).to_have_text("Valid IDs: 2. Not IDs: 2.")
    expect(page.get_by_test_id("count")).to_contain_text("2")
    page.get_by_test_id("nav-people").first.click(no_wait_after=True)
    page.wait_for_function("() => true")
    assert asked == ["beforeunload"]
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("name-fault")).to_be_visible()
    expect(page.get_by_test_id("value")).to_have_value("150000000001\n150000000002 odd, thing")
    context.close()


def test_counting_that_fails_is_said_and_asked_again(
    world: World, alice: Tenant, people: None, chromium: Browser
) -> None:
    context = window(chromium, world, alice)
    page = context.new_page()
    page.route("**/segments/preview", lambda route: route.abort())
    page.goto(f"{world.url}/segments/new")
    expect(page.get_by_test_id("said")).to_have_text("It could not be counted just now.")
    page.unroute("**/segments/preview")
    page.get_by_test_id("again").click()
    expect(page.get_by_test_id("count")).to_contain_text("3")
    expect(page.get_by_test_id("again")).to_be_hidden()
    context.close()


def test_a_count_that_is_out_of_date_is_no_longer_asked_for(
    world: World, alice: Tenant, people: None, chromium: Browser
) -> None:
    context = window(chromium, world, alice)
    page = context.new_page()
    held: list[Route] = []
    page.goto(f"{world.url}/segments/new")
    expect(page.get_by_test_id("count")).to_contain_text("3")

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        held.append(route)

    page.route("**/segments/preview", hold)
    add(page, "linked with")
    expect(page.get_by_test_id("said")).to_have_text("Counting…")
    page.get_by_test_id("value").select_option("false")
    expect(page.get_by_test_id("count")).to_contain_text("1")
    assert held[0].request.failure == "net::ERR_ABORTED"
    assert len(held) == 2
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_in_japanese_and_on_a_phone(
    world: World, alice: Tenant, people: None, chromium: Browser, width: int
) -> None:
    context = window(chromium, world, alice, width)
    page = context.new_page()
    page.goto(f"{world.url}/segments?lang=ja")
    shoot(page, f"segments-{width}-ja-1-list")
    page.goto(f"{world.url}/segments/new")
    expect(page.get_by_test_id("count")).to_contain_text("3 人")
    page.get_by_test_id("name").fill("京都のVIP")
    add(page, "タグ")
    tick(page, "0", "Kyoto")
    page.get_by_test_id("group-root").click()
    add(page, "友だち追加", "1")
    add(page, "リンク", "1")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shoot(page, f"segments-{width}-ja-2-built")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("meaning")).to_contain_text("タグ「Kyoto」が付いている、かつ")
    shoot(page, f"segments-{width}-ja-3-saved")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def test_the_builder_works_without_scripts(
    world: World, alice: Tenant, people: None, chromium: Browser
) -> None:
    context = signed_in(chromium, world, alice, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{world.url}/segments/new")
    page.get_by_test_id("name").fill("Linked")
    page.get_by_test_id("add-root").click()
    page.get_by_role("button", name="Linked with a contact").click()
    expect(page.get_by_test_id("count")).to_contain_text("2")
    expect(page.get_by_test_id("name")).to_have_value("Linked")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("meaning")).to_have_text("Friends who are linked with a contact")
    context.close()
