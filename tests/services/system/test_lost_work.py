"""What a process wrote down and did not live to announce is found; a clock that is off is told."""

from datetime import datetime, timedelta

import pytest
import requests
from sqlalchemy import delete

from plugin.core.clock import utcnow
from plugin.models import ActionCall, Installation, Job, WebhookEvent, clock, db
from plugin.models.clock import clock_skew
from plugin.models.system.webhook_event import HUBSPOT, LINE
from plugin.models.transaction import transaction
from plugin.services.actions.expire import expire_calls
from plugin.services.contacts.records import get_or_create_contact
from tests.support.world import ALICE, Tenant, World

pytestmark = pytest.mark.both_databases

KINDS = {
    "complete_callbacks", "run_taken", "write_contacts", "check_contacts", "hubspot_inbox",
    "line_inbox",
}  # fmt: skip


def write_work(tenant: Tenant) -> None:
    """Work of every kind, whose jobs are lost."""
    now = utcnow()
    with transaction() as session:
        for state in ("answered", "taken"):
            call = ActionCall(
                installation_id=tenant.installation_id, callback_id=state, action="send-message",
                contact_id=ALICE, state=state, blocked=True, inputs={}, created_at=now,
                expires_at=now + timedelta(hours=1),
            )  # fmt: skip
            session.add(call)
        contact = get_or_create_contact(tenant.installation_id, ALICE)
        contact.mark_for_push()
        contact.mark_for_pull()
        for source, owner in ((HUBSPOT, tenant.installation_id), (LINE, tenant.account_id)):
            event = WebhookEvent(
                source=source, owner_id=owner, event_key="1", kind="", occurred_ms=0, payload={},
                received_at=now,
            )  # fmt: skip
            session.add(event)
    with transaction() as session:
        session.execute(delete(Job))


def owed() -> set[str]:
    """Kinds of work that is owed, of those that announce themselves late."""
    db.session.rollback()
    return {kind for kind in db.session.scalars(db.select(Job.kind)) if kind in KINDS}


def test_work_without_a_job_gets_one(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        write_work(alice)
        assert owed() == set()
        expire_calls()
        assert owed() == KINDS


def test_while_hubspot_is_not_connected_only_what_line_told_is_taken_in(
    world: World, alice: Tenant
) -> None:
    with world.app.app_context():
        write_work(alice)
        with transaction():
            db.session.get_one(Installation, alice.installation_id).state = "disconnected"
        expire_calls()
        assert owed() == {"line_inbox"}


def test_work_that_was_given_up_is_not_begun_again_by_itself(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        write_work(alice)
        expire_calls()
        with transaction() as session:
            session.execute(db.update(Job).values(failed=True))
        expire_calls()
        parked = db.select(Job.kind).where(Job.failed)
        assert set(db.session.scalars(parked)) >= KINDS


@pytest.mark.parametrize(("off", "says"), [(120, "ahead"), (-120, "behind"), (1, "")])
def test_a_clock_that_is_off_is_told(
    world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch, off: int, says: str
) -> None:
    def utcnow_elsewhere() -> datetime:
        return utcnow() + timedelta(seconds=off)

    monkeypatch.setattr(clock, "utcnow", utcnow_elsewhere)
    with world.app.app_context():
        assert abs(clock_skew() - timedelta(seconds=off)) < timedelta(seconds=1)
    ready = requests.get(f"{world.url}/readyz", timeout=5)
    assert ready.status_code == 200
    lines = ready.text.splitlines()
    assert lines[0] == "ready"
    assert [says in line for line in lines[1:]] == ([True] if says else [])
