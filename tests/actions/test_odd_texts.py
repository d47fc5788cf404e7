"""What people and HubSpot write into an action's fields, and how it reaches the friend."""

from typing import Any

import pytest
import requests
from sqlalchemy import update

from plugin.models import LinkTarget
from plugin.models.transaction import transaction
from tests.actions.calls import arrived, befriended, run, send
from tests.support.world import Tenant, World

SHOP = "https://example.com/shop"


def button_of(world: World) -> str:
    contents = arrived(world)[-1]["messages"][0]["contents"]
    url: str = contents["footer"]["contents"][0]["action"]["uri"]
    return url


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (["Gold", "Silver"], "Gold, Silver"),
        (["Gold"], "Gold"),
        ([["a", None], {"value": "b"}, True], "a, b, true"),
        ({"value": "Gold", "type": "STRING"}, "Gold"),
        (12.5, "12.5"),
        (True, "true"),
    ],
)
def test_a_field_of_several_values_reads_like_a_list(
    world: World, alice: Tenant, value: Any, text: str
) -> None:
    befriended(world, alice)
    assert send(world, {"text": value})["result"] == "sent"
    assert arrived(world)[0]["messages"][0]["text"] == text


def test_several_values_stand_on_lines_where_lines_count(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    send(world, {"text": "Hi", "quick_replies": ["Yes", "No"]})
    items = arrived(world)[0]["messages"][0]["quickReply"]["items"]
    assert [item["action"]["label"] for item in items] == ["Yes", "No"]
    tagged = run(world, "tag-friend", {"tag": ["Gold", "Silver"]}, callback="ap-2")
    assert tagged["tags"] == "Gold; Silver"


@pytest.mark.parametrize("name", ["text", "quick_replies", "sender_name"])
@pytest.mark.parametrize(
    "words",
    ["[[MISSING TOKEN: contact.firstname]]", "[[ MISSING_TOKEN ]]", "{{ contact.firstname }}"],
)
def test_hubspots_words_for_a_missing_token_are_never_sent(
    world: World, alice: Tenant, name: str, words: str
) -> None:
    befriended(world, alice)
    assert send(world, {"text": "Hi", name: words})["result"] == "invalid_message"
    assert arrived(world) == []
    tagged = run(world, "tag-friend", {"new_tags": words}, callback="ap-2")
    assert tagged["result"] == "invalid_tag"


def test_a_name_is_not_refused_for_the_letters_in_it(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    assert send(world, {"text": "Hi", "sender_name": "Online Store"})["result"] == "sent"
    refused = send(world, {"text": "Hi", "sender_name": "LINE"}, callback="ap-2")
    assert (refused["result"], "not allowed" in refused["error"]) == ("invalid_message", True)


@pytest.mark.parametrize("query", ["?openExternalBrowser=1", "?openInAppBrowser=0", ""])
def test_line_reads_its_own_parameters_off_the_wrapped_address(
    world: World, alice: Tenant, query: str
) -> None:
    befriended(world, alice)
    send(world, {"text": "Hi", "buttons": f"Shop | {SHOP}{query}"})
    url = button_of(world)
    assert url.startswith(f"{world.url}/r/")
    assert url.partition("?")[2] == query.removeprefix("?")
    answer = requests.get(url, timeout=10, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, SHOP + query)


def test_an_address_with_japanese_letters_leads_where_it_says(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    assert send(world, {"text": "Hi", "buttons": "店｜https://例え.jp/商品"})["result"] == "sent"
    answer = requests.get(button_of(world), timeout=10, allow_redirects=False)
    assert answer.headers["Location"] == "https://xn--r8jz45g.jp/%E5%95%86%E5%93%81"


def test_a_port_that_cannot_be_is_refused_and_an_old_one_harms_no_tap(
    world: World, alice: Tenant
) -> None:
    befriended(world, alice)
    odd = "https://x.example:99999/"
    refused = send(world, {"text": "Hi", "buttons": f"Shop | {odd}"})
    assert refused["result"] == "invalid_message"
    send(world, {"text": "Hi", "buttons": f"Shop | {SHOP}"}, callback="ap-2")
    for kept in (odd, "https://x y/", "https://[", ""):
        with world.app.app_context(), transaction() as session:
            session.execute(update(LinkTarget).values(url=kept))
        answer = requests.get(button_of(world), timeout=10, allow_redirects=False)
        assert answer.status_code == 404
