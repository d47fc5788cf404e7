"""The three gateways as the factory gets them."""

import logging
from pathlib import Path

import pytest

from plugin.gateways import Channel, GatewayError, NoMeter, Portal
from plugin.gateways.hubspot.gateway import LiveHubSpot
from plugin.gateways.line.gateway import LiveLine
from plugin.gateways.live import live_gateways
from plugin.settings import Settings
from tests.gateways.scripted_server import Reply, ScriptedServer

READ = "/sandbox/hubspot-api/crm/objects/2026-09/contacts/batch/read"


def test_the_gateways_speak_to_the_addresses_of_the_settings(
    server: ScriptedServer, tmp_path: Path
) -> None:
    settings = Settings.from_env({"BASE_URL": server.url}, tmp_path)
    gateways = live_gateways(settings, NoMeter(), lambda: None, required_scopes=("oauth",))
    server.on("POST", "/sandbox/line-api/oauth2/v3/token", Reply(body={"access_token": "t"}))
    for ask in (
        lambda: gateways.hubspot.account_details(Portal(1, "t")),
        lambda: gateways.line.bot_info(Channel("1", "s")),
        lambda: gateways.line_login.is_friend("t"),
    ):
        with pytest.raises(GatewayError):
            ask()
    assert [seen.path for seen in server.seen] == [
        "/sandbox/hubspot-api/account-info/2026-09/details",
        "/sandbox/line-api/oauth2/v3/token",
        "/sandbox/line-api/v2/bot/info",
        "/sandbox/line-api/friendship/v1/status",
    ]
    url = gateways.hubspot.authorize_url("s", "http://localhost", "v" * 43)
    assert url.startswith(f"{server.url}/sandbox/hubspot-app/oauth/authorize?")


def test_a_transaction_guard_stops_every_call(server: ScriptedServer, tmp_path: Path) -> None:
    class OpenTransactionError(Exception):
        pass

    def guard() -> None:
        raise OpenTransactionError

    settings = Settings.from_env({"BASE_URL": server.url}, tmp_path)
    gateways = live_gateways(settings, NoMeter(), guard, required_scopes=())
    login = Channel("1", "s")
    for ask in (
        lambda: gateways.hubspot.refresh("r"),
        lambda: gateways.hubspot.account_details(Portal(1, "t")),
        lambda: gateways.line.bot_info(login),
        lambda: gateways.line_login.is_friend("t"),
        lambda: gateways.line_login.exchange(login, "c", "https://example.com", "v" * 43),
    ):
        with pytest.raises(OpenTransactionError):
            ask()
    assert server.seen == []


def test_nothing_private_is_logged_even_when_everything_is(
    hubspot: LiveHubSpot,
    line: LiveLine,
    server: ScriptedServer,
    portal: Portal,
    channel: Channel,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    contact = {"id": "1", "properties": {"email": "alice@example.com"}}
    server.on("POST", READ, Reply(body={"results": [contact]}))
    server.on("POST", "/v2/bot/message/push", Reply(body={"sentMessages": [{"id": "77"}]}))
    hubspot.read_contacts(portal, ["1"], ["email"])
    line.push(channel, "U" + "a" * 32, [{"type": "text", "text": "a secret"}], "key")
    for private in ("alice@example.com", "portal-token", "channel-token", "a secret", "aaaa"):
        assert private not in caplog.text


def test_what_is_secret_is_not_shown(portal: Portal, channel: Channel) -> None:
    assert portal.access_token not in repr(portal)
    assert channel.secret not in repr(channel)
