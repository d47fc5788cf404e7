"""A friend's timeline: what happened between them and the account, newest first."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from plugin.models.people.friend import Friend
from plugin.web.friends import timeline_messages as messages
from plugin.web.friends import timeline_sources as sources
from plugin.web.friends.timeline_event import SHOWN, Stretch, TimelineEvent

Source = Callable[[Friend, Stretch], list[TimelineEvent]]
# By kind, as the filter offers them: one or two statements each.
SOURCES: dict[str, Sequence[Source]] = {
    "messages": (
        messages.sent,
        messages.tapped,
        messages.conversation,
        messages.received,
        messages.answers,
    ),
    "broadcasts": (sources.broadcasts,),
    "links": (sources.links, sources.scans),
    "lists": (sources.lists,),
    "status": (sources.status_changes,),
}


class Timeline(NamedTuple):
    """`older`: the moment before which there is more, None at the end."""

    events: list[TimelineEvent]
    older: datetime | None


def timeline_of(friend: Friend, kind: str = "", before: datetime | None = None) -> Timeline:
    """Return 30 events, newest first, of one kind only where it is given. Events of one moment
    stand on one page."""
    chosen = [SOURCES[kind]] if kind in SOURCES else SOURCES.values()
    stretch = Stretch(before)
    found = [event for group in chosen for source in group for event in source(friend, stretch)]
    events = [event for event in found if before is None or event.at < before]
    events.sort(key=lambda event: event.at, reverse=True)
    if len(events) <= SHOWN:
        return Timeline(events, None)
    last = events[SHOWN - 1].at
    shown = [event for event in events if event.at >= last]
    return Timeline(shown, last if len(events) > len(shown) else None)
