"""LINE message objects as a draft of the editor keeps them, and back."""

from collections.abc import Mapping, Sequence
from typing import Any

from plugin.core.messages.compose import MessageExtras, decorate, undecorate
from plugin.core.messages.drafts import draft_of, message_of
from plugin.core.messages.part import InvalidMessage


def content_of(
    name: str, account_id: int, messages: Sequence[dict[str, Any]], *, tracks_links: bool
) -> dict[str, Any]:
    """Return what the editor holds; the messages were checked before."""
    bare, extras = undecorate(messages)
    return {
        "name": name,
        "account": account_id,
        "drafts": [draft_of(message) for message in bare],
        "extras": dict(extras._asdict()),
        "tracks_links": tracks_links,
    }


def messages_of(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the draft's messages. Raise `InvalidMessage` where one of them is not complete."""
    drafts = [each for each in content.get("drafts") or [] if isinstance(each, dict)]
    extras = MessageExtras.of(dict(content.get("extras") or {}))
    messages = []
    for place, draft in enumerate(drafts):
        try:
            messages.append(message_of(draft))
        except InvalidMessage as error:
            raise error.at(place) from None
    return decorate(messages, extras)
