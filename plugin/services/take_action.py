"""An execution taken down for later: in a crowd HubSpot is told to wait, and batches are run.

What a call costs alone (looking up, planning, sending) is many times what it costs among fifty.
"""

from datetime import timedelta

from plugin.core.clock import utcnow
from plugin.core.crowd import Crowd
from plugin.models.base import repeated, transaction
from plugin.models.job import plant
from plugin.models.taking import Taking, take, take_alone
from plugin.services.executions import SUCCESS, Action, Answer, Execution

# While they come, the workers are woken no more often than this.
ROUSE_SECONDS = 0.25


@repeated
def take_action(
    action: Action,
    execution: Execution,
    longer: timedelta = timedelta(0),
    crowd: Crowd | None = None,
) -> Answer | None:
    """Keep an execution and answer BLOCK, for as long as the action says and `longer`.

    None: it is known already, or the portal is not connected. `crowd` remembers for the next
    calls that somebody is awake; the job looks on for a while (`run_taken`).
    """
    now = utcnow()
    expires = now + longer + action.hold(execution.inputs)
    portal_id, inputs = execution.portal_id, execution.inputs
    row = Taking(
        portal_id, execution.callback_id, action.name, execution.contact_id, inputs, now, expires
    )
    answer = Answer(SUCCESS, {}, expires)
    if crowd is not None and crowd.was_roused(portal_id, ROUSE_SECONDS):
        return answer if take_alone(row) else None
    with transaction():
        installation_id = take(row)
        if installation_id is None:
            return None
        plant("run_taken", installation_id, installation_id)
    if crowd is not None:
        crowd.note_roused(portal_id)
    return answer
