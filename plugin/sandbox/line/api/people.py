"""Personal data that an account may read: profiles, followers, link tokens, chat extras."""

import base64
import binascii
import json
import secrets
from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from plugin.sandbox.line.api.answers import account, json_body, messaging_blueprint, refusal
from plugin.sandbox.line.api.messages import USER_ID
from plugin.sandbox.line.api.retry_keys import refuse_key
from plugin.sandbox.line.directory import friend_state, member_of, person_of, receives
from plugin.sandbox.store import Value
from plugin.sandbox.world import world

blueprint = messaging_blueprint("line_people")
blueprint.before_request(refuse_key)
CURSOR_LIFE, LINK_TOKEN_LIFE = 24 * 3600, 600
LOADING_SECONDS = range(5, 61, 5)


@blueprint.get("/v2/bot/info")
def bot_info() -> ResponseReturnValue:
    bot = account()
    return jsonify(
        userId=bot["bot_user_id"],
        basicId=bot["basic_id"],
        displayName=bot["name"],
        pictureUrl=bot["picture"],
        chatMode=bot["chat_mode"],
        markAsReadMode="auto" if bot["chat_mode"] == "bot" else "manual",
    )


@blueprint.get("/v2/bot/profile/<user_id>")
def profile(user_id: str) -> ResponseReturnValue:
    """For friends, and non-friends who wrote; 404 for others, 400 for an invalid id."""
    if not USER_ID.fullmatch(user_id):
        raise refusal(400, "The value for the 'userId' parameter is invalid")
    person = person_of(world(), user_id)
    if person is None or not _may_see(user_id):
        raise refusal(404, "Not found")
    members = {
        "userId": user_id,
        "displayName": person["name"],
        "language": person["language"],
        "pictureUrl": person["picture"],
        "statusMessage": person["status_message"],
    }
    return jsonify({name: value for name, value in members.items() if value})


def _may_see(user_id: str) -> bool:
    if not member_of(world(), account()["provider"], user_id):
        return False
    return receives(world(), account()["channel_id"], user_id)


@blueprint.get("/v2/bot/followers/ids")
def follower_ids() -> ResponseReturnValue:
    # Verified accounts only. Blockers are left out, so a page may be short although `next` is.
    if not account()["verified"]:
        raise refusal(403, "Access to this API is not available for your account")
    channel = account()["channel_id"]
    limit, start = _page()
    known = world().store.keys(f"line_friend/{channel}")
    page = known[start : start + limit]
    # Filtered after paging, as LINE seems to: pages may be short, or empty, before the last.
    friends = [
        user_id for user_id in page if friend_state(world(), channel, user_id) == "following"
    ]
    answer: Value = {"userIds": friends}
    if start + limit < len(known):
        answer["next"] = _cursor(start + limit)
    return jsonify(answer)


def _page() -> tuple[int, int]:
    limit = request.args.get("limit", "300")
    if not limit.isdecimal() or not 1 <= int(limit) <= 1000:
        raise refusal(400, "The value for the 'limit' parameter is invalid")
    return int(limit), _offset(request.args.get("start", ""))


def _cursor(offset: int) -> str:
    value = [offset, world().clock.now() + CURSOR_LIFE]
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        offset, until = json.loads(base64.urlsafe_b64decode(cursor))
    except (binascii.Error, ValueError, TypeError):
        offset, until = 0, 0
    if until < world().clock.now():
        raise refusal(400, "The value for the 'start' parameter is invalid")
    return int(offset)


@blueprint.post("/v2/bot/user/<user_id>/linkToken")
def link_token(user_id: str) -> ResponseReturnValue:
    """For the account-link dialog: ten minutes, one use."""
    if not member_of(world(), account()["provider"], user_id):
        raise refusal(404, "Not found")
    token = secrets.token_urlsafe(24)
    value = {
        "channel": account()["channel_id"],
        "user_id": user_id,
        "until": world().clock.now() + LINK_TOKEN_LIFE,
    }
    world().store.put("line_link_token", token, value)
    return jsonify(linkToken=token)


@blueprint.post("/v2/bot/chat/loading/start")
def loading() -> ResponseReturnValue:
    """Show three moving dots while the chat is open."""
    body = json_body()
    seconds: Any = body.get("loadingSeconds", 20)
    if seconds not in LOADING_SECONDS or not USER_ID.fullmatch(str(body.get("chatId", ""))):
        raise refusal(400, "The request body has 1 error(s)")
    value = {"until": world().clock.now() + seconds}
    world().store.put("line_loading", f"{account()['channel_id']} {body['chatId']}", value)
    return jsonify({}), 202


@blueprint.post("/v2/bot/chat/markAsRead")
def mark_as_read() -> ResponseReturnValue:
    """Show "Read" under the person's messages."""
    message = world().store.get("line_read_token", str(json_body().get("markAsReadToken", "")))
    if message is None or message["channel"] != account()["channel_id"]:
        raise refusal(400, "The request body has 1 error(s)")
    key = f"{message['channel']} {message['user_id']}"
    world().store.put("line_read", key, {"at": message["at"]})
    return jsonify({})
