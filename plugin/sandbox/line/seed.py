"""LINE's default world. Its secrets are constants and documented as not secret."""

import hashlib
from typing import Any

from plugin.sandbox.line.directory import befriend, user_id_of
from plugin.sandbox.world import World

PROVIDER = "sandbox-provider"
OTHER_PROVIDER = "other-provider"
SHOP, SHOP_LOGIN = "2000000001", "2000000002"
SALON, SALON_LOGIN = "2000000003", "2000000004"
# For the mistake that no id can show: a Login channel under another provider.
STRAY_LOGIN = "2000000009"
PERSONS: dict[str, dict[str, Any]] = {
    "alice": {"name": "Alice", "language": "en", "email": "alice@example.com"},
    "bob": {"name": "ボブ", "language": "ja", "email": ""},
    "charlie": {"name": "Charlie", "language": "th", "email": "charlie@example.com"},
}


def constant(text: str) -> str:
    """32 hex digits, the same at every start."""
    return hashlib.sha256(f"sandbox {text}".encode()).hexdigest()[:32]


def seed(world: World) -> None:
    """Two accounts of one provider, a Login channel of another, three phones, one old friend."""
    if world.store.count("line_account"):
        return
    _account(world, SHOP, "Sandbox Shop", "@sandbox", SHOP_LOGIN)
    _account(world, SALON, "Sandbox Salon", "@sandbox2", SALON_LOGIN)
    _login(world, SHOP_LOGIN, "Sandbox Shop Login", SHOP, email_permission=True)
    _login(world, SALON_LOGIN, "Sandbox Salon Login", SALON)
    _login(world, STRAY_LOGIN, "Login of another provider", None, provider=OTHER_PROVIDER)
    for person, facts in PERSONS.items():
        _person(world, person, facts)
    # A friend from before Musubi was connected, as in every real account.
    befriend(world, SHOP, user_id_of("charlie", PROVIDER))


def _account(world: World, channel: str, name: str, basic_id: str, login: str) -> None:
    picture = name.rsplit(maxsplit=1)[-1].lower()
    values = {
        "channel_id": channel,
        # A constant, so that Musubi stays connected when the sandbox starts again.
        "secret": constant(f"channel {channel}"),
        "name": name,
        "basic_id": basic_id,
        "bot_user_id": f"U{constant(f'bot {channel}')}",
        "picture": f"{world.config.base_url}/line-picture/{picture}.svg",
        "provider": PROVIDER,
        "login": login,
    }
    world.store.put("line_account", channel, {**values, **_switches()})


def _switches() -> dict[str, Any]:
    # Switches of LINE's consoles; only the endpoint has an API.
    return {
        "verified": True,
        "use_webhook": True,
        "redelivery": False,
        "content_gone": False,
        "content_slow": False,
        "content_fails": False,
        "webhook_endpoint": "",
        # Large enough for a bench; a test of the limit sets its own number.
        "quota_limit": 200_000,
        "chat_mode": "bot",
    }


def _login(
    world: World,
    channel: str,
    name: str,
    linked: str | None,
    *,
    provider: str = PROVIDER,
    email_permission: bool = False,
) -> None:
    values = {
        "channel_id": channel,
        "secret": constant(f"channel {channel}"),
        "name": name,
        "provider": provider,
        "linked_account": linked,
        "callback_urls": [f"{world.config.target}/line/login/callback"],
        "email_permission": email_permission,
        "published": True,
        "admins": ["alice"],
        "auto_login_fails": False,
    }
    world.store.put("line_login", channel, values)
    _liff(world, channel)


def _liff(world: World, channel: str) -> None:
    liff_id = f"{channel}-Sandbox1"
    app = {
        "liffId": liff_id,
        "view": {"type": "full", "url": f"{world.config.target}/liff/"},
        "description": "Sandbox page",
        "features": {"ble": False, "qrCode": False},
        "permanentLinkPattern": "concat",
        "scope": ["openid", "profile", "email"],
        "botPrompt": "aggressive",
    }
    world.store.put("line_liff", liff_id, {"channel": channel, "app": app})


def _person(world: World, person: str, facts: dict[str, Any]) -> None:
    picture = f"{world.config.base_url}/line-picture/{person}.svg"
    values = {"person": person, "picture": picture, "status_message": "", **facts}
    world.store.put("line_person", person, values)
    for provider in (PROVIDER, OTHER_PROVIDER):
        user_id = user_id_of(person, provider)
        known = {"user_id": user_id, "person": person, "provider": provider}
        world.store.put("line_user", user_id, known)
