"""A rule with all that it names, looked up in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from plugin.core.clock import utcnow
from plugin.core.segments.reading import Reading, read_rule
from plugin.core.segments.rule import Condition, Rule, RuleFault, conditions_of
from plugin.core.text.sentences import Sentence
from plugin.core.time_zones import zone_of
from plugin.models.audience.compile import condition_of
from plugin.models.audience.references import (
    list_rows,
    missing_references,
    place,
    tags_of,
    types_of_properties,
)
from plugin.models.audience.scope import Scope, is_sqlite
from plugin.models.audience.segment import Segment, SegmentVersion
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend import Friend

# Segments that name segments, and the conditions that all of them have together.
DEEPEST_SEGMENTS, MOST_CONDITIONS = 5, 1000
Rules = dict[int, Rule]


class RuleError(Exception):
    """The rule cannot be used; `faults` says where and why."""

    def __init__(self, faults: Sequence[RuleFault]) -> None:
        super().__init__("; ".join(f"{fault.path}: {fault.message}" for fault in faults))
        self.faults = list(faults)


@dataclass(frozen=True)
class CheckedRule:
    """A rule of an account and all that it needs. `notes`: what was ignored in it."""

    account: OfficialAccount
    rule: Rule
    segments: Rules
    notes: Sequence[RuleFault] = ()

    def scope(
        self,
        now: datetime | None = None,
        *,
        one_by_one: bool = False,
        first_alone: bool = False,
    ) -> Scope:
        """`one_by_one`: the statement is about few friends, or reads them in the order of ids.
        `first_alone`: it returns the first who fit."""
        installation = self.account.installation
        rules = (self.rule, *self.segments.values())
        conditions = [each for rule in rules for each in conditions_of(rule)]
        return Scope(
            account_id=self.account.id,
            installation_id=installation.id,
            now=now or utcnow(),
            zone=zone_of(installation.time_zone),
            segments=self.segments,
            lists=list_rows(installation.id),
            tags=tags_of(installation.id, conditions),
            one_by_one=one_by_one,
            first_alone=first_alone,
        )


def check_rule(account: OfficialAccount, raw: Any, segment_id: int | None = None) -> CheckedRule:
    """Read a rule and look up all that it names; raise `RuleError` with all faults at once.
    `segment_id`: the segment whose rule it becomes, which it may not name."""
    properties = types_of_properties(account.installation_id)
    reading = read_rule(raw, properties)
    if reading.rule is None:
        raise RuleError(reading.faults)
    faults = missing_references(account, reading.rule)
    nested = _Nested(account, properties, [segment_id] if segment_id else [])
    faults += nested.load(reading.rule)
    if nested.conditions > MOST_CONDITIONS:
        faults.append(RuleFault("", Sentence("With the segments that it names it is too long.")))
    if faults:
        raise RuleError(faults)
    return CheckedRule(account, reading.rule, nested.rules, reading.notes)


def in_segment(
    installation_id: int, segment_id: int, *, one_by_one: bool = False
) -> ColumnElement[bool]:
    """Return the condition on `Friend`, account included; raise `RuleError`."""
    segment = Segment.find_owned(installation_id, segment_id)
    if segment is None:
        raise RuleError([RuleFault("segment", Sentence("This segment is gone."))])
    account = segment.official_account
    checked = check_rule(account, SegmentVersion.current(segment).rule)
    scope = checked.scope(one_by_one=one_by_one, first_alone=not one_by_one)
    chosen = condition_of(checked.rule, scope)
    account_id = Friend.__table__.c.official_account_id
    # Whoever asks names the account, too. Named twice, SQLite may look at every pair of a friend
    # and an id that the segment has found.
    own = account_id + 0 if is_sqlite() else account_id
    return and_(own == account.id, chosen)


class _Nested:
    """Loads the rules of the segments that a rule names, and of those that these name."""

    def __init__(
        self, account: OfficialAccount, properties: dict[str, str], above: list[int]
    ) -> None:
        self._account, self._properties, self._above = account, properties, above
        self._readings: dict[int, Reading | None] = {}
        self.rules: Rules = {}
        self.conditions = 0

    def load(self, rule: Rule) -> list[RuleFault]:
        faults = []
        for condition in conditions_of(rule):
            self.conditions += 1
            if condition.field.type == "segment" and self.conditions <= MOST_CONDITIONS:
                faults += [
                    RuleFault(place(condition, "value"), words)
                    for id_ in condition.values
                    if (words := self._load(condition, int(id_))) is not None  # type: ignore[arg-type]
                ]
        return faults

    def _load(self, condition: Condition, segment_id: int) -> Sentence | None:
        if segment_id in self._above:
            return Sentence("The segment would name itself, directly or through another one.")
        if len(self._above) >= DEEPEST_SEGMENTS:
            return Sentence(
                "Segments name each other at most %(most)s deep.", most=DEEPEST_SEGMENTS
            )
        reading = self._read(segment_id)
        if reading is None:
            return Sentence("This segment is gone.")
        faults = list(reading.faults)
        if reading.rule is not None:
            self.rules[segment_id] = reading.rule
            self._above.append(segment_id)
            faults += [*missing_references(self._account, reading.rule), *self.load(reading.rule)]
            self._above.pop()
        if not faults:
            return None
        return Sentence("This segment has a fault itself: %(fault)s", fault=faults[0].message)

    def _read(self, segment_id: int) -> Reading | None:
        if segment_id not in self._readings:
            named = select(SegmentVersion.rule).join(
                Segment,
                (Segment.id == SegmentVersion.segment_id)
                & (Segment.version == SegmentVersion.number),
            )
            raw = db.session.scalar(
                named.where(
                    Segment.id == segment_id,
                    Segment.official_account_id == self._account.id,
                    Segment.archived_at.is_(None),
                )
            )
            found = raw is not None
            self._readings[segment_id] = read_rule(raw, self._properties) if found else None
        return self._readings[segment_id]
