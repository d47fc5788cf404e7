"""Executions that were taken down in a crowd, run fifty in a transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import DataError, SQLAlchemyError

from plugin.core.clock import utcnow
from plugin.models.base import transaction
from plugin.models.installation import Installation
from plugin.models.job import plant, plant_many
from plugin.models.sending import ANSWERED, ActionCall
from plugin.models.taking import hand_out
from plugin.services import Outside
from plugin.services.ask_question import ASK_QUESTION
from plugin.services.check_friend import CHECK_FRIEND
from plugin.services.desk import Desk
from plugin.services.executions import Action, Errand, refusal, remember
from plugin.services.generate_linkage_url import GENERATE_LINKAGE_URL
from plugin.services.send_message import SEND_MESSAGE
from plugin.services.switch_rich_menu import SWITCH_RICH_MENU
from plugin.services.tag_friend import TAG_FRIEND

log = structlog.get_logger()
ACTIONS: Mapping[str, Action] = {
    action.name: action
    for action in (
        SEND_MESSAGE, GENERATE_LINKAGE_URL, ASK_QUESTION, CHECK_FRIEND, TAG_FRIEND,
        SWITCH_RICH_MENU,
    )
}  # fmt: skip
BATCH = 50
# More may have come that woke nobody, since somebody was awake.
LOOK_AGAIN = timedelta(seconds=1)
BROKEN = "Musubi could not do this. Try again, or tell whoever runs Musubi."


def run_taken(outside: Outside, installation_id: int) -> datetime | None:
    """Run one batch; answers when to look for more."""
    installation = Installation.by_id(installation_id)
    if installation is None or not installation.is_alive:
        return None
    try:
        count = _run(outside, installation, BATCH)
    except Exception as error:
        if _is_the_databases(error):
            raise
        log.exception("action_batch_failed")
        count = _run_apart(outside, installation)
    if count == BATCH:
        return utcnow()
    return utcnow() + LOOK_AGAIN if count else None


def _run(outside: Outside, installation: Installation, limit: int) -> int:
    """Answers how many there were."""
    with transaction() as session, session.no_autoflush:
        calls = hand_out(installation.id, limit)
        desk = Desk(outside, installation, [call.contact_id for call in calls], waits=False)
        errands = [_run_one(desk, call) for call in calls]
        session.flush()
        _owe([errand for errand in errands if errand], calls, installation.id)
    return len(calls)


def _run_one(desk: Desk, call: ActionCall) -> Errand | None:
    return remember(call, ACTIONS[call.action].run(desk, call, call.inputs or {}))


def _owe(errands: Sequence[Errand], calls: Sequence[ActionCall], installation_id: int) -> None:
    keys: defaultdict[str, list[int]] = defaultdict(list)
    for errand in errands:
        keys[errand.kind].append(errand.owed.id)
    for kind, ids in keys.items():
        plant_many(kind, [(key, {}) for key in ids], installation_id)
    if any(call.state == ANSWERED for call in calls):
        plant("complete_callbacks", installation_id, installation_id)


def _run_apart(outside: Outside, installation: Installation) -> int:
    """One after the other, so that the one that breaks does not hold up those behind it."""
    for done in range(BATCH):
        try:
            if not _run(outside, installation, 1):
                return done
        except Exception as error:
            if _is_the_databases(error):
                raise
            log.exception("action_failed")
            _end_oldest(installation.id)
    return BATCH


def _is_the_databases(error: Exception) -> bool:
    """The database is away, or undid the batch because of others: all of it is tried again.

    A value that it does not take is the fault of one execution, and stays so.
    """
    return isinstance(error, SQLAlchemyError) and not isinstance(error, DataError)


def _end_oldest(installation_id: int) -> None:
    with transaction():
        for call in hand_out(installation_id, 1):
            remember(call, refusal(BROKEN))
            plant("complete_callbacks", installation_id, installation_id)
