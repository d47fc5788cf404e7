"""The target of a LIFF URL: the endpoint, with the rest of the path packed into `liff.state`."""

from urllib.parse import urlencode

from plugin.sandbox.line.api import id_tokens, user_tokens
from plugin.sandbox.line.login import flow
from plugin.sandbox.line.login.requests import SCOPES, LoginRequest, with_query
from plugin.sandbox.store import Value
from plugin.sandbox.world import World


def primary_url(endpoint: str, path: str, query: str) -> str:
    """The first address that LINE opens; without an addition it has no `liff.state`."""
    state = (f"/{path}" if path else "") + (f"?{query}" if query else "")
    return with_query(endpoint, {"liff.state": state}) if state else endpoint


def login_request_for(entry: Value, address: str, *, in_client: bool) -> LoginRequest:
    """The login request of a LIFF app before it opens."""
    app = entry["app"]
    return LoginRequest(
        client_id=entry["channel"],
        redirect_uri=address,
        state="",
        scopes=tuple(scope for scope in app["scope"] if scope in SCOPES),
        bot_prompt="" if app["botPrompt"] == "none" else app["botPrompt"],
        liff_id=app["liffId"],
        in_client=in_client,
    )


def opened(world: World, login_id: str, login_request: Value) -> str:
    """The address with the person's tokens in its fragment, as in the primary redirect."""
    world.store.delete("line_login_request", login_id)
    grant = {**login_request, "user_id": flow.user_id_of_request(world, login_request)}
    tokens = {
        "access_token": user_tokens.issue_access(world, grant, user_tokens.LIFF_LIFE),
        "client": "line" if login_request["in_client"] else "external",
    }
    if "openid" in login_request["scopes"]:
        channel = flow.channel_of(world, login_request)
        claims = id_tokens.claims(world, channel, grant["user_id"], login_request["scopes"], "")
        tokens["id_token"] = id_tokens.sign_for_liff(world, claims)
    world.store.put("line_signed_in", grant["user_id"], {"client_id": login_request["client_id"]})
    return f"{login_request['redirect_uri']}#{urlencode(tokens)}"
