"""line-bot-sdk's hazards, and that none of them is left."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plugin.gateways import Channel, GatewayError, NoMeter
from plugin.gateways.line.client import LineClient
from plugin.gateways.line.gateway import LiveLine
from plugin.gateways.pool import Timeouts
from tests.gateways.conftest import Calls, RecordingMeter, impatient, stateless
from tests.gateways.scripted_server import Reply, ScriptedServer, Seen

INFO = "/v2/bot/info"
TOKEN = "/oauth2/v3/token"
SETTING = {"endpoint": "https://example.com", "active": True}


def test_the_sdk_is_loaded_by_the_first_call_only() -> None:
    program = (
        "import sys, plugin.gateways.live, plugin.gateways.line;"
        "sys.exit(any(name.split('.')[0] in ('linebot', 'pydantic') for name in sys.modules))"
    )
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0


@pytest.mark.parametrize("prefix", ["", "/sandbox/line-api", "/sandbox/line-api/"])
def test_a_base_may_have_a_path(server: ScriptedServer, channel: Channel, prefix: str) -> None:
    gateway = LiveLine(
        api_base=server.url + prefix,
        data_base=server.url,
        meter=NoMeter(),
        before_call=lambda: None,
    )
    path = prefix.rstrip("/")
    server.on("POST", path + TOKEN, Reply(body=stateless("t")))
    server.on("GET", path + INFO, Reply(body={"userId": "U1"}))
    assert gateway.bot_info(channel).user_id == "U1"


def test_the_two_hosts_are_kept_apart(server: ScriptedServer) -> None:
    client = LineClient(
        api_base=f"{server.url}/api", data_base=f"{server.url}/data/", timeouts=Timeouts()
    )
    client.send("GET", "/v2/bot/message/{id}/content", token="t", path_params={"id": "a/b"})
    client.send("GET", "/v2/bot/message/1/content", token="t", host="data")
    assert [seen.target for seen in server.seen] == [
        "/api/v2/bot/message/a%2Fb/content",
        "/data/v2/bot/message/1/content",
    ]


def test_all_calls_use_one_connection(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", INFO, Reply(body={"userId": "U1"}))
    server.on("POST", "/v2/bot/message/push", Reply(500))
    for _ in range(5):
        line.bot_info(channel)
        with pytest.raises(GatewayError):
            line.push(channel, "U1", [], "k")
    assert len(server.seen) == 11
    assert len({seen.connection for seen in server.seen}) == 1


def test_tokens_of_sixteen_threads_never_cross(line: LiveLine, server: ScriptedServer) -> None:
    def issue(seen: Seen) -> Reply:
        return Reply(body=stateless(f"token-of-{seen.form['client_id']}"))

    def echo(seen: Seen) -> Reply:
        name = seen.headers["authorization"].removeprefix("Bearer token-of-")
        return Reply(body={"userId": name, "pictureUrl": None})

    server.on("POST", TOKEN, issue)
    server.on("GET", INFO, echo)

    def ask(number: int) -> bool:
        channel = Channel(f"channel{number % 8}", "secret")
        return line.bot_info(channel).user_id == channel.channel_id

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(ask, range(400)))
    assert len(server.sent_to(TOKEN)) == 8


def test_the_placeholder_token_never_goes_out(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", INFO, Reply(body={"userId": "U1"}))
    line.bot_info(channel)
    token, info = server.seen
    assert "authorization" not in token.headers
    assert token.headers["content-type"] == "application/x-www-form-urlencoded"
    assert info.headers["authorization"] == "Bearer channel-token"


@impatient
@pytest.mark.parametrize(
    "reply",
    [Reply(drop=True), Reply(delay=3), Reply(429, {}, {"Retry-After": "30"}), Reply(503)],
    ids=["drop", "silence", "429 with Retry-After", "503"],
)
def test_a_get_is_sent_once(
    line: LiveLine, server: ScriptedServer, channel: Channel, reply: Reply
) -> None:
    server.on("GET", INFO, reply)
    with pytest.raises(GatewayError):
        line.bot_info(channel)
    assert len(server.sent_to(INFO)) == 1


def test_a_redirect_is_not_followed(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", INFO, Reply(302, None, {"Location": "/elsewhere"}))
    with pytest.raises(GatewayError) as caught:
        line.bot_info(channel)
    assert (caught.value.reason, caught.value.status) == ("unavailable", 302)
    assert server.sent_to("/elsewhere") == []


@pytest.mark.parametrize("status", [400, 500, 502])
def test_an_error_page_that_is_not_utf8_keeps_its_status(
    line: LiveLine, server: ScriptedServer, channel: Channel, status: int
) -> None:
    server.on("GET", INFO, Reply(status, b"\xff\xfe<html>"))
    with pytest.raises(GatewayError) as caught:
        line.bot_info(channel)
    assert caught.value.status == status


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"<html>"),
        Reply(body=b""),
        Reply(body=b"\xff"),
        Reply(body=[]),
        Reply(body={}),
        Reply(body={"userIds": 5}),
        Reply(cut=True),
    ],
    ids=["html", "empty", "not utf-8", "list", "no fields", "odd field", "broken off"],
)
def test_a_good_status_that_cannot_be_read_is_asked_again_later(
    line: LiveLine, server: ScriptedServer, channel: Channel, reply: Reply
) -> None:
    for path in (INFO, "/v2/bot/followers/ids", "/v2/bot/message/quota"):
        server.on("GET", path, reply)
    server.on("GET", "/v2/bot/message/quota/consumption", reply)
    for ask in (line.bot_info, line.quota, lambda one: line.follower_ids(one, None)):
        with pytest.raises(GatewayError) as caught:
            ask(channel)
        assert (caught.value.reason, caught.value.permanent) == ("unavailable", False)


def test_unknown_values_and_fields_are_taken_as_they_come(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    body = {"userId": "U1", "chatMode": "telepathy", "basicId": "@shop", "brandNew": {"a": 1}}
    server.on("GET", INFO, Reply(body=body))
    info = line.bot_info(channel)
    assert (info.chat_mode, info.basic_id, info.display_name) == ("telepathy", "@shop", "")


def test_every_call_is_announced_and_metered_per_channel_and_endpoint(
    line: LiveLine,
    server: ScriptedServer,
    channel: Channel,
    meter: RecordingMeter,
    calls: Calls,
) -> None:
    path = "/v2/bot/channel/webhook/endpoint"
    server.on("PUT", path, Reply())
    server.on("GET", path, Reply(body=SETTING))
    line.set_webhook(channel, "https://example.com")
    line.get_webhook(channel)
    assert meter.taken == [
        "line:2000000001:token",
        "line:2000000001:webhook",
        "line:2000000001:webhook",
    ]
    assert calls.count == 3
