"""LINE message objects made from what a marketer filled in."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from plugin.core.action_checks import SCHEMES
from plugin.core.message_part import InvalidMessage, is_address
from plugin.core.tracked_links import Wrap, tracked

Message = dict[str, Any]
BUTTONS = 4
ALT_TEXT = 400


class Button(NamedTuple):
    """A button that opens `url`."""

    label: str
    url: str


class Extras(NamedTuple):
    """What stands at the messages rather than in them, as people write it.

    `quick_replies`: one a line, said back when tapped, or `Label | https://...` to be opened.
    """

    quick_replies: str = ""
    sender_name: str = ""
    sender_icon_url: str = ""

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "Extras":
        """Those of a form or of an action's inputs."""
        return cls(*(fields.get(name, "").strip() for name in cls._fields))


def from_inputs(
    inputs: Mapping[str, str], ready: Sequence[Message] | None = None, wrap: Wrap = str
) -> list[Message]:
    """The messages of a send, not yet checked. Raises `InvalidMessage`.

    They are `ready` ones (a template's), else those of `message_json`, else made from `text`,
    `image_url` and `buttons`. Quick replies and the sender are added to any of them. Links are
    wrapped in all but `message_json`, which goes out as it was written.
    """
    extras = Extras.of(inputs)
    written = inputs.get("message_json", "").strip()
    if ready is None and written:
        return dressed(from_json(written), extras)
    messages = _from_parts(inputs) if ready is None else ready
    return tracked(dressed(messages, extras), wrap)


def from_json(written: str) -> list[Message]:
    """One message object, or a list of them, as text. Raises `InvalidMessage`."""
    try:
        parsed = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise InvalidMessage("The message JSON cannot be read: %(error)s", error=error) from error
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
        raise InvalidMessage("A message takes at most %(most)d buttons.", most=BUTTONS)
    return buttons


def _button(line: str) -> Button:
    label, _, url = (part.strip() for part in line.rpartition("|"))
    if not label or not is_address(url, ("http", "https")):
        raise InvalidMessage(
            "Write each button as: Label | https://... (not: %(line)s)", line=line[:60]
        )
    return Button(label, url)


def _from_parts(inputs: Mapping[str, str]) -> list[Message]:
    text, image = inputs.get("text", ""), inputs.get("image_url", "").strip()
    buttons = read_buttons(inputs.get("buttons", ""))
    if buttons:
        return [_card(text, image, buttons)]
    messages: list[Message] = [{"type": "text", "text": text}] if text.strip() else []
    if image:
        messages.append({"type": "image", "originalContentUrl": image, "previewImageUrl": image})
    return messages


def _card(text: str, image: str, buttons: list[Button]) -> Message:
    """A flex bubble: unlike a buttons template it sets no tight limit to the text."""
    if not text.strip():
        raise InvalidMessage("Buttons need a text above them.")
    bubble: dict[str, Any] = {"type": "bubble"}
    if image:
        look = {"size": "full", "aspectRatio": "20:13", "aspectMode": "cover"}
        bubble["hero"] = {"type": "image", "url": image, **look}
    bubble["body"] = _box([{"type": "text", "text": text, "wrap": True}])
    bubble["footer"] = {**_box([_tappable(one) for one in buttons]), "spacing": "sm"}
    return {"type": "flex", "altText": text.strip()[:ALT_TEXT], "contents": bubble}


def _box(contents: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "box", "layout": "vertical", "contents": contents}


def _tappable(button: Button) -> dict[str, Any]:
    action = {"type": "uri", "label": button.label, "uri": button.url}
    return {"type": "button", "style": "link", "height": "sm", "action": action}


def dressed(messages: Sequence[Message], extras: Extras) -> list[Message]:
    """The messages with quick replies below the last, which alone shows them, and the sender."""
    dressed = [dict(message) for message in messages]
    replies = [_quick_reply(line) for line in lines_of(extras.quick_replies)]
    if replies and dressed:
        dressed[-1]["quickReply"] = {"items": replies}
    given = {"name": extras.sender_name, "iconUrl": extras.sender_icon_url}
    sender = {name: value for name, value in given.items() if value}
    return [{**message, "sender": sender} for message in dressed] if sender else dressed


def undressed(messages: Sequence[Message]) -> tuple[list[Message], Extras]:
    """The messages and their extras apart, where `dressed` makes the same of them again."""
    if not messages:
        return [], Extras()
    sender, last = messages[0].get("sender"), messages[-1].get("quickReply")
    extras = Extras(_lines_of_replies(last), **_sender_of(sender))
    bare = [{name: one for name, one in each.items() if name != "sender"} for each in messages]
    bare[-1].pop("quickReply", None)
    if dressed(bare, extras) == list(messages):
        return bare, extras
    return list(messages), Extras()


def _quick_reply(line: str) -> dict[str, Any]:
    label, _, url = (part.strip() for part in line.rpartition("|"))
    if label and is_address(url, SCHEMES):
        return {"type": "action", "action": {"type": "uri", "label": label, "uri": url}}
    return {"type": "action", "action": {"type": "message", "label": line, "text": line}}


def _lines_of_replies(quick_reply: Any) -> str:
    items = quick_reply.get("items") if isinstance(quick_reply, dict) else None
    actions = [one.get("action") for one in items or [] if isinstance(one, dict)]
    return "\n".join(_line(one) for one in actions if isinstance(one, dict))


def _line(action: Mapping[str, Any]) -> str:
    label = str(action.get("label") or "")
    return f"{label} | {action.get('uri')}" if action.get("type") == "uri" else label


def _sender_of(sender: Any) -> dict[str, str]:
    given = sender if isinstance(sender, dict) else {}
    names = {"sender_name": "name", "sender_icon_url": "iconUrl"}
    return {name: str(given.get(told) or "") for name, told in names.items()}
