"""A friend's timeline: what was sent, tapped and answered, newest first."""

from datetime import datetime
from typing import Any, NamedTuple

from flask import url_for

from plugin.models.people.friend import Friend
from plugin.models.sending.delivery import Delivery
from plugin.models.sending.link_click import LinkClick
from plugin.models.sending.question import ANSWERED, TIMED_OUT, UNSENT, Question
from plugin.web.log.words import StateLabel, word_of_delivery

SHOWN = 30
EXCERPT = 120


class TimelineEvent(NamedTuple):
    """An event. `kind`: sent | tapped | answered | answered_late; `word` only for sent."""

    at: datetime
    kind: str
    text: str
    url: str
    word: StateLabel | None = None


def timeline_of(friend: Friend) -> list[TimelineEvent]:
    """Return the newest 30 events of this chat that went through Musubi."""
    deliveries = Delivery.of_friend(friend.id, SHOWN)
    events = [_sent(event) for event in deliveries]
    by_id = {event.id: event for event in deliveries}
    for click, target in LinkClick.of_deliveries(list(by_id)):
        url = _url(by_id[click.delivery_id])
        events.append(TimelineEvent(click.last_at, "tapped", target.url, url))
    for question in Question.of_friend(friend.id, (ANSWERED, TIMED_OUT, UNSENT), SHOWN):
        events += _answers(question)
    return sorted(events, key=lambda event: event.at, reverse=True)[:SHOWN]


def _sent(delivery: Delivery) -> TimelineEvent:
    at = delivery.settled_at or delivery.created_at
    word = word_of_delivery(delivery)
    return TimelineEvent(at, "sent", _excerpt(delivery.messages), _url(delivery), word)


def _answers(question: Question) -> list[TimelineEvent]:
    url = url_for("log.logged_call", call_id=question.action_call_id)
    answers = [
        (question.answered_at, "answered", question.answer),
        (question.late_at, "answered_late", question.late_answer),
    ]
    return [TimelineEvent(at, kind, text, url) for at, kind, text in answers if at is not None]


def _url(delivery: Delivery) -> str:
    if delivery.action_call_id is not None:
        return url_for("log.logged_call", call_id=delivery.action_call_id)
    return url_for("log.logged_message", delivery_id=delivery.id)


def _excerpt(messages: list[dict[str, Any]]) -> str:
    # The start of the first message that has text.
    texts = [str(message.get("text") or message.get("altText") or "") for message in messages]
    return next(filter(None, texts), "")[:EXCERPT]
