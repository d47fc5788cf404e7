"""LINE message objects: made from an action's inputs, and checked before they cost anything."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

Message = dict[str, Any]
TEXT_LIMIT = 5000
BUBBLES = 5
URL_LIMIT = 2000


class InvalidMessage(ValueError):
    """Says to a marketer what is wrong with the message and what to do."""


def utf16_length(text: str) -> int:
    """LINE counts UTF-16 code units, not characters (its text character count page)."""
    return len(text.encode("utf-16-le")) // 2


def from_inputs(inputs: Mapping[str, str]) -> list[Message]:
    """One to five messages from `message_json`, or from `text` and `image_url`."""
    written = inputs.get("message_json", "").strip()
    messages = _from_json(written) if written else _from_parts(inputs)
    if not messages:
        raise InvalidMessage("The message is empty: write a text, or choose an image.")
    if len(messages) > BUBBLES:
        raise InvalidMessage("LINE takes at most five messages in one send.")
    for message in messages:
        _check(message)
    return messages


def _from_json(written: str) -> list[Message]:
    try:
        parsed = json.loads(written)
    except ValueError as error:
        raise InvalidMessage(f"The message JSON cannot be read: {error}") from error
    messages = parsed if isinstance(parsed, list) else [parsed]
    if not all(isinstance(message, dict) and message.get("type") for message in messages):
        raise InvalidMessage("Each message in the JSON must be an object with a type.")
    return messages


def _from_parts(inputs: Mapping[str, str]) -> list[Message]:
    text, image = inputs.get("text", ""), inputs.get("image_url", "").strip()
    messages: list[Message] = [{"type": "text", "text": text}] if text.strip() else []
    if image:
        messages.append({"type": "image", "originalContentUrl": image, "previewImageUrl": image})
    return messages


def _check(message: Message) -> None:
    if "{{" in json.dumps(message, ensure_ascii=False):
        raise InvalidMessage("A personalization token was not filled in: the text still has {{ }}.")
    if message["type"] == "text":
        _check_text(message)
    if message["type"] == "image":
        _check_image(message)


def _check_text(message: Message) -> None:
    text = message.get("text")
    if not isinstance(text, str) or not text.strip():
        raise InvalidMessage("The text is empty.")
    if utf16_length(text) > TEXT_LIMIT:
        length = utf16_length(text)
        raise InvalidMessage(f"The text has {length:,} characters; LINE takes {TEXT_LIMIT:,}.")


def _check_image(message: Message) -> None:
    for name in ("originalContentUrl", "previewImageUrl"):
        url = str(message.get(name) or "")
        if not _is_https(url) or len(url) > URL_LIMIT:
            raise InvalidMessage("The image address must begin with https:// and be short.")


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.netloc)
