"""The friend's browser: the cookie that binds a login attempt to it, and uncounted visits."""

import re
import secrets

from flask import request
from werkzeug.wrappers import Response

from plugin.guards import get_deps
from plugin.headers import cookie_name

COOKIE = "musubi_walk"
# As long as the result of a login attempt can be opened again.
COOKIE_LIFE = 7 * 24 * 3600
SECRET_BYTES = 32
# Phones and tablets that LINE's app runs on; in doubt the web is used.
PHONE = re.compile(r"\b(iPhone|iPad|iPod)\b|\bAndroid\b.*\bMobile\b")
# Programs that open links to draw a preview or to look for harm; LINE's own calls itself both a
# line-poker and a facebookexternalhit. A program under a browser's name counts as a person, and so
# does a phone made by Cubot.
BOTS = re.compile(r"(?<!cu)bot\b|crawl|spider|preview|externalhit|line-poker|slurp", re.IGNORECASE)
# HubSpot's cookie `hubspotutk`: 32 hexadecimal digits.
VISITOR = re.compile(r"[0-9a-f]{32}")


def browser() -> str:
    """Return the secret in this browser's cookie, or "" without a valid one."""
    secret = request.cookies.get(cookie_name(COOKIE), "")
    return secret if len(secret) >= SECRET_BYTES else ""


def new_browser() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


def remember(response: Response, secret: str) -> Response:
    """Bind the login attempt to this browser. Lax: LINE's redirect back must carry the cookie."""
    response.set_cookie(
        cookie_name(COOKIE),
        secret,
        max_age=COOKIE_LIFE,
        httponly=True,
        samesite="Lax",
        secure=get_deps().settings.secure,
    )
    return response


def is_prefetch() -> bool:
    """Return whether a browser prefetches, or a program asks for the headers only."""
    names = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
    purpose = " ".join(request.headers.get(name, "") for name in names).lower()
    return request.method == "HEAD" or "prefetch" in purpose or "preview" in purpose


def is_person() -> bool:
    """Return whether this visit counts, as a scan, a tap, or anything else."""
    return not is_prefetch() and not BOTS.search(request.user_agent.string)


def is_phone() -> bool:
    """Return whether LINE's own browser is likely to open here."""
    return bool(PHONE.search(request.headers.get("User-Agent", "")))


def visitor(text: str = "") -> str:
    """Return HubSpot's visitor cookie as a site passed it on, or "". It proves nothing."""
    text = text or request.values.get("hutk", "")
    return text if VISITOR.fullmatch(text) else ""
