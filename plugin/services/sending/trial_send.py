"""Test messages, sent to a friend that a team member chose."""

import uuid
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy.exc import IntegrityError

from plugin.core.clock import utcnow
from plugin.models.connections.member import Member
from plugin.models.people.friend import Friend
from plugin.models.sending.delivery import Delivery
from plugin.models.sending.template import Template
from plugin.models.sending.template_version import TemplateVersion
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.sending.deliver import deliver
from plugin.services.sending.personalise import PENDING

GIVE_UP = timedelta(minutes=5)
# The member waits for the result, so the first try is made here; the job is for a crash.
BEHIND = timedelta(seconds=30)


class Trial(NamedTuple):
    """What is tried: a template's version, or messages that belong to none."""

    messages: list[dict[str, Any]]
    template_id: int | None = None
    template_version: int | None = None
    silent: bool = False

    @classmethod
    def of(cls, template: Template) -> "Trial":
        version = TemplateVersion.current(template)
        return cls(version.messages, template.id, version.number)


def send_test(
    deps: Dependencies, trial: Trial, friend: Friend, member: Member | None, form_key: str = ""
) -> Delivery:
    """Send it once for each `form_key`, which is the same for each press of a form, and remember
    the friend as this member's choice; None: a program's test. Raise `GatewayError` where LINE or
    HubSpot cannot be reached; a job tries again."""
    now, key = utcnow(), _retry_key(trial, friend, form_key)
    sent_before = Delivery.by_retry_key(key)
    if sent_before is not None:
        return sent_before
    delivery = Delivery(
        official_account_id=friend.official_account_id,
        friend=friend,
        retry_key=key,
        **trial._asdict(),
        filling=PENDING,
        created_at=now,
        give_up_at=now + GIVE_UP,
    )
    try:
        _enqueue(delivery, member)
    except IntegrityError:
        # The same form was pressed at the same moment.
        sent_before = Delivery.by_retry_key(key)
        if sent_before is None:
            raise
        return sent_before
    deliver(deps, delivery.id)
    return delivery


def _enqueue(delivery: Delivery, member: Member | None) -> None:
    friend = delivery.friend
    with transaction() as session:
        if member is not None:
            chosen = {str(friend.official_account_id): friend.id}
            member.test_friends = {**member.test_friends, **chosen}
        session.add(delivery)
        session.flush()
        enqueue("deliver", delivery.id, friend.official_account.installation_id, delay=BEHIND)


def _retry_key(trial: Trial, friend: Friend, form_key: str) -> str:
    if not form_key:
        return str(uuid.uuid4())
    return str(uuid.uuid5(uuid.NAMESPACE_URL, repr(("test", friend.id, trial, form_key))))
