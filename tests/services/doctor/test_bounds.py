"""A run reads a tenant's own work by an index, waits for nobody too long, and leaves no trace."""

import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.core.diagnosis.doctor.cause import TOO_OFTEN
from plugin.core.diagnosis.doctor.checks import keys_of
from plugin.core.diagnosis.doctor.verdict import Verdict
from plugin.models import DoctorReport, Installation, Job, OfficialAccount, QRCode, db
from plugin.models.connections.installation import REMOVING
from plugin.models.system.activity import count_links
from plugin.models.system.job import enqueue
from plugin.models.transaction import in_time, transaction
from plugin.services import Dependencies
from plugin.services.connections.account_checks import login_verdicts
from plugin.services.doctor import line, server
from tests.house.project import ROOT
from tests.models.plans import asked, scanned
from tests.services.doctor.rig import Rig
from tests.support.world import Tenant, World


def overdue(world: World, tenant_id: int, *, failed: bool = False) -> None:
    with world.app.app_context():
        with transaction():
            enqueue("read_profiles", f"of {tenant_id}", tenant_id)
        with transaction() as session:
            values = {"ready_ms": Job.ready_ms - 20 * 60 * 1000, "failed": failed}
            session.execute(update(Job).where(Job.key == f"of {tenant_id}").values(values))


def work(world: World, tenant_id: int) -> Verdict:
    with world.app.app_context():
        return next(one for one in server.work_verdicts(tenant_id) if one.key == "jobs")


@pytest.mark.both_databases
def test_only_a_tenants_own_work_is_late_and_that_of_all(world: World, alice: Tenant) -> None:
    mine, other = alice.installation_id, alice.installation_id + 1
    overdue(world, other)
    overdue(world, other + 1, failed=True)
    with world.app.app_context(), transaction() as session:
        session.execute(update(Job).where(Job.tenant_id == mine).values(ready_ms=Job.ready_ms + 9))
    assert work(world, mine).cause == "ok"
    assert work(world, other).cause == "late"
    overdue(world, 0)
    late = work(world, mine)
    assert (late.cause, late.values["minutes"]) == ("late", 20)


@pytest.mark.both_databases
def test_work_is_found_by_an_index(world: World, alice: Tenant) -> None:
    with asked(world) as sent:
        work(world, alice.installation_id)
    of_jobs = [one for one in sent if "job" in one[0]]
    assert len(of_jobs) == 2
    assert "job" not in scanned(world, of_jobs)


@pytest.mark.both_databases
def test_what_an_account_has_shown_is_found_by_an_index(world: World, alice: Tenant) -> None:
    with asked(world) as sent, world.app.app_context():
        line._published(world.account(alice))
        line._greeting(world.account(alice))
    tables = {"login_attempt", "linkage", "activity", "qr_code"}
    found = [one for one in sent if any(f"FROM {table}" in one[0] for table in tables)]
    assert len(found) == 5
    assert not scanned(world, found) & tables


def test_many_links_by_login_prove_the_channel_beside_any_import(
    world: World, alice: Tenant
) -> None:
    with world.app.app_context():
        account = world.account(alice)
        with transaction():
            account.login_channel_at = utcnow() - timedelta(days=30)
            count_links(account.id, "import", 500)
            count_links(account.id, "qr", line.LINKS - 1)
        assert line._published(account).cause == "look"
        with transaction():
            count_links(account.id, "email", 1)
        assert line._published(account).cause == "ok"
        with transaction():
            # Those of today may be of the channel before.
            account.login_channel_at = utcnow()
        assert line._published(account).cause == "look"


def test_a_greeting_is_found_among_many_codes(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        account, now = world.account(alice), utcnow()
        assert line._greeting(account).cause == "ok"
        common = {"official_account_id": account.id, "linkage_type": "none", "created_at": now}
        with transaction() as session:
            for number in range(250):
                words = "Welcome!" if number == 249 else ""
                names = {"slug": f"many-{number}", "name": str(number), "greeting": words}
                session.add(QRCode(**common, **names))
        assert line._greeting(account).cause == "look"


def test_the_failed_are_counted_up_to_a_number(world: World, alice: Tenant) -> None:
    overdue(world, alice.installation_id, failed=True)
    assert work(world, alice.installation_id).cause == "failed"
    with world.app.app_context():
        assert Job.count_failed(alice.installation_id) == 1
        assert Job.longest_wait(alice.installation_id, timedelta(minutes=10)) is None


def test_calls_that_are_late_are_left_behind_and_those_that_wait_are_cancelled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(in_time.__globals__, "CALLS_AT_ONCE", 2)
    end, begun = threading.Event(), []

    def hang() -> int:
        begun.append(threading.current_thread())
        end.wait(20)
        return 1

    with world.app.app_context():
        quick, *others = in_time("test", [lambda: 7, hang, hang, hang], 0.3)
    assert quick.result() == 7
    assert [one.cancelled() for one in others] == [False, False, True]
    assert all(thread.daemon for thread in begun)
    end.set()
    assert [one.result(5) for one in others[:2]] == [1, 1]
    assert len(begun) == 2


def test_what_is_raised_is_the_callers(world: World) -> None:
    def broken() -> int:
        raise LookupError("a mistake of ours")

    with world.app.app_context():
        (future,) = in_time("test", [broken], 5)
    assert isinstance(future.exception(), LookupError)


HANGS = """
import time
from flask import Flask
from plugin.models.base import db
from plugin.models.transaction import in_time
app = Flask("test")
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db.init_app(app)
with app.app_context():
    in_time("test", [lambda: time.sleep(60)], 0.1)
print("over")
"""


def test_a_call_that_never_ends_holds_no_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HANGS], cwd=ROOT, capture_output=True, text=True, timeout=30,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "over\n"), done.stderr


@pytest.mark.both_databases
def test_nothing_is_kept_of_a_portal_that_is_removed_meanwhile(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = server.address_verdict

    def removed_meanwhile(deps: Dependencies) -> Verdict:
        # Another person removes HubSpot while the calls are under way.
        with transaction() as session:
            session.execute(update(Installation).values(state=REMOVING))
        return address(deps)

    monkeypatch.setattr(server, "address_verdict", removed_meanwhile)
    before = rig.stored()
    found = rig.check()
    assert found["installation"].cause == "removed"
    assert rig.stored() == before
    with rig.world.app.app_context():
        assert db.session.query(DoctorReport).count() == 0


@pytest.mark.both_databases
def test_what_was_asked_of_a_channel_says_nothing_of_the_next(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, login_keys = login_verdicts, set(keys_of("login"))

    def changed_meanwhile(deps: Dependencies, account: OfficialAccount) -> list[Verdict]:
        found = ask(deps, account)
        # Another person enters another LINE Login channel.
        with transaction() as session:
            another = update(OfficialAccount).values(login_channel_id="2000000099")
            session.execute(another.values(checks={}, checked_at=None))
        return found

    assert login_keys & rig.check().keys()
    monkeypatch.setattr(line, "login_verdicts", changed_meanwhile)
    rig.check()
    assert not login_keys & rig.stored().keys()
    assert rig.stored()["channel"]["ok"]
    with rig.world.app.app_context():
        assert rig.world.account(rig.tenant).checked_at is None


def test_a_liff_app_asked_for_too_often_is_told_so(rig: Rig) -> None:
    rig.world.sandbox.fail("liff/v1/apps", {"status": 429, "body": {}})
    assert rig.check()["liff_url"].cause == TOO_OFTEN


@pytest.mark.parametrize(
    ("effect", "cause"),
    [
        ({"status": 503}, "no_answer"),
        ({"status": 429, "body": {}}, "too_often"),
    ],
)
def test_a_portal_refused_before_is_not_refused_by_another_error(
    rig: Rig, effect: dict[str, object], cause: str
) -> None:
    rig.installation(refused_since=utcnow() - timedelta(hours=2))
    rig.world.sandbox.fail("^/hubspot-api/", effect)
    found = rig.check()
    assert (found["hubspot"].cause, found["installation"].cause) == (cause, "waits")


def test_a_scope_that_is_missing_refuses_no_portal(rig: Rig) -> None:
    rig.world.sandbox.fail("^/hubspot-api/crm/properties", {"status": 403, "body": {}})
    found = rig.check()
    assert found["installation"].cause == "ok"
    assert found["properties"].cause == "no_answer"
