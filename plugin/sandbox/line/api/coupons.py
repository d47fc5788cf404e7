"""Coupons: create, list, read, close. Made in LINE's manager too, which the sandbox has not."""

import uuid

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from plugin.sandbox.line.api.answers import account, json_body, messaging_blueprint, refusal
from plugin.sandbox.line.api.retry_keys import refuse_key
from plugin.sandbox.line.checks import rules
from plugin.sandbox.line.checks.rules import Problems
from plugin.sandbox.store import Value
from plugin.sandbox.world import world

blueprint = messaging_blueprint("line_coupons", "")
blueprint.before_request(refuse_key)
PATH = "/line-api/v2/bot/coupon"
KIND = "line_coupon"
MOST, USUAL = 100, 20


@blueprint.post(PATH)
def create() -> ResponseReturnValue:
    """It runs at once, until its end."""
    body = json_body()
    problems = Problems()
    rules.nulls(body, "", problems)
    rules.text(body, "title", "", problems, 60)
    for name in ("startTimestamp", "endTimestamp"):
        rules.number(body, name, "", problems, 1, 10**11)
    if problems:
        raise refusal(400, f"The request body has {len(problems)} error(s)", problems)
    coupon_id = uuid.uuid4().hex
    coupon = {**body, "couponId": coupon_id, "closed": False}
    world().store.put(KIND, coupon_id, {"channel": account()["channel_id"], "coupon": coupon})
    return jsonify(couponId=coupon_id)


@blueprint.get(PATH)
def list_coupons() -> ResponseReturnValue:
    """Titles and ids, in pages."""
    wanted = request.args.getlist("status")
    limit = request.args.get("limit", USUAL, type=int)
    if not 1 <= limit <= MOST:
        raise refusal(400, "limit: must be between 1 and 100")
    start = request.args.get("start", 0, type=int)
    own = [entry["coupon"] for entry in world().store.all(KIND) if _is_own(entry)]
    fitting = [coupon for coupon in own if not wanted or _status(coupon) in wanted]
    page = fitting[start : start + limit]
    items = [{"couponId": one["couponId"], "title": one["title"]} for one in page]
    more = {"next": str(start + limit)} if len(fitting) > start + limit else {}
    return jsonify(items=items, **more)


@blueprint.get(f"{PATH}/<coupon_id>")
def read(coupon_id: str) -> ResponseReturnValue:
    coupon = _coupon(coupon_id)
    shown = {name: value for name, value in coupon.items() if name != "closed"}
    return jsonify({**shown, "status": _status(coupon)})


@blueprint.put(f"{PATH}/<coupon_id>/close")
def close(coupon_id: str) -> ResponseReturnValue:
    coupon = _coupon(coupon_id)
    if _status(coupon) == "CLOSED":
        raise refusal(410, "The coupon has been closed")
    entry = {"channel": account()["channel_id"], "coupon": {**coupon, "closed": True}}
    world().store.put(KIND, coupon_id, entry)
    return jsonify({})


def _coupon(coupon_id: str) -> Value:
    entry = world().store.get(KIND, coupon_id)
    if entry is None or not _is_own(entry):
        raise refusal(404, "Not found")
    coupon: Value = entry["coupon"]
    return coupon


def _is_own(entry: Value) -> bool:
    return bool(entry["channel"] == account()["channel_id"])


def _status(coupon: Value) -> str:
    ended = coupon["endTimestamp"] <= world().clock.now()
    return "CLOSED" if coupon["closed"] or ended else "RUNNING"
