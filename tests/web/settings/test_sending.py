"""Settings > Sending: what is typed is what counts, mistakes are said at their field, and nobody
overwrites unseen."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models import Delivery, Job, SendingRules, SyncedProperty, db
from plugin.models.transaction import transaction
from tests.actions.calls import arrived, befriended, send
from tests.actions.test_sending_limits import quiet_for, set_rules
from tests.api.client import program
from tests.support.walker import Page
from tests.support.world import Tenant, World
from tests.web.pages import marks
from tests.web.test_overwrites import sent_from

pytestmark = pytest.mark.both_databases
OPEN = {"monday-open": "y", "monday-start": "09:00", "monday-end": "21:00"}
ALL_DAYS = ("tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def address(world: World, tenant: Tenant) -> str:
    return f"{world.url}/accounts/{tenant.account_id}/sending"


def save(world: World, tenant: Tenant, **fields: str) -> Page:
    """Send the form with these fields; every weekday is closed unless it is named."""
    page = tenant.walker.go(address(world, tenant))
    closed = {f"{day}-open": "" for day in ("monday", *ALL_DAYS)}
    return sent_from(tenant.walker, page, **{**closed, **fields})


def stored(world: World, tenant: Tenant) -> SendingRules:
    with world.app.app_context():
        return db.session.get_one(SendingRules, tenant.account_id)


def test_everything_is_kept_with_who_and_when(world: World, alice: Tenant) -> None:
    with world.app.app_context(), transaction() as session:
        session.add(
            SyncedProperty(
                installation_id=alice.installation_id,
                name="hs_timezone",
                label="Time Zone",
                type="enumeration",
                chosen_at=utcnow(),
            )
        )
    page = save(
        world,
        alice,
        **{
            **OPEN,
            "tuesday-open": "y", "tuesday-start": "18:00", "tuesday-end": "02:00",
            "wednesday-open": "y", "wednesday-start": "00:00", "wednesday-end": "00:00",
        },
        capped="y", cap_messages="3", cap_days="14", hours="some", time_zone="Asia/Tokyo",
        zone_property="hs_timezone", holdout_percent="5", approval_above="1000",
        free_messages="30000", price="0.5", currency="USD",
    )  # fmt: skip
    assert page.status == 200, page.text
    rules = stored(world, alice)
    assert (rules.cap_messages, rules.cap_days, rules.holdout_percent) == (3, 14, 5)
    assert rules.open_hours == [[540, 1260], [1080, 120], [0, 1440], *[[0, 0]] * 4]
    assert (rules.time_zone, rules.zone_property) == ("Asia/Tokyo", "hs_timezone")
    assert (rules.approval_above, rules.free_messages) == (1000, 30_000)
    assert (rules.price_milli, rules.currency) == (500, "USD")
    assert f"by {rules.changed_by}" in page.text
    fields = page.forms[-1].fields
    assert (fields["tuesday-end"], fields["price"], fields["cap_days"]) == ("02:00", "0.5", "14")
    # Saved once more as it stands, nothing changes.
    assert sent_from(alice.walker, page).status == 200
    assert stored(world, alice).open_hours == rules.open_hours


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"capped": "y", "cap_messages": ""}, "cap_messages"),
        ({"capped": "y", "cap_messages": "-1"}, "cap_messages"),
        ({"cap_days": "0"}, "cap_days"),
        ({"cap_days": "seven"}, "cap_days"),
        ({"hours": "some"}, "hours"),
        ({**OPEN, "monday-end": "09:00", "hours": "some"}, "monday-end"),
        ({"time_zone": "Tokyo"}, "time_zone"),
        ({"holdout_percent": "51"}, "holdout_percent"),
        ({"price": "free"}, "price"),
        ({"currency": "GBP"}, "currency"),
        ({"zone_property": "shoe_size"}, "zone_property"),
    ],
)
def test_a_mistake_is_said_at_its_field_and_changes_nothing(
    world: World, alice: Tenant, fields: dict[str, str], error: str
) -> None:
    page = save(world, alice, **fields)
    assert page.status == 422
    assert f"error-{error}" in marks(page)
    with world.app.app_context():
        assert db.session.scalars(select(SendingRules)).all() == []


def test_a_second_tab_overwrites_nothing(world: World, alice: Tenant) -> None:
    first = alice.walker.go(address(world, alice))
    second = alice.walker.go(address(world, alice))
    assert sent_from(alice.walker, first, capped="y", cap_messages="3").status == 200
    page = sent_from(alice.walker, second, holdout_percent="7")
    assert page.status == 409
    assert "changed-meanwhile" in marks(page)
    assert "Messages at most is now: 3" in page.text
    assert stored(world, alice).holdout_percent == 0
    assert page.forms[-1].fields["holdout_percent"] == "7"
    assert sent_from(alice.walker, page).status == 200
    assert (stored(world, alice).cap_messages, stored(world, alice).holdout_percent) == (3, 7)


def test_shorter_quiet_hours_release_what_they_held(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    set_rules(world, alice, **quiet_for(5))
    send(world, {"text": "Good morning"})
    world.work()
    assert arrived(world) == []
    with world.app.app_context(), transaction():
        # A minute after its planning it looks at the hours itself.
        db.session.scalars(select(Delivery)).one().created_at -= timedelta(minutes=2)
    page = alice.walker.go(address(world, alice))
    assert sent_from(alice.walker, page, hours="any").status == 200
    world.work()
    assert len(arrived(world)) == 1
    with world.app.app_context():
        assert db.session.scalars(select(Job).where(Job.kind == "deliver")).all() == []


def test_a_program_reads_and_sets_them(world: World, alice: Tenant) -> None:
    caller = program(world, alice)
    path = f"/sending-rules/{alice.account_id}"
    assert caller.get(path)["cap_messages"] is None
    answer = caller.ask("PUT", path, {"cap_messages": 2, "open_hours": [[540, 1260]] * 7})
    assert answer.status_code == 200, answer.json
    assert caller.ask("PUT", path, {"holdout_percent": 10}).json["cap_messages"] == 2
    kept = caller.get(path)
    assert (kept["holdout_percent"], kept["open_hours"]) == (10, [[540, 1260]] * 7)
    assert kept["changed_by"].startswith("API key")
    for body, name in (
        ({"open_hours": [[0, 0]] * 7}, "open_hours"),
        ({"open_hours": [[0, 9]] * 6}, "open_hours"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"cap_days": 0}, "cap_days"),
        ({"zone_property": "shoe_size"}, "zone_property"),
        ({"cap_messages": "2"}, "cap_messages"),
    ):
        answer = caller.ask("PUT", path, body)
        assert (answer.status_code, list(answer.json["errors"])) == (422, [name]), body
