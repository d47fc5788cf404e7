"""The areas of an imagemap in the editor's form, without a script."""

from tests.services.media.files import picture
from tests.support.walker import Page
from tests.support.world import Tenant, World
from tests.web.media.uploading import Script
from tests.web.message_templates.editor import kept, send

FORM = {"bubble.0.kind": "imagemap", "bubble.0.height": "600", "bubble.0.alt_text": "Map"}


def press(world: World, tenant: Tenant, act: str, **fields: str) -> Page:
    page = tenant.walker.go(f"{world.url}/templates/new")
    return send(tenant, page, "/templates/new", act, name="Map", **{**FORM, **fields})


def areas(page: Page) -> list[dict[str, str]]:
    fields = next(form.fields for form in page.forms if "bubble.0.height" in form.fields)
    found: dict[int, dict[str, str]] = {}
    for name, value in fields.items():
        if name.startswith("bubble.0.areas.") and "@" not in name:
            number, side = name.removeprefix("bubble.0.areas.").split(".")
            found.setdefault(int(number), {})[side] = value
    return [found[number] for number in sorted(found)]


def test_buttons_divide_add_and_remove(world: World, alice: Tenant) -> None:
    page = press(world, alice, "divide:0:1", **{"bubble.0.areas.0.to": "Yes"})
    assert [(area["x"], area["width"], area["to"]) for area in areas(page)] == [
        ("0", "520", "Yes"), ("520", "520", "")
    ]  # fmt: skip
    twelve = {f"bubble.0.areas.{number}.to": f"Say {number}" for number in range(12)}
    page = press(world, alice, "area:0", **twelve)
    assert [area["to"] for area in areas(page)] == [*twelve.values(), ""]
    page = press(world, alice, "unarea:0:10", **twelve)
    assert "Say 10" not in [area["to"] for area in areas(page)]
    assert len(areas(page)) == 11


def test_buttons_with_odd_values_change_nothing(world: World, alice: Tenant) -> None:
    kept_area = {"bubble.0.areas.0.to": "Yes"}
    for act in ("divide:0:99", "divide:9:1", "unarea:0:7", "unarea:0", "area:x", "divide:0:-1"):
        assert [area["to"] for area in areas(press(world, alice, act, **kept_area))] == ["Yes"]
    fifty = {f"bubble.0.areas.{number}.to": "a" for number in range(50)}
    assert len(areas(press(world, alice, "area:0", **fifty))) == 50


def test_an_uploaded_picture_becomes_the_message(world: World, alice: Tenant) -> None:
    stored = Script(world, alice).upload(picture(size=(1040, 600)), kind="imagemap")
    place = {"x": "0", "y": "0", "width": "520", "height": "600", "to": "https://a.example/"}
    fields = {f"bubble.0.areas.0.{name}": value for name, value in place.items()}
    page = press(world, alice, "save", **fields, **{"bubble.0.base_url": stored["url"]})
    assert page.status == 200, page.text
    ((_, messages),) = kept(world)
    assert messages[0]["baseUrl"] == stored["url"]
    assert messages[0]["baseSize"] == {"width": 1040, "height": stored["height"]}
    shown = alice.walker.go(f"{world.url}/media/{stored['id']}")
    assert "Map" in shown.text
    assert 'data-testid="uses"' in shown.html


def test_an_area_outside_the_picture_is_said_and_kept(world: World, alice: Tenant) -> None:
    place = {"x": "900", "y": "0", "width": "520", "height": "600", "to": "Yes"}
    fields = {f"bubble.0.areas.0.{name}": value for name, value in place.items()}
    page = press(world, alice, "save", **fields, **{"bubble.0.base_url": "https://a.example/m"})
    assert page.status == 422
    assert areas(page)[0] == {**place, "label": ""}
    assert "between" in page.text
