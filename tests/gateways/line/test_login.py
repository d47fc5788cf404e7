"""LINE Login: the way there, the code, the ID token, friendship, the way out."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from plugin.gateways import Channel, GatewayError, Identity, LiffApp, LoginTokens
from plugin.gateways.line_login.gateway import LiveLineLogin
from tests.gateways.conftest import NOW, Calls, RecordingMeter, stateless
from tests.gateways.scripted_server import Reply, ScriptedServer

TOKEN = "/oauth2/v2.1/token"
VERIFY = "/oauth2/v2.1/verify"
FRIENDSHIP = "/friendship/v1/status"
DEAUTHORIZE = "/user/v1/deauthorize"
LIFF = "/liff/v1/apps"
VERIFIER = "v" * 64
CALLBACK = "https://example.com/line/login/callback"
USER = "U" + "a" * 32
LOGIN = Channel("2000000002", "1" * 32)
CLAIMS: dict[str, Any] = {
    "iss": "https://access.line.me",
    "sub": USER,
    "aud": "2000000002",
    "exp": int(NOW.timestamp()) + 3600,
    "iat": int(NOW.timestamp()),
    "nonce": "n1",
    "name": "Alice",
    "picture": "https://example.com/a.png",
    "email": "alice@example.com",
}


def authorize(line_login: LiveLineLogin, **more: Any) -> tuple[str, dict[str, str]]:
    url = line_login.authorize_url(
        LOGIN, redirect_uri=CALLBACK, state="s+1", nonce="n1", code_verifier=VERIFIER, **more
    )
    query = parse_qs(urlsplit(url).query, strict_parsing=True)
    return url, {name: values[0] for name, values in query.items()}


def test_the_authorize_url(line_login: LiveLineLogin, server: ScriptedServer) -> None:
    url, query = authorize(line_login)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    assert url.startswith(f"{server.url}/sandbox/line-access/oauth2/v2.1/authorize?")
    assert "scope=profile%20openid%20email" in url
    assert query == {
        "response_type": "code",
        "client_id": "2000000002",
        "redirect_uri": CALLBACK,
        "state": "s+1",
        "scope": "profile openid email",
        "nonce": "n1",
        "bot_prompt": "aggressive",
        "code_challenge": challenge.decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    assert server.seen == []


def test_what_may_be_asked_besides(line_login: LiveLineLogin) -> None:
    _, query = authorize(line_login, email=False, locale="ja", auto_login=False)
    assert query["scope"] == "profile openid"
    assert (query["ui_locales"], query["disable_auto_login"]) == ("ja", "true")


def test_the_code_is_exchanged_in_the_body_with_its_verifier(
    line_login: LiveLineLogin, server: ScriptedServer, meter: RecordingMeter, calls: Calls
) -> None:
    body = {"access_token": "a", "id_token": "i", "refresh_token": "r", "expires_in": 2592000}
    server.on("POST", TOKEN, Reply(body=body))
    assert line_login.exchange(LOGIN, "c1", CALLBACK, VERIFIER) == LoginTokens("a", "i", "r")
    sent = server.seen[0]
    assert "authorization" not in sent.headers
    assert sent.form == {
        "grant_type": "authorization_code",
        "code": "c1",
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_id": "2000000002",
        "client_secret": "1" * 32,
    }
    assert (meter.taken, calls.count) == (["line:2000000002:login-token"], 1)


@pytest.mark.parametrize(
    ("reply", "reason", "permanent"),
    [
        (Reply(400, {"error": "invalid_grant", "error_description": "used"}), "invalid", True),
        (Reply(400, {"error": "invalid_client"}), "configuration", True),
        (Reply(401, {"error": "invalid_client"}), "configuration", True),
        (Reply(429, {"message": "slow"}), "rate_limited", False),
        (Reply(500, b"\xff<html>"), "unavailable", False),
        (Reply(302, None, {"Location": "/elsewhere"}), "unavailable", False),
        (Reply(200, b"<html>"), "lost", False),
        (Reply(200, {"error": "odd"}), "lost", False),
        (Reply(200, {"access_token": "a"}), "lost", False),
        (Reply(200, {"access_token": "a", "id_token": "i"}, cut=True), "lost", False),
    ],
)
def test_a_failed_exchange(
    line_login: LiveLineLogin,
    server: ScriptedServer,
    meter: RecordingMeter,
    reply: Reply,
    reason: str,
    permanent: bool,
) -> None:
    server.on("POST", TOKEN, reply)
    with pytest.raises(GatewayError) as caught:
        line_login.exchange(LOGIN, "c1", CALLBACK, VERIFIER)
    assert (caught.value.reason, caught.value.permanent) == (reason, permanent)
    assert len(server.seen) == 1
    assert bool(meter.closed) == (reason == "rate_limited")


def test_the_id_token_is_line_s_to_verify(
    line_login: LiveLineLogin, server: ScriptedServer
) -> None:
    server.on("POST", VERIFY, Reply(body=CLAIMS))
    identity = line_login.verify_id_token(LOGIN, "i1", "n1")
    assert identity == Identity(USER, "Alice", "https://example.com/a.png", "alice@example.com")
    assert server.seen[0].form == {"id_token": "i1", "client_id": "2000000002", "nonce": "n1"}


def test_a_liff_token_has_no_nonce_of_ours(
    line_login: LiveLineLogin, server: ScriptedServer
) -> None:
    server.on("POST", VERIFY, Reply(body={"sub": USER, "aud": "2000000002"}))
    assert line_login.verify_id_token(LOGIN, "i1", None) == Identity(USER, "", "", "")
    assert "nonce" not in server.seen[0].form


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ({"aud": "2000000009"}, "another channel"),
        ({"aud": None}, "another channel"),
        ({"iss": "https://evil.example.com"}, "another issuer"),
        ({"nonce": "n2"}, "another login"),
        ({"nonce": None}, "another login"),
        ({"exp": int(NOW.timestamp()) - 61}, "expired"),
    ],
)
def test_a_foreign_or_old_id_token_is_refused_even_if_line_says_yes(
    line_login: LiveLineLogin, server: ScriptedServer, claim: dict[str, Any], words: str
) -> None:
    server.on("POST", VERIFY, Reply(body={**CLAIMS, **claim}))
    with pytest.raises(GatewayError, match=words) as caught:
        line_login.verify_id_token(LOGIN, "i1", "n1")
    assert (caught.value.reason, caught.value.permanent) == ("invalid", True)


def test_lines_no_is_invalid(line_login: LiveLineLogin, server: ScriptedServer) -> None:
    body = {"error": "invalid_request", "error_description": "IdToken expired."}
    server.on("POST", VERIFY, Reply(400, body, {"x-line-request-id": "r"}))
    with pytest.raises(GatewayError, match="IdToken expired") as caught:
        line_login.verify_id_token(LOGIN, "i1", "n1")
    assert (caught.value.reason, caught.value.request_id) == ("invalid", "r")


@pytest.mark.parametrize("flag", [True, False])
def test_friendship_is_asked_with_the_friends_token(
    line_login: LiveLineLogin, server: ScriptedServer, flag: bool
) -> None:
    server.on("GET", FRIENDSHIP, Reply(body={"friendFlag": flag}))
    assert line_login.is_friend("user-token") is flag
    assert server.seen[0].headers["authorization"] == "Bearer user-token"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(401, {"message": "The access token expired"}), "unauthorized"),
        (Reply(403), "forbidden"),
        (Reply(body={}), "unavailable"),
        (Reply(body=b"\xff"), "unavailable"),
        (Reply(429, {}, {"Retry-After": "30"}), "rate_limited"),
    ],
)
def test_friendship_unknown(
    line_login: LiveLineLogin, server: ScriptedServer, reply: Reply, reason: str
) -> None:
    server.on("GET", FRIENDSHIP, reply)
    with pytest.raises(GatewayError) as caught:
        line_login.is_friend("user-token")
    assert caught.value.reason == reason
    assert len(server.seen) == 1


def test_deauthorize_takes_the_channels_own_token(
    line_login: LiveLineLogin, server: ScriptedServer
) -> None:
    server.on("POST", DEAUTHORIZE, Reply(204))
    line_login.deauthorize(LOGIN, "user-token")
    line_login.deauthorize(LOGIN, "user-token")
    token, first, _ = server.seen
    assert token.form["client_id"] == "2000000002"
    assert first.headers["authorization"] == "Bearer channel-token"
    assert first.json() == {"userAccessToken": "user-token"}


def test_deauthorize_replaces_a_refused_channel_token_once(
    line_login: LiveLineLogin, server: ScriptedServer
) -> None:
    server.on("POST", "/oauth2/v3/token", *(Reply(body=stateless(name)) for name in "ab"))
    server.on("POST", DEAUTHORIZE, Reply(401), Reply(204), Reply(401))
    line_login.deauthorize(LOGIN, "user-token")
    sent = server.sent_to(DEAUTHORIZE)
    assert [seen.headers["authorization"] for seen in sent] == ["Bearer a", "Bearer b"]
    with pytest.raises(GatewayError):
        line_login.deauthorize(LOGIN, "user-token")
    assert len(server.sent_to(DEAUTHORIZE)) == 4


def test_all_calls_use_one_connection(line_login: LiveLineLogin, server: ScriptedServer) -> None:
    server.on("GET", FRIENDSHIP, Reply(body={"friendFlag": True}))
    server.on("POST", VERIFY, Reply(body=CLAIMS))
    server.on("POST", DEAUTHORIZE, Reply(204))
    server.on("POST", TOKEN, Reply(body={"access_token": "a", "id_token": "i"}))
    for _ in range(3):
        line_login.exchange(LOGIN, "c1", CALLBACK, VERIFIER)
        line_login.verify_id_token(LOGIN, "i1", "n1")
        line_login.is_friend("user-token")
        line_login.deauthorize(LOGIN, "user-token")
    assert len({seen.connection for seen in server.seen}) == 1


def owner_server(server: ScriptedServer, **told: Any) -> None:
    server.on("GET", VERIFY, Reply(body={"client_id": "2000000002", "expires_in": 60, **told}))
    server.on("GET", "/v2/profile", Reply(body={"userId": USER}))


def test_whose_an_access_token_is(line_login: LiveLineLogin, server: ScriptedServer) -> None:
    owner_server(server)
    assert line_login.owner_of(LOGIN, "a1") == USER
    assert server.seen[1].headers["authorization"] == "Bearer a1"


@pytest.mark.parametrize("told", [{"client_id": "2000000009"}, {"expires_in": 0}])
def test_an_access_token_of_another_channel_or_time_is_refused(
    line_login: LiveLineLogin, server: ScriptedServer, told: dict[str, Any]
) -> None:
    owner_server(server, **told)
    with pytest.raises(GatewayError) as caught:
        line_login.owner_of(LOGIN, "a1")
    assert (caught.value.reason, caught.value.permanent) == ("invalid", True)


def test_a_liff_app_fills_the_screen_and_offers_the_account(
    line_login: LiveLineLogin, server: ScriptedServer
) -> None:
    server.on("POST", "/oauth2/v3/token", Reply(body=stateless("t1")))
    server.on("POST", LIFF, Reply(body={"liffId": "2000000002-abcdefgh"}))
    endpoint = "https://example.com/liff/"
    assert line_login.create_liff_app(LOGIN, endpoint, email=True) == "2000000002-abcdefgh"
    assert server.seen[-1].json() == {
        "view": {"type": "full", "url": endpoint},
        "description": "Musubi",
        "scope": ["openid", "profile", "email"],
        "botPrompt": "aggressive",
        "permanentLinkPattern": "concat",
    }


def test_the_liff_apps_of_a_channel(line_login: LiveLineLogin, server: ScriptedServer) -> None:
    server.on("POST", "/oauth2/v3/token", Reply(body=stateless("t1")))
    apps = [{"liffId": "1-a", "view": {"url": "https://example.com/liff/"}}, {"liffId": "1-b"}]
    server.on("GET", LIFF, Reply(body={"apps": apps}))
    found = line_login.liff_apps(LOGIN)
    assert found == (LiffApp("1-a", "https://example.com/liff/"), LiffApp("1-b", ""))


def test_a_channel_without_liff_apps(line_login: LiveLineLogin, server: ScriptedServer) -> None:
    server.on("POST", "/oauth2/v3/token", Reply(body=stateless("t1")))
    server.on("GET", LIFF, Reply(404, {"message": "Not found"}))
    assert line_login.liff_apps(LOGIN) == ()


def test_a_liff_app_is_put_right(line_login: LiveLineLogin, server: ScriptedServer) -> None:
    server.on("POST", "/oauth2/v3/token", Reply(body=stateless("t1")))
    server.on("PUT", f"{LIFF}/1-a", Reply(200, b""))
    line_login.change_liff_app(LOGIN, "1-a", "https://example.com/liff/", email=False)
    assert server.seen[-1].json()["scope"] == ["openid", "profile"]
