"""A friend's timeline: what was sent, tapped and answered, the newest first."""

from datetime import datetime
from typing import Any, NamedTuple

from flask import url_for

from plugin.models.link_click import LinkClick
from plugin.models.people import Friend
from plugin.models.question import ANSWERED, TIMED_OUT, UNSENT, Question
from plugin.models.sending import Delivery
from plugin.web.log_words import Word, word_of_delivery

SHOWN = 30
EXCERPT = 120


class Happening(NamedTuple):
    """One line. `kind`: sent | tapped | answered | answered_late; `word` only for what was sent."""

    at: datetime
    kind: str
    text: str
    url: str
    word: Word | None = None


def timeline_of(friend: Friend) -> list[Happening]:
    """The newest thirty things that happened in this chat through Musubi."""
    deliveries = Delivery.of_friend(friend.id, SHOWN)
    found = [_sent(one) for one in deliveries]
    by_id = {one.id: one for one in deliveries}
    for click, target in LinkClick.of_deliveries(list(by_id)):
        url = _place(by_id[click.delivery_id])
        found.append(Happening(click.last_at, "tapped", target.url, url))
    for question in Question.of_friend(friend.id, (ANSWERED, TIMED_OUT, UNSENT), SHOWN):
        found += _answers(question)
    return sorted(found, key=lambda one: one.at, reverse=True)[:SHOWN]


def _sent(delivery: Delivery) -> Happening:
    at = delivery.settled_at or delivery.created_at
    word = word_of_delivery(delivery)
    return Happening(at, "sent", _excerpt(delivery.messages), _place(delivery), word)


def _answers(question: Question) -> list[Happening]:
    url = url_for("web.logged_call", call_id=question.action_call_id)
    given = [
        (question.answered_at, "answered", question.answer),
        (question.late_at, "answered_late", question.late_answer),
    ]
    return [Happening(at, kind, text, url) for at, kind, text in given if at is not None]


def _place(delivery: Delivery) -> str:
    if delivery.action_call_id is not None:
        return url_for("web.logged_call", call_id=delivery.action_call_id)
    return url_for("web.logged_message", delivery_id=delivery.id)


def _excerpt(messages: list[dict[str, Any]]) -> str:
    """The first words of the first message that has any."""
    texts = [str(one.get("text") or one.get("altText") or "") for one in messages]
    return next(filter(None, texts), "")[:EXCERPT]
