"""Previews of messages: examples replace tokens, problems replace invalid messages."""

from typing import Any

from plugin.core.messages.compose import MessageExtras, decorate
from plugin.core.messages.drafts import Draft, message_of
from plugin.core.messages.part import InvalidMessage
from plugin.core.messages.personalise import sample
from plugin.web.language import in_words

PreviewMessage = dict[str, Any]


def preview_drafts(drafts: list[Draft], extras: MessageExtras) -> list[PreviewMessage]:
    """Return a message for each draft, as the preview's macros take them."""
    return preview_messages(decorate([_built(draft) for draft in drafts], extras))


def preview_messages(messages: list[dict[str, Any]]) -> list[PreviewMessage]:
    """Return the preview of whole messages."""
    return [_example(message) for message in messages]


def _built(draft: Draft) -> PreviewMessage:
    try:
        return message_of(draft)
    except InvalidMessage as error:
        return {"type": "problem", "text": in_words(error.problem)}


def _example(message: dict[str, Any]) -> PreviewMessage:
    try:
        return sample([message])[0]
    except InvalidMessage as error:
        return {"type": "problem", "text": in_words(error.problem)}
