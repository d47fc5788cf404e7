"""Actions of a person on the phone: add, block, write, tap, unsend. Each raises its event."""

import base64
import json
import secrets
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from plugin.sandbox.line import chats, delivery, events, friendships
from plugin.sandbox.line.directory import id_in, note_wrote
from plugin.sandbox.line.phone.pages import find_account, find_person
from plugin.sandbox.store import Value
from plugin.sandbox.world import World, world

# Nobody measures how long a film of the sandbox is.
MILLISECONDS = 5000
blueprint = Blueprint("line_taps", __name__, url_prefix="/phone/<person>/chat/<channel>")


def _account_and_user(person: str, channel: str) -> tuple[Value, str]:
    account = find_account(channel)
    return account, id_in(world(), find_person(person)["person"], account["provider"])


def _back(person: str, channel: str) -> ResponseReturnValue:
    return redirect(url_for("line_phone.chat", person=person, channel=channel))


@blueprint.post("/friend")
def friend(person: str, channel: str) -> ResponseReturnValue:
    """`do=add` (or unblock), `do=block`."""
    account, user_id = _account_and_user(person, channel)
    if request.form.get("do") == "block":
        friendships.block(world(), account, user_id)
    else:
        friendships.add(world(), account, user_id)
    return _back(person, channel)


@blueprint.post("/say")
def say(person: str, channel: str) -> ResponseReturnValue:
    """Write `text`, or send a `sticker`, a `place` or a `file`."""
    account, user_id = _account_and_user(person, channel)
    file = request.files.get("file")
    if file:
        write(world(), account, user_id, _content(account, file))
    elif request.form.get("place"):
        write(world(), account, user_id, _place())
    elif request.form.get("sticker"):
        write(world(), account, user_id, _sticker())
    elif request.form.get("text", "").strip():
        write(world(), account, user_id, {"type": "text", "text": request.form["text"].strip()})
    return _back(person, channel)


def write(sandbox: World, account: Value, user_id: str, content: Value) -> str:
    """Add a message of the person to the chat, send the webhook, and return the message's id."""
    ids = chats.new_ids(sandbox, 1)[0]
    message = {"id": content.get("id") or ids["id"], "quoteToken": ids["quoteToken"], **content}
    token = secrets.token_urlsafe(24)
    channel = account["channel_id"]
    note_wrote(sandbox, channel, user_id)
    chats.keep_incoming(sandbox, channel, user_id, message)
    # Not before the bubble has its time: reading covers everything up to it.
    read = {"channel": channel, "user_id": user_id, "at": sandbox.clock.millis()}
    sandbox.store.put("line_read_token", token, read)
    # The token is for the account alone, so it is in the event and not in the chat.
    event_message = {**message, "markAsReadToken": token}
    delivery.raise_event(sandbox, account, events.message(sandbox, account, user_id, event_message))
    return str(message["id"])


def _sticker() -> Value:
    kind = {"stickerResourceType": "STATIC", "keywords": ["hello"]}
    return {"type": "sticker", "packageId": "446", "stickerId": "1988", **kind}


def _place() -> Value:
    where = {"latitude": 35.6812, "longitude": 139.7671}
    return {"type": "location", "title": "Tokyo Station", "address": "1-9 Marunouchi", **where}


def _content(account: Value, file: FileStorage) -> Value:
    """Keep a file as LINE does; LINE's own kind of it says what it is to a phone."""
    message_id, data, kind = chats.new_ids(world(), 1)[0]["id"], file.read(), file.mimetype
    value = {
        "channel": account["channel_id"],
        "type": kind,
        "data": base64.b64encode(data).decode(),
        "at": world().clock.now(),
    }
    world().store.put("line_content", message_id, value)
    family = kind.partition("/")[0]
    if family not in ("image", "video", "audio"):
        name = file.filename or "file"
        return {"id": message_id, "type": "file", "fileName": name, "fileSize": len(data)}
    length = {} if family == "image" else {"duration": MILLISECONDS}
    return {"id": message_id, "type": family, "contentProvider": {"type": "line"}, **length}


@blueprint.post("/tap")
def tap(person: str, channel: str) -> ResponseReturnValue:
    """Run an action (JSON in `action`); `value` is the date picker's."""
    account, user_id = _account_and_user(person, channel)
    action = _action(request.form.get("action", ""))
    if action.get("type") == "message":
        write(world(), account, user_id, {"type": "text", "text": action["text"]})
    elif "data" in action:
        send_postback(world(), account, user_id, action, request.form.get("value", ""))
    return _back(person, channel)


def _action(text: str) -> dict[str, Any]:
    try:
        action = json.loads(text)
    except ValueError:
        abort(400)
    if not isinstance(action, dict):
        abort(400)
    return action


def send_postback(sandbox: World, account: Value, user_id: str, action: Value, picked: str) -> None:
    # Postback, date picker and rich-menu switch all arrive as a postback.
    values: Value = {"data": action["data"]}
    if action["type"] == "datetimepicker":
        values["params"] = {action["mode"]: picked}
    elif action["type"] == "richmenuswitch":
        alias = action["richMenuAliasId"]
        values["params"] = {"newRichMenuAliasId": alias, "status": "SUCCESS"}
    # Shown in the chat, but without a message event, as the postback has the text.
    if action.get("displayText"):
        shown = {**chats.new_ids(sandbox, 1)[0], "type": "text", "text": action["displayText"]}
        chats.keep_incoming(sandbox, account["channel_id"], user_id, shown)
    delivery.raise_event(sandbox, account, events.postback(sandbox, account, user_id, values))


@blueprint.post("/unsend/<message_id>")
def unsend(person: str, channel: str, message_id: str) -> ResponseReturnValue:
    account, user_id = _account_and_user(person, channel)
    kind = chats.chat_kind(channel, user_id)
    bubble = world().store.get(kind, message_id)
    if bubble and bubble["from"] == "person":
        placeholder = {"id": message_id, "type": "text", "unsent": True}
        world().store.put(kind, message_id, {**bubble, "messages": [placeholder]})
        delivery.raise_event(world(), account, events.unsend(world(), account, user_id, message_id))
    return _back(person, channel)
