"""Check messages by LINE's limits before they are sent (reference: Message objects)."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from plugin.core.messages.action_checks import check_action, check_opened
from plugin.core.messages.flex_checks import check_flex
from plugin.core.messages.names import message_at
from plugin.core.messages.part import (
    TEXT_LIMIT,
    Count,
    InvalidMessage,
    MessageNode,
    count_clusters,
    utf16_length,
)
from plugin.core.messages.template_checks import check_template
from plugin.core.messages.tokens import is_unfilled
from plugin.core.text.sentences import N_, Sentence

Message = dict[str, Any]
BUBBLES = 5
QUICK_REPLIES = 13
# textV2 writes a brace twice; a single pair holds the name of a substitution.
BRACED = re.compile(r"\{\{|\}\}|\{(?P<name>[0-9A-Za-z_]{1,20})\}|[{}]")


def check_messages(messages: Sequence[Message], clusters: Count) -> None:
    """Check one to five messages, or raise `InvalidMessage`; unknown types are left to LINE."""
    check_count(messages)
    for number, message in enumerate(messages, 1):
        check_message(message, message_at(number) if len(messages) > 1 else None, clusters)


def check_count(messages: Sequence[Message | None]) -> None:
    if not messages:
        raise InvalidMessage("The message is empty: write a text, or choose an image.")
    if len(messages) > BUBBLES:
        raise InvalidMessage("LINE takes at most five messages in one send.")


def find_problems(
    message: Message, place: Sentence | None, clusters: Count
) -> list[InvalidMessage]:
    """Return everything that is wrong with one of several messages, each with its path."""
    found: list[InvalidMessage] = []
    try:
        _check_deep(MessageNode(message, place, clusters, found=found))
    except InvalidMessage as error:
        found.append(error)
    return found


def check_message(message: Message, place: Sentence | None, clusters: Count) -> None:
    """Check one of several messages; `place` names it, None where it stands alone."""
    _check_deep(MessageNode(message, place, clusters))


def _check_deep(message: MessageNode) -> None:
    try:
        _check(message)
    except RecursionError:
        message.fail("The message is nested too deeply.")


def _check(message: MessageNode) -> None:
    if _is_unfilled(message):
        message.fail("A personalization token was not filled in: the text still has {{ }}.")
    # LINE takes null nowhere, and nested arrays can hold it too.
    if _holds_null(message.value):
        message.fail("LINE takes no null anywhere; leave the member out instead.")
    check = CHECKS.get(message.text("type", 40))
    if check:
        check(message)
    if "quickReply" in message.value:
        _check_quick_replies(message.part("quickReply"))
    if "sender" in message.value:
        _check_sender(message.part("sender"))


def _is_unfilled(message: MessageNode) -> bool:
    """Return whether a token, or HubSpot's text for a missing one, would reach the friend."""
    written = _written(message)
    if message.value.get("type") != "textV2" or not isinstance(message.value.get("text"), str):
        return is_unfilled(written)
    # Only in this text LINE itself uses doubled braces.
    rest = _written(MessageNode({**message.value, "text": ""}, message.place, message.clusters))
    return is_unfilled(rest) or is_unfilled(message.value["text"], loosely=True)


def _written(message: MessageNode) -> str:
    try:
        return json.dumps(message.value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        # Python reads NaN and 1e999, but JSON has no such numbers.
        message.fail("A number in the message is too large, or is none.")


def _holds_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_null, value.values()))
    return value is None or (isinstance(value, list) and any(map(_holds_null, value)))


def _check_text(message: MessageNode) -> None:
    text = message.text("text", TEXT_LIMIT)
    if "emojis" not in message.value:
        return
    units = text.encode("utf-16-le", "surrogatepass")
    for emoji in message.parts("emojis", 1, 20, N_("emoji %(number)d")):
        if not emoji.number("index", 0, utf16_length(text)):
            continue
        index = int(emoji.value["index"])
        if units[2 * index : 2 * index + 2] != b"$\0":
            emoji.fail("The index must point at a $ in the text.")


def _check_text_v2(message: MessageNode) -> None:
    text = message.text("text", TEXT_LIMIT)
    substitutions = message.value.get("substitution") or {}
    if not isinstance(substitutions, dict) or len(substitutions) > 100:
        message.fail("LINE takes at most 100 substitutions.")
    for match in BRACED.finditer(text):
        if match[0] not in ("{{", "}}") and match["name"] not in substitutions:
            message.report(
                "text",
                "%(written)s names a substitution that is not there. Write a brace itself twice.",
                written=match[0],
            )


def _check_image(message: MessageNode) -> None:
    message.address("originalContentUrl")
    message.address("previewImageUrl")


def _check_video(message: MessageNode) -> None:
    _check_image(message)
    message.text("trackingId", 100, required=False)


def _check_audio(message: MessageNode) -> None:
    message.address("originalContentUrl")
    message.number("duration", 1, 10**9)


def _check_location(message: MessageNode) -> None:
    message.text("title", 100)
    message.text("address", 100)
    message.number("latitude", -90, 90)
    message.number("longitude", -180, 180)


def _check_sticker(message: MessageNode) -> None:
    message.text("packageId", 20)
    message.text("stickerId", 20)


def _check_coupon(message: MessageNode) -> None:
    message.text("couponId", 100)
    message.text("deliveryTag", 30, required=False)


def _check_imagemap(message: MessageNode) -> None:
    message.address("baseUrl")
    message.text("altText", 1500)
    message.part("baseSize").number("width", 1040, 1040)
    message.part("baseSize").number("height", 1, 10**5)
    video = message.value.get("video")
    if isinstance(video, dict) and "externalLink" in video:
        check_opened(message.part("video").part("externalLink"), "linkUri")
    for area in message.parts("actions", 0, 50, N_("area %(number)d")):
        if area.value.get("type") == "uri":
            check_opened(area, "linkUri")
        elif area.value.get("type") == "message":
            area.text("text", 400)
        area.text("label", 50, required=False)
        _check_place(area, message)


def _check_place(area: MessageNode, imagemap: MessageNode) -> None:
    place, size = area.part("area"), imagemap.part("baseSize")
    for start, side in (("x", "width"), ("y", "height")):
        whole = size.value.get(side)
        # A picture without its size was reported already.
        whole = whole if isinstance(whole, int | float) else 10**5
        if place.number(start, 0, whole - 1):
            place.number(side, 1, whole - place.value[start])


def _check_quick_replies(quick_reply: MessageNode) -> None:
    for item in quick_reply.parts("items", 1, QUICK_REPLIES, N_("quick reply %(number)d")):
        check_action(item.part("action"))


def _check_sender(sender: MessageNode) -> None:
    # LINE itself reports words that it does not allow in a name.
    sender.text("name", 20, required=False)
    sender.address("iconUrl", required=False)


CHECKS: dict[str, Callable[[MessageNode], None]] = {
    "text": _check_text,
    "textV2": _check_text_v2,
    "image": _check_image,
    "video": _check_video,
    "audio": _check_audio,
    "location": _check_location,
    "sticker": _check_sticker,
    "imagemap": _check_imagemap,
    "coupon": _check_coupon,
    "template": check_template,
    "flex": check_flex,
}


def check(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    check_messages(messages, count_clusters)
    return messages
