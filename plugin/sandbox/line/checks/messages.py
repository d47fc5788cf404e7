"""Checks of a send request's `messages`, about as strict as LINE's."""

import re
from typing import Any

from plugin.sandbox.line.api.answers import refusal
from plugin.sandbox.line.checks import rules
from plugin.sandbox.line.checks.actions import check_action
from plugin.sandbox.line.checks.flex import check_flex
from plugin.sandbox.line.checks.rules import Problems
from plugin.sandbox.line.checks.templates import check_template

Message = dict[str, Any]
KINDS = (
    "text",
    "textV2",
    "image",
    "video",
    "audio",
    "location",
    "sticker",
    "template",
    "imagemap",
    "flex",
    "coupon",
)
PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([0-9A-Za-z_]{1,20})\}|[{}]")


def require_valid(body: Message) -> list[Message]:
    """Return the messages of a request; raise LINE's 400 if they are wrong."""
    problems = Problems()
    rules.nulls(body, "", problems)
    # A null is reported once, not again as a wrong type.
    messages = [] if problems else rules.items(body, "messages", "", problems, 1, 5)
    for place, message in enumerate(messages):
        _message(message, f"messages[{place}]", problems)
    if problems:
        raise refusal(400, f"The request body has {len(problems)} error(s)", problems)
    for place, message in enumerate(messages):
        _require_flex(message, place)
    return messages


def _require_flex(message: Message, place: int) -> None:
    # LINE reports one flex message's complaints at a time, under another headline.
    if message["type"] != "flex":
        return
    problems = check_flex(message.get("contents"))
    if problems:
        text = f"A message (messages[{place}]) in the request body is invalid"
        raise refusal(400, text, problems)


def _message(message: Any, path: str, problems: Problems) -> None:
    if not isinstance(message, dict):
        problems.add("May not be empty", path)
        return
    rules.choice(message, "type", path, problems, KINDS)
    check = CHECKS.get(str(message.get("type")))
    if check:
        check(message, path, problems)
    if "quickReply" in message:
        _quick_reply(message["quickReply"], f"{path}.quickReply", problems)
    if "sender" in message:
        _sender(message["sender"], f"{path}.sender", problems)


def _text(message: Message, path: str, problems: Problems) -> None:
    rules.text(message, "text", path, problems, 5000)
    emojis = message.get("emojis")
    if emojis is None or not isinstance(message.get("text"), str):
        return
    for place, emoji in enumerate(rules.items(message, "emojis", path, problems, 1, 20)):
        if not _points_at_dollar(message["text"], emoji):
            problems.add("must point at a $", f"{path}.emojis[{place}].index")


def _points_at_dollar(text: str, emoji: Any) -> bool:
    index = emoji.get("index") if isinstance(emoji, dict) else None
    units = text.encode("utf-16-le")
    return isinstance(index, int) and units[index * 2 : index * 2 + 2] == b"$\0"


def _text_v2(message: Message, path: str, problems: Problems) -> None:
    rules.text(message, "text", path, problems, 5000)
    known = message.get("substitution", {})
    if not isinstance(message.get("text"), str) or not isinstance(known, dict):
        return
    for match in PLACEHOLDER.finditer(message["text"]):
        if match[0] not in ("{{", "}}") and match[1] not in known:
            problems.add(f"unknown placeholder {match[0]}", f"{path}.text")


def _image(message: Message, path: str, problems: Problems) -> None:
    rules.address(message, "originalContentUrl", path, problems)
    rules.address(message, "previewImageUrl", path, problems)


def _video(message: Message, path: str, problems: Problems) -> None:
    _image(message, path, problems)
    rules.text(message, "trackingId", path, problems, 100, required=False)


def _audio(message: Message, path: str, problems: Problems) -> None:
    rules.address(message, "originalContentUrl", path, problems)
    rules.number(message, "duration", path, problems, 1, 10**9)


def _location(message: Message, path: str, problems: Problems) -> None:
    rules.text(message, "title", path, problems, 100)
    rules.text(message, "address", path, problems, 100)
    rules.number(message, "latitude", path, problems, -90, 90)
    rules.number(message, "longitude", path, problems, -180, 180)


def _sticker(message: Message, path: str, problems: Problems) -> None:
    rules.text(message, "packageId", path, problems, 20)
    rules.text(message, "stickerId", path, problems, 20)


def _template(message: Message, path: str, problems: Problems) -> None:
    rules.text(message, "altText", path, problems, 1500)
    check_template(message.get("template"), f"{path}.template", problems)


def _flex(message: Message, path: str, problems: Problems) -> None:
    rules.text(message, "altText", path, problems, 1500)
    if not isinstance(message.get("contents"), dict):
        problems.add("May not be empty", f"{path}.contents")


def _imagemap(message: Message, path: str, problems: Problems) -> None:
    rules.address(message, "baseUrl", path, problems)
    rules.text(message, "altText", path, problems, 1500)
    rules.items(message, "actions", path, problems, 0, 50)
    if not isinstance(message.get("baseSize"), dict):
        problems.add("May not be empty", f"{path}.baseSize")


def _coupon(message: Message, path: str, problems: Problems) -> None:
    rules.text(message, "couponId", path, problems, 100)


CHECKS = {
    "text": _text,
    "textV2": _text_v2,
    "image": _image,
    "video": _video,
    "audio": _audio,
    "location": _location,
    "sticker": _sticker,
    "template": _template,
    "flex": _flex,
    "imagemap": _imagemap,
    "coupon": _coupon,
}


def _quick_reply(value: Any, path: str, problems: Problems) -> None:
    if not isinstance(value, dict):
        problems.add("May not be empty", path)
        return
    for place, item in enumerate(rules.items(value, "items", path, problems, 1, 13)):
        where = f"{path}.items[{place}]"
        action = item.get("action") if isinstance(item, dict) else None
        check_action(action, f"{where}.action", problems)


def _sender(value: Any, path: str, problems: Problems) -> None:
    if not isinstance(value, dict):
        problems.add("May not be empty", path)
        return
    rules.text(value, "name", path, problems, 20, required=False)
    # "Certain words such as `LINE` may not be used" (LINE's OpenAPI file); which, it does not say.
    if re.search(r"(?<![A-Za-z])LINE(?![A-Za-z])", str(value.get("name", "")), re.IGNORECASE):
        problems.add("The name is not allowed", f"{path}.name")
    rules.address(value, "iconUrl", path, problems, required=False)
