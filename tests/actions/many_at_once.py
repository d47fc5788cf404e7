"""What tests of many executions share: the crowd in which one of them waits, and all ends."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import select

from plugin.models import ActionCall, db
from plugin.models.system.job import Claimed
from plugin.services.actions.load import AT_ONCE, LoadGauge
from plugin.services.executions.execution import outputs_of
from tests.support.world import Tenant, World

INPUTS = {
    "send-message": {"text": "Hello"},
    "generate-linkage-url": {"qr_code": "1"},
    "ask-question": {"question": "Tea?", "choices": "Yes\nNo"},
    "check-friend": {},
    "check-segment": {"segment": "1"},
    "tag-friend": {"tag": "VIP"},
    "switch-rich-menu": {"rich_menu": "1:default"},
}


@contextmanager
def crowd(world: World) -> Iterator[None]:
    """So many calls are in hand that the next one is one of many."""
    crowd: LoadGauge = world.app.extensions["musubi_load_gauge"]
    with ExitStack() as others:
        for _ in range(AT_ONCE):
            others.enter_context(crowd.enter())
        yield
    crowd.reset()


def ends(world: World) -> dict[str, dict[str, str]]:
    """How executions ended, by callback id."""
    with world.app.app_context():
        return {
            call.callback_id: outputs_of(call) for call in db.session.scalars(select(ActionCall))
        }


def states(world: World) -> list[str]:
    with world.app.app_context():
        return list(db.session.scalars(select(ActionCall.state).order_by(ActionCall.id)))


def job_of(tenant: Tenant) -> Claimed:
    """The tenant's executions that wait, as if somebody had taken their job."""
    key = tenant.installation_id
    return Claimed(0, "run_taken", str(key), key, 1, {}, "a test")
