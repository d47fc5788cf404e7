"""LINE Login of the stand-in, walked as a person and asked as a server."""

from typing import Any

import pytest

from plugin.sandbox.line.seed import SALON_LOGIN, SHOP, SHOP_LOGIN, STRAY_LOGIN
from tests.sandbox.line.rig import ALICE, LOGIN_SECRET, Line

VERIFY = "/line-api/oauth2/v2.1/verify"


def verify(line: Line, token: str, **more: str) -> Any:
    return line.form(VERIFY, id_token=token, client_id=SHOP_LOGIN, **more)


def refused(line: Line, **changes: str) -> dict[str, str]:
    """The parameters that come back without a page."""
    return line.browser("alice").get(line.ask(**changes)).query


def test_the_whole_walk(line: Line) -> None:
    line.listen()
    browser = line.browser()
    browser.get(line.ask())
    assert browser.shows("login-as-alice")
    browser.post(browser.path(), person="alice")
    assert browser.shows("consent-allow")
    assert "Sandbox Shop Login" in browser.text
    browser.post(browser.path(), decision="allow")
    assert browser.shows("friend-add")
    browser.post(browser.path(), decision="add")
    assert browser.url.startswith(f"{line.config.target}/line/login/callback?")
    assert browser.query["state"] == "state-1"
    assert browser.query["friendship_status_changed"] == "true"
    assert [event["type"] for event in line.events()] == ["follow"]
    tokens = line.exchange(browser.query["code"]).json()
    claims = verify(line, tokens["id_token"], nonce="nonce-1", user_id=ALICE).json()
    assert (claims["iss"], claims["sub"]) == ("https://access.line.me", ALICE)
    assert (claims["aud"], claims["name"]) == (SHOP_LOGIN, "Alice")


def test_a_code_works_once_and_for_ten_minutes(line: Line) -> None:
    code = line.browser("alice").walk(line.ask())["code"]
    assert line.exchange(code).status == 200
    assert line.exchange(code).json()["error"] == "invalid_grant"
    late = line.browser("alice").walk(line.ask())["code"]
    line.control("POST", "/clock", {"offset_seconds": 601})
    assert line.exchange(late).status == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": "http://localhost/other"}, "invalid_grant"),
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": SALON_LOGIN}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_an_exchange_must_be_exact(line: Line, changes: dict[str, str], error: str) -> None:
    code = line.browser("alice").walk(line.ask())["code"]
    answer = line.exchange(code, **changes)
    assert (answer.status, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "UNSUPPORTED_RESPONSE_TYPE"),
        ({"state": ""}, "INVALID_REQUEST"),
        ({"scope": ""}, "INVALID_SCOPE"),
        ({"scope": "email"}, "INVALID_SCOPE"),
        ({"scope": "openid phone"}, "INVALID_SCOPE"),
        ({"code_challenge_method": "plain"}, "INVALID_REQUEST"),
        ({"code_challenge": "short"}, "INVALID_REQUEST"),
        ({"bot_prompt": "pushy"}, "INVALID_REQUEST"),
        ({"prompt": "none"}, "INTERACTION_REQUIRED"),
    ],
)
def test_wrong_requests_come_back_in_upper_case(
    line: Line, changes: dict[str, str], error: str
) -> None:
    assert refused(line, **changes)["error"] == error


def test_email_needs_the_permission(line: Line) -> None:
    changes = {"client_id": SALON_LOGIN, "scope": "openid email"}
    assert refused(line, **changes)["error"] == "INVALID_SCOPE"


@pytest.mark.parametrize(
    "changes", [{"client_id": "1"}, {"redirect_uri": "http://localhost:1/elsewhere"}]
)
def test_an_unknown_address_gets_lines_own_page(line: Line, changes: dict[str, str]) -> None:
    page = line.browser("alice").get(line.ask(**changes))
    assert page.status == 400
    assert page.shows("line-error")


def test_more_query_parameters_are_allowed_in_the_redirect(line: Line) -> None:
    uri = f"{line.config.target}/line/login/callback?a=1"
    assert line.browser("alice").walk(line.ask(redirect_uri=uri))["a"] == "1"


def test_declining_comes_back_as_access_denied(line: Line) -> None:
    browser = line.browser("alice").get(line.ask())
    browser.post(browser.path(), decision="deny")
    assert browser.query["error"] == "ACCESS_DENIED"
    assert browser.query["state"] == "state-1"
    assert "code" not in browser.query


def test_granted_before_skips_the_consent_page(line: Line) -> None:
    line.login()
    back = line.browser("alice").get(line.ask(bot_prompt="normal"))
    assert "code" in back.query
    assert "friendship_status_changed" not in back.query
    assert line.browser("alice").get(line.ask(prompt="consent")).shows("consent-allow")
    assert "code" in line.browser("alice").get(line.ask(prompt="none")).query


def test_a_friend_already_is_false_too(line: Line) -> None:
    back = line.browser("charlie").walk(line.ask())
    assert back["friendship_status_changed"] == "false"


@pytest.mark.parametrize(("friend", "changed"), [("add", "true"), ("skip", "false")])
def test_a_blocker_is_offered_to_unblock(line: Line, friend: str, changed: str) -> None:
    line.tap("friend", person="charlie", do="block")
    browser = line.browser("charlie").get(line.ask())
    browser.post(browser.path(), decision="allow")
    assert "Unblock" in browser.text
    browser.post(browser.path(), decision=friend)
    assert browser.query["friendship_status_changed"] == changed


def test_the_normal_prompt_is_a_box_on_the_consent_page(line: Line) -> None:
    browser = line.browser("alice").get(line.ask(bot_prompt="normal"))
    assert browser.shows("add-friend")
    browser.post(browser.path(), decision="allow")
    assert browser.query["friendship_status_changed"] == "false"


def test_without_a_linked_account_nothing_is_offered(line: Line) -> None:
    back = line.browser("alice").walk(line.ask(client_id=STRAY_LOGIN))
    assert "friendship_status_changed" not in back


def test_auto_login_failure_brings_a_wrong_state(line: Line) -> None:
    line.control("POST", f"/line-channels/{SHOP_LOGIN}", {"auto_login_fails": True})
    back = refused(line)
    assert back["state"] != "state-1"
    assert line.exchange(back["code"]).json()["error"] == "invalid_grant"
    browser = line.browser("alice").get(line.ask(disable_auto_login="true"))
    assert browser.shows("login-choose")
    assert browser.walk(line.ask(disable_auto_login="true"))["state"] == "state-1"


def test_a_developing_channel_is_for_its_admins(line: Line) -> None:
    line.control("POST", f"/line-channels/{SHOP_LOGIN}", {"published": False})
    assert line.browser("bob").get(line.ask()).status == 400
    assert line.browser("alice").get(line.ask()).shows("consent-allow")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"nonce": "other"}, "Invalid IdToken Nonce."),
        ({"user_id": "U1"}, "Invalid IdToken Subject Identifier."),
        ({"id_token": "e30.e30.e30"}, "Invalid IdToken."),
        ({"client_id": SALON_LOGIN}, "Invalid IdToken."),
    ],
)
def test_the_verify_endpoint_names_what_is_wrong(
    line: Line, more: dict[str, str], words: str
) -> None:
    fields = {"id_token": line.login()["id_token"], "client_id": SHOP_LOGIN, **more}
    answer = line.form(VERIFY, **fields)
    assert answer.status == 400
    assert answer.json() == {"error": "invalid_request", "error_description": words}


def test_an_id_token_expires_after_an_hour(line: Line) -> None:
    token = line.login()["id_token"]
    line.control("POST", "/clock", {"offset_seconds": 3601})
    assert verify(line, token).json()["error_description"] == "IdToken expired."


def test_email_is_told_where_line_vouches_for_it(line: Line) -> None:
    ask = line.ask(scope="openid profile email")
    for person, email in (("alice", "alice@example.com"), ("bob", None)):
        tokens = line.exchange(line.browser(person).walk(ask)["code"]).json()
        assert tokens["scope"] == "openid profile"
        assert verify(line, tokens["id_token"]).json().get("email") == email


def test_what_a_users_token_reads(line: Line) -> None:
    token = line.login()["access_token"]
    assert line.as_user("GET", "/v2/profile", token).json()["userId"] == ALICE
    assert line.as_user("GET", "/oauth2/v2.1/userinfo", token).json()["sub"] == ALICE
    assert line.as_user("GET", "/friendship/v1/status", token).json() == {"friendFlag": True}
    told = line.raw("GET", f"{VERIFY}?access_token={token}").json()
    assert (told["client_id"], told["scope"]) == (SHOP_LOGIN, "openid profile")
    line.tap("friend", do="block")
    assert line.as_user("GET", "/friendship/v1/status", token).json() == {"friendFlag": False}


def test_refreshing_and_revoking(line: Line) -> None:
    first = line.login()
    fields = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    fresh = line.exchange("", **fields).json()
    assert fresh["access_token"] != first["access_token"]
    line.form(
        "/line-api/oauth2/v2.1/revoke",
        access_token=fresh["access_token"],
        client_id=SHOP_LOGIN,
        client_secret=LOGIN_SECRET,
    )
    assert line.as_user("GET", "/v2/profile", fresh["access_token"]).status == 401
    line.control("POST", "/clock", {"offset_seconds": 90 * 24 * 3600 + 1})
    assert line.exchange("", **fields).json()["error"] == "invalid_grant"


def test_deauthorizing_needs_the_login_channels_token(line: Line) -> None:
    token = line.login()["access_token"]
    body = {"userAccessToken": token}
    path = "/user/v1/deauthorize"
    assert line.api("POST", path, body, channel=SHOP).status == 400
    answer = line.api("POST", path, body, channel=SHOP_LOGIN)
    assert (answer.status, answer.data) == (204, b"")
    assert line.as_user("GET", "/v2/profile", token).status == 401
    assert line.api("POST", path, body, channel=SHOP_LOGIN).status == 400
    assert line.browser("alice").get(line.ask()).shows("consent-allow")


def test_another_provider_knows_another_id(line: Line) -> None:
    back = line.browser("alice").walk(line.ask(client_id=STRAY_LOGIN))
    answer = line.exchange(
        back["code"],
        client_id=STRAY_LOGIN,
        client_secret=line.control("POST", f"/line-channels/{STRAY_LOGIN}", {})["secret"],
    )
    profile = line.as_user("GET", "/v2/profile", answer.json()["access_token"]).json()
    assert profile["userId"] != ALICE
    assert line.api("GET", f"/v2/bot/profile/{profile['userId']}").status == 404
