"""Whether one person is in a segment."""

from sqlalchemy import exists, select

from plugin.models.audience.checked_rule import CheckedRule
from plugin.models.audience.compile import members
from plugin.models.base import db
from plugin.models.people.friend import Friend


def is_member(rule: CheckedRule, friend_id: int) -> bool:
    """Return whether the rule chooses the friend, of its account, at this moment."""
    # About one friend the database looks up what there is about them, and no more.
    scope = rule.scope(one_by_one=True)
    found = members(rule.rule, scope).where(Friend.id == friend_id)
    return bool(db.session.scalar(select(exists(found))))
