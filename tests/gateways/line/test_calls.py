"""LINE's answers as values."""

from typing import Any

import pytest

from plugin.gateways import (
    BotInfo,
    Channel,
    FollowerPage,
    GatewayError,
    Profile,
    Quota,
    WebhookSetting,
    WebhookTest,
)
from plugin.gateways.line.gateway import LiveLine
from tests.gateways.scripted_server import Reply, ScriptedServer

ENDPOINT = "/v2/bot/channel/webhook/endpoint"
TEST = "/v2/bot/channel/webhook/test"
FOLLOWERS = "/v2/bot/followers/ids"
QUOTA = "/v2/bot/message/quota"
USER = "U" + "a" * 32


def test_bot_info(line: LiveLine, server: ScriptedServer, channel: Channel) -> None:
    body = {
        "userId": USER,
        "basicId": "@shop",
        "displayName": "Shop",
        "pictureUrl": "https://example.com/p.png",
        "chatMode": "bot",
        "markAsReadMode": "auto",
    }
    server.on("GET", "/v2/bot/info", Reply(body=body))
    expected = BotInfo(USER, "@shop", "Shop", "https://example.com/p.png", "bot")
    assert line.bot_info(channel) == expected


def test_the_webhook_address_is_set_and_read(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("PUT", ENDPOINT, Reply())
    server.on("GET", ENDPOINT, Reply(body={"endpoint": "https://example.com/x", "active": False}))
    line.set_webhook(channel, "https://example.com/x")
    assert server.sent_to(ENDPOINT)[0].json() == {"endpoint": "https://example.com/x"}
    assert line.get_webhook(channel) == WebhookSetting("https://example.com/x", active=False)


def test_no_webhook_address_is_none(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", ENDPOINT, Reply(404, {"message": "Not found"}))
    assert line.get_webhook(channel) is None


def test_other_trouble_with_the_webhook_address_is_raised(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", ENDPOINT, Reply(500))
    with pytest.raises(GatewayError):
        line.get_webhook(channel)


def test_the_webhook_test_tells_what_line_met(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    body = {
        "success": False,
        "timestamp": "2026-11-20T12:00:00.000Z",
        "statusCode": 0,
        "reason": "COULD_NOT_CONNECT",
        "detail": "TLS handshake failure",
    }
    server.on("POST", TEST, Reply(body=body), Reply(body={"success": True}))
    expected = WebhookTest(False, 0, "COULD_NOT_CONNECT", "TLS handshake failure")
    assert line.test_webhook(channel, "https://example.com/x") == expected
    assert server.sent_to(TEST)[0].json() == {"endpoint": "https://example.com/x"}
    assert line.test_webhook(channel, "https://example.com/x").success


def test_profile(line: LiveLine, server: ScriptedServer, channel: Channel) -> None:
    path = f"/v2/bot/profile/{USER}"
    body = {"userId": USER, "displayName": "アリス 🎉", "language": "ja"}
    server.on("GET", path, Reply(body=body), Reply(404, {"message": "Not found"}))
    assert line.profile(channel, USER) == Profile(USER, "アリス 🎉", "", "ja")
    with pytest.raises(GatewayError) as caught:
        line.profile(channel, USER)
    assert (caught.value.reason, caught.value.permanent) == ("not_found", True)


def test_followers_come_by_a_thousand_with_a_cursor(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on(
        "GET",
        FOLLOWERS,
        Reply(body={"userIds": [USER], "next": "abc"}),
        Reply(body={"userIds": []}),
        Reply(403, {"message": "Access to this API is not available for your account"}),
    )
    assert line.follower_ids(channel, None) == FollowerPage((USER,), "abc")
    assert line.follower_ids(channel, "abc") == FollowerPage((), None)
    with pytest.raises(GatewayError) as caught:
        line.follower_ids(channel, None)
    assert caught.value.reason == "forbidden"
    assert [seen.query for seen in server.sent_to(FOLLOWERS)][:2] == [
        {"limit": "1000"},
        {"limit": "1000", "start": "abc"},
    ]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [({"type": "limited", "value": 200}, Quota(200, 7)), ({"type": "none"}, Quota(None, 7))],
)
def test_quota(
    line: LiveLine,
    server: ScriptedServer,
    channel: Channel,
    limit: dict[str, Any],
    expected: Quota,
) -> None:
    server.on("GET", QUOTA, Reply(body=limit))
    server.on("GET", f"{QUOTA}/consumption", Reply(body={"totalUsage": 7}))
    assert line.quota(channel) == expected


def test_validation_shows_what_is_wrong_where(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    body = {
        "message": "The request body has 1 error(s)",
        "details": [{"message": "May not be empty", "property": "messages[0].text"}],
    }
    server.on("POST", "/v2/bot/message/validate/push", Reply(400, body), Reply())
    with pytest.raises(GatewayError) as caught:
        line.validate(channel, [{"type": "text", "text": ""}])
    assert caught.value.reason == "invalid"
    assert caught.value.details == ("messages[0].text: May not be empty",)
    line.validate(channel, [{"type": "text", "text": "hello"}])
