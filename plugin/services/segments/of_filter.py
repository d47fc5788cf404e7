"""A filter of the friend list as a segment."""

from typing import Any

from plugin.core.segments.rule import RuleFault
from plugin.core.text.sentences import Sentence
from plugin.models.audience.checked_rule import RuleError
from plugin.models.audience.segment import Segment
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend_search import FriendFilter
from plugin.models.transaction import transaction
from plugin.services.segments.library import add_segment

NO_WORDS = Sentence(
    "A segment has no search by words. Remove the words, or tag these friends and choose by the"
    " tag."
)


def is_rule(filters: FriendFilter) -> bool:
    """Return whether a rule can say the same: it knows no words, and nobody one by one."""
    return not filters.q.strip() and not filters.ids


def save_filter(
    account: OfficialAccount, name: str, filters: FriendFilter, by: str = ""
) -> Segment:
    """Create a segment of the account's friends who fit. Raise `RuleError`."""
    with transaction():
        return add_filter(account, name, filters, by)


def add_filter(account: OfficialAccount, name: str, filters: FriendFilter, by: str) -> Segment:
    """Do the same inside the caller's transaction."""
    if not is_rule(filters):
        raise RuleError([RuleFault("", NO_WORDS)])
    return add_segment(account, name, _rule(filters), by)


def _rule(filters: FriendFilter) -> dict[str, Any]:
    asked = {
        "linkage.linked": filters.linked,
        "friend.status": filters.status or None,
        "friend.tag": filters.tag or None,
        "segment": filters.segment,
    }
    conditions = [
        {"field": field, "op": "is", "value": value}
        for field, value in asked.items()
        if value is not None
    ]
    return {"all": conditions}
