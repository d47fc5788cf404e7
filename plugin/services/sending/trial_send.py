"""Test messages: a template sent to a friend that a team member chose."""

import uuid
from datetime import timedelta

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


def send_test(deps: Dependencies, template: Template, friend: Friend, member: Member) -> Delivery:
    """Send the current version, and remember the friend as this member's choice. Raise
    `GatewayError` where LINE or HubSpot cannot be reached; a job tries again."""
    now, version = utcnow(), TemplateVersion.current(template)
    delivery = Delivery(
        official_account_id=template.official_account_id,
        friend=friend,
        retry_key=str(uuid.uuid4()),
        messages=version.messages,
        template_id=template.id,
        template_version=version.number,
        filling=PENDING,
        created_at=now,
        give_up_at=now + GIVE_UP,
    )
    chosen = {**member.test_friends, str(template.official_account_id): friend.id}
    with transaction() as session:
        member.test_friends = chosen
        session.add(delivery)
        session.flush()
        enqueue("deliver", delivery.id, friend.official_account.installation_id, delay=BEHIND)
    deliver(deps, delivery.id)
    return delivery
