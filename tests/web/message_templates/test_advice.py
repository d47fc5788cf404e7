"""Hints and counted links beside the phone: in the editor, while typing, and before a broadcast."""

from tests.support.world import Tenant, World
from tests.web.message_templates.editor import send
from tests.web.pages import marks

TEXT = {
    "bubble.0.kind": "text",
    "bubble.0.text": "See https://shop.example.com/sale or https://line.me/x <b>",
}


def test_the_phone_is_followed_by_what_to_know(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates/new")
    assert "links" not in marks(page)
    page = send(alice, page, "/templates/preview", tracks_links="yes", **TEXT)
    assert {"bubble-hints", "links"} <= set(marks(page))
    assert "1 link is counted · 1 is not" in page.text
    assert "which LINE opens itself" in page.text
    page = alice.walker.go(f"{world.url}/templates/new")
    page = send(alice, page, "/templates/preview", **TEXT)
    assert "0 links are counted · 2 are not" in page.text
    assert "counting is switched off" in page.text


def test_a_draft_with_problems_still_has_its_advice(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates/new")
    broken = {"bubble.1.kind": "flex", "bubble.1.json": "{"}
    page = send(alice, page, "/templates/preview", tracks_links="yes", **TEXT, **broken)
    assert {"problem", "bubble-hints", "links"} <= set(marks(page))
