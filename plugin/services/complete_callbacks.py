"""Telling HubSpot how held executions ended, a hundred a call."""

from plugin.core.clock import utcnow
from plugin.gateways import CallbackCompletion
from plugin.models.base import transaction
from plugin.models.installation import Installation
from plugin.models.sending import COMPLETED, EXPIRED, ActionCall
from plugin.services import Outside
from plugin.services.executions import outputs_of
from plugin.services.portal_access import portal

BATCH = 100


def complete_callbacks(outside: Outside, installation_id: int) -> bool:
    """Complete one batch; True where more wait. Raises `GatewayError` with nothing lost."""
    installation = Installation.by_id(installation_id)
    if installation is None or not installation.is_alive:
        return False
    owed = ActionCall.owing(installation_id, BATCH)
    if not owed:
        return False
    access = portal(outside, installation_id)
    ends = [CallbackCompletion(call.callback_id, outputs_of(call)) for call in owed]
    refused = outside.gateways.hubspot.complete_callbacks(access, ends)
    with transaction():
        for call in owed:
            note = refused.get(call.callback_id, "")
            # HubSpot went on without us, or forgot it: nobody hears the end any more.
            call.state, call.completed_at = EXPIRED if note else COMPLETED, utcnow()
            call.note = note[:255]
    return len(owed) == BATCH
