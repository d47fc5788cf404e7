"""One verdict wherever an account is shown; the doctor's page counts what it shows."""

from collections.abc import Iterator
from datetime import timedelta

import click
import pytest
from sqlalchemy import delete

from plugin.commands import doctor
from plugin.core.clock import utcnow
from plugin.models import Installation, Job
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.doctor.report import Report
from plugin.services.doctor.run import check_installation
from tests.services.doctor.rig import Rig, healthy
from tests.support.world import OTHER_PORTAL, PORTAL, Socket, Tenant, World
from tests.web.pages import marks
from tests.web.settings.test_doctor import check_now
from tests.web.test_chosen_account import choose, second

__all__ = ["second"]


@pytest.fixture
def rig(world: World, alice: Tenant, musubi_socket: Socket) -> Iterator[Rig]:
    with healthy(world, alice, musubi_socket) as made:
        yield made


def used_up(rig: Rig, hours: int) -> None:
    """LINE's word of the month's messages holds for so many hours more."""
    until = (utcnow() + timedelta(hours=hours)).isoformat()
    stored = {"ok": False, "detail": "", "cause": "used_up", "values": {"at": until}}
    rig.account(checks={**rig.stored(), "quota": stored})


def test_a_verdict_of_the_month_before_is_shown_nowhere(rig: Rig, second: int) -> None:
    check_now(rig)
    walker, url, own_id = rig.tenant.walker, rig.world.url, rig.tenant.account_id
    choose(rig.world, rig.tenant, rig.tenant.account_id)
    shown: list[tuple[bool, bool, bool]] = []
    for hours in (1, -1):
        used_up(rig, hours)
        bar = walker.go(f"{url}/templates").html
        card = walker.go(f"{url}/settings").html.partition('data-testid="account"')[2]
        own = walker.go(f"{url}/accounts/{own_id}").text
        shown.append(
            (
                "needs attention"
                in bar.partition(f'choose-{own_id}"')[2].partition("</button>")[0],
                "1 thing to mend" in card.partition("</a>")[0],
                "messages are used up" in own,
            )
        )
    assert shown == [(True, True, True), (False, False, False)]


def test_the_button_counts_what_the_page_shows(rig: Rig, second: int) -> None:
    with rig.world.app.app_context(), transaction():
        enqueue("ensure_properties", rig.tenant.installation_id, rig.tenant.installation_id)
    rig.world.work()
    with rig.world.app.app_context(), transaction() as session:
        session.execute(delete(Job))
    # LINE knows no such channel as the second account's.
    choose(rig.world, rig.tenant, second)
    assert "What needs mending is on top." in check_now(rig).text
    choose(rig.world, rig.tenant, rig.tenant.account_id)
    page = check_now(rig)
    assert "Nothing to mend." in page.text
    assert "to-mend" not in marks(page)


def test_the_command_tells_of_each_portal_as_it_comes(
    rig: Rig, world: World, charlie: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    check = check_installation

    def noted(deps: Dependencies, installation: Installation) -> Report:
        order.append(f"asked {installation.portal_id}")
        return check(deps, installation)

    def said(text: str = "") -> None:
        if text.startswith("Portal "):
            order.append(text)

    monkeypatch.setattr(doctor, "check_installation", noted)
    monkeypatch.setattr(click, "echo", said)
    world.app.test_cli_runner().invoke(args=["doctor"])
    expected = [(f"asked {portal}", f"Portal {portal}") for portal in (PORTAL, OTHER_PORTAL)]
    assert order == [step for steps in expected for step in steps]
