"""Rich menus: made, listed, linked to one user, to many, or to everybody."""

import base64
import uuid
from typing import Any

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from plugin.sandbox.line import checks
from plugin.sandbox.line.answers import account, json_body, messaging_blueprint, refusal
from plugin.sandbox.line.check_actions import check_action
from plugin.sandbox.line.checks import Problems
from plugin.sandbox.line.retry_keys import refuse_key
from plugin.sandbox.store import Value
from plugin.sandbox.world import World, world

blueprint = messaging_blueprint("line_rich_menus", "")
blueprint.before_request(refuse_key)
API, DATA = "/line-api/v2/bot", "/line-data/v2/bot"
EVERYBODY, MOST_USERS = "everybody", 500


def shown_menu(here: World, channel: str, user_id: str) -> Value | None:
    """What the phone shows: the person's own menu, else the account's default."""
    for who in (user_id, EVERYBODY):
        link = here.store.get("line_menu_link", f"{channel} {who}")
        found = here.store.get("line_menu", link["menu"]) if link else None
        if found:
            return found
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
    checks.nulls(body, "", problems)
    checks.text(body, "name", "", problems, 300)
    checks.text(body, "chatBarText", "", problems, 14, count=checks.graphemes)
    for place, area in enumerate(checks.items(body, "areas", "", problems, 0, 20)):
        action = area.get("action") if isinstance(area, dict) else None
        check_action(action, f"areas[{place}].action", problems, labelled=False)
    if not isinstance(body.get("size"), dict):
        problems.add("May not be empty", "size")
    if problems:
        raise refusal(400, f"The request body has {len(problems)} error(s)", problems)


@blueprint.get(f"{API}/richmenu/list")
def list_menus() -> ResponseReturnValue:
    """All of this channel."""
    mine = account()["channel_id"]
    menus = [one["menu"] for one in world().store.all("line_menu") if one["channel"] == mine]
    return jsonify(richmenus=menus)


@blueprint.get(f"{API}/richmenu/<menu_id>")
def read(menu_id: str) -> ResponseReturnValue:
    """One menu."""
    return jsonify(_menu(menu_id)["menu"])


@blueprint.delete(f"{API}/richmenu/<menu_id>")
def delete(menu_id: str) -> ResponseReturnValue:
    """People who had it fall back to the default."""
    _menu(menu_id)
    world().store.delete("line_menu", menu_id)
    return jsonify({})


@blueprint.post(f"{DATA}/richmenu/<menu_id>/content")
def upload(menu_id: str) -> ResponseReturnValue:
    """JPEG or PNG; an image cannot be replaced."""
    found = _menu(menu_id)
    if found["image"] is not None or request.mimetype not in ("image/png", "image/jpeg"):
        raise refusal(400, "An image has already been uploaded, or it is no JPEG or PNG")
    image = base64.b64encode(request.get_data()).decode()
    world().store.put("line_menu", menu_id, {**found, "image": image, "type": request.mimetype})
    return jsonify({})


@blueprint.get(f"{DATA}/richmenu/<menu_id>/content")
def download(menu_id: str) -> Response:
    """The image."""
    found = _menu(menu_id)
    if found["image"] is None:
        raise refusal(404, "Not found")
    return Response(base64.b64decode(found["image"]), content_type=found["type"])


@blueprint.post(f"{API}/user/<user_id>/richmenu/<menu_id>")
def link(user_id: str, menu_id: str) -> ResponseReturnValue:
    """200 even for a blocker. `all` is everybody's default."""
    _link(EVERYBODY if user_id == "all" else user_id, menu_id)
    return jsonify({})


@blueprint.delete(f"{API}/user/<user_id>/richmenu")
def unlink(user_id: str) -> ResponseReturnValue:
    """Back to the default, or to none."""
    _unlink(EVERYBODY if user_id == "all" else user_id)
    return jsonify({})


@blueprint.get(f"{API}/user/<user_id>/richmenu")
def linked(user_id: str) -> ResponseReturnValue:
    """The menu of one person (or of `all`), 404 where there is none."""
    who = EVERYBODY if user_id == "all" else user_id
    found = world().store.get("line_menu_link", f"{account()['channel_id']} {who}")
    if found is None:
        raise refusal(404, "the user has no richmenu")
    return jsonify(richMenuId=found["menu"])


@blueprint.post(f"{API}/richmenu/bulk/<any(link,unlink):verb>")
def bulk(verb: str) -> ResponseReturnValue:
    """As many as 500 people; LINE does it after its 202, the sandbox before."""
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
    # Nobody waits for the end at LINE either: there is no answer to ask for.
    return jsonify({}), 202


def _menu(menu_id: str) -> Value:
    found = world().store.get("line_menu", menu_id)
    if found is None or found["channel"] != account()["channel_id"]:
        raise refusal(404, "Not found")
    return found


def _link(user_id: str, menu_id: str) -> None:
    _menu(menu_id)
    key = f"{account()['channel_id']} {user_id}"
    world().store.put("line_menu_link", key, {"menu": menu_id})


def _unlink(user_id: str) -> None:
    world().store.delete("line_menu_link", f"{account()['channel_id']} {user_id}")
