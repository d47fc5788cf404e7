"""Who answers whom: a claim that ends by itself, so that no two members answer at once."""

from datetime import timedelta

from plugin.core.clock import utcnow
from plugin.models.connections.member import Member
from plugin.models.inbox.conversation import Conversation
from plugin.models.system.audit_entry import apart_from_deed
from plugin.models.transaction import transaction

CLAIMED = timedelta(seconds=60)


def claim(conversation: Conversation, member: Member, *, take_over: bool = False) -> Member | None:
    """Claim the conversation, or renew the claim; return who has it instead, None where the claim
    was made. `take_over`: from whoever has it."""
    now = utcnow()
    with apart_from_deed(), transaction() as session:
        held = Conversation.held(conversation.id)
        other_id = claimed_by_other(held, member)
        if other_id is not None and not take_over:
            return session.get(Member, other_id)
        if held.answering_by != member.id:
            held.changed_at = now
        held.answering_by, held.answering_until = member.id, now + CLAIMED
    return None


def release(conversation: Conversation, member: Member) -> None:
    with transaction():
        held = Conversation.held(conversation.id)
        if held.answering_by == member.id:
            held.answering_by = held.answering_until = None
            held.changed_at = utcnow()


def claimed_by_other(conversation: Conversation, member: Member | None) -> int | None:
    """Return the id of another member whose claim still holds; a program has no claim."""
    until, own_id = conversation.answering_until, member.id if member is not None else None
    if until is None or until <= utcnow() or conversation.answering_by == own_id:
        return None
    return conversation.answering_by
