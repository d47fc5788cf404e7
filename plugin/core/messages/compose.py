"""Compose LINE message objects from a marketer's inputs."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from plugin.core.messages.part import InvalidMessage, is_address
from plugin.core.messages.personalise import encoded
from plugin.core.messages.quick_replies import (
    action_of,
    label_and_address,
    line_of,
    reply_of,
    reply_of_action,
)
from plugin.core.messages.tracked_links import Wrap, tracked
from plugin.core.text.json_bodies import read_json
from plugin.core.text.uris import uri_of

Message = dict[str, Any]
BUTTONS = 4
ALT_TEXT = 400
# LINE's members of a sender, by the fields of `MessageExtras`.
SENDER = {"sender_name": "name", "sender_icon_url": "iconUrl"}


class Button(NamedTuple):
    label: str
    url: str


class MessageExtras(NamedTuple):
    """`quick_replies`: one a line, as `core.messages.quick_replies` reads them."""

    quick_replies: str = ""
    sender_name: str = ""
    sender_icon_url: str = ""

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "MessageExtras":
        return cls(*(fields.get(name, "").strip() for name in cls._fields))


def from_inputs(
    inputs: Mapping[str, str], ready: Sequence[Message] | None = None, wrap: Wrap = str
) -> list[Message]:
    """Return the messages of a send, not yet checked. Raise `InvalidMessage`.

    They are `ready` ones (a template's), else those of `message_json`, else composed from parts.
    """
    extras = MessageExtras.of(inputs)
    written = inputs.get("message_json", "").strip()
    # `message_json` goes out as written: its links are not wrapped.
    if ready is None and written:
        return encoded(decorate(from_json(written), extras))
    messages = _from_parts(inputs) if ready is None else ready
    return tracked(encoded(decorate(messages, extras)), wrap)


def from_json(written: str) -> list[Message]:
    try:
        parsed = read_json(written)
    except ValueError as error:
        raise InvalidMessage("The message JSON cannot be read: %(error)s", error=error) from error
    messages = parsed if isinstance(parsed, list) else [parsed]
    if not all(isinstance(message, dict) and message.get("type") for message in messages):
        raise InvalidMessage("Each message in the JSON must be an object with a type.")
    return messages


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def read_buttons(text: str) -> list[Button]:
    """Parse `Label | https://...`, one a line. Raise `InvalidMessage`."""
    buttons = [_button(line) for line in lines_of(text)]
    if len(buttons) > BUTTONS:
        raise InvalidMessage("A message takes at most %(most)d buttons.", most=BUTTONS)
    return buttons


def _button(line: str) -> Button:
    label, url = label_and_address(line)
    if not label or not is_address(uri_of(url), ("http", "https")):
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
    if not text.strip():
        raise InvalidMessage("Buttons need a text above them.")
    # A buttons template would limit the text tightly, a flex bubble does not.
    bubble: dict[str, Any] = {"type": "bubble"}
    if image:
        look = {"size": "full", "aspectRatio": "20:13", "aspectMode": "cover"}
        bubble["hero"] = {"type": "image", "url": image, **look}
    bubble["body"] = _box([{"type": "text", "text": text, "wrap": True}])
    bubble["footer"] = {**_box([_tappable(button) for button in buttons]), "spacing": "sm"}
    return {"type": "flex", "altText": text.strip()[:ALT_TEXT], "contents": bubble}


def _box(contents: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "box", "layout": "vertical", "contents": contents}


def _tappable(button: Button) -> dict[str, Any]:
    action = {"type": "uri", "label": button.label, "uri": button.url}
    return {"type": "button", "style": "link", "height": "sm", "action": action}


def decorate(messages: Sequence[Message], extras: MessageExtras) -> list[Message]:
    """Add the sender, and quick replies to the last message: LINE shows only those."""
    decorated = [dict(message) for message in messages]
    replies = [_quick_reply(line) for line in lines_of(extras.quick_replies)]
    if replies and decorated:
        decorated[-1]["quickReply"] = {"items": replies}
    values = {member: getattr(extras, field) for field, member in SENDER.items()}
    sender = {member: value for member, value in values.items() if value}
    return [{**message, "sender": sender} for message in decorated] if sender else decorated


def undecorate(messages: Sequence[Message]) -> tuple[list[Message], MessageExtras]:
    """Split messages and extras, where `decorate` restores exactly the same."""
    if not messages:
        return [], MessageExtras()
    sender, last = messages[0].get("sender"), messages[-1].get("quickReply")
    extras = MessageExtras(_lines_of_replies(last), **_sender_of(sender))
    bare = [{name: value for name, value in m.items() if name != "sender"} for m in messages]
    bare[-1].pop("quickReply", None)
    if decorate(bare, extras) == list(messages):
        return bare, extras
    return list(messages), MessageExtras()


def _quick_reply(line: str) -> dict[str, Any]:
    return {"type": "action", "action": action_of(reply_of(line))}


def _lines_of_replies(quick_reply: Any) -> str:
    items = quick_reply.get("items") if isinstance(quick_reply, dict) else None
    actions = [item.get("action") for item in items or [] if isinstance(item, dict)]
    return "\n".join(
        line_of(reply_of_action(action)) for action in actions if isinstance(action, dict)
    )


def _sender_of(sender: Any) -> dict[str, str]:
    values = sender if isinstance(sender, dict) else {}
    return {field: str(values.get(member) or "") for field, member in SENDER.items()}
