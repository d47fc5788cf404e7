"""Parsing an authorization request as strictly as LINE Login does."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from plugin.sandbox.store import Value
from plugin.sandbox.world import World

SCOPES = ("profile", "openid", "email")
PROMPTS = ("", "consent", "none", "login")
BOT_PROMPTS = ("", "normal", "aggressive")
CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class BadRequestPage(Exception):
    """LINE's own error page: it does not redirect to an unknown address."""


class CallbackError(Exception):
    """An error that is sent to the service, in upper case as LINE writes it."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


@dataclass(frozen=True)
class LoginRequest:
    """A service's request to log a person in; stored under a random id between pages."""

    client_id: str
    redirect_uri: str
    state: str
    scopes: tuple[str, ...]
    nonce: str = ""
    challenge: str = ""
    prompt: str = ""
    bot_prompt: str = ""
    auto_login: bool = True
    liff_id: str = ""
    in_client: bool = False


def read(world: World, args: Mapping[str, str]) -> LoginRequest:
    """Return a valid request. Raises `BadRequestPage`, or `CallbackError`."""
    channel = find_channel(world, args.get("client_id", ""))
    _require_redirect(channel, args.get("redirect_uri", ""))
    if args.get("response_type") != "code":
        raise CallbackError("UNSUPPORTED_RESPONSE_TYPE", "response_type must be code")
    _require_members(args)
    _require_pkce(args)
    return LoginRequest(
        client_id=channel["channel_id"],
        redirect_uri=args["redirect_uri"],
        state=args["state"],
        scopes=_scopes(channel, args.get("scope", "")),
        nonce=args.get("nonce", ""),
        challenge=args.get("code_challenge", ""),
        prompt=args.get("prompt", ""),
        bot_prompt=args.get("bot_prompt", ""),
        auto_login=args.get("disable_auto_login") != "true" and args.get("prompt") != "login",
    )


def find_channel(world: World, client_id: str) -> Value:
    channel = world.store.get("line_login", client_id)
    if channel is None:
        raise BadRequestPage("Invalid client_id value.")
    return channel


def _require_redirect(channel: Value, uri: str) -> None:
    # Equal to a registered one; more query parameters are allowed.
    # Compared as text, as LINE does: a slash or a port more is another address.
    registered = channel["callback_urls"]
    if uri in registered or any(uri.startswith(f"{callback}?") for callback in registered):
        return
    text = "Invalid redirect_uri value. Check if it is registered in a LINE developers site."
    raise BadRequestPage(text)


def _require_members(args: Mapping[str, str]) -> None:
    if not args.get("state"):
        raise CallbackError("INVALID_REQUEST", "state is required")
    if args.get("prompt", "") not in PROMPTS:
        raise CallbackError("INVALID_REQUEST", "prompt is invalid")
    if args.get("bot_prompt", "") not in BOT_PROMPTS:
        raise CallbackError("INVALID_REQUEST", "bot_prompt is invalid")
    # LINE has more modes; the error shows that the sandbox does not support them.
    if args.get("response_mode", "query") != "query":
        raise CallbackError("INVALID_REQUEST", "the sandbox knows response_mode=query only")


def _require_pkce(args: Mapping[str, str]) -> None:
    challenge, method = args.get("code_challenge"), args.get("code_challenge_method")
    if challenge is None and method is None:
        return
    if method != "S256":
        raise CallbackError("INVALID_REQUEST", "code_challenge_method must be S256")
    if not CHALLENGE.fullmatch(challenge or ""):
        raise CallbackError("INVALID_REQUEST", "code_challenge is invalid")


def _scopes(channel: Value, text: str) -> tuple[str, ...]:
    scopes = tuple(dict.fromkeys(text.split()))
    if any(scope not in SCOPES for scope in scopes):
        raise CallbackError("INVALID_SCOPE", "unknown scope")
    if not {"profile", "openid"} & set(scopes):
        raise CallbackError("INVALID_SCOPE", "profile or openid is required")
    if "email" in scopes and not ("openid" in scopes and channel["email_permission"]):
        raise CallbackError("INVALID_SCOPE", "email needs openid and an approved application")
    return scopes


def with_query(uri: str, values: Mapping[str, Any]) -> str:
    """Return `uri` with more query parameters, except those that are None."""
    added = {name: value for name, value in values.items() if value is not None}
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(added)}"
