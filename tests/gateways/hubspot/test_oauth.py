"""Install, refresh, introspect, revoke, uninstall."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest

from plugin.gateways import AccountDetails, GatewayError, Portal, TokenInfo
from plugin.gateways.hubspot.gateway import LiveHubSpot
from tests.gateways.conftest import Calls, RecordingMeter
from tests.gateways.scripted_server import Reply, ScriptedServer

BASE = "/sandbox/hubspot-api"
TOKEN = f"{BASE}/oauth/2026-09/token"
INTROSPECT = f"{TOKEN}/introspect"
REVOKE = f"{TOKEN}/revoke"
UNINSTALL = f"{BASE}/appinstalls/2026-09/external-install"
DETAILS = f"{BASE}/account-info/2026-09/details"
VERIFIER = "v" * 64
PROOF = {"client_id": "app-client", "client_secret": "app-secret"}
TOKENS = {"access_token": "a1", "refresh_token": "r1", "expires_in": 1800, "hub_id": 20000001}


def test_the_authorize_url_separates_scopes_by_percent_20_and_carries_pkce(
    hubspot: LiveHubSpot, server: ScriptedServer, calls: Calls
) -> None:
    url = hubspot.authorize_url("s1", "http://localhost:8000/hubspot/callback", VERIFIER)
    assert url.startswith(f"{server.url}/sandbox/hubspot-app/oauth/authorize?")
    assert "scope=oauth%20crm.lists.read&" in url
    assert "+" not in url
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    assert {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()} == {
        "client_id": "app-client",
        "redirect_uri": "http://localhost:8000/hubspot/callback",
        "scope": "oauth crm.lists.read",
        "optional_scope": "timeline",
        "state": "s1",
        "code_challenge": challenge.decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    assert calls.count == 0


def test_the_code_is_exchanged_with_its_verifier_and_without_a_token(
    hubspot: LiveHubSpot, server: ScriptedServer, meter: RecordingMeter
) -> None:
    server.on("POST", TOKEN, Reply(body=TOKENS))
    tokens = hubspot.exchange_code("c1", "http://localhost:8000/hubspot/callback", VERIFIER)
    assert (tokens.access_token, tokens.refresh_token) == ("a1", "r1")
    assert (tokens.expires_in, tokens.portal_id) == (1800, 20000001)
    sent = server.seen[0]
    assert "authorization" not in sent.headers
    assert sent.form == {
        "grant_type": "authorization_code",
        "code": "c1",
        "redirect_uri": "http://localhost:8000/hubspot/callback",
        "code_verifier": VERIFIER,
        **PROOF,
    }
    assert meter.taken == ["hubspot:oauth"]


def test_refresh_returns_the_newest_refresh_token(
    hubspot: LiveHubSpot, server: ScriptedServer
) -> None:
    server.on("POST", TOKEN, Reply(body={**TOKENS, "refresh_token": "r2"}))
    assert hubspot.refresh("r1").refresh_token == "r2"
    sent = server.seen[0]
    assert sent.form == {"grant_type": "refresh_token", "refresh_token": "r1", **PROOF}
    assert "authorization" not in sent.headers


def test_a_lean_answer_to_refresh_is_enough(hubspot: LiveHubSpot, server: ScriptedServer) -> None:
    server.on("POST", TOKEN, Reply(body={"access_token": "a2"}))
    tokens = hubspot.refresh("r1")
    assert (tokens.refresh_token, tokens.expires_in, tokens.portal_id) == ("r1", 1800, None)


def test_an_unreadable_token_answer_is_lost(hubspot: LiveHubSpot, server: ScriptedServer) -> None:
    server.on("POST", TOKEN, Reply(body=b"<html>"), Reply(body={"nothing": 1}))
    for _ in range(2):
        with pytest.raises(GatewayError) as caught:
            hubspot.refresh("r1")
        assert caught.value.reason == "lost"


REVOKED = [
    {"error": "invalid_grant", "error_description": "x"},
    {"status": "BAD_REFRESH_TOKEN", "message": "missing or unknown refresh token"},
    {"status": "BAD_REFRESH_TOKEN", "error": "invalid_grant"},
    {"status": "BAD_HUB", "error": "access_denied"},
    {"error": "access_denied"},
]
CONFIGURATION = [
    {"status": "BAD_CLIENT_ID", "error": "invalid_client"},
    {"error": "invalid_client"},
    {"status": "BAD_CLIENT_SECRET"},
    {"status": "BAD_REDIRECT_URI", "error": "invalid_grant"},
    {"status": "BAD_AUTH_CODE", "error": "invalid_grant"},
    {"message": "something new"},
    {},
]


@pytest.mark.parametrize("body", REVOKED)
def test_only_clear_words_are_a_revoked_consent(
    hubspot: LiveHubSpot, server: ScriptedServer, body: dict[str, str]
) -> None:
    server.on("POST", TOKEN, Reply(400, body))
    with pytest.raises(GatewayError) as caught:
        hubspot.refresh("r1")
    assert (caught.value.reason, caught.value.permanent) == ("revoked", True)


@pytest.mark.parametrize("body", CONFIGURATION)
@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_our_own_mistake_never_looks_like_an_uninstall(
    hubspot: LiveHubSpot, server: ScriptedServer, body: dict[str, str], status: int
) -> None:
    server.on("POST", TOKEN, Reply(status, body))
    with pytest.raises(GatewayError) as caught:
        hubspot.refresh("r1")
    assert (caught.value.reason, caught.value.permanent) == ("configuration", False)


@pytest.mark.parametrize("status", [423, 429, 477, 500, 502, 524])
def test_passing_trouble_is_repeated_later(
    hubspot: LiveHubSpot, server: ScriptedServer, status: int
) -> None:
    server.on("POST", TOKEN, Reply(status, {"error": "invalid_grant"}))
    with pytest.raises(GatewayError) as caught:
        hubspot.refresh("r1")
    assert caught.value.reason in ("unavailable", "rate_limited")
    assert not caught.value.permanent


def test_a_used_code_is_for_the_person_to_repeat(
    hubspot: LiveHubSpot, server: ScriptedServer
) -> None:
    body = {"status": "BAD_AUTH_CODE", "error": "invalid_grant", "message": "used"}
    server.on("POST", TOKEN, Reply(400, body), Reply(400, {"status": "BAD_CLIENT_SECRET"}))
    reasons = []
    for _ in range(2):
        with pytest.raises(GatewayError) as caught:
            hubspot.exchange_code("c1", "http://localhost", VERIFIER)
        reasons.append(caught.value.reason)
    assert reasons == ["invalid", "configuration"]


def test_introspection_tells_who_consented(hubspot: LiveHubSpot, server: ScriptedServer) -> None:
    server.on(
        "POST",
        INTROSPECT,
        Reply(
            body={
                "active": True,
                "hub_id": 20000001,
                "user_id": 7001,
                "user": "alice@example.com",
                "scopes": ["oauth"],
                "hub_domain": "alice.example.com",
                "signed_access_token": {},
            }
        ),
    )
    info = hubspot.introspect("a1")
    assert info == TokenInfo(20000001, 7001, "alice@example.com", ("oauth",), "alice.example.com")
    sent = server.seen[0]
    assert sent.form == {"token": "a1", "token_type_hint": "access_token", **PROOF}
    assert "authorization" not in sent.headers


def test_a_dead_token_is_unauthorized(hubspot: LiveHubSpot, server: ScriptedServer) -> None:
    server.on("POST", INTROSPECT, Reply(body={"active": False}))
    with pytest.raises(GatewayError) as caught:
        hubspot.introspect("a1")
    assert caught.value.reason == "unauthorized"


def test_revoking_twice_is_no_error(hubspot: LiveHubSpot, server: ScriptedServer) -> None:
    server.on("POST", REVOKE, Reply(204), Reply(400, {"status": "BAD_REFRESH_TOKEN"}))
    hubspot.revoke("r1")
    hubspot.revoke("r1")
    assert server.seen[0].form["token_type_hint"] == "refresh_token"


def test_uninstall_is_the_portals_own_call(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal, meter: RecordingMeter
) -> None:
    server.on("DELETE", UNINSTALL, Reply(204))
    hubspot.uninstall(portal)
    assert server.seen[0].headers["authorization"] == "Bearer portal-token"
    assert meter.taken == ["hubspot:20000001"]


def test_account_details_tell_where_the_pages_are(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    body = {
        "portalId": 20000001,
        "uiDomain": "app-eu1.hubspot.com",
        "timeZone": "Asia/Tokyo",
        "accountType": "STANDARD",
    }
    server.on("GET", DETAILS, Reply(body=body))
    expected = AccountDetails(20000001, "app-eu1.hubspot.com", "Asia/Tokyo", "STANDARD")
    assert hubspot.account_details(portal) == expected
