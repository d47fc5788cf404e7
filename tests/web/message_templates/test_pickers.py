"""What the pickers offer, and fields that say which of them they have."""

from tests.support.world import Tenant, World
from tests.web.message_templates.editor import send


def offered(world: World, tenant: Tenant, q: str = "") -> dict[str, object]:
    answer = tenant.walker.session.get(
        f"{world.url}/templates/properties", params={"q": q}, timeout=10
    )
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found


def names(found: dict[str, object]) -> list[str]:
    rows = found["properties"]
    assert isinstance(rows, list)
    return [row["name"] for row in rows]


def test_properties_are_found_by_label_and_the_usual_ones_come_first(
    world: World, alice: Tenant
) -> None:
    found = offered(world, alice)
    assert found["complete"] is True
    assert names(found)[:3] == ["firstname", "lastname", "company"]
    assert names(offered(world, alice, "First NAME")) == ["firstname"]
    assert names(offered(world, alice, "x" * 5000)) == []
    assert names(offered(world, alice, "a\0%'")) == []


def test_the_known_ones_are_offered_where_hubspot_is_silent(world: World, alice: Tenant) -> None:
    rule = {"path": "properties", "times": 20, "effect": {"status": 503}}
    world.sandbox.control("POST", "/faults", rule)
    found = offered(world, alice, "name")
    assert found["complete"] is False
    assert names(found) == ["firstname", "lastname", "company"]


def test_fields_say_which_pickers_they_have(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates/new")
    assert 'name="bubble.0.text" rows="4" spellcheck="true"' in page.html
    assert ' data-tokens data-emoji="line"' in page.html
    page = send(alice, page, "/templates/new", act="look", **{"bubble.0.kind": "image"})
    assert "data-emoji=" not in page.html


def test_the_phone_shows_an_emoji_of_lines_by_its_number(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates/new")
    text = "5$ (line:5ac1bfd5040ab15980c9b435/007)"
    fields = {"bubble.0.kind": "text", "bubble.0.text": text}
    page = send(alice, page, "/templates/new", act="look", **fields)
    assert 'data-testid="line-emoji">007<' in page.html
    assert ">5$ <" in page.html
