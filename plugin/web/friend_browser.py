"""The friend's browser: the cookie that binds a walk to it, and visits that are none."""

import re
import secrets

from flask import request
from flask_babel import get_locale
from werkzeug.wrappers import Response

from plugin.doorway import outside

COOKIE = "musubi_walk"
# As long as the result of a walk can be looked at again.
COOKIE_LIFE = 7 * 24 * 3600
SHORTEST = 32
# Phones and tablets that LINE's app runs on. Whoever is not sure to be one gets the web.
PHONE = re.compile(r"\b(iPhone|iPad|iPod)\b|\bAndroid\b.*\bMobile\b")
# HubSpot's cookie `hubspotutk`: 32 hexadecimal digits.
VISITOR = re.compile(r"[0-9a-f]{32}")


def browser() -> str:
    """The secret of this browser's cookie, or "" where it has none that is ours."""
    secret = request.cookies.get(COOKIE, "")
    return secret if len(secret) >= SHORTEST else ""


def new_browser() -> str:
    """A secret for a browser that has none yet."""
    return secrets.token_urlsafe(SHORTEST)


def remember(response: Response, secret: str) -> Response:
    """Bind the walk to this browser. Lax: LINE's redirect back must carry the cookie."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=COOKIE_LIFE,
        httponly=True,
        samesite="Lax",
        secure=outside().settings.secure,
    )
    return response


def is_only_looking() -> bool:
    """A browser that fetches ahead of a tap, or a program that asks for the head alone."""
    names = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
    told = " ".join(request.headers.get(name, "") for name in names).lower()
    return request.method == "HEAD" or "prefetch" in told or "preview" in told


def line_locale() -> str:
    """The page's language as LINE Login writes it (BCP 47)."""
    return str(get_locale() or "").replace("_", "-")


def is_phone() -> bool:
    """Whether LINE's own browser is likely to open here."""
    return bool(PHONE.search(request.headers.get("User-Agent", "")))


def visitor(text: str = "") -> str:
    """HubSpot's visitor cookie that a site passed on, or "". It proves nothing."""
    text = text or request.values.get("hutk", "")
    return text if VISITOR.fullmatch(text) else ""
