"""Pictures of LINE's own emojis: small PNGs, or an error that says what is the matter."""

import pytest

from plugin.gateways import GatewayError
from plugin.gateways.line.shop import LARGEST, PNG, LiveLineShop
from tests.gateways.scripted_server import Reply, ScriptedServer

PATH = "/sticonshop/v1/sticon/5ac21a18040ab15980c9b43e/iPhone/006.png"
IDS = ("5ac21a18040ab15980c9b43e", "006")


@pytest.fixture
def shop(server: ScriptedServer) -> LiveLineShop:
    return LiveLineShop(server.url, lambda: None)


def test_a_picture_is_fetched_from_where_line_keeps_it(
    shop: LiveLineShop, server: ScriptedServer
) -> None:
    server.on("GET", PATH, Reply(body=PNG + b"rest", headers={"Content-Type": "image/png"}))
    assert shop.emoji(*IDS) == PNG + b"rest"
    assert [seen.path for seen in server.seen] == [PATH]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(404), "not_found"),
        (Reply(403), "not_found"),
        (Reply(302, headers={"Location": "https://elsewhere.example/"}), "unavailable"),
        (Reply(503), "unavailable"),
        (Reply(body=b"<svg onload=alert(1)>"), "unavailable"),
        (Reply(body=PNG + b"x" * LARGEST), "refused"),
        (Reply(body=PNG + b"x" * 500, cut=True), "lost"),
        (Reply(drop=True), "lost"),
    ],
)
def test_what_is_no_small_picture_is_refused(
    shop: LiveLineShop, server: ScriptedServer, reply: Reply, reason: str
) -> None:
    server.on("GET", PATH, reply)
    with pytest.raises(GatewayError) as refused:
        shop.emoji(*IDS)
    assert refused.value.reason == reason
    assert len(server.seen) == 1


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(GatewayError) as refused:
        LiveLineShop("http://127.0.0.1:1", lambda: None).emoji(*IDS)
    assert refused.value.reason == "unreachable"
