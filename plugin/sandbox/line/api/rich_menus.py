"""Rich menus: create, list, link to one user, to many, or to everybody."""

import base64
import uuid
from typing import Any

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from plugin.sandbox.line.api.answers import account, json_body, messaging_blueprint, refusal
from plugin.sandbox.line.api.retry_keys import refuse_key
from plugin.sandbox.line.checks import rules
from plugin.sandbox.line.checks.actions import check_action
from plugin.sandbox.line.checks.rules import Problems
from plugin.sandbox.store import Value
from plugin.sandbox.world import World, world

blueprint = messaging_blueprint("line_rich_menus", "")
blueprint.before_request(refuse_key)
API, DATA = "/line-api/v2/bot", "/line-data/v2/bot"
EVERYBODY, MOST_USERS = "everybody", 500


def shown_menu(sandbox: World, channel: str, user_id: str) -> Value | None:
    """Return the person's own menu, else the account's default."""
    for owner in (user_id, EVERYBODY):
        link = sandbox.store.get("line_menu_link", f"{channel} {owner}")
        menu = sandbox.store.get("line_menu", link["menu"]) if link else None
        if menu:
            return menu
    return None


@blueprint.post(f"{API}/richmenu")
def create() -> ResponseReturnValue:
    """Without an image yet; ids look like LINE's."""
    body = json_body()
    _require_valid(body)
    menu_id = f"richmenu-{uuid.uuid4().hex}"
    menu = {**body, "richMenuId": menu_id}
    value = {"channel": account()["channel_id"], "menu": menu, "image": None, "type": ""}
    world().store.put("line_menu", menu_id, value)
    return jsonify(richMenuId=menu_id)


def _require_valid(body: Value) -> None:
    problems = Problems()
    rules.nulls(body, "", problems)
    rules.text(body, "name", "", problems, 300)
    rules.text(body, "chatBarText", "", problems, 14, count=rules.graphemes)
    for place, area in enumerate(rules.items(body, "areas", "", problems, 0, 20)):
        action = area.get("action") if isinstance(area, dict) else None
        check_action(action, f"areas[{place}].action", problems, labelled=False)
    if not isinstance(body.get("size"), dict):
        problems.add("May not be empty", "size")
    if problems:
        raise refusal(400, f"The request body has {len(problems)} error(s)", problems)


@blueprint.get(f"{API}/richmenu/list")
def list_menus() -> ResponseReturnValue:
    channel = account()["channel_id"]
    menus = [
        entry["menu"] for entry in world().store.all("line_menu") if entry["channel"] == channel
    ]
    return jsonify(richmenus=menus)


@blueprint.get(f"{API}/richmenu/<menu_id>")
def read(menu_id: str) -> ResponseReturnValue:
    return jsonify(_menu(menu_id)["menu"])


@blueprint.delete(f"{API}/richmenu/<menu_id>")
def delete(menu_id: str) -> ResponseReturnValue:
    """Its users get the default."""
    _menu(menu_id)
    world().store.delete("line_menu", menu_id)
    return jsonify({})


@blueprint.post(f"{DATA}/richmenu/<menu_id>/content")
def upload(menu_id: str) -> ResponseReturnValue:
    """JPEG or PNG; an image cannot be replaced."""
    entry = _menu(menu_id)
    if entry["image"] is not None or request.mimetype not in ("image/png", "image/jpeg"):
        raise refusal(400, "An image has already been uploaded, or it is no JPEG or PNG")
    image = base64.b64encode(request.get_data()).decode()
    world().store.put("line_menu", menu_id, {**entry, "image": image, "type": request.mimetype})
    return jsonify({})


@blueprint.get(f"{DATA}/richmenu/<menu_id>/content")
def download(menu_id: str) -> Response:
    entry = _menu(menu_id)
    if entry["image"] is None:
        raise refusal(404, "Not found")
    return Response(base64.b64decode(entry["image"]), content_type=entry["type"])


@blueprint.post(f"{API}/user/<user_id>/richmenu/<menu_id>")
def link(user_id: str, menu_id: str) -> ResponseReturnValue:
    # 200 even for a blocker. `all` is the default.
    _link(EVERYBODY if user_id == "all" else user_id, menu_id)
    return jsonify({})


@blueprint.delete(f"{API}/user/<user_id>/richmenu")
def unlink(user_id: str) -> ResponseReturnValue:
    """The user gets the default, if any."""
    _unlink(EVERYBODY if user_id == "all" else user_id)
    return jsonify({})


@blueprint.get(f"{API}/user/<user_id>/richmenu")
def linked(user_id: str) -> ResponseReturnValue:
    """The menu of a person (or of `all`), 404 without any."""
    owner = EVERYBODY if user_id == "all" else user_id
    entry = world().store.get("line_menu_link", f"{account()['channel_id']} {owner}")
    if entry is None:
        raise refusal(404, "the user has no richmenu")
    return jsonify(richMenuId=entry["menu"])


@blueprint.post(f"{API}/richmenu/bulk/<any(link,unlink):verb>")
def bulk(verb: str) -> ResponseReturnValue:
    # As many as 500 people; LINE does it after its 202, the sandbox before.
    body = json_body()
    user_ids: Any = body.get("userIds")
    if not isinstance(user_ids, list) or not 1 <= len(user_ids) <= MOST_USERS:
        details = [{"message": f"Size must be between 1 and {MOST_USERS}", "property": "userIds"}]
        raise refusal(400, "The request body has 1 error(s)", details)
    for user_id in user_ids:
        if verb == "link":
            _link(str(user_id), str(body.get("richMenuId")))
        else:
            _unlink(str(user_id))
    # LINE has no call that reports the end either.
    return jsonify({}), 202


def _menu(menu_id: str) -> Value:
    entry = world().store.get("line_menu", menu_id)
    if entry is None or entry["channel"] != account()["channel_id"]:
        raise refusal(404, "Not found")
    return entry


def _link(user_id: str, menu_id: str) -> None:
    _menu(menu_id)
    key = f"{account()['channel_id']} {user_id}"
    world().store.put("line_menu_link", key, {"menu": menu_id})


def _unlink(user_id: str) -> None:
    world().store.delete("line_menu_link", f"{account()['channel_id']} {user_id}")
