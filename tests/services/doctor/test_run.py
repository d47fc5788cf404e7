"""A run is cheap and bounded, keeps what it finds, and never fails by itself."""

import time
from typing import Any

import pytest
from sqlalchemy import text

from plugin.core.clock import utcnow
from plugin.core.diagnosis.doctor.cause import NO_ANSWER, TOO_OFTEN, UNCHECKED, WAITS
from plugin.core.diagnosis.doctor.checks import CHECKS, keys_of
from plugin.core.diagnosis.doctor.verdict import read_verdict
from plugin.models import DoctorReport, Installation, OfficialAccount, db
from plugin.models.transaction import transaction
from plugin.services.connections.official_account import check_account
from plugin.services.doctor.report import account_verdicts, report_of
from tests.services.doctor.rig import Rig
from tests.support.world import Tenant, World

# What a run with one Official Account costs, at most.
LINE_CALLS, HUBSPOT_CALLS = 12, 2
LINE = {*keys_of("line"), "login_channel", "callback", "email", "liff_url", "liff_scopes"}


def calls(rig: Rig) -> dict[str, int]:
    counted = rig.control("/calls", method="GET")["calls"]
    return {name: told["count"] for name, told in counted.items()}


def test_a_run_costs_few_calls_and_no_message(rig: Rig) -> None:
    before = rig.control("/quota", {})["used"]
    rig.control("/calls", method="DELETE")
    rig.check()
    made = calls(rig)
    line = {name: count for name, count in made.items() if "/line-" in name}
    assert sum(line.values()) <= LINE_CALLS
    assert sum(made.values()) - sum(line.values()) <= HUBSPOT_CALLS
    assert line["POST /line-api/v2/bot/channel/webhook/test"] == 1
    assert not [name for name in line if "/message/" in name and not name.startswith("GET")]
    assert rig.control("/quota", {})["used"] == before
    assert rig.control("/deliveries?summary=1", method="GET")["count"] == 0
    assert rig.mailbox.letters == []


@pytest.mark.both_databases
def test_what_was_found_is_kept_and_told_again_without_a_call(rig: Rig) -> None:
    rig.channel(use_webhook=False)
    found = rig.check()
    rig.control("/calls", method="DELETE")
    with rig.world.app.app_context():
        installation = db.session.get_one(Installation, rig.tenant.installation_id)
        report = report_of(installation, OfficialAccount.list_owned(installation.id))
        assert {one.key: one.cause for one in report.verdicts} == {
            key: one.cause for key, one in found.items()
        }
        assert [one.key for one in report.failing] == ["webhook_active"]
        assert report.checked_at is not None
    assert calls(rig) == {}
    rig.channel(use_webhook=True)
    assert rig.check()["webhook_active"].cause == "ok"
    with rig.world.app.app_context():
        assert db.session.query(DoctorReport).count() == 1


def test_line_that_fails_is_not_known_and_hubspot_is_asked_all_the_same(rig: Rig) -> None:
    rig.world.sandbox.fail("^/line-", {"status": 500})
    found = rig.check()
    asked = {key: found[key].cause for key in LINE - {"greeting", "auto_reply"}}
    assert set(asked.values()) == {NO_ANSWER, WAITS}
    assert not [one for one in found.values() if one.state == "failing"]
    assert found["properties"].cause == "ok"


def test_hubspot_that_fails_is_not_known_and_line_is_asked_all_the_same(rig: Rig) -> None:
    rig.world.sandbox.fail("^/hubspot-api/", {"status": 503})
    found = rig.check()
    assert [found[key].cause for key in keys_of("hubspot")] == [NO_ANSWER, WAITS, WAITS, WAITS]
    assert found["hubspot"].detail
    assert found["webhook_test"].cause == "ok"


def test_a_limit_of_lines_says_only_that(rig: Rig) -> None:
    rig.world.sandbox.fail("/webhook/test", {"status": 429, "body": {"message": "too many"}})
    found = rig.check()
    assert (found["webhook_url"].cause, found["webhook_test"].cause) == ("ok", TOO_OFTEN)
    assert found["webhook_speed"].cause == TOO_OFTEN


@pytest.mark.slow
def test_platforms_that_do_not_answer_hold_nobody_for_long(rig: Rig) -> None:
    rig.world.sandbox.fail("^/(line|hubspot)-", {"delay": 12})
    began = time.monotonic()
    found = rig.check()
    assert time.monotonic() - began < 11
    assert {found[key].state for key in ("channel", "hubspot", "login_channel")} == {"unknown"}
    assert found["address"].cause == "ok"


@pytest.mark.both_databases
def test_a_check_that_fails_by_itself_is_not_known(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Any:
        raise LookupError("a mistake of ours")

    monkeypatch.setattr(rig.world.app.extensions["musubi"].gateways.line, "quota", broken)
    found = rig.check()
    assert (found["quota"].cause, found["quota"].detail) == (NO_ANSWER, "LookupError")
    assert found["channel"].cause == "ok"


def test_before_the_first_run_nothing_is_claimed(world: World, alice: Tenant) -> None:
    with world.app.app_context():
        installation = db.session.get_one(Installation, alice.installation_id)
        report = report_of(installation, [world.account(alice)])
        assert report.checked_at is None
        unchecked = {one.key for one in report.verdicts if one.cause == UNCHECKED}
        # Connecting the account has looked at its channels.
        assert unchecked >= {*keys_of("hubspot", "musubi"), "quota", "callback"}
        assert "channel" not in unchecked
        assert report.failing == []


def test_results_of_an_earlier_version_are_read(world: World, alice: Tenant) -> None:
    old: dict[str, dict[str, Any]] = {
        "channel": {"ok": False, "detail": "invalid"},
        "webhook_url": {"ok": True, "detail": ""},
        "liff_url": {"ok": None, "detail": ""},
        "login_channel": {"ok": None, "detail": ""},
        "provider": {"ok": False, "detail": "another provider"},
    }
    causes = {key: read_verdict(key, old, utcnow()).cause for key in old}
    assert causes == {
        "channel": "refused",
        "webhook_url": "ok",
        "liff_url": "none",
        "login_channel": "none",
        "provider": "not_shown",
    }
    assert {read_verdict(key, {}, utcnow()).cause for key in CHECKS} == {UNCHECKED}


@pytest.mark.both_databases
def test_another_login_channel_has_to_be_proved_anew(rig: Rig) -> None:
    with rig.world.app.app_context():
        account = rig.world.account(rig.tenant)
        assert {one.key: one.cause for one in account_verdicts(account)}["provider"] == "ok"
        with transaction() as session:
            session.execute(text("UPDATE official_account SET login_channel_id = ''"))
        db.session.expire_all()
        states = {one.key: one.cause for one in account_verdicts(rig.world.account(rig.tenant))}
        assert (states["provider"], states["linked"]) == (WAITS, WAITS)


def test_what_somebody_has_seen_is_asked_again_in_time(rig: Rig) -> None:
    checks = rig.stored()
    checks["auto_reply"] = {**checks["auto_reply"], "values": {"at": "2026-01-01T00:00:00+00:00"}}
    rig.account(checks=checks)
    assert rig.check()["auto_reply"].cause == "look"


def test_a_check_of_the_channels_alone_keeps_the_rest(rig: Rig) -> None:
    rig.check()
    rig.channel(verified=False)
    with rig.world.app.app_context():
        check_account(rig.world.deps, rig.world.account(rig.tenant))
    assert rig.stored()["followers"]["cause"] == "ok"
