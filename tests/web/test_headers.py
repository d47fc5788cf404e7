"""What every answer tells browsers, whose cookies count, and where redirects lead."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from plugin.web.sign_in import BROWSER_COOKIE
from tests.support.databases import Copies
from tests.support.world import World, make_app, settings_for

PATHS = ("/", "/healthz", "/readyz", "/static/app.css", "/l/x", "/r/x", "/liff/", "/nothing",
         "/hubspot/callback", "/hubspot/actions/x", "/hubspot/webhooks", "/line/webhooks/x",
         "/api/v1/friends", "/api/v1/openapi.json", "/api/v1/nothing")  # fmt: skip


@pytest.fixture
def public(copies: Copies, tmp_path: Path) -> Flask:
    """Musubi at an https address."""
    with copies.copy(tmp_path) as url:
        settings = settings_for("http://127.0.0.1:9", "http://127.0.0.1:9", url, tmp_path)
        return make_app(replace(settings, base_url="https://line.example.com"))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_answer_is_protected(public: Flask, path: str, method: str) -> None:
    headers = public.test_client().open(path, method=method).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Strict-Transport-Security"] == "max-age=15552000"
    assert headers["Referrer-Policy"]


def test_without_tls_nobody_is_told_to_insist_on_it(world: World) -> None:
    headers = world.app.test_client().get("/").headers
    assert "Strict-Transport-Security" not in headers
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_cookies_belong_to_this_host_alone(public: Flask) -> None:
    client = public.test_client()
    told = [
        *client.get("/hubspot/install").headers.getlist("Set-Cookie"),
        *client.get("/?lang=ja").headers.getlist("Set-Cookie"),
    ]
    assert {each.partition("=")[0] for each in told} >= {"__Host-musubi_browser", "__Host-musubi"}
    for cookie in told:
        assert cookie.startswith("__Host-")
        assert "; Secure" in cookie
        assert "; Path=/" in cookie
        assert "; HttpOnly" in cookie
        assert "; SameSite=Lax" in cookie
        assert "Domain" not in cookie


def test_a_planted_browser_cookie_is_not_kept(world: World) -> None:
    client = world.app.test_client()
    planted = "p" * 43
    client.set_cookie(BROWSER_COOKIE, planted, domain="127.0.0.1")
    client.get("/hubspot/install", base_url=world.url)
    kept = client.get_cookie(BROWSER_COOKIE, domain="127.0.0.1")
    assert kept is not None
    assert kept.value != planted


@pytest.mark.parametrize("path", ["/qr-codes//new", "//qr-codes", "/log//messages"])
@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host"])
def test_no_redirect_leads_where_a_header_says(public: Flask, path: str, header: str) -> None:
    answer = public.test_client().get(path, headers={header: "evil.example"})
    assert "evil.example" not in answer.text
    assert "evil.example" not in answer.headers.get("Location", "")
    location = answer.headers.get("Location", "/")
    assert location.startswith(("/", "https://line.example.com/"))
