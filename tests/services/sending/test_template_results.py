"""A template's workflow sends of thirty days: taps, blocks, and who joined a list afterwards."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models import (
    ActionCall,
    Delivery,
    Friend,
    Linkage,
    LinkClick,
    LinkTarget,
    ListMembership,
    StatusChange,
    SyncedList,
    Template,
    db,
)
from plugin.models.transaction import transaction
from plugin.services.message_templates.library import create_template
from plugin.services.sending.template_results import TemplateResults, template_results
from tests.support.crowd import gather
from tests.support.world import Tenant, World, sql_of
from tests.web.pages import marks

pytestmark = pytest.mark.both_databases
NOW = utcnow()


def add_send(
    tenant: Tenant, template_id: int, friend_id: int, at: datetime, *, by_workflow: bool = True
) -> int:
    """A message of the template that LINE took, inside a transaction."""
    key = f"{friend_id}-{at:%d%H}-{by_workflow}"
    call = ActionCall(
        installation_id=tenant.installation_id, callback_id=key, action="send-message",
        contact_id=1, state="completed", created_at=at,
    )  # fmt: skip
    db.session.add(call)
    db.session.flush()
    delivery = Delivery(
        official_account_id=tenant.account_id, friend_id=friend_id, retry_key=key[:36],
        action_call_id=call.id if by_workflow else None, template_id=template_id, messages=[],
        state="accepted", created_at=at, settled_at=at,
    )  # fmt: skip
    db.session.add(delivery)
    db.session.flush()
    return delivery.id


@pytest.fixture
def sent(world: World, alice: Tenant) -> tuple[int, int]:
    """Three messages of the last days and two that do not count; answers template and list."""
    people = gather(world, alice, 3).friend_ids
    with world.app.app_context():
        messages = [{"type": "text", "text": "Hello"}]
        template_id = create_template(world.account(alice), "Hello", messages).id
        with transaction() as session:
            at = NOW - timedelta(days=9)
            deliveries = [add_send(alice, template_id, friend_id, at) for friend_id in people]
            add_send(alice, template_id, people[0], NOW - timedelta(days=31))
            add_send(alice, template_id, people[0], NOW - timedelta(days=2), by_workflow=False)
            target = LinkTarget(official_account_id=alice.account_id, fingerprint="x", url="u")
            session.add(target)
            session.flush()
            times = {"first_at": at, "last_at": at, "link_target_id": target.id}
            session.add(LinkClick(delivery_id=deliveries[0], count=4, **times))
            for place, hours in ((0, 2), (1, 30), (2, 200)):
                change = {"status": "blocked", "at": at + timedelta(hours=hours)}
                session.add(StatusChange(friend_id=people[place], **change))
            synced = SyncedList(
                installation_id=alice.installation_id, list_id="7", name="Buyers", chosen_at=NOW
            )
            session.add(synced)
            session.flush()
            linkages = session.scalars(select(Linkage).join(Friend).order_by(Friend.id)).unique()
            for linkage, days in zip(linkages, (1, 8, -1), strict=True):
                joined_at = at + timedelta(days=days)
                session.add(
                    ListMembership(
                        synced_list_id=synced.id, contact_row_id=linkage.contact_row_id,
                        joined_at=joined_at, seen_at=NOW,
                    )
                )  # fmt: skip
            return template_id, synced.id


def test_only_workflow_sends_of_thirty_days_count(
    world: World, alice: Tenant, sent: tuple[int, int]
) -> None:
    template_id, list_id = sent
    with world.app.app_context():
        template = db.session.get_one(Template, template_id)
        assert template_results(template) == TemplateResults(3, 1, 4, 1, 2, None, None)
        assert template_results(template, list_id).reached_goal == 1


def test_the_page_shows_them_in_few_statements(
    world: World, alice: Tenant, sent: tuple[int, int]
) -> None:
    template_id, list_id = sent
    with sql_of(world) as statements:
        page = alice.walker.go(f"{world.url}/templates/{template_id}?goal={list_id}")
    assert len(statements) < 30
    assert {"template-sent", "template-tapped", "template-goal"} <= set(marks(page))
    assert "1 joined the list within seven days" in page.text
    assert "1 within a day, 2 within seven" in page.text
    page = alice.walker.go(f"{world.url}/templates/{template_id}?goal=999")
    assert "template-goal" not in marks(page)
