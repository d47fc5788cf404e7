"""Control API of the LINE half: people, event order, quota, and what arrived."""

from collections import Counter
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from plugin.sandbox.line import delivery, directory, events, settings
from plugin.sandbox.line.api import statistics, usage
from plugin.sandbox.line.seed import SHOP
from plugin.sandbox.store import Value
from plugin.sandbox.world import World, world

blueprint = Blueprint("line_control", __name__, url_prefix="/control")


class InvalidControl(Exception):
    """An invalid control request; the message is the reason."""


@blueprint.errorhandler(InvalidControl)
def unfit(error: InvalidControl) -> ResponseReturnValue:
    return jsonify(message=str(error)), 400


def _account(body: Value) -> Value:
    channel = str(body.get("channel", SHOP))
    account = world().store.get("line_account", channel)
    if account is None:
        raise InvalidControl(f"no account {channel}")
    return account


@blueprint.post("/line-users")
def add_users() -> ResponseReturnValue:
    """`{"channel", "users": [{"person", "name"?, "language"?, "email"?, "state"?}]}` -> ids."""
    body = request.get_json()
    account = _account(body)
    ids = {}
    for user in body["users"]:
        facts = {name: value for name, value in user.items() if name not in ("person", "state")}
        user_id = directory.add_person(world(), user["person"], account["provider"], facts)
        if user.get("state"):
            directory.befriend(world(), account["channel_id"], user_id, user["state"])
        ids[user["person"]] = user_id
    return jsonify(user_ids=ids)


@blueprint.post("/friends")
def add_friends() -> ResponseReturnValue:
    """`{"channel", "count", "following": true, "prefix": "friend"}` -> `user_ids`; no webhooks."""
    body = request.get_json()
    account, following = _account(body), body.get("following", True)
    prefix, first = body.get("prefix", "friend"), int(body.get("first", 1))
    ids = []
    # One hold of the lock for all: 100,000 friends take a second.
    with world().store:
        for number in range(first, first + int(body["count"])):
            person = f"{prefix}-{number:06d}"
            facts = {"name": f"Friend {number}", "bulk": True}
            user_id = directory.add_person(world(), person, account["provider"], facts)
            directory.befriend(
                world(), account["channel_id"], user_id, "following" if following else "blocked"
            )
            ids.append(user_id)
    return jsonify(user_ids=ids)


@blueprint.get("/friends")
def list_friends() -> ResponseReturnValue:
    """`?channel=` -> state by user id."""
    channel = _account(dict(request.args))["channel_id"]
    ids = world().store.keys(f"line_friend/{channel}")
    return jsonify(
        friends={user_id: directory.friend_state(world(), channel, user_id) for user_id in ids}
    )


@blueprint.get("/deliveries")
def deliveries() -> ResponseReturnValue:
    """What arrived on phones. `?channel=&user_id=&after=n&limit=`; `summary=1` leaves the list out.

    `duplicates`: arrivals beyond the first of the same messages to the same person.
    """
    matching = [delivery for delivery in world().store.all("line_delivery") if _matches(delivery)]
    answer: Value = {"count": len(matching), **_summary(matching)}
    if not request.args.get("summary"):
        after, limit = int(request.args.get("after", 0)), int(request.args.get("limit", 1000))
        page = [delivery for delivery in matching if delivery["n"] > after][:limit]
        answer |= {"deliveries": page, "after": page[-1]["n"] if page else after}
    return jsonify(answer)


def _matches(delivery: Value) -> bool:
    return all(
        request.args.get(name, delivery[name]) == delivery[name]
        for name in ("channel", "user_id", "kind", "request_id")
    )


def _summary(matching: list[Value]) -> Value:
    same = Counter(
        (delivery["channel"], delivery["user_id"], repr(delivery["messages"]))
        for delivery in matching
    )
    keys = Counter(
        (delivery["user_id"], delivery["retry_key"])
        for delivery in matching
        if delivery["retry_key"]
    )
    return {
        "users": len({delivery["user_id"] for delivery in matching}),
        "duplicates": sum(count - 1 for count in same.values()),
        "repeated_keys": sum(count - 1 for count in keys.values()),
        "without_key": sum(1 for delivery in matching if not delivery["retry_key"]),
    }


@blueprint.post("/line-events")
def send_events() -> ResponseReturnValue:
    """Deliver events exactly as given, one call after the other, and return each answer.

    `{"channel", "events": [...], "times": 1, "together": false, "forged": false, "destination"?}`.
    An event is complete, or partial (`{"type": "follow", "user": "alice"}`) and then completed. The
    order is the list's; `times` sends every call again.
    """
    body = request.get_json()
    account = _account(body)
    if not account["webhook_endpoint"]:
        raise InvalidControl("the account has no webhook endpoint")
    if body.get("destination"):
        account = {**account, "bot_user_id": body["destination"]}
    # Made whole once, so that `times` repeats the very same ids: a duplicate, not a second event.
    whole = [_complete_event(world(), account, event) for event in body["events"]]
    calls = [whole] if body.get("together") else [[event] for event in whole]
    lines = [
        delivery.deliver_once(world(), account, call, forged=bool(body.get("forged")))
        for _ in range(int(body.get("times", 1)))
        for call in calls
    ]
    return jsonify(events=whole, calls=lines)


def _complete_event(sandbox: World, account: Value, event: Value) -> Value:
    fields = {name: value for name, value in event.items() if name != "user"}
    if "webhookEventId" in fields:
        return fields
    kind = fields.pop("type")
    user_id = _user_id(sandbox, account, event)
    if kind == "follow":
        fields.setdefault("follow", {"isUnblocked": False})
    answerable = kind not in ("unfollow", "unsend", "leave")
    complete = events.new_event(sandbox, account, kind, user_id, answerable=answerable)
    return {**complete, **fields}


def _user_id(sandbox: World, account: Value, event: Value) -> str | None:
    if "source" in event:
        user_id: Any = event["source"].get("userId")
        return str(user_id) if user_id else None
    if "user" not in event:
        return None
    return directory.id_in(sandbox, event["user"], account["provider"])


@blueprint.post("/quota")
def set_quota() -> ResponseReturnValue:
    """`{"channel", "limit": n or null, "used": n}`; an absent one stays."""
    body = request.get_json()
    account = _account(body)
    channel = account["channel_id"]
    if "limit" in body:
        world().store.put("line_account", channel, {**account, "quota_limit": body["limit"]})
    if "used" in body:
        usage.set_used(world(), channel, int(body["used"]))
    return jsonify(limit=_account(body)["quota_limit"], used=usage.used(world(), channel))


@blueprint.post("/line-statistics")
def set_statistics() -> ResponseReturnValue:
    """Counts of LINE as `statistics.set_counts` takes them."""
    body = request.get_json()
    statistics.set_counts(world(), _account(body)["channel_id"], body)
    return jsonify({})


@blueprint.get("/webhook-log")
def webhook_log() -> ResponseReturnValue:
    """`?channel=` -> every webhook call with its outcome, oldest first."""
    channel = request.args.get("channel")
    lines = world().store.all("line_webhook_log")
    return jsonify(log=[entry for entry in lines if channel in (None, entry["channel"])])


@blueprint.post("/line-settings")
def change_settings() -> ResponseReturnValue:
    """Any of `plugin.sandbox.line.settings.DEFAULTS`."""
    for name, value in request.get_json().items():
        if name not in settings.DEFAULTS:
            raise InvalidControl(f"no setting {name}")
        settings.set_setting(world(), name, value)
    return jsonify({name: settings.setting(world(), name) for name in settings.DEFAULTS})


@blueprint.post("/line-liff/<liff_id>")
def change_liff_app(liff_id: str) -> ResponseReturnValue:
    """Overwrite members of a LIFF app, as its owner does in the console; `{}` deletes it."""
    entry, body = world().store.get("line_liff", liff_id), request.get_json()
    if entry is None:
        raise InvalidControl(f"no LIFF app {liff_id}")
    if not body:
        return jsonify(world().store.delete("line_liff", liff_id))
    return jsonify(
        world().store.put("line_liff", liff_id, {**entry, "app": {**entry["app"], **body}})
    )


@blueprint.post("/line-channels/<channel>")
def change_channel(channel: str) -> ResponseReturnValue:
    """Overwrite fields of an account or Login channel: switches, secret, endpoint, provider."""
    for kind in ("line_account", "line_login"):
        stored = world().store.get(kind, channel)
        if stored:
            return jsonify(world().store.put(kind, channel, {**stored, **request.get_json()}))
    raise InvalidControl(f"no channel {channel}")
