"""Quiet hours hold a message until the window opens, in the account's zone or the friend's own."""

from datetime import UTC, datetime

import pytest

from plugin.core.clock import utcnow
from plugin.models import ContactValues, SendingRules
from plugin.models.transaction import transaction
from plugin.services.sending.quiet_hours import held_until
from tests.support.people import line_user, linked
from tests.support.world import ALICE, BOB, Tenant, World

pytestmark = pytest.mark.both_databases
# 21:30 in Tokyo, 07:30 in New York.
EVENING = datetime(2026, 11, 27, 12, 30, tzinfo=UTC)
MORNING_IN_TOKYO = datetime(2026, 11, 28, 0, tzinfo=UTC)
MORNING_IN_NEW_YORK = datetime(2026, 11, 27, 14, tzinfo=UTC)


def set_hours(tenant: Tenant, **values: str) -> None:
    with transaction() as session:
        session.add(
            SendingRules(
                official_account_id=tenant.account_id,
                open_hours=[[540, 1260]] * 7,
                changed_at=utcnow(),
                **values,
            )
        )


def test_without_hours_nobody_waits(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    with world.app.app_context():
        assert held_until(world.account(alice), [friend_id], EVENING) == {}


def test_the_accounts_zone_is_the_portals_where_none_is_set(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    with world.app.app_context():
        set_hours(alice)
        account = world.account(alice)
        assert account.installation.time_zone == "Asia/Tokyo"
        assert held_until(account, [friend_id], EVENING) == {friend_id: MORNING_IN_TOKYO}
        assert held_until(account, [friend_id], MORNING_IN_TOKYO) == {}


def test_a_contacts_own_zone_wins_where_it_has_one(world: World, alice: Tenant) -> None:
    in_new_york, contact = linked(world, alice)
    unreadable, other_contact = linked(world, alice, BOB, line_user("bob"))
    assert ALICE != BOB
    with world.app.app_context():
        set_hours(alice, time_zone="Asia/Tokyo", zone_property="hs_timezone")
        with transaction() as session:
            for row_id, zone in ((contact, "america_slash_new_york"), (other_contact, "JST")):
                session.add(
                    ContactValues(
                        contact_row_id=row_id,
                        installation_id=alice.installation_id,
                        values={"hs_timezone": zone},
                        read_at=utcnow(),
                    )
                )
        held = held_until(world.account(alice), [in_new_york, unreadable], EVENING)
    assert held == {in_new_york: MORNING_IN_NEW_YORK, unreadable: MORNING_IN_TOKYO}
