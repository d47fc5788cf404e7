"""LIFF apps and LIFF URLs of the stand-in."""

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from linebot.v3.liff import AddLiffAppRequest, ApiClient, Configuration, Liff, LiffView

from plugin.sandbox.line.login.liff_links import primary_url
from plugin.sandbox.line.seed import SHOP, SHOP_LOGIN
from tests.sandbox.line.rig import ALICE, Line

APP = f"{SHOP_LOGIN}-Sandbox1"
VIEW = {"type": "full", "url": "https://example.com/liff"}


def test_the_sdk_makes_and_lists_apps(line: Line) -> None:
    host = f"{line.config.base_url}/line-api"
    liff = Liff(ApiClient(Configuration(host=host, access_token=line.token(SHOP_LOGIN))))
    made = liff.add_liff_app(AddLiffAppRequest(view=LiffView(type="full", url=VIEW["url"])))
    assert made.liff_id.startswith(f"{SHOP_LOGIN}-")
    apps = liff.get_all_liff_apps().apps
    assert [app.liff_id for app in apps] == [APP, made.liff_id]
    liff.delete_liff_app(made.liff_id)
    assert len(liff.get_all_liff_apps().apps) == 1


def test_an_app_is_changed_in_parts(line: Line) -> None:
    path = f"/liff/v1/apps/{APP}"
    body = {"view": {"url": "https://example.com/new"}}
    assert line.api("PUT", path, body, channel=SHOP_LOGIN).status == 200
    [app] = line.api("GET", "/liff/v1/apps", channel=SHOP_LOGIN).json()["apps"]
    assert app["view"] == {"type": "full", "url": "https://example.com/new"}
    assert app["botPrompt"] == "aggressive"
    assert line.api("PUT", path, body, channel="2000000004").status == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"view": {"type": "full", "url": "http://example.com/"}},
        {"view": {"type": "full", "url": "https://example.com/#a"}},
        {"view": {"type": "wide", "url": "https://example.com/"}},
        {"view": VIEW, "description": "LINE shop"},
        {"view": VIEW, "scope": ["phone"]},
        {"view": VIEW, "description": None},
    ],
)
def test_a_wrong_app_is_refused(line: Line, body: object) -> None:
    assert line.api("POST", "/liff/v1/apps", body, channel=SHOP_LOGIN).status == 400


def test_only_a_login_channel_has_apps(line: Line) -> None:
    assert line.api("GET", "/liff/v1/apps", channel=SHOP).status == 403


def test_at_most_thirty_apps(line: Line) -> None:
    statuses = [
        line.api("POST", "/liff/v1/apps", {"view": VIEW}, channel=SHOP_LOGIN).status
        for _ in range(30)
    ]
    assert statuses == [200] * 29 + [400]


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("", "", "https://e.com/a"),
        ("p", "k=v", "https://e.com/a?liff.state=%2Fp%3Fk%3Dv"),
        ("", "k=v", "https://e.com/a?liff.state=%3Fk%3Dv"),
        ("p/q", "", "https://e.com/a?liff.state=%2Fp%2Fq"),
    ],
)
def test_the_addition_travels_in_liff_state(path: str, query: str, expected: str) -> None:
    assert primary_url("https://e.com/a", path, query) == expected


def test_on_a_phone_the_fragment_carries_the_tokens(line: Line) -> None:
    browser = line.browser("alice")
    browser.walk(f"/liff/{APP}/intent-1?k=v")
    assert browser.url.startswith(f"{line.config.target}/liff/?liff.state=%2Fintent-1%3Fk%3Dv#")
    token = browser.fragment["id_token"]
    certs = line.raw("GET", "/line-api/oauth2/v2.1/certs").json()
    read = jwt.decode(token, KeySet.import_key_set(certs), algorithms=["ES256"])
    assert read.header["alg"] == "ES256"
    assert (read.claims["sub"], read.claims["aud"]) == (ALICE, SHOP_LOGIN)
    answer = line.form("/line-api/oauth2/v2.1/verify", id_token=token, client_id=SHOP_LOGIN)
    assert answer.json()["sub"] == ALICE
    access = browser.fragment["access_token"]
    assert line.as_user("GET", "/friendship/v1/status", access).json() == {"friendFlag": True}
    line.control("POST", "/clock", {"offset_seconds": 12 * 3600 + 1})
    assert line.as_user("GET", "/v2/profile", access).status == 401


def test_another_browser_opens_the_endpoint_without_tokens(line: Line) -> None:
    browser = line.browser().get(f"/liff/{APP}/intent-1")
    assert browser.url == f"{line.config.target}/liff/?liff.state=%2Fintent-1"


def test_declining_on_a_phone_goes_back_to_it(line: Line) -> None:
    browser = line.browser("alice").get(f"/liff/{APP}")
    browser.post(browser.path(), decision="deny")
    assert browser.shows("phone")


def test_the_sdks_login_stays_below_the_endpoint(line: Line) -> None:
    inside = f"{line.config.target}/liff/intent-1"
    browser = line.browser()
    browser.walk(f"/line-access/liff-login/{APP}?redirect_uri={inside}")
    assert browser.url.startswith(f"{inside}#")
    assert browser.fragment["client"] == "external"
    deps = line.browser().get(f"/line-access/liff-login/{APP}?redirect_uri=http://e.com/")
    assert deps.status == 400


def test_the_sub_window_adds_the_friend(line: Line) -> None:
    path = f"/line-access/liff-friend/{APP}"
    browser = line.browser("alice").get(path)
    assert browser.shows("friend-add")
    assert browser.post(path, decision="add").shows("friend-done")
    assert line.control("GET", "/friends")["friends"][ALICE] == "following"


def test_an_unknown_app_and_the_stand_in_script(line: Line) -> None:
    assert line.browser().get("/liff/1-nobody").status == 400
    answer = line.raw("GET", "/liff-sdk.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert b"window.liff" in answer.data
