"""Each cause of the doctor's list is brought about on purpose, and named with what mends it."""

from datetime import timedelta

import pytest

from plugin.core.clock import utcnow
from plugin.core.diagnosis.doctor.checks import CHECKS
from plugin.models import clock
from plugin.services.doctor.places import PLACES
from tests.services.doctor.breaks import BREAKS
from tests.services.doctor.rig import Rig

CAUSES = {(key, cause) for key, check in CHECKS.items() for cause in check.causes if cause != "ok"}
# The database stands on this machine and reads its clock: it has a test of its own.
ALONE = {("clock", "database")}
# Whatever reaches Musubi, or does not, is seen by more than one check.
OWN_ADDRESS = {"webhook_url", "callback", "liff_url"}
TOGETHER: dict[tuple[str, str], set[str]] = {
    ("channel", "refused"): {"webhook_test"},
    ("provider", "not_shown"): {"linked", "callback", "liff_url"},
    ("provider", "other"): {"liff_url", "callback"},
    ("address", "certificate"): OWN_ADDRESS,
    ("address", "plain"): OWN_ADDRESS,
    ("address", "unreachable"): OWN_ADDRESS,
}


def test_every_cause_has_a_way_to_bring_it_about() -> None:
    assert set(BREAKS) == CAUSES - ALONE


def test_nothing_is_wrong_with_a_tenant_that_has_everything(rig: Rig) -> None:
    found = rig.check()
    assert {key: one.cause for key, one in found.items() if one.state != "ok"} == {}
    assert list(found) == list(CHECKS)


@pytest.mark.parametrize(("key", "cause"), sorted(BREAKS))
def test_each_cause_is_named_with_its_mend_and_nothing_else_is_blamed(
    rig: Rig, key: str, cause: str
) -> None:
    BREAKS[key, cause](rig)
    found = rig.check()
    verdict = found[key]
    assert verdict.cause == cause
    mends = verdict.found.mends
    words = [str(verdict.text), *(str(verdict.sentence(mend.text)) for mend in mends)]
    assert not [line for line in words if "%(" in line]
    assert all(mend.place in PLACES for mend in mends if mend.place)
    if verdict.state == "failing":
        assert mends
    others = {one.key for one in found.values() if one.state == "failing"} - {key}
    assert others <= TOGETHER.get((key, cause), set())


def test_a_clock_apart_from_the_database_is_told(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "utcnow", lambda: utcnow() + timedelta(seconds=40))
    found = rig.check()["clock"]
    assert (found.cause, found.values) == ("database", {"seconds": 40})
