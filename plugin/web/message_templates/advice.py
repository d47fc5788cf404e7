"""Hints and links beside the phone, in the reader's language."""

from collections import defaultdict
from typing import Any, NamedTuple

from plugin.core.messages.advice.hints import hints_of
from plugin.core.messages.advice.links import Tracking, links_of
from plugin.core.messages.part import InvalidMessage
from plugin.core.messages.stand_ins import unmarked
from plugin.guards import get_deps
from plugin.services.sending.tracked_links import untracked_prefixes
from plugin.web.language import in_words
from plugin.web.message_templates.blueprint import blueprint
from plugin.web.message_templates.designs import PICTURE
from plugin.web.message_templates.preview import FormPlace, PreviewMessage

LONGEST = 70


class BubbleHint(NamedTuple):
    """A hint at its message; `field`: the id of the editor's field that mends it, "" elsewhere."""

    words: str
    field: str = ""


class Advice(NamedTuple):
    """`hints`: about all messages; `at`: hints by the number of their message, from 1 on;
    `uncounted`: addresses with the reason."""

    hints: list[str]
    at: dict[int, list[BubbleHint]]
    counted: list[str]
    uncounted: list[tuple[str, str]]


@blueprint.app_template_global("advice_for")
def advice_for(messages: list[PreviewMessage], tracks_links: bool = True) -> Advice:
    """Return the advice on messages as a phone shows them, with examples instead of tokens."""
    plain = [_plain(message) for message in messages]
    whole = [message for message in plain if message.get("type") != "problem"]
    settings = get_deps().settings
    prefix = f"{settings.base_url}/r/"
    try:
        links = links_of(whole, Tracking(prefix, untracked_prefixes(settings), tracks_links))
    except InvalidMessage:
        links = []
    hints = hints_of(plain, PICTURE)
    at: defaultdict[int, list[BubbleHint]] = defaultdict(list)
    for hint in hints:
        if hint.number:
            place = messages[hint.number - 1].get("form")
            at[hint.number].append(BubbleHint(in_words(hint.words), _field(place, hint.field)))
    general = [in_words(hint.words) for hint in hints if not hint.number]
    uncounted = [(_short(link.url), in_words(link.why)) for link in links if link.why]
    return Advice(
        general, dict(at), [_short(link.url) for link in links if not link.why], uncounted
    )


def _plain(message: PreviewMessage) -> dict[str, Any]:
    """Return the message without what the preview adds to it."""
    plain: dict[str, Any] = unmarked(message)
    return {name: value for name, value in plain.items() if name not in ("form", "pieces")}


def _field(place: FormPlace | None, wanted: str) -> str:
    if place is None:
        return ""
    fitting = (name for name in place.fields if name in (wanted, f"cards.0.{wanted}"))
    return place.prefix + next(fitting, place.fields[0])


def _short(url: str) -> str:
    return url if len(url) <= LONGEST else f"{url[: LONGEST - 1]}…"
