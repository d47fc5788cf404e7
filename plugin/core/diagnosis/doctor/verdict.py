"""What a check has found: stored as plain JSON, told as sentences."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from plugin.core.diagnosis.doctor.cause import COMMON, NO_ANSWER, UNCHECKED, WAITS, Cause, State
from plugin.core.diagnosis.doctor.checks import CHECKS, Check
from plugin.core.text.sentences import Sentence

# `ok` of a stored verdict is what programs read.
OK: Mapping[State, bool | None] = {"ok": True, "failing": False, "unknown": None, "off": None}
MOMENTS = ("at",)
LONGEST_DETAIL = 300


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

    def sentence(self, text: str) -> Sentence:
        values = dict(self.values)
        for name in MOMENTS:
            if isinstance(values.get(name), str):
                values[name] = datetime.fromisoformat(values[name])
        return Sentence(text, **values)

    def stored(self) -> dict[str, Any]:
        return {
            "ok": OK[self.state],
            "detail": self.detail[:LONGEST_DETAIL],
            "cause": self.cause,
            "values": dict(self.values),
        }


Stored = Mapping[str, Mapping[str, Any]]


def read_verdict(key: str, stored: Stored) -> Verdict:
    """Read a verdict, also one that an earlier version has stored without its cause."""
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
