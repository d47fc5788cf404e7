"""Words that were unsent are kept nowhere; who links the accounts is known."""

from itertools import permutations

import pytest
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models import Friend, WebhookEvent, db
from plugin.sandbox import account_to_connect
from tests.support.portal import Portal
from tests.support.world import World

pytestmark = pytest.mark.both_databases


def _every_text(world: World) -> str:
    """All values of all rows, as text."""
    with world.app.app_context():
        tables = db.metadata.sorted_tables
        return str([db.session.execute(select(table)).all() for table in tables])


@pytest.mark.parametrize("order", list(permutations(("said", "edited", "unsend"))), ids=str)
@pytest.mark.parametrize("together", [True, False])
def test_an_unsent_message_leaves_no_copy_in_whatever_order(
    portal: Portal, order: tuple[str, ...], together: bool
) -> None:
    channel = account_to_connect(portal.world.sandbox.app, 0)["channel_id"]
    told = {
        "said": {"type": "message", "message": {"type": "text", "id": "700", "text": "MY WORDS"}},
        "edited": {
            "type": "messageEdited", "before": {"text": "MY WORDS"},
            "message": {"type": "text", "id": "700", "text": "MY WORDS, EDITED"},
        },
        "unsend": {"type": "unsend", "unsend": {"messageId": "700"}},
    }  # fmt: skip
    events = [{"user": "charlie", **told[name]} for name in order]
    for some in [events] if together else [[one] for one in events]:
        body = {"channel": channel, "events": some, "together": True}
        portal.world.sandbox.control("POST", "/line-events", body)
        portal.world.work()
    assert "MY WORDS" not in _every_text(portal.world)
    with portal.world.app.app_context():
        events_kept = list(db.session.scalars(select(WebhookEvent)))
        assert len(events_kept) == 3
        assert all(one.handled_at and not one.error for one in events_kept)


@pytest.mark.parametrize("order", ["message first", "unsend first", "together"])
def test_an_unsent_message_is_kept_nowhere(portal: Portal, order: str) -> None:
    channel = account_to_connect(portal.world.sandbox.app, 0)["channel_id"]
    message = {
        "type": "message", "user": "charlie",
        "message": {"type": "text", "id": "700", "text": "not for you", "quoteToken": "q"},
    }  # fmt: skip
    unsend = {"type": "unsend", "user": "charlie", "unsend": {"messageId": "700"}}
    events = [unsend, message] if order == "unsend first" else [message, unsend]
    batches = [events] if order == "together" else [[one] for one in events]
    for some in batches:
        body = {"channel": channel, "events": some, "together": True}
        portal.world.sandbox.control("POST", "/line-events", body)
        portal.world.work()
    with portal.world.app.app_context():
        kept = db.session.scalars(select(WebhookEvent).where(WebhookEvent.kind == "message")).one()
        assert kept.payload["message"] == {"type": "unsent", "id": "700"}
        assert utcnow() > kept.received_at


def test_who_links_the_accounts_is_known_from_then_on(portal: Portal) -> None:
    channel = account_to_connect(portal.world.sandbox.app, 0)["channel_id"]
    events = [
        {"type": "accountLink", "link": {"result": "failed", "nonce": "n"}},
        {"type": "accountLink", "user": "charlie", "link": {"result": "ok", "nonce": "n"}},
    ]
    portal.world.sandbox.control("POST", "/line-events", {"channel": channel, "events": events})
    portal.world.work()
    with portal.world.app.app_context():
        assert [one.status for one in db.session.scalars(select(Friend))] == ["following"]
