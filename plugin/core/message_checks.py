"""Messages judged by LINE's own limits before they cost anything (reference: Message objects)."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from plugin.core.action_checks import URI_LIMIT, check_action
from plugin.core.flex_checks import check_flex
from plugin.core.message_names import message_at
from plugin.core.message_part import Count, InvalidMessage, Part, utf16_length
from plugin.core.sentences import N_
from plugin.core.template_checks import check_template

Message = dict[str, Any]
TEXT_LIMIT = 5000
BUBBLES = 5
QUICK_REPLIES = 13


def check_messages(messages: Sequence[Message], clusters: Count) -> None:
    """One to five messages as LINE would take them. Raises `InvalidMessage`.

    `clusters` counts grapheme clusters. Types that are not known here are left to LINE.
    """
    if not messages:
        raise InvalidMessage("The message is empty: write a text, or choose an image.")
    if len(messages) > BUBBLES:
        raise InvalidMessage("LINE takes at most five messages in one send.")
    for number, message in enumerate(messages, 1):
        place = message_at(number) if len(messages) > 1 else None
        part = Part(message, place, clusters)
        try:
            _check(part)
        except RecursionError:
            part.fail("The message is nested too deeply.")


def _check(message: Part) -> None:
    if "{{" in _written(message):
        message.fail("A personalization token was not filled in: the text still has {{ }}.")
    # Nested arrays can hold null too, and LINE takes none anywhere.
    if _holds_null(message.value):
        message.fail("LINE takes no null anywhere; leave the member out instead.")
    check = CHECKS.get(message.text("type", 40))
    if check:
        check(message)
    if "quickReply" in message.value:
        _check_quick_replies(message.part("quickReply"))
    if "sender" in message.value:
        _check_sender(message.part("sender"))


def _written(message: Part) -> str:
    try:
        return json.dumps(message.value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        # Python reads NaN and 1e999, but JSON has no such numbers.
        message.fail("A number in the message is too large, or is none.")


def _holds_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_null, value.values()))
    return value is None or (isinstance(value, list) and any(map(_holds_null, value)))


def _check_text(message: Part) -> None:
    text = message.text("text", TEXT_LIMIT)
    if "emojis" not in message.value:
        return
    units = text.encode("utf-16-le", "surrogatepass")
    for emoji in message.parts("emojis", 1, 20, N_("emoji %(number)d")):
        emoji.number("index", 0, utf16_length(text))
        index = int(emoji.value["index"])
        if units[2 * index : 2 * index + 2] != b"$\0":
            emoji.fail("The index must point at a $ in the text.")


def _check_text_v2(message: Part) -> None:
    message.text("text", TEXT_LIMIT)
    given = message.value.get("substitution") or {}
    if not isinstance(given, dict) or len(given) > 100:
        message.fail("LINE takes at most 100 substitutions.")


def _check_image(message: Part) -> None:
    message.address("originalContentUrl")
    message.address("previewImageUrl")


def _check_video(message: Part) -> None:
    _check_image(message)
    message.text("trackingId", 100, required=False)


def _check_audio(message: Part) -> None:
    message.address("originalContentUrl")
    message.number("duration", 1, 10**9)


def _check_location(message: Part) -> None:
    message.text("title", 100)
    message.text("address", 100)
    message.number("latitude", -90, 90)
    message.number("longitude", -180, 180)


def _check_sticker(message: Part) -> None:
    message.text("packageId", 20)
    message.text("stickerId", 20)


def _check_imagemap(message: Part) -> None:
    message.address("baseUrl")
    message.text("altText", 1500)
    message.part("baseSize").number("width", 1040, 1040)
    message.part("baseSize").number("height", 1, 10**5)
    for area in message.parts("actions", 0, 50, N_("area %(number)d")):
        if area.value.get("type") == "uri":
            area.text("linkUri", URI_LIMIT)
        elif area.value.get("type") == "message":
            area.text("text", 400)


def _check_quick_replies(quick_reply: Part) -> None:
    for item in quick_reply.parts("items", 1, QUICK_REPLIES, N_("quick reply %(number)d")):
        check_action(item.part("action"))


def _check_sender(sender: Part) -> None:
    name = sender.text("name", 20, required=False)
    if "line" in name.lower():
        sender.fail("The sender's name must not contain the word LINE.")
    sender.address("iconUrl", required=False)


CHECKS: dict[str, Callable[[Part], None]] = {
    "text": _check_text,
    "textV2": _check_text_v2,
    "image": _check_image,
    "video": _check_video,
    "audio": _check_audio,
    "location": _check_location,
    "sticker": _check_sticker,
    "imagemap": _check_imagemap,
    "template": check_template,
    "flex": check_flex,
}
