"""LIFF apps as LINE's LIFF server API has them."""

from collections.abc import Mapping
from typing import Any

from plugin.gateways import LiffApp


def liff_body(endpoint: str, email: bool) -> dict[str, Any]:
    """A whole app: only a full view may ask a person to add the account as a friend."""
    return {
        "view": {"type": "full", "url": endpoint},
        "description": "Musubi",
        "scope": ["openid", "profile", *(["email"] if email else [])],
        "botPrompt": "aggressive",
        "permanentLinkPattern": "concat",
    }


def liff_apps(said: Mapping[str, Any]) -> tuple[LiffApp, ...]:
    """The list of apps; what is unreadable is left out."""
    apps = [one for one in said.get("apps") or () if isinstance(one, dict) and one.get("liffId")]
    return tuple(
        LiffApp(str(one["liffId"]), str((one.get("view") or {}).get("url") or "")) for one in apps
    )
