"""The check before a start foresees the frequency cap and the quiet hours."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models import ContactValues, Linkage
from plugin.models.transaction import transaction
from plugin.services.broadcasts.preflight import preflight
from tests.services.broadcasts.planned import begin, draft, found, set_rules
from tests.support.crowd import gather
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases


def test_the_check_says_who_is_at_the_cap_and_whose_zone_sleeps(
    world: World, alice: Tenant
) -> None:
    crowd = gather(world, alice, 4)
    set_rules(
        world, alice, cap_messages=1, cap_days=7, time_zone="UTC", zone_property="hs_timezone",
        open_hours=[[8 * 60, 20 * 60]] * 7,
    )  # fmt: skip
    with world.app.app_context():
        account = world.account(alice)
        with transaction() as session:
            zones = ("Asia/Tokyo", "America/New_York", "")
            for friend_id, zone in zip(crowd.friend_ids[:3], zones, strict=True):
                row = select(Linkage.contact_row_id).where(Linkage.friend_id == friend_id)
                session.add(
                    ContactValues(
                        contact_row_id=session.scalar(row), installation_id=account.installation_id,
                        values={"hs_timezone": zone} if zone else {}, read_at=utcnow(),
                    )
                )  # fmt: skip
    # Noon UTC is 21:00 in Tokyo and 7:00 in New York.
    noon = datetime(2027, 1, 15, 12, tzinfo=UTC)
    broadcast_id = draft(world, alice, schedule_at=noon)
    with world.app.app_context():
        check = preflight(found(broadcast_id))
        assert (check.reach, check.waiting, check.left_out) == (4, 2, {})
        assert check.waits_until == noon.replace(hour=13)
    first = draft(world, alice, ignores_quiet_hours=True, budget=1)
    begin(world, first)
    world.work()
    second = draft(world, alice, ignores_quiet_hours=True)
    with world.app.app_context():
        check = preflight(found(second))
        assert (check.chosen, check.reach, check.left_out) == (4, 3, {"frequency_cap": 1})
