"""What a check has found: stored as plain JSON, told as sentences."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from plugin.core.diagnosis.doctor.cause import COMMON, NO_ANSWER, UNCHECKED, WAITS, Cause, State
from plugin.core.diagnosis.doctor.checks import CHECKS, LOOKED_AT, Check
from plugin.core.text.sentences import Sentence

# `ok` of a stored verdict is what programs read.
OK: Mapping[State, bool | None] = {"ok": True, "failing": False, "unknown": None, "off": None}
LONGEST_DETAIL = 300
# What they have found holds until the moment that they name.
EXPIRING = ("quota",)
# What somebody saw in LINE's console may have changed since.
SEEN_FOR = timedelta(days=180)


class Verdict(NamedTuple):
    """`detail`: a platform's own words."""

    key: str
    cause: str
    detail: str = ""
    values: Mapping[str, Any] = {}

    @property
    def check(self) -> Check:
        return CHECKS[self.key]

    @property
    def found(self) -> Cause:
        return self.check.cause(self.cause)

    @property
    def state(self) -> State:
        return self.found.state

    @property
    def is_checked(self) -> bool:
        """Whether it was asked at all, and answered."""
        return self.cause not in COMMON

    @property
    def text(self) -> Sentence:
        return self.sentence(self.found.text)

    @property
    def moment(self) -> datetime | None:
        at = self.values.get("at")
        return datetime.fromisoformat(at) if isinstance(at, str) else None

    def sentence(self, text: str) -> Sentence:
        moment = self.moment
        return Sentence(text, **{**self.values, **({"at": moment} if moment else {})})

    def stored(self) -> dict[str, Any]:
        return {
            "ok": OK[self.state],
            "detail": self.detail[:LONGEST_DETAIL],
            "cause": self.cause,
            "values": dict(self.values),
        }


Stored = Mapping[str, Mapping[str, Any]]


def read_verdict(key: str, stored: Stored, now: datetime) -> Verdict:
    """Read a verdict, also one that an earlier version has stored without its cause. What has
    expired says nothing any more."""
    verdict = _read(key, stored)
    is_over = key in EXPIRING and verdict.moment is not None and verdict.moment <= now
    return Verdict(key, UNCHECKED) if is_over else verdict


def _read(key: str, stored: Stored) -> Verdict:
    result, check = stored.get(key), CHECKS[key]
    if result is None:
        return Verdict(key, UNCHECKED)
    cause, detail = str(result.get("cause") or ""), str(result.get("detail") or "")
    values = result.get("values")
    if cause in check.causes or cause in COMMON:
        return Verdict(key, cause, detail, values if isinstance(values, dict) else {})
    by_ok = {True: "ok", False: check.first_failing}
    name = by_ok.get(result.get("ok") or False) if result.get("ok") is not None else None
    return Verdict(key, name or check.otherwise, detail)


def waiting(*keys: str) -> list[Verdict]:
    """What cannot be looked at before something else works."""
    return [Verdict(key, WAITS) for key in keys]


def unanswered(detail: str, *keys: str, cause: str = NO_ANSWER) -> list[Verdict]:
    return [Verdict(key, cause, detail) for key in keys]


def seen(key: str, at: datetime) -> Verdict:
    """Somebody has looked at what LINE shows only to its administrators."""
    return Verdict(key, "seen", values={"at": at.isoformat()})


def seen_at(verdict: Verdict, now: datetime) -> datetime | None:
    """Return when somebody has looked; None: nobody, or too long ago."""
    moment = verdict.moment if verdict.key in LOOKED_AT and verdict.state == "ok" else None
    return moment if moment is not None and now - moment < SEEN_FOR else None


def kept(before: Verdict, found: Verdict, now: datetime) -> Verdict:
    """Return what is stored after a check: only the contrary ends what somebody has seen."""
    looked_at = seen_at(before, now)
    if looked_at is None or found.state == "failing" or found.cause == "seen":
        return found
    if found.state == "ok":
        return found._replace(values={**found.values, "at": looked_at.isoformat()})
    return seen(found.key, looked_at)
