"""The dashboard: what is next, what wants attention, and what happened day by day."""

import re
from datetime import timedelta
from typing import Any

import pytest

from plugin.core.clock import utcnow
from plugin.models import Broadcast, Job, OfficialAccount, SendingRules, db
from plugin.models.inbox.conversation import Conversation
from plugin.models.system.job import claim, dead_letter, enqueue
from plugin.models.transaction import transaction
from plugin.sandbox import account_to_connect
from plugin.services.connections.official_account import ChannelValues, connect_account
from plugin.services.message_templates.library import create_template
from plugin.services.segments.library import create_segment
from tests.services.broadcasts.planned import NOW, sent
from tests.support.crowd import gather
from tests.support.people import linked
from tests.support.walker import Page
from tests.support.world import Tenant, World, sql_of
from tests.web.dashboard.planted import busy_days, plant
from tests.web.pages import csrf_of, marks
from tests.web.segments.form import LINKED_RULE


def home(world: World, tenant: Tenant, query: str = "") -> Page:
    page = tenant.walker.go(f"{world.url}/{query}")
    assert page.status == 200
    return page


def figure(page: Page, mark: str) -> str:
    found = re.search(rf'data-testid="{mark}">([^<]*)', page.html)
    assert found is not None, mark
    return found[1]


def primary(page: Page) -> list[str]:
    """The marks of its primary buttons."""
    return re.findall(r'class="button primary"[^>]*data-testid="([^"]+)"', page.html)


def test_what_is_next_leads_to_the_first_broadcast_and_goes(world: World, alice: Tenant) -> None:
    assert primary(home(world, alice)) == ["do-link"]
    gather(world, alice, 1)
    page = home(world, alice)
    assert primary(page) == ["do-message"]
    assert "Write a template" in page.text
    with world.app.app_context():
        account = world.account(alice)
        create_template(account, "Hello", [{"type": "text", "text": "Hello"}])
    assert "Open the templates" in home(world, alice).text
    sent(world, alice)
    assert primary(home(world, alice)) == ["do-segment"]
    with world.app.app_context():
        create_segment(world.account(alice), "Linked", LINKED_RULE, "alice@example.com")
    page = home(world, alice)
    assert "setup" not in marks(page)
    assert "Everything works." in page.text
    assert primary(page) == []


def test_each_span_has_its_figures_and_tables(world: World, alice: Tenant) -> None:
    plant(world, alice, {
        60: {"friends": 100, "linked": 40, "linked:qr": 40, "sent": 5},
        20: {"friends": 50, "sent": 70, "follows": 50},
        3: {"linked": 35, "linked:import": 30, "linked:manual": 5, "tapped": 2},
        0: {"blocks": 1, "sent": 1300},
    })  # fmt: skip
    page = home(world, alice)
    assert (figure(page, "share"), figure(page, "linked")) == ("50", "75")
    assert "days-30" in marks(page)
    assert (figure(page, "total-sent"), figure(page, "total-follows")) == ("1,370", "50")
    assert figure(page, "total-links") == "35"
    # Two ways of linking have a name in the key; those without any have none.
    key = re.findall(r'<li class="of-(\w+)">', page.html)
    assert key == ["import", "manual"]
    week = home(world, alice, "?days=7")
    assert (figure(week, "total-sent"), figure(week, "total-follows")) == ("1,300", "0")
    assert "None in these days." in week.text
    assert re.search(r'<tr><th scope="row">[^<]+</th><td class="number">1,300</td></tr>', week.html)
    quarter = home(world, alice, "?days=90")
    assert (figure(quarter, "total-sent"), figure(quarter, "total-links")) == ("1,375", "75")
    assert "Week from" in quarter.text


@pytest.mark.parametrize("days", ["", "0", "31", "-7", "x", "9" * 5000, "%EF%BC%97"])
def test_an_odd_span_is_the_usual_one(world: World, alice: Tenant, days: str) -> None:
    plant(world, alice, {20: {"friends": 1, "sent": 3}})
    assert figure(home(world, alice, f"?days={days}"), "total-sent") == "3"


def test_the_curve_ends_at_the_share_of_today(world: World, alice: Tenant) -> None:
    plant(world, alice, {40: {"friends": 100, "linked": 20}, 2: {"linked": 20}, 1: {"linked": -10}})
    page = home(world, alice, "?days=7")
    curve = page.html[page.html.index('data-testid="curve"') :]
    rows = re.findall(r'<td class="number">(\d+)</td><td class="number">100</td>', curve)
    assert rows == ["30", "30", "40", "20", "20", "20", "20"]
    shares = re.findall(r'<td class="number">(\d+)%</td>', curve)
    assert shares[0] == figure(page, "share") == "30"


def test_the_page_stays_small_and_asks_as_much_of_a_large_tenant(
    world: World, alice: Tenant
) -> None:
    linked(world, alice)
    home(world, alice)
    with sql_of(world) as few:
        home(world, alice, "?days=90")
    plant(world, alice, busy_days(100))
    with sql_of(world) as many:
        page = home(world, alice, "?days=90")
    assert len(many) == len(few)
    assert len(many) < 50
    assert not [
        statement for statement in many if re.search(r"count\(\*\).*FROM friend", statement)
    ]
    assert len(page.html.encode()) < 60_000


def test_the_chosen_account_narrows_the_page(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        installation = world.account(alice).installation
        values = ChannelValues(**account_to_connect(world.sandbox.app, 1))
        second = connect_account(world.deps, installation, values).id
    other = Tenant(alice.walker, alice.installation_id, second)
    plant(world, alice, {1: {"friends": 10, "sent": 3}})
    plant(world, other, {1: {"friends": 5, "sent": 4}})
    both = home(world, alice)
    assert figure(both, "total-sent") == "7"
    data = {"csrf_token": csrf_of(both), "account": str(second), "next": "/"}
    alice.walker.session.post(f"{world.url}/account", data=data)
    assert figure(home(world, alice), "total-sent") == "4"


def test_nobody_sees_another_tenants_figures(world: World, alice: Tenant, charlie: Tenant) -> None:
    plant(world, alice, {1: {"friends": 10, "linked": 4, "sent": 3}})
    with world.app.app_context(), transaction() as session:
        session.add(Broadcast(official_account_id=alice.account_id, name="Sale", state="paused",
                              reason="failures", created_at=NOW))  # fmt: skip
    page = home(world, charlie)
    assert "share" not in marks(page)
    assert "Sale" not in page.text


def test_what_waits_for_somebody_has_its_button(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    assert "matter" not in marks(home(world, alice))
    moment = utcnow() - timedelta(minutes=90)
    common: dict[str, Any] = {"official_account_id": alice.account_id, "created_at": moment}
    with world.app.app_context(), transaction() as session:
        conversation = Conversation(
            friend_id=friend_id,
            unread=1,
            last_at=moment,
            unread_since=moment,
            changed_at=moment,
            **common,
        )
        session.add(conversation)
        session.add(Broadcast(name="Stuck", state="paused", reason="failures", **common))
        session.add(Broadcast(name="Mine", state="paused", **common))
        session.add(Broadcast(name="Big", state="sending", approval="asked", **common))
        enqueue("read_quota", alice.account_id, alice.installation_id)
    with world.app.app_context(), transaction():
        for job in claim("sync", "test", 50):
            if job.kind == "read_quota":
                dead_letter(job, "in vain")
    page = home(world, alice)
    assert "1 friend has waited for more than an hour" in page.text
    assert 'href="/inbox"' in page.html
    assert "Stuck has stopped" in page.text
    assert "Five sends in a row failed." in page.text
    assert "Big waits for an approval" in page.text
    assert "Mine" not in page.text
    assert "1 job was given up" in page.text
    # Somebody read the old question and owes the answer; what is unread came just before.
    with world.app.app_context(), transaction() as session:
        row = session.get_one(Conversation, conversation.id)
        row.waiting_since, row.unread_since = moment, utcnow()
    assert "waited for more" not in home(world, alice).text
    with world.app.app_context(), transaction() as session:
        session.get_one(Conversation, conversation.id).unread = 0
        session.query(Job).filter(Job.failed).delete()
    page = home(world, alice)
    assert "waited for more" not in page.text
    assert "given up" not in page.text


@pytest.mark.parametrize(
    ("sent_a_day", "left", "limit", "words"),
    [
        (0, 900, 1000, "Musubi sent nothing in the last 7 days"),
        (10, 10, 1000, "they run out on"),
        (10, 900_000, 1_000_000, "they last until the month ends"),
        (10, 0, None, "10 a day in the last 7 days."),
    ],
)
def test_the_forecast_is_of_our_own_pace(
    world: World, alice: Tenant, sent_a_day: int, left: int, limit: int | None, words: str
) -> None:
    plant(world, alice, {days: {"sent": sent_a_day} for days in range(7, 0, -1)})
    # What is sent today says nothing about a whole day.
    plant(world, alice, {0: {"sent": 5000}})
    with world.app.app_context(), transaction() as session:
        account = session.get_one(OfficialAccount, alice.account_id)
        account.created_at = utcnow() - timedelta(days=60)
        account.quota_limit, account.quota_read_at = limit, utcnow()
        account.quota_used = (limit or 1000) - left
        # The reading has them all.
        account.sent_when_read = None
    assert words in home(world, alice).text


def test_on_the_first_day_there_is_no_forecast(world: World, alice: Tenant) -> None:
    with world.app.app_context(), transaction() as session:
        account = session.get_one(OfficialAccount, alice.account_id)
        account.created_at = account.quota_read_at = utcnow()
        account.quota_limit = 1000
    assert "there is no forecast yet" in home(world, alice).text


def test_the_month_costs_what_the_plan_says(world: World, alice: Tenant) -> None:
    with world.app.app_context(), transaction() as session:
        account = session.get_one(OfficialAccount, alice.account_id)
        account.quota_limit, account.quota_used, account.quota_read_at = 30_000, 6_000, utcnow()
    assert "Enter your plan" in home(world, alice).text
    with world.app.app_context(), transaction() as session:
        session.add(SendingRules(
            official_account_id=alice.account_id, free_messages=5000, price_milli=3000,
            changed_at=NOW,
        ))  # fmt: skip
    assert "so far: ¥3,000" in home(world, alice).text
    with world.app.app_context():
        rules = db.session.get_one(SendingRules, alice.account_id)
        with transaction():
            rules.price_milli = None
    assert "5,000 of them are free" in home(world, alice).text
