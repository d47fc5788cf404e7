"""What is kept between runs: what somebody has seen, what is proved, and for how long."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text, update

from plugin.core.clock import utcnow
from plugin.core.diagnosis.doctor.cause import NO_ANSWER, TOO_OFTEN, UNCHECKED, WAITS
from plugin.core.diagnosis.doctor.verdict import Verdict, kept, read_verdict, seen
from plugin.models import LoginAttempt, QRCode
from plugin.models.transaction import transaction
from plugin.sandbox.line.seed import SHOP, STRAY_LOGIN, constant
from plugin.services.connections.channels import stored_values
from plugin.services.connections.official_account import check_account, connect_account
from plugin.services.doctor.report import account_verdicts
from plugin.services.doctor.run import check_official_account
from tests.services.doctor.rig import Rig
from tests.support.world import Tenant, World

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
LOOKED = seen("published", NOW - timedelta(days=3))


@pytest.mark.parametrize("cause", [UNCHECKED, NO_ANSWER, TOO_OFTEN, WAITS, "look"])
def test_only_the_contrary_ends_what_somebody_has_seen(cause: str) -> None:
    assert kept(LOOKED, Verdict("published", cause), NOW) == LOOKED
    assert kept(LOOKED, Verdict("published", "developing"), NOW).cause == "developing"
    later = NOW + timedelta(days=200)
    assert kept(LOOKED, Verdict("published", cause), later).cause == cause


def test_a_proof_stands_above_it_and_does_not_forget_it() -> None:
    proved = kept(LOOKED, Verdict("published", "ok"), NOW)
    assert proved.cause == "ok"
    assert kept(proved, Verdict("published", "look"), NOW) == LOOKED


def test_nobody_is_asked_again_because_line_did_not_answer(rig: Rig) -> None:
    rig.world.sandbox.fail("^/line-", {"status": 500})
    assert {rig.check()[key].cause for key in ("auto_reply", "published")} == {"seen"}


def test_a_login_channel_that_is_refused_says_nothing_of_what_was_seen(rig: Rig) -> None:
    rig.login_channel(secret="0" * 32)
    found = rig.check()
    assert found["login_channel"].state == "failing"
    assert found["published"].cause == "seen"


def test_a_greeting_that_comes_back_was_looked_at_before(rig: Rig) -> None:
    def greet(words: str) -> None:
        with rig.world.app.app_context(), transaction() as session:
            session.execute(update(QRCode).values(greeting=words))

    greet("Welcome!")
    rig.seen("greeting")
    greet("")
    assert rig.check()["greeting"].cause == "ok"
    greet("Welcome back!")
    assert rig.check()["greeting"].cause == "seen"


@pytest.mark.both_databases
def test_logins_through_another_channel_prove_nothing_of_this_one(rig: Rig) -> None:
    rig.account(checks={})
    for person in ("alice", "bob"):
        rig.log_in(person)
    assert rig.check()["published"].cause == "ok"
    rig.control(f"/line-channels/{STRAY_LOGIN}", {"linked_account": SHOP})
    with rig.world.app.app_context():
        account = rig.world.account(rig.tenant)
        values = stored_values(account)._replace(
            login_channel_id=STRAY_LOGIN,
            login_channel_secret=constant(f"channel {STRAY_LOGIN}"),
            liff_url="",
        )
        connect_account(rig.world.deps, account.installation, values)
    rig.login_channel(callback_urls=[])
    assert rig.check()["published"].cause in ("look", WAITS)
    assert rig.stored()["published"]["ok"] is None


def test_visits_before_somebody_has_looked_are_no_contrary_of_it(rig: Rig) -> None:
    rig.account(login_channel_at=utcnow() - timedelta(days=5))
    with rig.world.app.app_context(), transaction() as session:
        old = {"expires_at": utcnow() - timedelta(days=1), "returned_at": None, "line_user_id": ""}
        session.execute(update(LoginAttempt).values(old))
        row = session.query(LoginAttempt).first()
        assert row is not None
        for number in range(3):
            copy = {
                column.key: getattr(row, column.key)
                for column in LoginAttempt.__table__.columns
                if column.key != "id"
            }
            reference = f"r{number}"
            session.add(LoginAttempt(**{**copy, "reference": reference, "state": reference}))
        session.execute(text("DELETE FROM linkage"))
    rig.account(checks={name: one for name, one in rig.stored().items() if name != "published"})
    assert rig.check()["published"].cause == "developing"
    rig.seen("published")
    assert rig.check()["published"].cause == "seen"


def test_a_check_of_a_part_is_not_the_time_of_the_whole(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        account = world.account(alice)
        # Connecting has asked about the channels alone.
        assert account.checks["channel"]["ok"]
        assert account.checked_at is None
        check_official_account(world.deps, account)
        whole = account.checked_at
        assert whole is not None
        check_account(world.deps, account)
        assert account.checked_at == whole


def test_what_line_said_of_the_month_holds_until_it_counts_anew(rig: Rig) -> None:
    rig.control("/quota", {"limit": 10, "used": 10})
    assert rig.check()["quota"].cause == "used_up"
    stored = rig.stored()
    until = datetime.fromisoformat(stored["quota"]["values"]["at"])
    assert read_verdict("quota", stored, until - timedelta(seconds=1)).cause == "used_up"
    assert read_verdict("quota", stored, until).cause == UNCHECKED
    rig.control("/quota", {"limit": 10, "used": 1})
    left = rig.check()["quota"]
    assert left.moment == until
    stored["quota"]["values"]["at"] = (utcnow() - timedelta(hours=1)).isoformat()
    rig.account(checks=stored)
    with rig.world.app.app_context():
        verdicts = {one.key: one for one in account_verdicts(rig.world.account(rig.tenant))}
        assert verdicts["quota"].cause == UNCHECKED
