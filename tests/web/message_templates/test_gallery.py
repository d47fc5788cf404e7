"""Ready designs: looked at, begun with in the editor, and made JSON where the form ends."""

import pytest

from plugin.core.messages.designs.shapes import DESIGNS
from tests.support.world import Tenant, World
from tests.web.message_templates.editor import HELLO, kept, send
from tests.web.pages import marks


def test_the_gallery_draws_all_designs_in_the_readers_language(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates/gallery")
    assert {f"choose-{name}" for name in DESIGNS} <= set(marks(page))
    assert "problem" not in marks(page)
    assert len(page.html) < 60_000
    inside = alice.walker.go(f"{world.url}/templates/gallery?inside=editor&lang=ja")
    assert "<html" not in inside.html
    assert "お知らせ" in inside.html


@pytest.mark.parametrize("design", DESIGNS)
def test_a_design_begins_a_template(world: World, alice: Tenant, design: str) -> None:
    page = alice.walker.go(f"{world.url}/templates/new?design={design}")
    assert f'name="bubble.0.design" value="{design}"' in page.html


def test_choosing_one_keeps_what_was_typed(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates/new")
    page = send(alice, page, "/templates/new", act="add:design:survey", **HELLO)
    assert ">Hello</textarea>" in page.html.replace("\nHello", "Hello")
    assert 'name="bubble.1.design" value="survey"' in page.html
    page = send(alice, page, "/templates/new", act="add:design:nothing", **HELLO)
    assert 'name="bubble.1.kind" value="text"' in page.html


def test_a_design_becomes_json_and_an_unfinished_one_stays_a_form(
    world: World, alice: Tenant
) -> None:
    page = alice.walker.go(f"{world.url}/templates/new")
    design = {"bubble.0.kind": "design", "bubble.0.design": "survey", "bubble.0.title": "Good?"}
    page = send(alice, page, "/templates/new", act="json:0", **design)
    assert 'name="bubble.0.kind" value="flex"' in page.html
    page = send(alice, page, "/templates/new", act="json:0", **(design | {"bubble.0.title": ""}))
    assert 'name="bubble.0.kind" value="design"' in page.html


def test_a_button_that_leads_nowhere_yet_is_not_saved(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates/new?design=coupon")
    fields = {
        name: text for name, text in page.forms[-1].fields.items() if name.startswith("bubble.")
    }
    for form in page.forms:
        fields |= {name: text for name, text in form.fields.items() if name.startswith("bubble.")}
    page = send(alice, page, "/templates/new", name="Coupon", **fields)
    assert "problems" in marks(page)
    assert kept(world) == []
    fields["bubble.0.actions.0.to"] = "https://shop.example.com/"
    page = send(alice, page, "/templates/new", name="Coupon", **fields)
    assert "version-1" in marks(page), page.text
    assert 'name="bubble.0.design" value="coupon"' in page.html
