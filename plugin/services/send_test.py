"""A template sent to oneself: a friend of the account that a team member chose."""

import uuid
from datetime import timedelta

from plugin.core.clock import utcnow
from plugin.models.base import transaction
from plugin.models.installation import Member
from plugin.models.job import plant
from plugin.models.people import Friend
from plugin.models.sending import Delivery
from plugin.models.template import Template, TemplateVersion
from plugin.services import Outside
from plugin.services.deliver import deliver
from plugin.services.personalise import OWED

GIVE_UP = timedelta(minutes=5)
# The sender is looking, so the first try is made here; a job takes over where it dies.
BEHIND = timedelta(seconds=30)


def send_test(outside: Outside, template: Template, friend: Friend, member: Member) -> Delivery:
    """Send what the template says now, and remember whom this person sends tests to.

    Raises `GatewayError` where LINE or HubSpot cannot be reached; it is tried again by a job.
    """
    now, version = utcnow(), TemplateVersion.current(template)
    delivery = Delivery(
        official_account_id=template.official_account_id,
        friend=friend,
        retry_key=str(uuid.uuid4()),
        messages=version.messages,
        template_id=template.id,
        template_version=version.number,
        filling=OWED,
        created_at=now,
        give_up_at=now + GIVE_UP,
    )
    chosen = {**member.test_friends, str(template.official_account_id): friend.id}
    with transaction() as session:
        member.test_friends = chosen
        session.add(delivery)
        session.flush()
        plant("deliver", delivery.id, friend.official_account.installation_id, delay=BEHIND)
    deliver(outside, delivery.id)
    return delivery
