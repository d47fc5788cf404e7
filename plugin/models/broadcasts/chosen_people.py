"""People whom a draft would choose now, by what would become of them."""

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select

from plugin.core.broadcasts.buckets import BUCKETS
from plugin.models.broadcasts.audience_member import AudienceMember
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.bucket_sql import bucket, global_bucket
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.people.contact import Contact
from plugin.models.people.friend import BLOCKED, Friend
from plugin.models.people.linkage import Linkage


def friends_of_term(
    broadcast: Broadcast, chosen: Select[tuple[int]], term: str
) -> Select[tuple[Friend]]:
    """Select the friends of a term of the sum: `reach`, `held_out` or `blocked`."""
    held_out = _held_out(broadcast)
    conditions = {
        "reach": and_(Friend.status != BLOCKED, ~held_out),
        "held_out": and_(Friend.status != BLOCKED, held_out),
        "blocked": Friend.status == BLOCKED,
    }
    own = Friend.official_account_id == broadcast.official_account_id
    return select(Friend).where(own, Friend.id.in_(chosen), conditions.get(term, false()))


def members_without_friend(broadcast: Broadcast) -> Select[tuple[AudienceMember]]:
    """Select the contacts of a list who are not linked with a friend of the account."""
    linked = exists(
        select(Linkage.id)
        .join(Contact, Contact.id == Linkage.contact_row_id)
        .where(
            Linkage.official_account_id == broadcast.official_account_id,
            Contact.contact_id == AudienceMember.contact_id,
        )
    )
    of_broadcast = AudienceMember.broadcast_id == broadcast.id
    return select(AudienceMember).where(
        of_broadcast, AudienceMember.contact_id.is_not(None), ~linked
    )


def _held_out(broadcast: Broadcast) -> ColumnElement[bool]:
    rules = SendingRules.of_account(broadcast.official_account_id)
    always = rules.holdout_percent if rules else 0
    friend_id = Friend.id.expression
    own = bucket(broadcast.id, friend_id) < BUCKETS * broadcast.holdout_percent // 100
    return or_(own, global_bucket(friend_id) < BUCKETS * always // 100)
