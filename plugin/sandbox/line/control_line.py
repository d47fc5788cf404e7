"""Machine control of the LINE half: people, disorder, quota, and what really arrived. JSON."""

from collections import Counter
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from plugin.sandbox.line import delivery, directory, events, settings, usage
from plugin.sandbox.line.seed import SHOP
from plugin.sandbox.store import Value
from plugin.sandbox.world import World, world

blueprint = Blueprint("line_control", __name__, url_prefix="/control")


class Unfit(Exception):
    """A control request that cannot be done; the message says why."""


@blueprint.errorhandler(Unfit)
def unfit(error: Unfit) -> ResponseReturnValue:
    """400 with the reason."""
    return jsonify(message=str(error)), 400


def _account(body: Value) -> Value:
    channel = str(body.get("channel", SHOP))
    found = world().store.get("line_account", channel)
    if found is None:
        raise Unfit(f"no account {channel}")
    return found


@blueprint.post("/line-users")
def add_users() -> ResponseReturnValue:
    """`{"channel", "users": [{"person", "name"?, "language"?, "email"?, "state"?}]}` -> ids."""
    body = request.get_json()
    account = _account(body)
    ids = {}
    for told in body["users"]:
        facts = {name: value for name, value in told.items() if name not in ("person", "state")}
        user_id = directory.add_person(world(), told["person"], account["provider"], facts)
        if told.get("state"):
            directory.befriend(world(), account["channel_id"], user_id, told["state"])
        ids[told["person"]] = user_id
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
    return jsonify(friends={one: directory.friend_state(world(), channel, one) for one in ids})


@blueprint.get("/deliveries")
def deliveries() -> ResponseReturnValue:
    """What arrived on phones. `?channel=&user_id=&after=n&limit=`; `summary=1` leaves the list out.

    `duplicates`: arrivals beyond the first of the same messages to the same person.
    """
    found = [one for one in world().store.all("line_delivery") if _asked_for(one)]
    answer: Value = {"count": len(found), **_summary(found)}
    if not request.args.get("summary"):
        after, limit = int(request.args.get("after", 0)), int(request.args.get("limit", 1000))
        page = [one for one in found if one["n"] > after][:limit]
        answer |= {"deliveries": page, "after": page[-1]["n"] if page else after}
    return jsonify(answer)


def _asked_for(one: Value) -> bool:
    return all(
        request.args.get(name, one[name]) == one[name]
        for name in ("channel", "user_id", "kind", "request_id")
    )


def _summary(found: list[Value]) -> Value:
    same = Counter((one["channel"], one["user_id"], repr(one["messages"])) for one in found)
    keys = Counter((one["user_id"], one["retry_key"]) for one in found if one["retry_key"])
    return {
        "users": len({one["user_id"] for one in found}),
        "duplicates": sum(count - 1 for count in same.values()),
        "repeated_keys": sum(count - 1 for count in keys.values()),
        "without_key": sum(1 for one in found if not one["retry_key"]),
    }


@blueprint.post("/line-events")
def send_events() -> ResponseReturnValue:
    """Deliver events exactly as told, one call after the other, and say how each was answered.

    `{"channel", "events": [...], "times": 1, "together": false, "forged": false,
    "destination"?}`. An event is whole, or partial (`{"type": "follow", "user": "alice"}`): what
    is missing is made up. The order is the list's; `times` sends every call again.
    """
    body = request.get_json()
    account = _account(body)
    if not account["webhook_endpoint"]:
        raise Unfit("the account has no webhook endpoint")
    if body.get("destination"):
        account = {**account, "bot_user_id": body["destination"]}
    # Made whole once, so that `times` repeats the very same ids: a duplicate, not a second event.
    whole = [_whole(world(), account, event) for event in body["events"]]
    calls = [whole] if body.get("together") else [[event] for event in whole]
    lines = [
        delivery.deliver_once(world(), account, call, forged=bool(body.get("forged")))
        for _ in range(int(body.get("times", 1)))
        for call in calls
    ]
    return jsonify(events=whole, calls=lines)


def _whole(here: World, account: Value, event: Value) -> Value:
    given = {name: value for name, value in event.items() if name != "user"}
    if "webhookEventId" in given:
        return given
    kind = given.pop("type")
    user_id = _user_id(here, account, event)
    if kind == "follow":
        given.setdefault("follow", {"isUnblocked": False})
    answerable = kind not in ("unfollow", "unsend", "leave")
    made = events.new_event(here, account, kind, user_id, answerable=answerable)
    return {**made, **given}


def _user_id(here: World, account: Value, event: Value) -> str | None:
    if "source" in event:
        told: Any = event["source"].get("userId")
        return str(told) if told else None
    if "user" not in event:
        return None
    return directory.id_in(here, event["user"], account["provider"])


@blueprint.post("/quota")
def set_quota() -> ResponseReturnValue:
    """`{"channel", "limit": n or null, "used": n}`; what is left out stays."""
    body = request.get_json()
    account = _account(body)
    channel = account["channel_id"]
    if "limit" in body:
        world().store.put("line_account", channel, {**account, "quota_limit": body["limit"]})
    if "used" in body:
        usage.set_used(world(), channel, int(body["used"]))
    return jsonify(limit=_account(body)["quota_limit"], used=usage.used(world(), channel))


@blueprint.get("/webhook-log")
def webhook_log() -> ResponseReturnValue:
    """`?channel=` -> every webhook call with its outcome, oldest first."""
    channel = request.args.get("channel")
    lines = world().store.all("line_webhook_log")
    return jsonify(log=[one for one in lines if channel in (None, one["channel"])])


@blueprint.post("/line-settings")
def change_settings() -> ResponseReturnValue:
    """Any of `plugin.sandbox.line.settings.DEFAULTS`."""
    for name, value in request.get_json().items():
        if name not in settings.DEFAULTS:
            raise Unfit(f"no setting {name}")
        settings.tell(world(), name, value)
    return jsonify({name: settings.setting(world(), name) for name in settings.DEFAULTS})


@blueprint.post("/line-channels/<channel>")
def change_channel(channel: str) -> ResponseReturnValue:
    """Overwrite facts of an account or Login channel: switches, secret, endpoint, provider."""
    for kind in ("line_account", "line_login"):
        found = world().store.get(kind, channel)
        if found:
            return jsonify(world().store.put(kind, channel, {**found, **request.get_json()}))
    raise Unfit(f"no channel {channel}")
