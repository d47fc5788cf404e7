"""Names of LINE's statistics, a thousand a month, and the opens that LINE tells under them."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.core.quota import day_of
from plugin.models import (
    Broadcast,
    DailyCount,
    Delivery,
    LinkTarget,
    TemplateUnit,
    Variant,
    db,
)
from plugin.models.transaction import transaction
from plugin.services.broadcasts.opens import assign_units
from plugin.services.broadcasts.plan_measures import plan_measures
from plugin.services.message_templates.library import create_template
from plugin.services.sending.quota import enqueue_readings
from plugin.services.sending.statistics_names import names_used
from tests.actions.calls import arrived, befriended, send
from tests.services.broadcasts.planned import PERSONAL, sent, states
from tests.services.broadcasts.test_results import make_broadcast
from tests.support.crowd import gather
from tests.support.world import Tenant, World

pytestmark = pytest.mark.both_databases
MONTH = f"{day_of(utcnow()):%Y%m}"


def tell(world: World, **counts: object) -> None:
    world.sandbox.control("POST", "/line-statistics", counts)


def read_quotas(world: World) -> None:
    with world.app.app_context():
        enqueue_readings()
    world.work()


def started(world: World, tenant: Tenant, variants: int = 2) -> int:
    """A broadcast with so many variants, whose names are about to be asked for."""
    people = gather(world, tenant, variants, contacts=False).friend_ids
    with world.app.app_context(), transaction():
        sent = dict(zip(people, range(variants), strict=True))
        return make_broadcast(tenant, sent, [])


def assign(world: World, broadcast_id: int) -> list[str]:
    with world.app.app_context():
        assign_units(world.deps, db.session.get_one(Broadcast, broadcast_id))
        return [variant.aggregation_unit for variant in Variant.of_broadcast(broadcast_id)]


def test_each_variant_gets_a_name_once(world: World, alice: Tenant) -> None:
    number = started(world, alice)
    assert assign(world, number) == [f"b{number}_0", f"b{number}_1"]
    with world.app.app_context():
        assert names_used(alice.account_id, utcnow()) == 2
        assert db.session.get_one(Broadcast, number).used_before == 0
    world.sandbox.fail("/v2/bot/message/aggregation/info", {"status": 500})
    assert assign(world, number) == [f"b{number}_0", f"b{number}_1"]


@pytest.mark.parametrize(("others", "names"), [(998, 2), (999, 0), (1000, 0)])
def test_without_two_names_left_none_is_given(
    world: World, alice: Tenant, others: int, names: int
) -> None:
    number = started(world, alice)
    tell(world, names=others)
    assert len([unit for unit in assign(world, number) if unit]) == names


def test_where_line_tells_nothing_the_broadcast_goes_without(world: World, alice: Tenant) -> None:
    number = started(world, alice)
    world.sandbox.fail("/v2/bot/message/aggregation/info", {"status": 403})
    assert assign(world, number) == ["", ""]
    with world.app.app_context():
        assert db.session.get_one(Broadcast, number).used_before is not None


def test_opens_are_read_daily_for_a_fortnight(world: World, alice: Tenant) -> None:
    number = started(world, alice)
    assign(world, number)
    set_sent(world, number, days_ago=1)
    tell(world, opens={f"b{number}_0": [40, 25], f"b{number}_1": [40, 5]})
    look(world)
    assert opens(world, number) == [{"opened": 40, "tapped": 25}, {"opened": 40, "tapped": None}]
    tell(world, opens={f"b{number}_0": [90, 60]})
    look(world)
    assert opens(world, number)[0] == {"opened": 40, "tapped": 25}, "not twice a day"
    for days_ago, opened in ((2, 90), (16, 90)):
        set_sent(world, number, days_ago)
        look(world)
        assert opens(world, number)[0] == {"opened": opened, "tapped": 60}
        tell(world, opens={f"b{number}_0": [99, 60]})


def test_a_templates_sends_of_a_month_share_a_name(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    with world.app.app_context():
        messages = [{"type": "text", "text": "Hello"}]
        template = create_template(world.account(alice), "Hello", messages)
        template_id = template.id
    read_quotas(world)
    for callback in ("one", "two"):
        outputs = send(world, {"template": str(template_id)}, callback=callback)
        assert outputs["result"] == "sent"
    send(world, {"text": "no template"}, callback="three")
    unit = f"t{template_id}_{MONTH}"
    assert [one["unit"] for one in arrived(world)] == [unit, unit, ""]
    with world.app.app_context():
        assert names_used(alice.account_id, utcnow()) == 1
    tell(world, opens={unit: [20, 20]})
    look(world)
    with world.app.app_context():
        row = db.session.scalars(select(TemplateUnit)).one()
        assert row.opens == {"opened": 20, "tapped": 20}


def test_a_full_month_costs_the_name_and_not_the_message(world: World, alice: Tenant) -> None:
    befriended(world, alice)
    tell(world, names=1000)
    read_quotas(world)
    with world.app.app_context():
        template = create_template(
            world.account(alice), "Hello", [{"type": "text", "text": "Hello"}]
        )
    assert send(world, {"template": str(template.id)})["result"] == "sent"
    with world.app.app_context():
        assert db.session.scalars(select(Delivery.aggregation_unit)).all() == [""]
        assert db.session.scalars(select(DailyCount.ours)).all() == [0]


def look(world: World) -> None:
    with world.app.app_context():
        plan_measures()
    world.work()


def set_sent(world: World, number: int, days_ago: int) -> None:
    """So long ago it was sent, and its opens were last read a day ago."""
    with world.app.app_context(), transaction():
        at = utcnow() - timedelta(days=days_ago)
        db.session.execute(update(Broadcast).where(Broadcast.id == number).values(first_sent_at=at))
        read_at = utcnow() - timedelta(days=1) if days_ago > 1 else None
        db.session.execute(update(Variant).values(opens_read_at=read_at))


def opens(world: World, number: int) -> list[object]:
    with world.app.app_context():
        return [variant.opens for variant in Variant.of_broadcast(number)]


def test_a_broadcast_sends_its_names_with_multicasts_and_pushes(
    world: World, alice: Tenant
) -> None:
    gather(world, alice, 3)
    plain, personal = sent(world, alice), sent(world, alice, PERSONAL)
    units = {(one["kind"], one["unit"]) for one in arrived(world)}
    assert units == {("multicast", f"b{plain}_0"), ("push", f"b{personal}_0")}


def test_a_refused_name_costs_no_message(world: World, alice: Tenant) -> None:
    gather(world, alice, 3, contacts=False)
    details = [{"message": "not available", "property": "customAggregationUnits"}]
    refusal = {"status": 400, "body": {"message": "1 error(s)", "details": details}}
    world.sandbox.fail("/v2/bot/message/multicast", refusal, times=1)
    broadcast_id = sent(world, alice)
    assert states(world, broadcast_id) == {("sent", ""): 3}
    assert [one["unit"] for one in arrived(world)] == ["", "", ""]


def test_the_links_of_a_broadcast_name_its_campaign(world: World, alice: Tenant) -> None:
    gather(world, alice, 1, contacts=False)
    link = {"type": "uri", "label": "Shop", "uri": "https://shop.example.com/"}
    template = {"type": "buttons", "text": "Sale", "actions": [link]}
    message = {"type": "template", "altText": "Sale", "template": template}
    sent(world, alice, message, campaign={"id": "1", "name": "Winter", "utm": "winter"})
    with world.app.app_context():
        (url,) = db.session.scalars(select(LinkTarget.url))
    assert url == (
        "https://shop.example.com/?utm_source=line&utm_medium=social&utm_campaign=winter"
    )
