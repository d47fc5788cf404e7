"""Quick replies in rows: written, moved, removed and kept, without any script."""

import pytest

from tests.support.world import Tenant, World
from tests.web.message_templates.editor import HELLO, kept, send

ROWS = {
    "reply.0.label": "Yes", "reply.0.kind": "say", "reply.0.value": "",
    "reply.1.label": "Shop", "reply.1.kind": "open", "reply.1.value": "https://shop.example.com/",
    "reply.2.label": "Day", "reply.2.kind": "datetime", "reply.2.value": "nothing",
    "reply.3.label": "", "reply.3.kind": "say", "reply.3.value": "",
}  # fmt: skip


def test_rows_become_line_s_actions_and_come_back_as_rows(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates/new")
    page = send(alice, page, "/templates/new", name="Replies", **HELLO, **ROWS)
    ((_, messages),) = kept(world)
    actions = [item["action"] for item in messages[0]["quickReply"]["items"]]
    assert actions == [
        {"type": "message", "label": "Yes", "text": "Yes"},
        {"type": "uri", "label": "Shop", "uri": "https://shop.example.com/"},
        {"type": "datetimepicker", "label": "Day", "data": "Day", "mode": "datetime"},
    ]
    assert 'name="reply.1.value" value="https://shop.example.com/"' in page.html
    assert '<option value="datetime" selected>' in page.html
    assert 'name="reply.3.label" value=""' in page.html


def test_a_row_is_moved_and_removed(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates/new")
    page = send(alice, page, "/templates/new", act="reply:up:1", **HELLO, **ROWS)
    assert 'name="reply.0.label" value="Shop"' in page.html
    page = send(alice, page, "/templates/new", act="reply:remove:0", **HELLO, **ROWS)
    assert 'name="reply.0.label" value="Shop"' in page.html
    assert "Yes" not in page.html
    for odd in ("reply:up:0", "reply:up:9", "reply:remove:x", "reply:", "reply:more"):
        page = send(alice, page, "/templates/new", act=odd, **HELLO, **ROWS)
        assert 'name="reply.0.label" value="Yes"' in page.html


def test_thirteen_are_taken(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates/new")
    rows = {f"reply.{number}.label": f"R{number}" for number in range(13)}
    page = send(alice, page, "/templates/new", name="Thirteen", **HELLO, **rows)
    ((_, messages),) = kept(world)
    assert len(messages[0]["quickReply"]["items"]) == 13
    assert "reply.13.label" not in page.html


@pytest.mark.parametrize(
    ("label", "kind", "value", "words"),
    [
        ("Shop", "copy", "x" * 1001, "LINE takes 1,000"),
        ("Shop", "open", "shop.example.com", "must begin with http, https"),
        ("Shop", "open", "", "Quick reply 1 · Words or address : Write something here."),
        ("Shop", "copy", "", "Quick reply 1 · Words or address : Write something here."),
        ("", "open", "https://shop.example.com", "Quick reply 1 : Write something here."),
        ("x" * 21, "camera", "", "LINE takes 20"),
    ],
)
def test_what_line_would_refuse_is_said_and_kept(
    world: World, alice: Tenant, label: str, kind: str, value: str, words: str
) -> None:
    page = alice.walker.go(f"{world.url}/templates/new")
    rows = {"reply.0.label": label, "reply.0.kind": kind, "reply.0.value": value}
    page = send(alice, page, "/templates/new", name="Bad", **HELLO, **rows)
    assert page.status == 422
    assert words in page.text
    assert f'name="reply.0.label" value="{label}"' in page.html
    assert f'name="reply.0.value" value="{value}"' in page.html
    assert f'<option value="{kind}" selected>' in page.html
