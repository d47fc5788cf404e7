"""HubSpot campaigns: chosen where the scopes are granted, and charged with the cost once."""

from typing import Any

import pytest
from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.core.messages.tracked_links import with_campaign
from plugin.models import Broadcast, Installation, SendingRules, db
from plugin.models.transaction import transaction
from plugin.services.broadcasts.campaigns import READ, campaigns_of
from plugin.services.broadcasts.plan_measures import plan_measures
from tests.services.broadcasts.test_results import make_broadcast
from tests.support.crowd import gather
from tests.support.world import PORTAL, Tenant, World

pytestmark = pytest.mark.both_databases


def make_campaign(world: World, name: str, utm: str = "") -> str:
    body = {"portal": PORTAL, "name": name, "utm": utm}
    return str(world.sandbox.control("POST", "/campaigns", body)["id"])


def drop_scopes(world: World, tenant: Tenant) -> None:
    with world.app.app_context(), transaction():
        installation = db.session.get_one(Installation, tenant.installation_id)
        scopes = [scope for scope in installation.scopes if "campaigns" not in scope]
        installation.scopes = scopes


@pytest.fixture
def finished(world: World, alice: Tenant) -> int:
    """A finished broadcast of a campaign to three friends, at three yen each."""
    people = gather(world, alice, 3, contacts=False).friend_ids
    with world.app.app_context(), transaction() as session:
        rules = SendingRules(
            official_account_id=alice.account_id, price_milli=3000, changed_at=utcnow()
        )
        session.add(rules)
        values = {"finished_at": utcnow(), "campaign": {"id": make_campaign(world, "Winter")}}
        return make_broadcast(alice, dict.fromkeys(people, 0), [], **values)


def spends(world: World) -> list[dict[str, Any]]:
    kinds = world.sandbox.kinds
    found = [rows for kind, rows in kinds.items() if kind.startswith("spend:")]
    return [item for rows in found for item in rows.values()]


def write(world: World, ahead: float = 1) -> dict[str, str]:
    with world.app.app_context():
        plan_measures()
    world.work(ahead)
    with world.app.app_context():
        return db.session.query(Broadcast).one().campaign or {}


def test_campaigns_are_found_by_name_or_the_scope_is_named(world: World, alice: Tenant) -> None:
    make_campaign(world, "Winter sale", "winter_2026")
    make_campaign(world, "Spring")
    with world.app.app_context():
        installation = db.session.get_one(Installation, alice.installation_id)
        found = campaigns_of(world.deps, installation, "winter")
        assert [(row.name, row.utm) for row in found.rows] == [("Winter sale", "winter_2026")]
        assert [row.name for row in campaigns_of(world.deps, installation).rows] == [
            "Spring",
            "Winter sale",
        ]
    drop_scopes(world, alice)
    with world.app.app_context():
        installation = db.session.get_one(Installation, alice.installation_id)
        assert campaigns_of(world.deps, installation) == ((), READ)


def test_the_cost_is_written_once(world: World, alice: Tenant, finished: int) -> None:
    assert write(world)["spent"] == "written"
    write(world)
    (item,) = spends(world)
    assert (item["amount"], item["name"]) == (9, f"LINE: Sale (Musubi {finished})")


def test_a_lost_answer_writes_it_no_second_time(world: World, alice: Tenant, finished: int) -> None:
    world.sandbox.fail("/marketing/campaigns/.*/spend", "lost", times=1)
    assert write(world, ahead=3600)["spent"] == "written"
    assert len(spends(world)) == 1


def test_another_currency_is_not_written(world: World, alice: Tenant, finished: int) -> None:
    with world.app.app_context(), transaction():
        db.session.execute(update(SendingRules).values(currency="USD"))
    assert write(world)["spent"] == "other_currency"
    assert spends(world) == []


def test_without_the_scope_nothing_is_written(world: World, alice: Tenant, finished: int) -> None:
    drop_scopes(world, alice)
    assert "spent" not in write(world)
    assert spends(world) == []


@pytest.mark.parametrize(
    ("url", "utm", "longer"),
    [
        ("https://a.example/", "sale", "https://a.example/?utm_source=line&utm_medium=social&utm_campaign=sale"),
        ("https://a.example/?x=1#top", "a b", "https://a.example/?x=1&utm_source=line&utm_medium=social&utm_campaign=a+b#top"),
        ("https://a.example/?utm_source=me", "sale", "https://a.example/?utm_source=me&utm_medium=social&utm_campaign=sale"),
        ("https://a.example/?utm_campaign=own", "sale", "https://a.example/?utm_campaign=own"),
        ("https://a.example/", "", "https://a.example/"),
        ("https://a.example/" + "x" * 970, "sale", "https://a.example/" + "x" * 970),
    ],
)  # fmt: skip
def test_links_name_the_campaign_unless_they_name_one(url: str, utm: str, longer: str) -> None:
    assert with_campaign(url, utm) == longer
