"""The accounts' rules of sending, for the executions of one transaction."""

from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.sending_hours import longest_closed
from plugin.models.base import db
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.connections.installation import Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.services.actions.load import LoadGauge
from plugin.services.sending.frequency_cap import counted_messages
from plugin.services.sending.quiet_hours import held_until

CAPPED = "The friend had as many messages lately as the frequency cap allows."
TOO_LONG = "The quiet hours last longer than HubSpot waits for this message."
# The answer for a portal holds this long, so that a burst does not ask for each execution.
KNOWN_SECONDS = 5.0


class SendingLimits:
    """`linkages`: those of the transaction's contacts. What is planned in it counts at once."""

    def __init__(self, linkages: Callable[[], Collection[Linkage]]) -> None:
        self._linkages = linkages
        self._rules: dict[int, SendingRules | None] = {}
        self._counts: dict[int, Counter[int]] = {}

    def take_place(self, friend: Friend) -> bool:
        """Count a message that is about to be planned; False: the cap leaves no place for it."""
        rules = self._rules_of(friend.official_account_id)
        if rules is None or rules.cap_messages is None:
            return True
        counts = self._counts.get(rules.official_account_id)
        if counts is None or friend.id not in counts:
            counts = self._count(friend, rules)
        if counts[friend.id] >= rules.cap_messages:
            return False
        counts[friend.id] += 1
        return True

    def opening(self, account: OfficialAccount, friend: Friend) -> datetime | None:
        """Return until when quiet hours hold the friend's messages; None: they may go out."""
        rules = self._rules_of(account.id)
        if rules is None or rules.open_hours is None:
            return None
        return held_until(account, [friend.id], utcnow()).get(friend.id)

    def _rules_of(self, account_id: int) -> SendingRules | None:
        if account_id not in self._rules:
            self._rules[account_id] = SendingRules.of_account(account_id)
        return self._rules[account_id]

    def _count(self, friend: Friend, rules: SendingRules) -> Counter[int]:
        """Count for all of the transaction's friends at once, which locks them in order."""
        linkages = [
            linkage
            for linkage in self._linkages()
            if linkage.official_account_id == rules.official_account_id
        ]
        # Contacts are locked before friends: a refusal is stored on both.
        contacts = select(Contact.id).where(
            Contact.id.in_([linkage.contact_row_id for linkage in linkages])
        )
        db.session.execute(contacts.order_by(Contact.id).with_for_update(of=Contact))
        known = self._counts.setdefault(rules.official_account_id, Counter())
        friend_ids = {friend.id, *(linkage.friend_id for linkage in linkages)} - set(known)
        counts = counted_messages(friend_ids, utcnow() - timedelta(days=rules.cap_days))
        # A friend without messages is known too.
        known.update({friend_id: counts[friend_id] for friend_id in friend_ids})
        return known


def longest_hold(portal_id: int, load: LoadGauge | None) -> timedelta:
    """Return how much longer quiet hours may hold a portal's queued messages at most."""
    known = load.known_hold(portal_id, KNOWN_SECONDS) if load else None
    if known is not None:
        return known
    hours = db.session.scalars(
        select(SendingRules.open_hours)
        .join(OfficialAccount, OfficialAccount.id == SendingRules.official_account_id)
        .join(Installation, Installation.id == OfficialAccount.installation_id)
        .where(Installation.portal_id == portal_id, SendingRules.open_hours.is_not(None))
    )
    longest = max((longest_closed(week) for week in hours if week), default=timedelta(0))
    if load is not None:
        load.note_hold(portal_id, longest)
    return longest
