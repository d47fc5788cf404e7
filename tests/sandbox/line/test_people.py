"""Profiles, followers, rich menus and chat extras of the LINE stand-in."""

from typing import Any

import pytest
from linebot.v3.messaging.exceptions import NotFoundException

from plugin.sandbox.line.seed import SHOP
from tests.sandbox.line.rig import ALICE, CHARLIE, Line

MENU = {
    "size": {"width": 2500, "height": 843},
    "selected": True,
    "name": "Link",
    "chatBarText": "Menu",
    "areas": [
        {
            "bounds": {"x": 0, "y": 0, "width": 2500, "height": 843},
            "action": {"type": "postback", "data": "menu"},
        }
    ],
}


def test_the_sdk_reads_the_account(line: Line) -> None:
    told = line.sdk().get_bot_info()
    assert (told.display_name, told.basic_id) == ("Sandbox Shop", "@sandbox")
    assert told.user_id.startswith("U")


def test_the_sdk_reads_a_friends_profile(line: Line) -> None:
    told = line.sdk().get_profile(CHARLIE)
    assert (told.display_name, told.language) == ("Charlie", "th")
    assert told.picture_url.endswith(".svg")


def test_a_stranger_has_no_profile_until_he_writes(line: Line) -> None:
    with pytest.raises(NotFoundException):
        line.sdk().get_profile(ALICE)
    line.tap("say", text="hello")
    assert line.api("GET", f"/v2/bot/profile/{ALICE}").json()["displayName"] == "Alice"


def test_a_blocker_has_no_profile(line: Line) -> None:
    line.tap("friend", person="charlie", do="block")
    assert line.api("GET", f"/v2/bot/profile/{CHARLIE}").status == 404


@pytest.mark.parametrize(("user_id", "status"), [("alice", 400), ("U" + "0" * 32, 404)])
def test_unknown_people(line: Line, user_id: str, status: int) -> None:
    assert line.api("GET", f"/v2/bot/profile/{user_id}").status == status


def test_followers_come_in_pages_without_blockers(line: Line) -> None:
    line.control("POST", "/friends", {"count": 2, "prefix": "gone", "following": False})
    line.control("POST", "/friends", {"count": 5})
    first = line.api("GET", "/v2/bot/followers/ids?limit=4").json()
    assert len(first["userIds"]) == 2
    second = line.sdk().get_followers(start=first["next"], limit=1000)
    assert len(second.user_ids) == 4
    assert second.next is None
    line.control("POST", "/clock", {"offset_seconds": 24 * 3600 + 1})
    line.tokens.clear()
    assert line.api("GET", f"/v2/bot/followers/ids?start={first['next']}").status == 400


def test_an_unverified_account_may_not_list_followers(line: Line) -> None:
    line.control("POST", f"/line-channels/{SHOP}", {"verified": False})
    answer = line.api("GET", "/v2/bot/followers/ids")
    assert answer.status == 403
    assert answer.json()["message"] == "Access to this API is not available for your account"


def make_menu(line: Line, **changes: Any) -> str:
    answer = line.api("POST", "/v2/bot/richmenu", {**MENU, **changes})
    return str(answer.json()["richMenuId"])


def test_a_rich_menu_is_linked_to_one_person(line: Line) -> None:
    menu = make_menu(line)
    assert line.api("GET", f"/v2/bot/user/{ALICE}/richmenu").status == 404
    line.api("POST", f"/v2/bot/user/{ALICE}/richmenu/{menu}")
    assert line.sdk().get_rich_menu_id_of_user(ALICE).rich_menu_id == menu
    assert "Menu" in line.browser("alice").get(f"/phone/alice/chat/{SHOP}").text
    line.api("DELETE", f"/v2/bot/user/{ALICE}/richmenu")
    assert line.api("GET", f"/v2/bot/user/{ALICE}/richmenu").status == 404


def test_rich_menus_in_bulk_and_by_default(line: Line) -> None:
    menu = make_menu(line)
    body = {"richMenuId": menu, "userIds": [ALICE, CHARLIE]}
    assert line.api("POST", "/v2/bot/richmenu/bulk/link", body).status == 202
    assert line.api("GET", f"/v2/bot/user/{CHARLIE}/richmenu").json() == {"richMenuId": menu}
    unlinked = line.api("POST", "/v2/bot/richmenu/bulk/unlink", {"userIds": [ALICE]})
    assert unlinked.status == 202
    line.api("POST", f"/v2/bot/user/all/richmenu/{menu}")
    assert "Menu" in line.browser("alice").get(f"/phone/alice/chat/{SHOP}").text
    assert len(line.api("GET", "/v2/bot/richmenu/list").json()["richmenus"]) == 1


def test_a_rich_menu_is_checked_and_its_image_stays(line: Line) -> None:
    answer = line.api("POST", "/v2/bot/richmenu", {**MENU, "chatBarText": "x" * 15})
    assert answer.status == 400
    path = f"/line-data/v2/bot/richmenu/{make_menu(line)}/content"
    headers = {"Authorization": f"Bearer {line.token()}", "Content-Type": "image/png"}
    url = line.config.base_url + path
    statuses = [
        line.http.request("POST", url, body=b"png", headers=headers).status for _ in range(2)
    ]
    assert statuses == [200, 400]
    assert line.http.request("GET", url, headers=headers).data == b"png"


def test_the_loading_dots_show_in_an_open_chat(line: Line) -> None:
    body = {"chatId": CHARLIE, "loadingSeconds": 10}
    assert line.api("POST", "/v2/bot/chat/loading/start", body).status == 202
    page = line.browser("charlie").get(f"/phone/charlie/chat/{SHOP}")
    assert page.shows("loading")
    body["loadingSeconds"] = 7
    assert line.api("POST", "/v2/bot/chat/loading/start", body).status == 400


def test_an_image_from_a_phone_is_fetched_by_its_message(line: Line) -> None:
    line.listen()
    url = f"{line.config.base_url}/phone/alice/chat/{SHOP}/say"
    picture = ("a.png", b"\x89PNG picture", "image/png")
    line.http.request("POST", url, fields={"file": picture}, redirect=False)
    [event] = line.events()
    assert event["message"]["contentProvider"] == {"type": "line"}
    path = f"/line-data/v2/bot/message/{event['message']['id']}/content"
    for channel, status in ((SHOP, 200), ("2000000003", 404)):
        headers = {"Authorization": f"Bearer {line.token(channel)}"}
        answer = line.raw("GET", path, headers=headers)
        assert answer.status == status
        if status == 200:
            assert answer.data == b"\x89PNG picture"


def test_a_video_is_prepared_and_then_fetched(line: Line) -> None:
    line.listen()
    line.control("POST", f"/line-channels/{SHOP}", {"content_slow": True})
    url = f"{line.config.base_url}/phone/alice/chat/{SHOP}/say"
    line.http.request("POST", url, fields={"file": ("a.mp4", b"film", "video/mp4")}, redirect=False)
    [event] = line.events()
    assert (event["message"]["type"], event["message"]["duration"] > 0) == ("video", True)
    path = f"/line-data/v2/bot/message/{event['message']['id']}/content"
    headers = {"Authorization": f"Bearer {line.token(SHOP)}"}

    def told() -> tuple[int, str]:
        status = line.raw("GET", f"{path}/transcoding", headers=headers).json()["status"]
        return line.raw("GET", path, headers=headers).status, status

    assert told() == (202, "processing")
    line.control("POST", "/clock", {"advance_seconds": 30})
    assert told() == (200, "succeeded")
    line.control("POST", f"/line-channels/{SHOP}", {"content_fails": True})
    assert told() == (202, "failed")
    line.control("POST", f"/line-channels/{SHOP}", {"content_gone": True})
    assert line.raw("GET", path, headers=headers).status == 410


def test_files_and_places_from_a_phone(line: Line) -> None:
    line.listen()
    url = f"{line.config.base_url}/phone/alice/chat/{SHOP}/say"
    file = ("list.pdf", b"%PDF", "application/pdf")
    line.http.request("POST", url, fields={"file": file}, redirect=False)
    line.http.request("POST", url, fields={"place": "1"}, redirect=False)
    first, second = line.events(2)
    assert (first["message"]["fileName"], first["message"]["fileSize"]) == ("list.pdf", 4)
    assert second["message"]["type"] == "location"
    page = line.browser("alice").get(f"/phone/alice/chat/{SHOP}")
    assert page.shows("file-bubble")


def test_reading_shows_on_the_phone(line: Line) -> None:
    line.listen()
    line.tap("say", text="hello")
    token = line.events()[0]["message"]["markAsReadToken"]
    answer = line.api("POST", "/v2/bot/chat/markAsRead", {"markAsReadToken": token})
    assert answer.status == 200
    assert "Read</span>" in line.browser("alice").get(f"/phone/alice/chat/{SHOP}").text


def test_an_account_link_ends_in_an_event(line: Line) -> None:
    line.listen()
    token = line.sdk().issue_link_token(ALICE).link_token
    path = f"/line-access/dialog/bot/accountLink?linkToken={token}&nonce=0123456789"
    line.browser("alice").get(path)
    [event] = line.events()
    assert event["link"] == {"result": "ok", "nonce": "0123456789"}
    assert event["source"]["userId"] == ALICE
    assert line.browser("alice").get(path).status == 400


def test_somebody_elses_link_token_fails_without_a_source(line: Line) -> None:
    line.listen()
    token = line.api("POST", f"/v2/bot/user/{ALICE}/linkToken").json()["linkToken"]
    line.browser("bob").get(
        f"/line-access/dialog/bot/accountLink?linkToken={token}&nonce=0123456789"
    )
    [event] = line.events()
    assert event["link"]["result"] == "failed"
    assert "source" not in event
    assert "replyToken" not in event
