"""LINE message objects made from what a marketer filled in."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from plugin.core.message_part import InvalidMessage, is_address

Message = dict[str, Any]
# Turns a button's target into the address that stands in the message.
Wrap = Callable[[str], str]
BUTTONS = 4
ALT_TEXT = 400


class Button(NamedTuple):
    """A button that opens `url`."""

    label: str
    url: str


def from_inputs(
    inputs: Mapping[str, str], ready: Sequence[Message] | None = None, wrap: Wrap = str
) -> list[Message]:
    """The messages of a send, not yet checked. Raises `InvalidMessage`.

    They are `ready` ones (a template's), else those of `message_json`, else made from `text`,
    `image_url` and `buttons`. Quick replies and the sender are added to any of them.
    """
    written = inputs.get("message_json", "").strip()
    if ready is not None:
        messages = [dict(message) for message in ready]
    else:
        messages = from_json(written) if written else _from_parts(inputs, wrap)
    replies = _quick_replies(inputs.get("quick_replies", ""))
    if replies and messages:
        # LINE shows those of the last message only.
        messages[-1] = {**messages[-1], "quickReply": {"items": replies}}
    sender = _sender(inputs)
    return [{**message, "sender": sender} for message in messages] if sender else messages


def from_json(written: str) -> list[Message]:
    """One message object, or a list of them, as text. Raises `InvalidMessage`."""
    try:
        parsed = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise InvalidMessage(f"The message JSON cannot be read: {error}") from error
    messages = parsed if isinstance(parsed, list) else [parsed]
    if not all(isinstance(message, dict) and message.get("type") for message in messages):
        raise InvalidMessage("Each message in the JSON must be an object with a type.")
    return messages


def lines_of(text: str) -> list[str]:
    """The lines that say something, without the blanks around them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def read_buttons(text: str) -> list[Button]:
    """`Label | https://...`, one a line. Raises `InvalidMessage`."""
    buttons = [_button(line) for line in lines_of(text)]
    if len(buttons) > BUTTONS:
        raise InvalidMessage(f"A message takes at most {BUTTONS} buttons.")
    return buttons


def _button(line: str) -> Button:
    label, _, url = (part.strip() for part in line.rpartition("|"))
    if not label or not is_address(url, ("http", "https")):
        raise InvalidMessage(f"Write each button as: Label | https://... (not: {line[:60]})")
    return Button(label, url)


def _from_parts(inputs: Mapping[str, str], wrap: Wrap) -> list[Message]:
    text, image = inputs.get("text", ""), inputs.get("image_url", "").strip()
    buttons = read_buttons(inputs.get("buttons", ""))
    if buttons:
        return [_card(text, image, buttons, wrap)]
    messages: list[Message] = [{"type": "text", "text": text}] if text.strip() else []
    if image:
        messages.append({"type": "image", "originalContentUrl": image, "previewImageUrl": image})
    return messages


def _card(text: str, image: str, buttons: list[Button], wrap: Wrap) -> Message:
    """A flex bubble: unlike a buttons template it sets no tight limit to the text."""
    if not text.strip():
        raise InvalidMessage("Buttons need a text above them.")
    bubble: dict[str, Any] = {"type": "bubble"}
    if image:
        look = {"size": "full", "aspectRatio": "20:13", "aspectMode": "cover"}
        bubble["hero"] = {"type": "image", "url": image, **look}
    bubble["body"] = _box([{"type": "text", "text": text, "wrap": True}])
    bubble["footer"] = {**_box([_tappable(one, wrap) for one in buttons]), "spacing": "sm"}
    return {"type": "flex", "altText": text.strip()[:ALT_TEXT], "contents": bubble}


def _box(contents: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "box", "layout": "vertical", "contents": contents}


def _tappable(button: Button, wrap: Wrap) -> dict[str, Any]:
    action = {"type": "uri", "label": button.label, "uri": wrap(button.url)}
    return {"type": "button", "style": "link", "height": "sm", "action": action}


def _quick_replies(text: str) -> list[dict[str, Any]]:
    return [
        {"type": "action", "action": {"type": "message", "label": line, "text": line}}
        for line in lines_of(text)
    ]


def _sender(inputs: Mapping[str, str]) -> dict[str, str]:
    given = {"name": inputs.get("sender_name", ""), "iconUrl": inputs.get("sender_icon_url", "")}
    return {name: value.strip() for name, value in given.items() if value.strip()}
