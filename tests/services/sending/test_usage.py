"""The month's messages say the same everywhere, also between two readings of LINE's count."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from plugin.core.clock import utcnow
from plugin.core.quota import month_of
from plugin.models import OfficialAccount, db
from plugin.models.system.activity import FREE_REPLIES, SENT, count
from plugin.models.transaction import transaction
from plugin.services.broadcasts.job.failures import messages_left
from plugin.services.broadcasts.preflight import preflight
from plugin.services.doctor.run import check_official_account
from plugin.services.sending.quota import read_quota
from plugin.services.sending.usage import Usage, usage
from tests.actions.calls import befriended, send
from tests.services.broadcasts.planned import draft, found
from tests.support.world import Tenant, World
from tests.web.pages import marks

pytestmark = pytest.mark.both_databases


def usage_of(world: World, tenant: Tenant) -> Usage:
    with world.app.app_context():
        return usage(db.session.get_one(OfficialAccount, tenant.account_id, populate_existing=True))


def read(world: World, tenant: Tenant, limit: int, used: int) -> None:
    with world.app.app_context():
        channel = world.account(tenant).channel_id
        world.sandbox.control("POST", "/quota", {"channel": channel, "limit": limit, "used": used})
        read_quota(world.deps, tenant.account_id)


def test_a_send_counts_before_line_is_asked_again_and_once_afterwards(
    world: World, alice: Tenant
) -> None:
    befriended(world, alice)
    read(world, alice, 1_000, 100)
    assert send(world, {"text": "Hi"})["result"] == "sent"
    assert usage_of(world, alice)[:2] == (101, 1_000)
    with world.app.app_context():
        read_quota(world.deps, alice.account_id)
        assert world.account(alice).quota_used == 101
    assert usage_of(world, alice)[:2] == (101, 1_000)


def test_pages_add_what_was_sent_since_and_say_when_line_was_asked(
    world: World, alice: Tenant
) -> None:
    read(world, alice, 1_000, 100)
    assert "quota-asked" not in marks(alice.walker.go(f"{world.url}/"))
    with world.app.app_context(), transaction():
        world.account(alice).quota_read_at = utcnow() - timedelta(minutes=11)
        count(alice.account_id, SENT, 3)
        # LINE does not count it.
        count(alice.account_id, FREE_REPLIES, 1)
    with world.app.app_context():
        check = preflight(found(draft(world, alice)))
        assert (check.quota_limit, check.quota_left) == (1_000, 898)
    dashboard = alice.walker.go(f"{world.url}/")
    assert "quota-asked" in marks(dashboard)
    for page in (dashboard, alice.walker.go(f"{world.url}/accounts/{alice.account_id}")):
        assert re.findall(r'data-testid="quota-used">([^<]+)', page.html) == ["102"]


def test_what_the_doctor_reads_is_kept(world: World, alice: Tenant) -> None:
    read(world, alice, 1_000, 100)
    with world.app.app_context():
        account = world.account(alice)
        body = {"channel": account.channel_id, "limit": 1_000, "used": 140}
        world.sandbox.control("POST", "/quota", body)
        check_official_account(world.deps, account)
    assert usage_of(world, alice)[:2] == (140, 1_000)


def test_a_reading_of_last_month_counts_no_more(
    world: World, alice: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 12, 15, tzinfo=UTC)
    monkeypatch.setattr("plugin.services.sending.usage.utcnow", lambda: now)
    with world.app.app_context(), transaction():
        account = world.account(alice)
        account.quota_limit, account.quota_used, account.sent_when_read = 1_000, 900, 800
        account.quota_read_at = month_of(now) - timedelta(hours=1)
        count(alice.account_id, SENT, 800, account.quota_read_at)
        count(alice.account_id, SENT, 7, now)
    month = usage_of(world, alice)
    assert (month.used, month.left, month.read_at) == (7, 993, None)
    # Nor does a broadcast wait, or leave anybody out, for what the month before had left.
    with world.app.app_context():
        assert messages_left(world.deps, found(draft(world, alice)), 50) == 993
