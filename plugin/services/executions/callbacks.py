"""Completes held executions in HubSpot, a hundred per call."""

from collections.abc import Sequence

from plugin.core.clock import utcnow
from plugin.gateways import CallbackCompletion
from plugin.models.connections.installation import Installation
from plugin.models.sending.action_call import COMPLETED, EXPIRED, ActionCall
from plugin.models.system.fence import LeaseLost
from plugin.models.system.job import is_held
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.executions.execution import outputs_of

BATCH = 100


def complete_callbacks(deps: Dependencies, installation_id: int, owner: str) -> bool:
    """Complete one batch; True where more wait. `owner` holds this installation's job. Raise
    `GatewayError` with nothing lost, or `LeaseLost`."""
    installation = Installation.by_id(installation_id)
    if installation is None or not installation.is_alive:
        return False
    access = portal_access(deps, installation_id)
    # Only the lease keeps two workers from completing the same callbacks, so the database confirms
    # it before the call and after it.
    with transaction():
        _check_lease(installation_id, owner)
        calls = {call.callback_id: call for call in ActionCall.pending_of(installation_id, BATCH)}
    if not calls:
        return False
    completions = [CallbackCompletion(name, outputs_of(call)) for name, call in calls.items()]

    # Stored at once: if the rest of the batch fails, these are not completed twice.
    def store_completed(names: Sequence[str]) -> None:
        with transaction():
            _check_lease(installation_id, owner)
            for name in names:
                _close(calls[name])

    refused = deps.gateways.hubspot.complete_callbacks(access, completions, store_completed)
    if refused:
        with transaction():
            _check_lease(installation_id, owner)
            for name, refusal_text in refused.items():
                _close(calls[name], refusal_text)
    return len(calls) == BATCH


def _check_lease(installation_id: int, owner: str) -> None:
    if not is_held("complete_callbacks", installation_id, owner):
        raise LeaseLost("Somebody else completes the callbacks of this portal")


def _close(call: ActionCall, refusal: str = "") -> None:
    # A refusal: HubSpot went on by itself, or forgot the execution.
    call.state, call.completed_at = EXPIRED if refusal else COMPLETED, utcnow()
    call.note = refusal[:255]
