"""LINE's own emojis come from Musubi, which asks LINE once for each."""

from collections.abc import Iterator

import pytest
import requests

from plugin.services.media.line_emojis import fetching
from tests.support.world import Tenant, World

SYMBOLS = "5ac21a18040ab15980c9b43e"
ASKED = "GET /line-shop/sticonshop/v1/sticon/<product>/iPhone/<emoji>.png"


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    fetching.forget()
    yield
    fetching.forget()


def look(world: World, tenant: Tenant, product: str, emoji: str) -> requests.Response:
    url = f"{world.url}/templates/emojis/{product}/{emoji}.png"
    return tenant.walker.session.get(url, timeout=30)


def asked(world: World) -> int:
    """How often LINE was asked for a picture."""
    calls = world.sandbox.control("GET", "/calls")["calls"]
    return int(calls.get(ASKED, {"count": 0})["count"])


def test_a_picture_is_fetched_once_and_kept_by_the_browser(world: World, alice: Tenant) -> None:
    first = look(world, alice, SYMBOLS, "006")
    assert first.status_code == 200
    assert first.content.startswith(b"\x89PNG")
    assert first.headers["Content-Type"] == "image/png"
    assert first.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert "sandbox" in first.headers["Content-Security-Policy"]
    assert look(world, alice, SYMBOLS, "006").content == first.content
    assert asked(world) == 1
    assert look(world, alice, SYMBOLS, "007").content != first.content
    assert asked(world) == 2


@pytest.mark.parametrize(
    ("product", "emoji"),
    [
        (SYMBOLS, "000"),
        (SYMBOLS, "240"),
        (SYMBOLS, "6"),
        (SYMBOLS, "0006"),
        (SYMBOLS, "+06"),
        (SYMBOLS, "００６"),
        ("0" * 24, "001"),
        ("..", "001"),
    ],
)
def test_line_is_asked_for_nothing_but_its_sets(
    world: World, alice: Tenant, product: str, emoji: str
) -> None:
    assert look(world, alice, product, emoji).status_code == 404
    assert asked(world) == 0


def test_where_line_is_silent_the_next_ones_are_not_asked_for(world: World, alice: Tenant) -> None:
    world.sandbox.fail("^/line-shop/", "drop")
    for number in range(1, 6):
        said = look(world, alice, SYMBOLS, f"{number:03}")
        assert said.status_code == 503
        assert said.headers["Cache-Control"] == "no-store"
    (rule,) = world.sandbox.control("GET", "/faults")["faults"]
    assert rule["hits"] == 1
    world.sandbox.control("DELETE", "/faults")
    fetching.forget()
    assert look(world, alice, SYMBOLS, "001").status_code == 200
