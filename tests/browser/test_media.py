"""Uploads in a real browser: a picture, a film with a frame of it as preview, an imagemap."""

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.chromium import shoot
from tests.browser.places import signed_in
from tests.services.media.files import picture
from tests.support.pictures import opened
from tests.support.world import Tenant, World

pytestmark = pytest.mark.browser
# Records half a second of a canvas, as a phone records a film.
FILM = """async () => {
  const canvas = Object.assign(document.createElement("canvas"), {width: 320, height: 180});
  const pen = canvas.getContext("2d");
  const recorder = new MediaRecorder(canvas.captureStream(20), {mimeType: "video/mp4"});
  const parts = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  const stopped = new Promise((done) => { recorder.onstop = done; });
  recorder.start();
  for (let step = 0; step < 14; step++) {
    pen.fillStyle = "rgb(179, 49, 45)"; pen.fillRect(0, 0, 320, 180);
    pen.fillStyle = "white"; pen.fillRect(step * 10, 80, 20, 20);
    await new Promise((next) => setTimeout(next, 50));
  }
  recorder.stop(); await stopped;
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return btoa([...bytes].map((byte) => String.fromCharCode(byte)).join(""));
}"""
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


@pytest.fixture
def spring(tmp_path: Path) -> Path:
    path = tmp_path / "spring.jpg"
    path.write_bytes(picture(size=(2080, 1040)))
    return path


def choose(page: Page, place: int, file: Path) -> Locator:
    control = page.get_by_test_id("upload-control").nth(place)
    control.locator("input[type=file]").set_input_files(file)
    return control


def sides(page: Page, number: int) -> list[str]:
    names = ("x", "y", "width", "height")
    fields = [page.get_by_test_id(f"bubble.0.areas.{number}.{name}") for name in names]
    return [field.input_value() for field in fields]


def drag(page: Page, *path: tuple[int, int]) -> None:
    """Drag over the picture; the points are in its own pixels, 1,040 wide."""
    stage = page.locator("[data-stage]")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box is not None
    scale = box["width"] / 1040
    for number, (x, y) in enumerate(path):
        page.mouse.move(box["x"] + x * scale, box["y"] + y * scale)
        if not number:
            page.mouse.down()
    page.mouse.up()


def test_a_picture_is_uploaded_where_the_message_is_written(
    chromium: Browser, world: World, alice: Tenant, spring: Path, tmp_path: Path
) -> None:
    context = signed_in(chromium, world, alice)
    page = context.new_page()
    page.goto(f"{world.url}/templates/new?kind=image")
    page.get_by_test_id("bubble.0.image_url").fill("https://a.example/typed.jpg")
    wrong = tmp_path / "page.jpg"
    wrong.write_text("<html>", encoding="utf-8")
    control = choose(page, 0, wrong)
    expect(control).to_contain_text("This file is no picture that can be read")
    expect(page.get_by_test_id("bubble.0.image_url")).to_have_value("https://a.example/typed.jpg")
    choose(page, 0, spring)
    expect(control).to_contain_text("Uploaded: spring.jpg")
    address = page.get_by_test_id("bubble.0.image_url")
    expect(address).to_have_value(re.compile(r"/media/[0-9a-f]{40}/original$"))
    expect(page.get_by_test_id("bubble.0.preview_url")).to_have_value(re.compile("/preview$"))
    expect(page.locator("#preview img")).to_have_js_property("naturalWidth", 1024)
    page.get_by_test_id("bubble.0.preview_url").fill("")
    page.get_by_test_id("upload-control").nth(1).locator("[data-act=library]").click()
    page.get_by_test_id("choice").first.click()
    expect(page.get_by_test_id("bubble.0.preview_url")).to_have_value(re.compile("/preview$"))
    shoot(page, "media-1-uploaded")
    context.close()


def test_a_film_gets_a_frame_of_itself_as_preview(
    chromium: Browser, world: World, alice: Tenant, tmp_path: Path
) -> None:
    context = signed_in(chromium, world, alice)
    page = context.new_page()
    page.goto(f"{world.url}/templates/new?kind=video")
    film = tmp_path / "film.mp4"
    film.write_bytes(base64.b64decode(page.evaluate(FILM)))
    control = choose(page, 0, film)
    expect(control).to_contain_text("The preview is a frame of the video.")
    preview = page.get_by_test_id("bubble.0.preview_url").input_value()
    frame = opened(alice.walker.session.get(preview, timeout=30).content)
    assert frame.size == (320, 180)
    red, green, _ = frame.getpixel((5, 5))  # type: ignore[misc]
    assert red > 140
    assert green < 90
    context.close()


def test_a_long_upload_shows_how_far_it_is_and_can_be_cancelled(
    chromium: Browser, world: World, alice: Tenant, tmp_path: Path
) -> None:
    context = signed_in(chromium, world, alice)
    page = context.new_page()
    page.goto(f"{world.url}/templates/new?kind=video")
    page.get_by_test_id("bubble.0.video_url").fill("https://a.example/typed.mp4")
    long = tmp_path / "long.mp4"
    long.write_bytes(bytes(9_000_000))
    # The second part never arrives.
    page.route("**/media/uploads/*/2", lambda route: None)
    control = choose(page, 0, long)
    expect(control.locator("progress")).to_have_attribute(
        "value", re.compile("^4[0-9]|^[5-9][0-9]")
    )
    control.locator("[data-act=cancel]").click()
    expect(control).to_contain_text("Cancelled. What stood here is unchanged.")
    expect(page.get_by_test_id("bubble.0.video_url")).to_have_value("https://a.example/typed.mp4")
    context.close()


def test_an_imagemap_is_drawn_by_pointer_and_keyboard(
    chromium: Browser, world: World, alice: Tenant, spring: Path
) -> None:
    context = signed_in(chromium, world, alice)
    page = context.new_page()
    page.goto(f"{world.url}/templates/new?kind=imagemap")
    choose(page, 0, spring)
    expect(page.get_by_test_id("bubble.0.height")).to_have_value("520")
    expect(page.locator("[data-stage]")).to_be_visible()
    drag(page, (4, 6), (200, 200), (518, 516))
    assert sides(page, 0) == ["0", "0", "520", "520"]
    page.get_by_test_id("bubble.0.areas.0.to").fill("https://shop.example.com/")
    drag(page, (524, 100), (800, 300), (903, 402))
    assert sides(page, 1) == ["520", "100", "380", "300"]
    drag(page, (700, 200), (702, 203))
    for key in ("ArrowLeft", "ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    assert sides(page, 1) == ["510", "110", "390", "300"]
    expect(page.locator("[data-warning]")).to_contain_text("Areas 1 and 2 overlap")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-warning]")).to_be_hidden()
    drag(page, (5, 515), (8, 517))
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("bubble.0.areas.0.to")).to_be_focused()
    page.locator(".map-area").first.focus()
    page.keyboard.press("Delete")
    assert sides(page, 0) == ["520", "110", "390", "300"]
    page.get_by_test_id("bubble.0.areas.0.to").fill("Yes")
    page.get_by_test_id("bubble.0.alt_text").fill("Spring")
    page.get_by_test_id("name").fill("Spring map")
    shoot(page, "media-2-imagemap")
    page.get_by_test_id("save").click()
    expect(page.get_by_test_id("version-1")).to_be_visible()
    assert sides(page, 0) == ["520", "110", "390", "300"]
    context.close()


def test_the_library_on_a_phone_in_japanese(
    chromium: Browser, world: World, alice: Tenant, spring: Path
) -> None:
    context = signed_in(chromium, world, alice, **PHONE)
    page = context.new_page()
    page.goto(f"{world.url}/media?lang=ja")
    page.get_by_test_id("file").set_input_files([spring, spring])
    page.get_by_test_id("upload").click()
    expect(page.get_by_test_id("medium")).to_have_count(2)
    page.get_by_test_id("medium").first.tap()
    page.get_by_test_id("delete-ask").tap()
    expect(page.get_by_text("元に戻せません")).to_be_visible()
    shoot(page, "media-3-phone")
    page.get_by_test_id("delete").tap()
    expect(page.get_by_test_id("notice")).to_contain_text("削除しました")
    expect(page.get_by_test_id("medium")).to_have_count(1)
    for path in ("/media", "/templates/new?kind=imagemap"):
        page.goto(f"{world.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
