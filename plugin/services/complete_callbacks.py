"""Telling HubSpot how held executions ended, a hundred a call."""

from collections.abc import Sequence

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
    """Complete one batch; True where more wait. Raises `GatewayError` with nothing lost.

    What HubSpot has taken is written down at once: nothing is told twice because the rest of a
    batch fails.
    """
    installation = Installation.by_id(installation_id)
    if installation is None or not installation.is_alive:
        return False
    owed = {call.callback_id: call for call in ActionCall.owing(installation_id, BATCH)}
    if not owed:
        return False
    access = portal(outside, installation_id)
    ends = [CallbackCompletion(name, outputs_of(call)) for name, call in owed.items()]

    def heard(names: Sequence[str]) -> None:
        with transaction():
            for name in names:
                _close(owed[name])

    refused = outside.gateways.hubspot.complete_callbacks(access, ends, heard)
    if refused:
        with transaction():
            for name, note in refused.items():
                _close(owed[name], note)
    return len(owed) == BATCH


def _close(call: ActionCall, refusal: str = "") -> None:
    """`refusal`: HubSpot went on without us, or forgot it, so that nobody hears the end."""
    call.state, call.completed_at = EXPIRED if refusal else COMPLETED, utcnow()
    call.note = refusal[:255]
