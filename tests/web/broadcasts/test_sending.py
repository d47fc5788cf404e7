"""From the button to the phones: started, watched, paused, cancelled, approved, looked at after."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.models import Friend, OfficialAccount, Recipient, SendingRules, db
from plugin.models.transaction import transaction
from tests.services.personal_links.test_bulk import make_list
from tests.support.people import line_user, linked
from tests.support.world import ALICE, BOB, Tenant, World
from tests.web.broadcasts.drafts import begin, kept, post, written
from tests.web.pages import marks


def two_friends(world: World, tenant: Tenant) -> None:
    linked(world, tenant, ALICE, line_user("alice"))
    linked(world, tenant, BOB, line_user("bob"))


def crowd(world: World, tenant: Tenant, size: int, status: str = "following") -> None:
    """Friends whom LINE does not know, for pages with numbers."""
    with world.app.app_context(), transaction() as session:
        for number in range(size):
            friend = Friend(
                official_account_id=tenant.account_id, line_user_id=f"U{number:032x}",
                display_name=f"Friend {number}", status=status, created_at=utcnow(),
            )  # fmt: skip
            session.add(friend)


def rules(world: World, tenant: Tenant, **values: object) -> None:
    with world.app.app_context(), transaction() as session:
        session.add(
            SendingRules(official_account_id=tenant.account_id, changed_at=utcnow(), **values)
        )


def states(world: World) -> dict[str, int]:
    with world.app.app_context():
        rows = db.session.scalars(select(Recipient.state)).all()
    return {state: rows.count(state) for state in set(rows)}


def send(tenant: Tenant, path: str, reach: int, **fields: str) -> str:
    """Press the button of the check; answers the page's text."""
    tenant.walker.go(tenant.walker.page.url.split("/broadcasts")[0] + f"{path}/check")
    return post(tenant.walker, f"{path}/start", reach=str(reach), **fields).text


@pytest.mark.both_databases
def test_what_is_announced_goes_out_and_adds_up(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    path = written(world, alice)
    page = alice.walker.go(f"{world.url}{path}/check")
    assert "Send to 2 friends" in page.text
    send(alice, path, 2)
    assert kept(world).state == "sending"
    world.work()
    page = alice.walker.go(f"{world.url}{path}")
    assert kept(world).state == "finished"
    assert states(world) == {"sent": 2}
    assert re.search(r'term-sent"><b>2<', page.html)
    assert "results" in marks(page)
    shelf = alice.walker.go(f"{world.url}/broadcasts")
    assert "Finished" in shelf.text
    assert re.search(r"2 <span class=\"soft\">/ 2<", shelf.html)


def test_the_button_pressed_twice_sends_once(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    path = written(world, alice)
    send(alice, path, 2)
    page = post(alice.walker, f"{path}/start", reach="2")
    assert page.url == f"{world.url}{path}"
    world.work()
    assert states(world) == {"sent": 2}


def test_a_broadcast_to_nobody_does_not_start(world: World, alice: Tenant) -> None:
    path = written(world, alice)
    page = alice.walker.go(f"{world.url}{path}/check")
    assert "nobody" in marks(page)
    assert re.search(r"<button class=\"primary\" disabled", page.html)
    send(alice, path, 0)
    assert alice.walker.page.status == 422
    assert kept(world).state == "draft"
    again = alice.walker.go(alice.walker.page.url)
    assert again.url == f"{world.url}{path}/check"


def test_a_draft_without_a_message_says_what_to_mend(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    path = begin(world, alice)
    page = alice.walker.go(f"{world.url}{path}/check")
    assert "problems" in marks(page)
    assert f'href="{path}/what"' in page.html
    assert "It cannot go out yet" in send(alice, path, 2)


def test_an_audience_that_has_grown_needs_a_second_yes(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    path = written(world, alice)
    crowd(world, alice, 8)
    send(alice, path, 2)
    page = alice.walker.page
    assert page.status == 422
    assert "unusual" in marks(page)
    assert kept(world).state == "draft"
    send(alice, path, 2, confirmed="yes")
    assert kept(world).state == "sending"


def test_quiet_hours_are_named_before(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    hour = (utcnow() + timedelta(hours=9)).hour
    begins = (hour + 2) % 24 * 60
    rules(world, alice, open_hours=[[begins, (begins + 60) % 1440]] * 7, time_zone="Asia/Tokyo")
    path = written(world, alice)
    page = alice.walker.go(f"{world.url}{path}/check")
    assert "waits" in marks(page)
    # A time of day, or a day and a time: nobody waits "until in 6 hours".
    assert re.search(r"2 of 2 wait until (?!in )[^<]*\d:\d\d", page.text)
    shown = alice.walker.go(f"{world.url}{path}/when")
    assert "quiet-hours" in marks(shown)
    post(alice.walker, f"{path}/when", ignores_quiet_hours="yes")
    assert "waits" not in marks(alice.walker.page)


def test_the_cap_and_the_quota_are_named_before(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    rules(world, alice, cap_messages=1, cap_days=7, free_messages=1, price_milli=3000)
    with world.app.app_context(), transaction():
        account = db.session.get_one(OfficialAccount, alice.account_id)
        account.quota_limit, account.quota_used, account.quota_read_at = 100, 99, utcnow()
    path = written(world, alice)
    page = alice.walker.go(f"{world.url}{path}/check")
    assert "1 of 100 are left" in page.text
    assert "had 1 message within 7 days" in page.text
    assert "money" in marks(page)


def test_a_planned_one_is_cancelled_into_a_draft(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    path = written(world, alice)
    alice.walker.go(f"{world.url}{path}/when")
    post(alice.walker, f"{path}/when", start="at", date="2031-05-01", time="09:00")
    send(alice, path, 2)
    assert kept(world).state == "scheduled"
    page = alice.walker.go(f"{world.url}{path}")
    assert {"run", "cancel"} <= set(marks(page))
    calendar = alice.walker.go(f"{world.url}/broadcasts/calendar?month=2031-05")
    assert "event" in marks(calendar)
    alice.walker.go(f"{world.url}{path}")
    page = post(alice.walker, f"{path}/cancel")
    assert "It is a draft again" in page.text
    assert kept(world).state == "draft"
    page = post(alice.walker, f"{path}/pause")
    assert "Nothing was changed" in page.text


def test_pause_and_go_on(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    path = written(world, alice)
    send(alice, path, 2)
    page = post(alice.walker, f"{path}/pause")
    assert "Paused." in page.text
    world.work()
    assert "sent" not in states(world)
    assert "resume" in marks(alice.walker.go(f"{world.url}{path}"))
    post(alice.walker, f"{path}/resume")
    world.work()
    assert states(world) == {"sent": 2}


def test_recipients_are_listed_filtered_and_downloaded(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    crowd(world, alice, 1)
    path = written(world, alice)
    send(alice, path, 3, confirmed="yes")
    world.work()
    page = alice.walker.go(f"{world.url}{path}/recipients")
    assert marks(page).count("recipient") == 3
    page = alice.walker.go(f"{world.url}{path}/recipients?tapped=no")
    assert marks(page).count("recipient") == 2
    assert "nobody" in marks(alice.walker.go(f"{world.url}{path}/recipients?tapped=yes"))
    file = alice.walker.session.get(f"{world.url}{path}/recipients.csv?state=sent", timeout=30)
    lines = file.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert str(ALICE) in file.text
    assert file.headers["Content-Type"].startswith("text/csv")


def test_the_terms_of_the_check_open_their_people(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    path = written(world, alice)
    page = alice.walker.go(f"{world.url}{path}/people?term=reach")
    assert "people" in marks(page)
    assert page.text.count("Sandbox Shop") >= 2
    assert "nobody" in marks(alice.walker.go(f"{world.url}{path}/people?term=blocked"))
    assert alice.walker.go(f"{world.url}{path}/people?term=odd").status == 404


@pytest.mark.both_databases
def test_a_copy_and_the_archive(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    path = written(world, alice)
    send(alice, path, 2)
    world.work()
    alice.walker.go(f"{world.url}{path}")
    post(alice.walker, f"{path}/archive")
    shelf = alice.walker.go(f"{world.url}/broadcasts?archived=yes")
    assert marks(shelf).count("broadcast") == 1
    assert alice.walker.go(f"{world.url}{path}").status == 200
    page = post(alice.walker, f"{path}/duplicate")
    assert "Copy of Spring sale" in page.text


def test_a_list_names_its_members_who_are_not_linked(world: World, alice: Tenant) -> None:
    linked(world, alice, ALICE, line_user("alice"))
    list_id = make_list(world, ALICE, BOB)
    path = written(world, alice)
    alice.walker.go(f"{world.url}{path}/who")
    post(alice.walker, f"{path}/who", name="Sale", audience="list", list=str(list_id))
    page = alice.walker.go(f"{world.url}{path}/check")
    assert "reading" in marks(page)
    world.work()
    page = alice.walker.go(f"{world.url}{path}/check")
    assert re.search(r'term-chosen"><b>2<', page.html)
    assert re.search(r'term-not_linked"><b>1<', page.html)
    people = alice.walker.go(f"{world.url}{path}/people?term=not_linked")
    assert str(BOB) in people.text
    send(alice, path, 1)
    world.work()
    assert states(world) == {"sent": 1, "left_out": 1}
    page = alice.walker.go(f"{world.url}{path}/recipients?state=left_out&reason=not_linked")
    assert marks(page).count("recipient") == 1
    assert str(BOB) in page.html
