"""Whether one person is in a segment."""

from sqlalchemy import exists, select

from plugin.models.audience.compile import members
from plugin.models.audience.segment import Segment
from plugin.models.base import db
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.services.segments.library import checked


def is_member(segment: Segment, contact_row_ids: list[int]) -> bool:
    """Return whether the friend who is linked to the contact is in the segment at this moment;
    raise `RuleError` where something that its rule names is gone."""
    rule = checked(segment)
    linked = select(Linkage.friend_id).where(
        Linkage.official_account_id == segment.official_account_id,
        Linkage.contact_row_id.in_(contact_row_ids),
    )
    friend_id = db.session.scalar(linked)
    if friend_id is None:
        return False
    # About one friend the database looks up what there is about them, and no more.
    scope = rule.scope(one_by_one=True)
    found = members(rule.rule, scope).where(Friend.id == friend_id)
    return bool(db.session.scalar(select(exists(found))))
