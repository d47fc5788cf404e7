"""Files for friends' phones: open to whoever knows the address, in part too, and never a page."""

from collections.abc import Callable

import pytest
import requests

from plugin.models import db
from plugin.models.media.media import RECEIVED, Media
from plugin.models.transaction import transaction
from tests.services.media.files import film, picture
from tests.support.world import Tenant, World
from tests.web.media.uploading import Script

Ask = Callable[..., requests.Response]


@pytest.fixture
def address(world: World, alice: Tenant) -> str:
    return str(Script(world, alice).upload(film(media=bytes(range(256)) * 40), "f.mp4")["url"])


def ask(url: str, method: str = "GET", **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(method, url, headers=named, timeout=30)


def test_a_stranger_gets_the_file_and_keeps_it(address: str) -> None:
    answer = ask(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert "Set-Cookie" not in answer.headers
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    again = ask(address, If_None_Match=answer.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")


def test_the_head_alone(address: str) -> None:
    whole, head = ask(address), ask(address, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [("0-0", 0, 1), ("100-199", 100, 200), ("10000-", 10000, None), ("-50", -50, None),
     ("0-99999999", 0, None), ("0-", 0, None)],
)  # fmt: skip
def test_a_part_of_it(address: str, span: str, first: int, last: int | None) -> None:
    whole = ask(address).content
    answer = ask(address, Range=f"bytes={span}")
    assert answer.content == whole[first:last]
    if len(answer.content) < len(whole):
        assert answer.status_code == 206
        begin = first % len(whole)
        end = begin + len(answer.content) - 1
        assert answer.headers["Content-Range"] == f"bytes {begin}-{end}/{len(whole)}"


@pytest.mark.parametrize("span", ["bytes=0-1,5-6", "lines=0-1", "bytes=x", "bytes=5-2"])
def test_a_span_that_cannot_be_given_is_the_whole(address: str, span: str) -> None:
    assert ask(address, Range=span).status_code == 200


def test_a_span_beyond_the_end(address: str) -> None:
    whole = ask(address).content
    answer = ask(address, Range="bytes=99999999-")
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(whole)}"


def test_a_part_of_what_has_changed_is_the_whole(address: str) -> None:
    tag = ask(address).headers["ETag"]
    assert ask(address, Range="bytes=0-9", If_Range=tag).status_code == 206
    assert ask(address, Range="bytes=0-9", If_Range='"other"').status_code == 200


def test_an_imagemap_is_served_in_each_width_without_an_extension(
    world: World, alice: Tenant
) -> None:
    base = Script(world, alice).upload(picture(size=(1040, 700)), kind="imagemap")["url"]
    for width in (240, 300, 460, 700, 1040):
        answer = ask(f"{base}/{width}")
        assert answer.headers["Content-Type"] == "image/jpeg"
    assert ask(f"{base}/241").status_code == 404
    assert ask(f"{base}/original").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/media/{key}/preview", "/media/{key}/original.jpg", "/media/{key}/../original",
     "/media/{upper}/original", "/media/" + "0" * 40 + "/original",
     "/media/%00" + "0" * 39 + "/original", "/media/{key}/%F0%9F%91%8B", "/media/{key}/"],
)  # fmt: skip
def test_anything_odd_is_missing(world: World, address: str, path: str) -> None:
    key = address.split("/")[-2]
    answer = ask(world.url + path.format(key=key, upper=key.upper()))
    assert answer.status_code == 404


def test_what_friends_sent_is_not_open(world: World, address: str) -> None:
    with world.app.app_context(), transaction():
        media = Media.by_key(address.split("/")[-2])
        assert media is not None
        media.origin = RECEIVED
    assert ask(address).status_code == 404


def test_what_is_deleted_is_gone_at_once(world: World, alice: Tenant, address: str) -> None:
    with world.app.app_context():
        media = Media.by_key(address.split("/")[-2])
        assert media is not None
        number = media.id
    page = alice.walker.go(f"{world.url}/media/{number}")
    index = [form.action for form in page.forms].index(f"/media/{number}/delete")
    assert "is deleted" in alice.walker.submit(index).text
    assert ask(address).status_code == 404
    world.work()
    with world.app.app_context():
        assert db.session.get(Media, number) is None
