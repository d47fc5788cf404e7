"""What a message will look like: examples in the place of tokens, complaints in that of bubbles."""

from typing import Any

from plugin.core.bubbles import Draft, message_of
from plugin.core.message_part import InvalidMessage
from plugin.core.messages import Extras, dressed
from plugin.core.personalise import sample
from plugin.web.sentences import in_words

Shown = dict[str, Any]


def shown(drafts: list[Draft], extras: Extras) -> list[Shown]:
    """One message for each draft, as the preview's macros take them."""
    return shown_messages(dressed([_made(draft) for draft in drafts], extras))


def shown_messages(messages: list[dict[str, Any]]) -> list[Shown]:
    """The same for messages that are whole."""
    return [_example(message) for message in messages]


def _made(draft: Draft) -> Shown:
    try:
        return message_of(draft)
    except InvalidMessage as error:
        return {"type": "problem", "text": in_words(error.problem)}


def _example(message: dict[str, Any]) -> Shown:
    try:
        return sample([message])[0]
    except InvalidMessage as error:
        return {"type": "problem", "text": in_words(error.problem)}
