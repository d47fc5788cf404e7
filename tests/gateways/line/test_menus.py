"""Rich menus of one friend, and calls that somebody waits for."""

import time

import pytest

from plugin.gateways import Channel, GatewayError, RichMenu, within
from plugin.gateways.line.gateway import LiveLine
from tests.gateways.conftest import RecordingMeter
from tests.gateways.line.spec import FILES, FOLDER, Spec
from tests.gateways.scripted_server import Reply, ScriptedServer

USER = "U" + "a" * 32
LIST = "/v2/bot/richmenu/list"
OWN = f"/v2/bot/user/{USER}/richmenu"
MENU = {"richMenuId": "richmenu-1", "name": "Members", "chatBarText": "Menu", "areas": []}


def test_menus_are_listed(
    line: LiveLine, server: ScriptedServer, channel: Channel, meter: RecordingMeter
) -> None:
    server.on("GET", LIST, Reply(body={"richmenus": [MENU, {"richMenuId": "richmenu-2"}]}))
    expected = (RichMenu("richmenu-1", "Members", "Menu"), RichMenu("richmenu-2", "", ""))
    assert line.rich_menus(channel) == expected
    assert meter.taken[-1].endswith(":richmenu-list")


def test_an_odd_list_is_an_unreadable_answer(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", LIST, Reply(body={"richmenus": [{}]}))
    with pytest.raises(GatewayError) as caught:
        line.rich_menus(channel)
    assert caught.value.reason == "unavailable"


def test_a_menu_is_linked_and_unlinked(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("POST", f"{OWN}/richmenu-1", Reply())
    server.on("DELETE", OWN, Reply())
    line.link_rich_menu(channel, USER, "richmenu-1")
    line.unlink_rich_menu(channel, USER)
    assert [(one.method, one.path) for one in server.seen[1:]] == [
        ("POST", f"{OWN}/richmenu-1"),
        ("DELETE", OWN),
    ]


def test_a_menu_that_is_gone_is_not_found(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("POST", f"{OWN}/richmenu-9", Reply(404, {"message": "Not found"}))
    with pytest.raises(GatewayError) as caught:
        line.link_rich_menu(channel, USER, "richmenu-9")
    assert caught.value.reason == "not_found"


@pytest.mark.specs
@pytest.mark.skipif(not FOLDER.is_dir(), reason="LINE's OpenAPI files are not beside us")
def test_the_requests_are_those_that_line_describes(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", LIST, Reply(body={"richmenus": []}))
    server.on("POST", f"{OWN}/richmenu-1", Reply())
    server.on("DELETE", OWN, Reply())
    line.rich_menus(channel)
    line.link_rich_menu(channel, USER, "richmenu-1")
    line.unlink_rich_menu(channel, USER)
    specs = [Spec(FOLDER / name) for name in FILES]
    for seen in server.seen:
        verdicts = [spec.problems(seen) for spec in specs]
        assert [one for one in verdicts if one is not None] == [[]], seen.path


def test_a_caller_in_a_hurry_waits_no_longer_than_he_can(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", LIST, Reply(body={"richmenus": []}, delay=2))
    begun = time.monotonic()
    with within(0.3), pytest.raises(GatewayError) as caught:
        line.rich_menus(channel)
    assert caught.value.reason == "lost"
    # Far less than the usual fifteen seconds, and than the answer took.
    assert time.monotonic() - begun < 1.9
    assert line.rich_menus(channel) == ()
