"""Broadcasts, links, scans, lists, follows and blocks of a friend's timeline."""

from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import func, select

from plugin.core.broadcasts.reasons import words_of
from plugin.models.audience.synced_list import ListMembership, SyncedList
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.measures import StatusChange
from plugin.models.broadcasts.recipient import (
    FAILED,
    HELD_OUT,
    LEFT_OUT,
    SENT,
    UNKNOWN,
    Recipient,
)
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.friend import FOLLOWING, Friend
from plugin.models.people.linkage import LINKING_EVENTS
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.services.sync.synced_words import kept_lists
from plugin.web.friends.contact_names import contact_names
from plugin.web.friends.timeline_event import Stretch, TimelineEvent, plain
from plugin.web.log.words import StateLabel


def broadcasts(friend: Friend, stretch: Stretch) -> list[TimelineEvent]:
    statement = select(Recipient, Broadcast).join(Broadcast).where(Recipient.friend_id == friend.id)
    rows = db.session.execute(stretch.newest(statement, _MOMENT))
    return [
        TimelineEvent(
            _moment_of(recipient, broadcast),
            "broadcast",
            _state_of(recipient),
            broadcast.name,
            url_for("broadcasts.broadcast", broadcast_id=broadcast.id),
        )
        for recipient, broadcast in rows.tuples()
    ]


# The same as `_moment_of`, in the database.
_MOMENT = func.coalesce(
    Recipient.settled_at, Recipient.claimed_at, Broadcast.frozen_at, Broadcast.created_at
)


def _moment_of(recipient: Recipient, broadcast: Broadcast) -> datetime:
    frozen_at = broadcast.frozen_at or broadcast.created_at
    return recipient.settled_at or recipient.claimed_at or frozen_at


def _state_of(recipient: Recipient) -> StateLabel:
    reason = words_of(recipient.reason)
    if recipient.state == LEFT_OUT:
        words = reason.translated(_) if reason else recipient.reason
        return StateLabel("warn", _("Left out of a broadcast (%(why)s)", why=words))
    return {
        SENT: StateLabel("ok", _("Broadcast accepted by LINE")),
        FAILED: StateLabel("bad", _("Broadcast refused by LINE")),
        UNKNOWN: StateLabel("warn", _("Broadcast: LINE's answer was lost")),
        HELD_OUT: StateLabel("none", _("Held out of a broadcast")),
    }.get(recipient.state, StateLabel("busy", _("Waits for a broadcast")))


def links(friend: Friend, stretch: Stretch) -> list[TimelineEvent]:
    statement = select(HistoryEntry).where(
        HistoryEntry.official_account_id == friend.official_account_id,
        HistoryEntry.line_user_id == friend.line_user_id,
        HistoryEntry.event_type.in_(LINKING_EVENTS),
    )
    words = {
        "linked": _("Linked with contact"),
        "moved": _("Moved to contact"),
        "unlinked": _("Unlinked from contact"),
    }
    rows = db.session.scalars(stretch.newest(statement, HistoryEntry.at)).all()
    names = contact_names(row.contact_id for row in rows)
    return [
        TimelineEvent(
            row.at,
            "link",
            plain(words[row.event_type]),
            names.get(row.contact_id, str(row.contact_id)),
        )
        for row in rows
    ]


def scans(friend: Friend, stretch: Stretch) -> list[TimelineEvent]:
    word = _("Scanned, or opened the link of")
    statement = select(LoginAttempt, QRCode).join(QRCode)
    statement = statement.where(
        LoginAttempt.line_user_id == friend.line_user_id,
        QRCode.official_account_id == friend.official_account_id,
        LoginAttempt.returned_at.is_not(None),
    )
    returned_at = func.coalesce(LoginAttempt.returned_at, LoginAttempt.expires_at)
    rows = db.session.execute(stretch.newest(statement, returned_at))
    return [
        TimelineEvent(attempt.returned_at, "scan", plain(word), code.name)
        for attempt, code in rows.tuples()
        if attempt.returned_at is not None
    ]


def lists(friend: Friend, _: Stretch) -> list[TimelineEvent]:
    if friend.linkage is None:
        return []
    rows = kept_lists(friend.linkage.contact)
    return [event for membership, synced in rows for event in _list_events(membership, synced)]


def _list_events(membership: ListMembership, synced: SyncedList) -> list[TimelineEvent]:
    moments = [
        (membership.joined_at, "joined", _("Joined the list")),
        (membership.left_at, "left", _("Left the list")),
    ]
    return [
        TimelineEvent(at, kind, plain(word), synced.name)
        for at, kind, word in moments
        if at is not None
    ]


def status_changes(friend: Friend, stretch: Stretch) -> list[TimelineEvent]:
    statement = select(StatusChange).where(StatusChange.friend_id == friend.id)
    rows = db.session.scalars(stretch.newest(statement, StatusChange.at))
    followed, blocked = _("Added the account as a friend"), _("Blocked the account")
    return [
        TimelineEvent(
            row.at, "followed" if row.status == FOLLOWING else "blocked",
            plain(followed if row.status == FOLLOWING else blocked),
        )
        for row in rows
    ]  # fmt: skip
