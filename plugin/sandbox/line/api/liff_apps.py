"""The LIFF Server API: apps of a Login channel."""

import secrets
import string
from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue

from plugin.sandbox.line.api.answers import channel_id, json_body, platform_blueprint, refusal
from plugin.sandbox.line.checks import rules
from plugin.sandbox.line.checks.rules import Problems
from plugin.sandbox.store import Value
from plugin.sandbox.world import world

blueprint = platform_blueprint("line_liff_apps", "/line-api/liff/v1/apps")
MOST_APPS = 30
VIEWS, PROMPTS = ("compact", "tall", "full"), ("normal", "aggressive", "none")
SCOPES = ("openid", "email", "profile", "chat_message.write")
LETTERS = string.ascii_letters + string.digits
DEFAULTS: Value = {
    "features": {"ble": False, "qrCode": False},
    "permanentLinkPattern": "concat",
    "scope": ["profile", "chat_message.write"],
    "botPrompt": "none",
}


def apps_of(channel: str) -> list[Value]:
    return [entry["app"] for entry in world().store.all("line_liff") if entry["channel"] == channel]


@blueprint.post("")
def create() -> ResponseReturnValue:
    """At most 30 on one channel."""
    channel, body = _login_channel(), json_body()
    if len(apps_of(channel)) >= MOST_APPS:
        raise refusal(400, "The maximum number of LIFF apps has been reached")
    _require_valid(body, new=True)
    liff_id = f"{channel}-{''.join(secrets.choice(LETTERS) for _ in range(8))}"
    _keep(channel, {**DEFAULTS, **body, "liffId": liff_id})
    return jsonify(liffId=liff_id)


@blueprint.get("")
def list_apps() -> ResponseReturnValue:
    """404 without any."""
    apps = apps_of(_login_channel())
    if not apps:
        raise refusal(404, "Not found")
    return jsonify(apps=apps)


@blueprint.put("/<liff_id>")
def update(liff_id: str) -> ResponseReturnValue:
    """Absent members stay."""
    entry, body = _own(liff_id), json_body()
    _require_valid(body, new=False)
    # LINE merges the view too: the size alone may change.
    view = {**entry["app"]["view"], **body.get("view", {})}
    _keep(entry["channel"], {**entry["app"], **body, "view": view, "liffId": liff_id})
    return "", 200


@blueprint.delete("/<liff_id>")
def delete(liff_id: str) -> ResponseReturnValue:
    _own(liff_id)
    world().store.delete("line_liff", liff_id)
    return "", 200


def _login_channel() -> str:
    channel = channel_id()
    if world().store.get("line_login", channel) is None:
        raise refusal(403, "Access to this API is not available for your account")
    return channel


def _own(liff_id: str) -> Value:
    entry = world().store.get("line_liff", liff_id)
    if entry is None or entry["channel"] != _login_channel():
        raise refusal(404, "Not found")
    return entry


def _keep(channel: str, app: Value) -> None:
    world().store.put("line_liff", app["liffId"], {"channel": channel, "app": app})


def _require_valid(body: Value, *, new: bool) -> None:
    problems = Problems()
    rules.nulls(body, "", problems)
    if new or "view" in body:
        _view(body.get("view"), problems, new=new)
    if "line" in str(body.get("description", "")).lower():
        problems.add('The description must not include "LINE"', "description")
    rules.choice(body, "botPrompt", "", problems, PROMPTS, required=False)
    if any(scope not in SCOPES for scope in body.get("scope", [])):
        problems.add("unknown scope", "scope")
    if problems:
        raise refusal(400, f"The request body has {len(problems)} error(s)", problems)


def _view(view: Any, problems: Problems, *, new: bool) -> None:
    if not isinstance(view, dict):
        problems.add("May not be empty", "view")
        return
    rules.choice(view, "type", "view", problems, VIEWS, required=new)
    # The sandbox itself is played without https.
    if not str(view.get("url", "")).startswith(f"{world().config.target}/"):
        rules.address(view, "url", "view", problems, required=new)
    if "#" in str(view.get("url", "")):
        problems.add("must not have a fragment", "view.url")
