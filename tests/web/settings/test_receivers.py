"""Settings > Webhooks: what a page says of a receiver that is off, gone, or lost events."""

import pytest
from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.models import EventDelivery, Installation, WebhookReceiver, db
from plugin.models.transaction import transaction
from plugin.services.outgoing.receivers import ReceiverGone, change, register, send_test
from tests.support.walker import Page, Walker
from tests.support.world import Tenant, World
from tests.web.pages import marks

OFF = "It is switched off, so nothing was sent."


@pytest.fixture
def receiver_id(world: World, alice: Tenant) -> int:
    with world.app.app_context():
        installation = db.session.get_one(Installation, alice.installation_id)
        receiver = register(world.deps, installation, "https://example.com/", ["friend.linked"])
        send_test(receiver)
        with transaction() as session:
            session.execute(update(EventDelivery).values(state="given_up"))
        return receiver.id


def post_to(walker: Walker, ending: str, **fields: str) -> Page:
    actions = [form.action for form in walker.page.forms]
    return walker.submit([action.endswith(ending) for action in actions].index(True), **fields)


def test_replay_of_one_that_is_off_is_refused_with_a_sentence(
    world: World, alice: Tenant, receiver_id: int
) -> None:
    walker, address = alice.walker, f"{world.url}/settings/webhooks/{receiver_id}"
    with world.app.app_context():
        change(world.deps, db.session.get_one(WebhookReceiver, receiver_id), active=False)
        delivery_id = db.session.scalars(EventDelivery.of_receiver(receiver_id)).one().id
    walker.go(address)
    assert OFF in post_to(walker, "/replay").text
    walker.go(f"{world.url}/settings/webhooks/deliveries/{delivery_id}")
    page = post_to(walker, "/replay")
    assert OFF in page.text
    assert page.url.endswith(f"/deliveries/{delivery_id}")
    with world.app.app_context():
        assert db.session.get_one(EventDelivery, delivery_id).state == "given_up"


def test_days_with_too_many_events_are_refused_with_a_sentence(
    world: World, alice: Tenant, receiver_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugin.services.outgoing.replay.MOST_AT_ONCE", 0)
    alice.walker.go(f"{world.url}/settings/webhooks/{receiver_id}")
    days = alice.walker.page.forms[-3]
    assert days.fields["what"] == "days"
    assert "These are more than 0 events." in alice.walker.submit(-3).text


def test_what_was_lost_is_shown(world: World, alice: Tenant, receiver_id: int) -> None:
    walker, address = alice.walker, f"{world.url}/settings/webhooks/{receiver_id}"
    assert "lost" not in marks(walker.go(address))
    with world.app.app_context(), transaction() as session:
        session.execute(update(WebhookReceiver).values(lost=1234, lost_at=utcnow()))
    assert "1,234 events, which were not taken" in walker.go(address).text


def test_one_that_goes_while_a_page_is_used_is_not_found(world: World, receiver_id: int) -> None:
    address = f"/settings/webhooks/{receiver_id}/test"
    with world.app.test_request_context(address, method="POST"):
        answer = world.app.make_response(world.app.handle_user_exception(ReceiverGone()))
    assert answer.status_code == 404
