"""Executions queued under load: HubSpot is told to wait, and jobs run them in batches of fifty. One
execution alone costs many times what it costs in a batch."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import DataError, SQLAlchemyError

from plugin.core.clock import utcnow
from plugin.models.connections.installation import Installation
from plugin.models.sending.action_call import (
    ANSWERED,
    ActionCall,
    QueuedExecution,
    claim_queued,
    insert_one_queued,
    insert_queued,
)
from plugin.models.system.job import Claimed, enqueue, enqueue_many, note_payload
from plugin.models.transaction import retried, transaction
from plugin.services import Dependencies
from plugin.services.actions.context import Action, ActionContext
from plugin.services.actions.load import LoadGauge
from plugin.services.actions.registry import ACTIONS
from plugin.services.actions.sending_limits import longest_hold
from plugin.services.executions.execution import (
    SUCCESS,
    Answer,
    Execution,
    FollowUp,
    refusal,
    refused_object,
    store_answer,
    time_until,
)

# Under load the workers are woken no more often than this.
WAKE_SECONDS = 0.25


@retried
def queue_execution(
    action: Action,
    execution: Execution,
    longer: timedelta = timedelta(0),
    load: LoadGauge | None = None,
) -> Answer | None:
    """Queue an execution and answer BLOCK, for the action's hold plus `longer`. None: it is known
    already, or the portal is not connected. `load` remembers when the workers were woken."""
    refused = refused_object(execution)
    if refused is not None:
        return refused
    now = utcnow()
    portal_id, inputs = execution.portal_id, execution.inputs
    if action.has_quiet_hours:
        longer += longest_hold(portal_id, load)
    expires = now + longer + action.hold(inputs)
    row = QueuedExecution(
        portal_id, execution.callback_id, action.name, execution.contact_id, inputs, now, expires
    )
    answer = Answer(SUCCESS, {}, expires)
    if load is not None and load.was_woken(portal_id, WAKE_SECONDS):
        return answer if insert_one_queued(row) else None
    with transaction():
        installation_id = insert_queued(row)
        if installation_id is None:
            return None
        enqueue("run_taken", installation_id, installation_id)
    if load is not None:
        load.note_woken(portal_id)
    return answer


log = structlog.get_logger()
BATCH = 50
EMPTY = "found nothing"
# Calls that found the workers awake have enqueued no job.
LOOK_AGAIN = timedelta(seconds=1)
# HubSpot refuses us for the moment, and queued executions wait.
REFUSED_WAIT = timedelta(minutes=1)
BROKEN = "Musubi could not do this. Try again, or tell whoever runs Musubi."


def run_queued(deps: Dependencies, job: Claimed) -> datetime | None:
    """Run one batch; return when to look for more, or None for done."""
    installation_id = int(job.key)
    installation = Installation.by_id(installation_id)
    if installation is None or not installation.is_alive:
        return None
    if installation.sends_wait:
        return utcnow() + REFUSED_WAIT
    try:
        count = _run(deps, installation, BATCH)
    except Exception as error:
        if _is_database_error(error):
            raise
        log.exception("action_batch_failed")
        count = _run_separately(deps, installation)
    if count == BATCH:
        return utcnow()
    # Calls that closely follow another enqueue no job, so an empty look is followed by one more:
    # only a second empty one, with no job enqueued in between, ends the run.
    if count or (not job.payload.get(EMPTY) and _note_empty(job)):
        return utcnow() + LOOK_AGAIN
    return None


def _note_empty(job: Claimed) -> bool:
    with transaction():
        note_payload(job, {EMPTY: True})
    return True


def _run(deps: Dependencies, installation: Installation, limit: int) -> int:
    with transaction() as session, session.no_autoflush:
        calls = claim_queued(installation.id, limit)
        context = ActionContext(
            deps, installation, [call.contact_id for call in calls], waits=False
        )
        follow_ups = [_run_one(context, call) for call in calls]
        session.flush()
        _enqueue([follow_up for follow_up in follow_ups if follow_up], calls, installation.id)
    return len(calls)


def _run_one(context: ActionContext, call: ActionCall) -> FollowUp | None:
    return store_answer(call, ACTIONS[call.action].run(context, call, call.inputs or {}))


def _enqueue(
    follow_ups: Sequence[FollowUp], calls: Sequence[ActionCall], installation_id: int
) -> None:
    keys: defaultdict[str, list[int]] = defaultdict(list)
    for follow_up in follow_ups:
        if follow_up.at is None:
            keys[follow_up.kind].append(follow_up.row.id)
        else:
            delay = time_until(follow_up.at)
            enqueue(follow_up.kind, follow_up.row.id, installation_id, delay=delay)
    for kind, ids in keys.items():
        enqueue_many(kind, [(key, {}) for key in ids], installation_id)
    if any(call.state == ANSWERED for call in calls):
        enqueue("complete_callbacks", installation_id, installation_id)


def _run_separately(deps: Dependencies, installation: Installation) -> int:
    # An execution that breaks must not hold up those behind it.
    for done in range(BATCH):
        try:
            if not _run(deps, installation, 1):
                return done
        except Exception as error:
            if _is_database_error(error):
                raise
            log.exception("action_failed")
            _fail_oldest(installation.id)
    return BATCH


def _is_database_error(error: Exception) -> bool:
    """Whether the database failed or undid the batch in a lost race: all of it is retried."""
    # A value that the database refuses is the fault of one execution.
    return isinstance(error, SQLAlchemyError) and not isinstance(error, DataError)


def _fail_oldest(installation_id: int) -> None:
    with transaction():
        for call in claim_queued(installation_id, 1):
            store_answer(call, refusal(BROKEN))
            enqueue("complete_callbacks", installation_id, installation_id)
