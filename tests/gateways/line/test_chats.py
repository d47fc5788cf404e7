"""Read marks, moving dots, and what friends sent, which is fetched a piece at a time."""

from dataclasses import replace

import pytest

from plugin.gateways import Channel, GatewayError
from plugin.gateways.line.gateway import LiveLine
from tests.gateways.line.spec import FOLDER, Spec
from tests.gateways.scripted_server import Reply, ScriptedServer

USER = "U" + "a" * 32
READ, LOADING = "/v2/bot/chat/markAsRead", "/v2/bot/chat/loading/start"
# LINE has a host of its own for what friends sent.
CONTENT = "/data/v2/bot/message/580000000000000001/content"
TRANSCODING = f"{CONTENT}/transcoding"
MESSAGE, LARGEST = "580000000000000001", 1_000_000


def fetch(line: LiveLine, channel: Channel) -> tuple[bytes, str] | None:
    content = line.content(channel, MESSAGE, LARGEST)
    if content is None:
        return None
    with content.data as file:
        return file.read(), content.content_type


def failure(line: LiveLine, channel: Channel) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        fetch(line, channel)
    return caught.value


def test_read_marks_and_dots(line: LiveLine, server: ScriptedServer, channel: Channel) -> None:
    server.on("POST", READ, Reply())
    server.on("POST", LOADING, Reply(202))
    line.mark_as_read(channel, "token of the message")
    line.show_loading(channel, USER)
    assert server.sent_to(READ)[0].json() == {"markAsReadToken": "token of the message"}
    assert server.sent_to(LOADING)[0].json() == {"chatId": USER, "loadingSeconds": 20}


@pytest.mark.parametrize("size", [0, 1, LARGEST])
def test_content_comes_as_it_is(
    line: LiveLine, server: ScriptedServer, channel: Channel, size: int
) -> None:
    headers = {"Content-Type": "image/jpeg"}
    server.on("GET", CONTENT, Reply(body=b"\xff" * size, headers=headers))
    assert fetch(line, channel) == (b"\xff" * size, "image/jpeg")


def test_what_is_too_large_is_read_no_further(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", CONTENT, Reply(body=b"\xff" * (LARGEST + 5_000_000)), Reply(body=b"small"))
    error = failure(line, channel)
    assert (error.permanent, error.details) == (True, ("too_large",))
    # Nothing of it stands before the next response.
    assert fetch(line, channel) == (b"small", "application/json")


def test_what_is_cut_off_is_asked_for_again(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", CONTENT, Reply(body=b"\xff" * 1000, cut=True), Reply(body=b"whole"))
    assert not failure(line, channel).permanent
    # The connection that broke is not used for the next try.
    assert fetch(line, channel) == (b"whole", "application/json")


@pytest.mark.parametrize(
    ("status", "reason", "permanent"),
    [
        (404, "not_found", True),
        (410, "refused", True),
        (429, "rate_limited", False),
        (500, "unavailable", False),
    ],
)
def test_refusals_are_errors_as_everywhere(
    line: LiveLine,
    server: ScriptedServer,
    channel: Channel,
    status: int,
    reason: str,
    permanent: bool,
) -> None:
    server.on("GET", CONTENT, Reply(status, {"message": "no"}))
    error = failure(line, channel)
    assert (error.reason, error.permanent, error.status) == (reason, permanent, status)


def test_a_video_that_is_still_prepared(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", CONTENT, Reply(202, None))
    states: list[object] = ["processing", "succeeded", "failed", 7]
    replies = [Reply(body={"status": state}) for state in states]
    server.on("GET", TRANSCODING, *replies, Reply(body=b"<html>"))
    assert fetch(line, channel) is None
    told = [line.preparation_failed(channel, MESSAGE) for _ in range(5)]
    assert told == [False, False, True, False, False]


def test_an_expired_token_is_renewed_once(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", CONTENT, Reply(401, {"message": "expired"}), Reply(body=b"whole"))
    assert fetch(line, channel) == (b"whole", "application/json")


@pytest.mark.specs
@pytest.mark.skipif(not FOLDER.is_dir(), reason="LINE's OpenAPI files are not beside us")
def test_the_requests_are_those_that_line_describes(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("POST", READ, Reply())
    server.on("POST", LOADING, Reply(202))
    server.on("GET", CONTENT, Reply(body=b"whole"))
    server.on("GET", TRANSCODING, Reply(body={"status": "failed"}))
    line.mark_as_read(channel, "token of the message")
    line.show_loading(channel, USER)
    fetch(line, channel)
    line.preparation_failed(channel, MESSAGE)
    spec = Spec(FOLDER / "messaging-api.yml")
    for seen in server.seen[1:]:
        described = replace(seen, target=seen.target.removeprefix("/data"))
        assert spec.problems(described) == [], seen.target
