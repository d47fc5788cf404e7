"""Answers that do not end, or are larger than any that LINE gives, hold nobody up."""

import time

import pytest

from plugin.gateways import Channel, GatewayError, bodies, within
from plugin.gateways.line import chats, shop
from plugin.gateways.line.gateway import LiveLine
from plugin.gateways.line_login.gateway import LiveLineLogin
from plugin.gateways.pool import Timeouts
from tests.gateways.conftest import stateless
from tests.gateways.scripted_server import Reply, ScriptedServer

TOKEN, INFO, LIFF = "/oauth2/v3/token", "/v2/bot/info", "/liff/v1/apps"
PUSH, CONTENT = "/v2/bot/message/push", "/data/v2/bot/message/1/content"
EMOJI = "/sticonshop/v1/sticon/product/iPhone/1.png"
LOGIN_PAGE = "/sandbox/line-access/oauth2/v2.1/authorize"
CALLBACK = "https://example.com/line/login/callback"
BOT = {"userId": "U1", "displayName": "A shop of many words"}


def test_an_answer_that_drips_is_given_up(
    line: LiveLine, line_login: LiveLineLogin, server: ScriptedServer, channel: Channel
) -> None:
    server.on("POST", TOKEN, Reply(body=stateless("t")))
    server.on("GET", INFO, Reply(body=BOT, drip=0.1))
    server.on("GET", LIFF, Reply(body={"apps": []}, drip=0.2))
    server.on("GET", LOGIN_PAGE, Reply(body=b"<html>" * 20, drip=0.1))
    calls = (
        lambda: line.bot_info(channel),
        lambda: line_login.liff_apps(channel),
        lambda: line_login.login_page(channel, CALLBACK),
    )
    for call in calls:
        began = time.monotonic()
        with within(0.5), pytest.raises(GatewayError) as caught:
            call()
        assert not caught.value.permanent
        assert time.monotonic() - began < 2


def test_a_refusal_that_drips_is_what_its_status_says(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("POST", TOKEN, Reply(body=stateless("t")))
    server.on("GET", INFO, Reply(403, {"message": "Not for you. " * 20}, drip=0.1))
    server.on("POST", PUSH, Reply(500, {"message": "Later. " * 20}, drip=0.1))
    for call, reason in (
        (lambda: line.bot_info(channel), "forbidden"),
        (lambda: line.push(channel, "U1", [], retry_key="k"), "unavailable"),
    ):
        began = time.monotonic()
        with within(0.5), pytest.raises(GatewayError) as caught:
            call()
        assert caught.value.reason == reason
        assert time.monotonic() - began < 2


def test_files_that_drip_are_given_up(
    line: LiveLine, server: ScriptedServer, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chats, "CONTENT_SECONDS", 0.5)
    monkeypatch.setattr(shop, "TIMEOUTS", Timeouts(0.5, 0.5))
    server.on("POST", TOKEN, Reply(body=stateless("t")))
    server.on("GET", CONTENT, Reply(body=b"x" * 100, drip=0.1), Reply(202, b"x" * 100, drip=0.1))
    server.on("GET", EMOJI, Reply(body=shop.PNG * 10, drip=0.1))
    emojis = shop.LiveLineShop(server.url, lambda: None)
    began = time.monotonic()
    for call in (
        lambda: line.content(channel, "1", 1000),
        lambda: emojis.emoji("product", "1"),
    ):
        with pytest.raises(GatewayError) as caught:
            call()
        assert caught.value.reason == "lost"
    assert line.content(channel, "1", 1000) is None
    assert time.monotonic() - began < 4


def test_a_larger_answer_is_not_read_to_its_end(
    line: LiveLine, line_login: LiveLineLogin, server: ScriptedServer, channel: Channel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(bodies.read_body, "__defaults__", (2000,))
    server.on("POST", TOKEN, Reply(body=stateless("t")))
    server.on("GET", INFO, Reply(body={**BOT, "more": "x" * 3000}), Reply(body=BOT))
    server.on("GET", LOGIN_PAGE, Reply(400, b"redirect_uri" + b" " * 3000))
    with pytest.raises(GatewayError):
        line.bot_info(channel)
    # The next call has a connection of its own.
    assert line.bot_info(channel).user_id == "U1"
    page = line_login.login_page(channel, CALLBACK)
    assert (page.opens, page.names_address) == (False, True)
