"""Pictures and videos over the API: uploaded whole or in parts, listed, deleted."""

import io
import random
from typing import Any

import pytest
from PIL import Image

from tests.api.client import PREFIX, Program, program
from tests.support.pictures import drawn, saved
from tests.support.world import Tenant, World

PICTURE = saved(drawn("red", 600, 400), "JPEG")


@pytest.fixture
def caller(world: World, alice: Tenant) -> Program:
    return program(world, alice)


def test_a_picture_is_uploaded_listed_used_and_deleted(
    world: World, alice: Tenant, caller: Program
) -> None:
    made = caller.ask("POST", "/media?name=red.jpg&kind=image", PICTURE)
    assert made.status_code == 201, made.text
    media = made.json
    assert (media["kind"], media["name"], media["width"]) == ("image", "red.jpg", 600)
    assert media["created_by"].startswith("API key ")
    url = media["url"].removeprefix(world.url)
    assert world.app.test_client().get(url).data[:2] == b"\xff\xd8"
    assert [row["id"] for row in caller.results("/media?kind=image&q=RED")] == [media["id"]]
    assert caller.results("/media?kind=video") == []
    message = {
        "type": "image",
        "originalContentUrl": media["url"],
        "previewImageUrl": media["preview_url"],
    }
    body = {"official_account": str(alice.account_id), "name": "Red", "messages": [message]}
    template = caller.ask("POST", "/templates", body).json["id"]
    path = f"/media/{media['id']}"
    assert caller.get(path)["used_by"]["templates"] == [template]
    assert caller.ask("DELETE", path).status_code == 204
    assert caller.ask("GET", path).status_code == 404


def test_a_large_file_comes_in_parts(caller: Program) -> None:
    # Noise of one colour compresses; a bitmap-like PNG of 5 MB does not.
    picture = noise()
    begun = caller.ask("POST", "/media/uploads", {"name": "noise.png", "size": len(picture)})
    assert (begun.status_code, begun.json["parts"]) == (201, 2), begun.text
    path, size = f"/media/uploads/{begun.json['id']}", begun.json["part_size"]
    early = caller.ask("POST", f"{path}/finish")
    assert (early.status_code, list(early.json["errors"])) == (422, ["file"])
    begun = caller.ask("POST", "/media/uploads", {"name": "noise.png", "size": len(picture)})
    path = f"/media/uploads/{begun.json['id']}"
    for number, at in ((2, size), (1, 0), (1, 0)):
        part = picture[at : at + size]
        assert caller.ask("PUT", f"{path}/{number}", part).status_code == 204
    for odd in ("0", "3", "x"):
        assert caller.ask("PUT", f"{path}/{odd}", b"x").status_code in (404, 422)
    finished = caller.ask("POST", f"{path}/finish")
    assert (finished.status_code, finished.json["kind"]) == (200, "image"), finished.text
    assert caller.ask("POST", f"{path}/finish").json == finished.json
    assert len(caller.results("/media")) == 1


def noise() -> bytes:
    pixels = random.Random(7).randbytes(1300 * 1300 * 3)  # noqa: S311 - it hides nothing
    file = io.BytesIO()
    Image.frombytes("RGB", (1300, 1300), pixels).save(file, "PNG")
    return file.getvalue()


def test_an_upload_is_cancelled(caller: Program) -> None:
    begun = caller.ask("POST", "/media/uploads", {"size": 10}).json
    path = f"/media/uploads/{begun['id']}"
    assert caller.ask("DELETE", path).status_code == 204
    assert caller.ask("POST", f"{path}/finish").status_code in (404, 422)
    assert caller.results("/media") == []


@pytest.mark.parametrize(
    ("data", "status"), [(b"no picture", 422), (b"", 400), (b"x" * 4_000_001, 413)]
)
def test_what_is_no_picture(caller: Program, data: bytes, status: int) -> None:
    refused = caller.ask("POST", "/media", data)
    assert (refused.status_code, refused.mimetype) == (status, "application/problem+json")
    assert caller.results("/media") == []


@pytest.mark.parametrize("size", [0, -1, 10**12, "5"])
def test_what_cannot_be_begun(caller: Program, size: Any) -> None:
    assert caller.ask("POST", "/media/uploads", {"size": size}).status_code == 422


def test_a_file_needs_a_key(world: World) -> None:
    answer = world.app.test_client().post(f"{PREFIX}/media", data=PICTURE)
    assert answer.status_code == 401
