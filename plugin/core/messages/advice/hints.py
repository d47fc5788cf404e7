"""What LINE takes but will not show as the marketer expects."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from plugin.core.messages.advice.heights import SCREEN, height_of
from plugin.core.messages.part import utf16_length
from plugin.core.messages.text_links import links_in
from plugin.core.text.sentences import N_, Sentence

FOLDED = 500
Message = dict[str, Any]


class Hint(NamedTuple):
    """`number`: of the message from 1 on; 0: about all of them. `field`: what the editor calls the
    part that it speaks of, "" for the whole message."""

    number: int
    words: Sentence
    field: str = ""


def hints_of(messages: Sequence[Message], own_picture: str = "") -> list[Hint]:
    """Return the hints of messages with examples instead of tokens. `own_picture`: the end of the
    gallery's example picture's address."""
    hints = [
        Hint(number, Sentence(words), field)
        for number, message in enumerate(messages, 1)
        for words, field in _of_message(message, own_picture)
    ]
    return hints + [Hint(0, Sentence(words)) for words in _of_all(messages)]


def _of_message(message: Message, own_picture: str) -> Iterator[tuple[str, str]]:
    kind, text = message.get("type"), message.get("text")
    if kind in ("text", "textV2") and isinstance(text, str) and utf16_length(text) > FOLDED:
        words = N_("LINE folds a long text: the rest shows after a tap. Begin with what matters.")
        yield words, "text"
    elif height_of(message) > SCREEN:
        words = N_(
            "It is taller than the screen of a small phone, even more below an open rich menu."
            " Buttons at the end are seen after scrolling only."
        )
        yield words, ""
    if links_in(message):
        words = N_("Friends see the address in the text. A button says better where it leads.")
        yield words, "text"
    if kind == "flex":
        yield from _of_flex(message, own_picture)
    if kind == "video":
        yield N_("In a chat, few people watch a video for more than a minute."), "video_url"


def _of_flex(message: Message, own_picture: str) -> Iterator[tuple[str, str]]:
    if not str(message.get("altText") or "").strip():
        yield N_("Without a text in the list of chats, LINE does not take it."), "alt_text"
    written = list(_values(message.get("contents")))
    if any(value == "giga" for name, value in written if name == "size"):
        yield N_("The size giga is wider than small phones show: LINE narrows it there."), "json"
    if own_picture and any(value.endswith(own_picture) for name, value in written if name == "url"):
        yield N_("It still shows the example picture."), "image_url"


def _of_all(messages: Sequence[Message]) -> Iterator[str]:
    replies = [number for number, message in enumerate(messages, 1) if message.get("quickReply")]
    if replies and replies != [len(messages)]:
        yield N_("LINE shows quick replies below the last message only.")
    if replies:
        yield N_("Quick replies vanish with the next message, and computers do not show them.")
    if len(messages) > 1:
        yield N_("These messages arrive together and count as one message of the month.")


def _values(contents: Any) -> Iterator[tuple[str, str]]:
    remaining = [contents]
    while remaining:
        value = remaining.pop()
        if isinstance(value, list):
            remaining.extend(value)
        elif isinstance(value, dict):
            yield from ((name, text) for name, text in value.items() if isinstance(text, str))
            remaining.extend(value.values())
