"""Files arrive in parts or in a form; what is refused is said, and nobody else's can be touched."""

from pathlib import Path

import pytest

from plugin.services.media.uploads import MOST_AT_ONCE, PART_SIZE
from plugin.web.bodies import LARGEST_IN_FORM
from tests.services.media.files import film, picture
from tests.support.world import Tenant, World, sql_of
from tests.web.media.uploading import Script, by_form, library
from tests.web.pages import marks


def test_a_picture_by_a_form(world: World, alice: Tenant) -> None:
    page = by_form(world, alice, picture(size=(1600, 1200)), "春のセール.jpg")
    assert "春のセール.jpg" in page.text
    assert "1,600 × 1,200" in page.text
    assert "春のセール.jpg" in library(world, alice).text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (b"<html>", "no picture"),
        (bytes(LARGEST_IN_FORM + 1), "larger than 10 MB"),
    ],
)
def test_what_a_form_may_not_bring(world: World, alice: Tenant, data: bytes, words: str) -> None:
    page = by_form(world, alice, data)
    assert page.url == f"{world.url}/media"
    assert words in page.text
    assert "empty" in marks(page)


def test_a_long_film_in_parts(world: World, alice: Tenant) -> None:
    data = film(media=bytes(2 * PART_SIZE + 1000))
    stored = Script(world, alice).upload(data, "summer.mp4", "video")
    assert (stored["kind"], stored["name"], stored["width"]) == ("video", "summer.mp4", 640)
    assert stored["preview_url"] == ""
    assert len(alice.walker.session.get(stored["url"], timeout=30).content) == len(data)


def test_a_part_and_the_end_may_come_twice(world: World, alice: Tenant) -> None:
    script, data = Script(world, alice), picture()
    begun = script.begin(len(data)).json()["id"]
    for _ in range(2):
        assert script.post(f"/{begun}/1", data).status_code == 200
    ends = [script.post(f"/{begun}/finish").json() for _ in range(2)]
    assert ends[0] == ends[1]
    assert ends[0]["kind"] == "image"
    assert script.post(f"/{begun}/1", data).status_code == 422
    assert script.post(f"/{begun}/cancel").status_code == 200
    assert alice.walker.session.get(ends[0]["url"], timeout=30).status_code == 200


def test_what_is_missing_or_does_not_fit_is_refused(world: World, alice: Tenant) -> None:
    script = Script(world, alice)
    begun = script.begin(PART_SIZE + 5).json()["id"]
    assert script.post(f"/{begun}/2", b"x").status_code == 422
    assert script.post(f"/{begun}/2", b"x" * 6).status_code == 422
    assert script.post(f"/{begun}/2", b"x" * 5).status_code == 200
    refused = script.post(f"/{begun}/finish")
    assert refused.status_code == 422
    assert "did not arrive" in refused.json()["problem"]


@pytest.mark.parametrize(
    ("size", "kind", "words"),
    [
        (0, "image", "empty"),
        (-1, "", "empty"),
        (25_000_001, "image", "larger than 25 MB"),
        (200_000_001, "video", "larger than 200 MB"),
        (10**30, "", "larger than 200 MB"),
    ],
)
def test_sizes_are_refused_before_anything_is_sent(
    world: World, alice: Tenant, size: int, kind: str, words: str
) -> None:
    refused = Script(world, alice).begin(size, kind=kind)
    assert refused.status_code == 422
    assert words in refused.json()["problem"]


def test_what_the_file_is_counts_and_not_its_name(world: World, alice: Tenant) -> None:
    script = Script(world, alice)
    assert "no MP4 video" in script.upload(picture(), "film.mp4", "video")["problem"]
    assert "no picture" in script.upload(film(), "photo.png", "image")["problem"]
    assert script.upload(picture("PNG"), "photo.jpg", "image")["kind"] == "image"


def test_the_words_are_in_the_readers_language(world: World, alice: Tenant) -> None:
    alice.walker.go(f"{world.url}/media?lang=ja")
    assert "ファイルが空です" in Script(world, alice).begin(0).json()["problem"]


def test_a_cancelled_upload_leaves_nothing(world: World, alice: Tenant) -> None:
    script = Script(world, alice)
    begun = script.begin(10).json()["id"]
    script.post(f"/{begun}/1", b"x" * 10)
    assert script.post(f"/{begun}/cancel").status_code == 200
    world.work()
    assert script.post(f"/{begun}/finish").status_code == 404


def test_uploads_that_are_never_finished_are_bounded(world: World, alice: Tenant) -> None:
    script = Script(world, alice)
    for _ in range(MOST_AT_ONCE):
        assert script.begin(5).status_code == 200
    assert "Too many" in script.begin(5).json()["problem"]


def test_another_tenant_touches_none(world: World, alice: Tenant, charlie: Tenant) -> None:
    hers, his = Script(world, alice), Script(world, charlie)
    begun = hers.begin(len(picture())).json()["id"]
    for path in ("0", "finish", "cancel"):
        assert his.post(f"/{begun}/{path}", b"x").status_code == 404
    stored = hers.upload(picture(), "Hers")
    for path in (f"/media/{stored['id']}", f"/media/uploads/{stored['id']}/finish"):
        assert charlie.walker.go(f"{world.url}{path}").status in (404, 405)
    assert "Hers" not in library(world, charlie).text


def test_without_the_forms_token_nothing_is_taken(world: World, alice: Tenant) -> None:
    script = Script(world, alice)
    script.token = ""
    assert script.begin(5).status_code == 400


def test_a_store_that_fails_is_said(world: World, alice: Tenant) -> None:
    script = Script(world, alice)
    begun = script.begin(5).json()["id"]
    with world.app.app_context():
        store = world.deps.gateways.media
        root, store._root = store._root, Path(__file__)  # type: ignore[attr-defined]
    try:
        refused = script.post(f"/{begun}/1", b"12345")
    finally:
        store._root = root  # type: ignore[attr-defined]
    assert refused.status_code == 503
    assert "could not be kept" in refused.json()["problem"]


def test_the_library_asks_little_whatever_it_holds(world: World, alice: Tenant) -> None:
    script = Script(world, alice)
    for number in range(26):
        script.upload(picture(size=(40, 30)), f"picture {number}.jpg")
    with sql_of(world) as sent:
        page = library(world, alice)
    assert len(sent) < 12
    assert marks(page).count("medium") == 24
    assert "picture 0.jpg" not in page.text
    older = alice.walker.go(f"{world.url}/media?before={script.upload(picture())['id']}&q=ture 1.")
    assert marks(older).count("medium") == 1
    choices = alice.walker.go(f"{world.url}/media/pick?kind=image")
    assert marks(choices).count("choice") == 24
    assert "no-choice" in marks(alice.walker.go(f"{world.url}/media/pick?kind=video"))
