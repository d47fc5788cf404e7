"""Channel access tokens: kept, renewed in time, asked for once at a time."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from plugin.gateways import Channel, GatewayError
from plugin.gateways.line import tokens as line_tokens
from plugin.gateways.line.gateway import LiveLine
from plugin.gateways.line.tokens import Issued, StatelessTokens
from tests.gateways.conftest import SetClock, stateless
from tests.gateways.scripted_server import Reply, ScriptedServer

TOKEN = "/oauth2/v3/token"
INFO = "/v2/bot/info"
GOOD = Reply(body={"userId": "U1"})
DENIED = Reply(401, {"message": "Authentication failed due to the following reason: expired"})


def test_a_token_is_asked_for_with_id_and_secret_and_kept_13_minutes(
    line: LiveLine, server: ScriptedServer, channel: Channel, clock: SetClock
) -> None:
    server.on("GET", INFO, GOOD)
    line.bot_info(channel)
    clock.pass_seconds(13 * 60 - 1)
    line.bot_info(channel)
    assert len(server.sent_to(TOKEN)) == 1
    clock.pass_seconds(1)
    line.bot_info(channel)
    assert len(server.sent_to(TOKEN)) == 2
    assert server.seen[0].form == {
        "grant_type": "client_credentials",
        "client_id": channel.channel_id,
        "client_secret": channel.secret,
    }


def test_a_changed_secret_gets_its_own_token(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", INFO, GOOD)
    line.bot_info(channel)
    line.bot_info(Channel(channel.channel_id, "1" * 32))
    assert len(server.sent_to(TOKEN)) == 2


def test_an_answer_without_a_life_is_taken_for_15_minutes(
    line: LiveLine, server: ScriptedServer, channel: Channel, clock: SetClock
) -> None:
    server.on("POST", TOKEN, Reply(body={"access_token": "t"}))
    server.on("GET", INFO, GOOD)
    line.bot_info(channel)
    clock.pass_seconds(700)
    line.bot_info(channel)
    assert len(server.sent_to(TOKEN)) == 1


def test_a_refused_token_is_replaced_once(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("POST", TOKEN, Reply(body=stateless("old")), Reply(body=stateless("new")))
    server.on("POST", "/v2/bot/message/push", DENIED, Reply())
    line.push(channel, "U1", [{"type": "text", "text": "hi"}], "key")
    first, second = server.sent_to("/v2/bot/message/push")
    assert first.headers["authorization"] == "Bearer old"
    assert second.headers["authorization"] == "Bearer new"
    assert first.headers["x-line-retry-key"] == second.headers["x-line-retry-key"] == "key"
    assert first.body == second.body


def test_a_second_refusal_is_final(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", INFO, DENIED)
    with pytest.raises(GatewayError) as caught:
        line.bot_info(channel)
    assert (caught.value.reason, caught.value.permanent) == ("unauthorized", True)
    assert len(server.sent_to(INFO)) == len(server.sent_to(TOKEN)) == 2


@pytest.mark.parametrize(
    ("reply", "reason", "permanent", "message"),
    [
        (Reply(400, {"error": "invalid_request", "error_description": "bad"}),
         "unauthorized", True, "bad"),
        (Reply(401, {"error": "invalid_client"}), "unauthorized", True, "invalid_client"),
        (Reply(429), "rate_limited", False, "LINE answered 429"),
        (Reply(500, b"\xff"), "unavailable", False, "LINE answered 500"),
        (Reply(body={}), "unavailable", False, "LINE gave an answer that cannot be read"),
    ],
)  # fmt: skip
def test_a_refused_issue_says_why_and_sends_nothing(
    line: LiveLine,
    server: ScriptedServer,
    channel: Channel,
    reply: Reply,
    reason: str,
    permanent: bool,
    message: str,
) -> None:
    server.on("POST", TOKEN, reply)
    with pytest.raises(GatewayError) as caught:
        line.push(channel, "U1", [], "key")
    error = caught.value
    assert (error.reason, error.permanent, error.message) == (reason, permanent, message)
    assert len(server.seen) == 1


class SlowIssue:
    """Lets the test decide when the token comes, or that it does not."""

    def __init__(self, failing: bool = False) -> None:
        self.asked = 0
        self.go_on = threading.Event()
        self.failing = failing

    def __call__(self, channel: Channel) -> Issued:
        self.asked += 1
        self.go_on.wait(5)
        if self.failing:
            raise GatewayError("no", permanent=False, reason="unavailable")
        return Issued(f"token-{self.asked}", 900)


class WatchedFuture(Future[str]):
    """Tells how many have come to wait."""

    waiting = threading.Semaphore(0)

    def result(self, timeout: float | None = None) -> str:
        self.waiting.release()
        return super().result(timeout)


@pytest.mark.parametrize("failing", [False, True])
def test_sixteen_who_ask_at_once_share_one_answer(
    channel: Channel, clock: SetClock, failing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_tokens, "Future", WatchedFuture)
    issue = SlowIssue(failing)
    tokens = StatelessTokens(issue, clock)

    def ask() -> str:
        try:
            return tokens.get(channel)
        except GatewayError as error:
            return error.message

    with ThreadPoolExecutor(16) as threads:
        answers = [threads.submit(ask) for _ in range(16)]
        assert all(WatchedFuture.waiting.acquire(timeout=5) for _ in range(15))
        issue.go_on.set()
        assert {answer.result(5) for answer in answers} == {"no" if failing else "token-1"}
    assert issue.asked == 1


def test_a_failure_is_not_kept(channel: Channel, clock: SetClock) -> None:
    issue = SlowIssue(failing=True)
    issue.go_on.set()
    tokens = StatelessTokens(issue, clock)
    with pytest.raises(GatewayError):
        tokens.get(channel)
    issue.failing = False
    assert tokens.get(channel) == "token-2"


def test_forgetting_an_old_token_keeps_the_new_one(channel: Channel, clock: SetClock) -> None:
    issue = SlowIssue()
    issue.go_on.set()
    tokens = StatelessTokens(issue, clock)
    first = tokens.get(channel)
    tokens.forget(channel, first)
    second = tokens.get(channel)
    tokens.forget(channel, first)
    assert tokens.get(channel) == second
    assert issue.asked == 2
