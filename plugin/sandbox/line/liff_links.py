"""Where a LIFF URL leads: the endpoint, with the addition packed into `liff.state`."""

from urllib.parse import urlencode

from plugin.sandbox.line import id_tokens, login_flow, user_tokens
from plugin.sandbox.line.login_requests import SCOPES, Wish, with_query
from plugin.sandbox.store import Value
from plugin.sandbox.world import World


def primary_url(endpoint: str, path: str, query: str) -> str:
    """The first address LINE opens; no `liff.state` where nothing was added."""
    state = (f"/{path}" if path else "") + (f"?{query}" if query else "")
    return with_query(endpoint, {"liff.state": state}) if state else endpoint


def wish_for(found: Value, address: str, *, in_client: bool) -> Wish:
    """What the LIFF app asks of the person before it opens."""
    app = found["app"]
    return Wish(
        client_id=found["channel"],
        redirect_uri=address,
        state="",
        scopes=tuple(scope for scope in app["scope"] if scope in SCOPES),
        bot_prompt="" if app["botPrompt"] == "none" else app["botPrompt"],
        liff_id=app["liffId"],
        in_client=in_client,
    )


def opened(world: World, wish_id: str, wish: Value) -> str:
    """The address with the person's tokens in its fragment, as the primary redirect has them."""
    world.store.delete("line_wish", wish_id)
    grant = {**wish, "user_id": login_flow.user_id_of_wish(world, wish)}
    tokens = {
        "access_token": user_tokens.issue_access(world, grant, user_tokens.LIFF_LIFE),
        "client": "line" if wish["in_client"] else "external",
    }
    if "openid" in wish["scopes"]:
        channel = login_flow.channel_of(world, wish)
        claims = id_tokens.claims(world, channel, grant["user_id"], wish["scopes"], "")
        tokens["id_token"] = id_tokens.sign_for_liff(world, claims)
    world.store.put("line_signed_in", grant["user_id"], {"client_id": wish["client_id"]})
    return f"{wish['redirect_uri']}#{urlencode(tokens)}"
