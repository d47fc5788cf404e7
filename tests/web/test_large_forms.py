"""What is too large is said at its field, and the form is kept."""

import io
import json

import pytest

from plugin.services.imports.friend_import import MOST_BYTES
from plugin.services.qr_codes.settings import LARGEST_LOGO
from plugin.web.bodies import LARGEST_FORM, FirstBytes
from tests.support.walker import Page, Walker
from tests.support.world import Tenant, World
from tests.web.message_templates.editor import kept, send
from tests.web.pages import csrf_of, marks
from tests.web.qr_codes.test_settings import GOOD, RED, chosen, edit

ID = b"U" + b"a" * 32 + b"\n"


def upload(world: World, tenant: Tenant, file: bytes) -> Page:
    walker = tenant.walker
    token = csrf_of(walker.go(f"{world.url}/import/friends"))
    data = {"csrf_token": token, "account": str(tenant.account_id)}
    answer = walker.session.post(
        f"{world.url}/import/friends/file", data=data, files={"file": file}, timeout=60
    )
    return walker._arrive(answer)


@pytest.mark.parametrize("size", [LARGEST_LOGO + 1, 5_000_000, 11_000_000])
def test_a_large_logo_keeps_the_form(world: World, alice: Tenant, size: int) -> None:
    page = edit(world, alice, GOOD, logo=b"x" * size)
    assert page.status == 422
    assert "error-logo" in marks(page)
    assert "200 KB" in page.text
    fields = page.forms[-1].fields
    assert {name: fields[name] for name in ("name", "destination", "tags")} == {
        name: GOOD[name] for name in ("name", "destination", "tags")
    }
    assert chosen(world, alice).name == "Counter"


def test_a_logo_is_to_be_chosen_again_where_another_field_is_wrong(
    world: World, alice: Tenant
) -> None:
    page = edit(world, alice, {**GOOD, "destination": "nowhere"}, logo=RED)
    assert "logo-again" in marks(page)
    assert "logo-again" not in marks(edit(world, alice, {**GOOD, "destination": "nowhere"}))


@pytest.mark.parametrize("size", [MOST_BYTES + 1, 9_000_000])
def test_a_large_file_of_ids_keeps_the_form(world: World, alice: Tenant, size: int) -> None:
    page = upload(world, alice, ID * (size // len(ID) + 1))
    assert page.status == 422
    assert "error-file" in marks(page)
    assert "larger than 4 MB" in page.text
    assert "Something broke" not in page.text
    assert alice.walker.go(page.url).url == f"{world.url}/import/friends"


def test_the_limit_stands_beside_each_file(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/import/friends")
    assert f'data-most="{MOST_BYTES}"' in page.html
    assert "at most 100,000 and 4 MB" in page.text
    page = alice.walker.go(f"{world.url}/qr-codes/{alice.qr_code_id}/edit")
    assert f'data-most="{LARGEST_LOGO}"' in page.html
    assert "up to 200 KB" in page.text


def test_a_long_text_keeps_the_editor(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/templates/new")
    long = {"bubble.0.kind": "text", "bubble.0.text": "a" * 6_000_000}
    page = send(alice, page, "/templates/new", name="Long", **long)
    assert page.status == 422
    assert "6,000,000" in page.text
    assert "a" * 6_000_000 in page.html
    assert kept(world) == []


def test_large_flex_messages_in_japanese_are_no_large_form(world: World, alice: Tenant) -> None:
    words = {"type": "text", "text": "あ" * 15_000, "wrap": True}
    body = {"type": "box", "layout": "vertical", "contents": [words]}
    flex = json.dumps({"type": "bubble", "body": body}, ensure_ascii=False)
    fields = {"name": "Five"}
    for number in range(5):
        fields |= {
            f"bubble.{number}.kind": "flex",
            f"bubble.{number}.alt_text": "Hello",
            f"bubble.{number}.json": flex,
        }
    page = send(alice, alice.walker.go(f"{world.url}/templates/new"), "/templates/new", **fields)
    assert page.status != 413
    assert "What you sent is too large" not in page.text


@pytest.mark.parametrize(
    "path", ["/friends/tags", "/templates/new", "/qr-codes/new", "/accounts/new"]
)
def test_beyond_everything_it_is_said_in_words(world: World, alice: Tenant, path: str) -> None:
    page = alice.walker.go(world.url + path)
    data = {"csrf_token": csrf_of(page), "name": "x" * LARGEST_FORM}
    answer = alice.walker.session.post(world.url + path, data=data, timeout=60)
    assert answer.status_code == 413
    assert "What you sent is too large" in answer.text
    assert "Nothing was changed" in answer.text
    assert "12 MB" in answer.text
    assert "Something broke" not in answer.text


def test_a_stranger_sends_no_more_than_before(world: World, alice: Tenant) -> None:
    answer = Walker().session.post(
        f"{world.url}/templates/new", data={"name": "x" * 4_300_000}, timeout=60
    )
    assert answer.status_code == 413


def test_of_a_large_file_only_its_beginning_is_kept() -> None:
    file = FirstBytes(5)
    assert [file.write(piece) for piece in (b"abc", b"defg", b"h")] == [3, 4, 1]
    file.seek(0)
    assert file.read() == b"abcde"
    assert isinstance(file, io.BytesIO)
