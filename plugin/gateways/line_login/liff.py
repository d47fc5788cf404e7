"""LIFF apps in the form of LINE's LIFF server API."""

from collections.abc import Mapping
from typing import Any

from plugin.gateways import LiffApp


def liff_body(endpoint: str, email: bool) -> dict[str, Any]:
    return {
        # Only a full view may ask a person to add the account as a friend.
        "view": {"type": "full", "url": endpoint},
        "description": "Musubi",
        "scope": ["openid", "profile", *(["email"] if email else [])],
        "botPrompt": "aggressive",
        "permanentLinkPattern": "concat",
    }


def liff_apps(payload: Mapping[str, Any]) -> tuple[LiffApp, ...]:
    apps = [app for app in payload.get("apps") or () if isinstance(app, dict) and app.get("liffId")]
    return tuple(_liff_app(app) for app in apps)


def _liff_app(app: Mapping[str, Any]) -> LiffApp:
    view = app["view"] if isinstance(app.get("view"), dict) else {}
    scopes = app.get("scope")
    return LiffApp(
        str(app["liffId"]),
        str(view.get("url") or ""),
        tuple(map(str, scopes)) if isinstance(scopes, list) else None,
        str(view.get("type") or ""),
    )
