"""A friend's timeline: what happened between them and the account, newest first."""

from collections.abc import Callable, Sequence

from plugin.models.people.friend import Friend
from plugin.web.friends import timeline_sources as sources
from plugin.web.friends.timeline_event import SHOWN, TimelineEvent

# By kind, as the filter offers them: one or two statements each.
SOURCES: dict[str, Sequence[Callable[[Friend], list[TimelineEvent]]]] = {
    "messages": (sources.sent_and_tapped, sources.received, sources.answers),
    "broadcasts": (sources.broadcasts,),
    "links": (sources.links, sources.scans),
    "lists": (sources.lists,),
    "status": (sources.status_changes,),
}


def timeline_of(friend: Friend, kind: str = "") -> list[TimelineEvent]:
    """Return the newest 30 events, of one kind only where it is given."""
    chosen = [SOURCES[kind]] if kind in SOURCES else SOURCES.values()
    events = [event for group in chosen for source in group for event in source(friend)]
    return sorted(events, key=lambda event: event.at, reverse=True)[:SHOWN]
