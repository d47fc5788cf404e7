"""What uses a segment, and which segments use a property, a list or another segment."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func

from plugin.core.text.row_ids import row_id
from plugin.models.audience.list_export import RUNNING, ListExport
from plugin.models.audience.segment import Segment, SegmentVersion
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import DRAFT, SCHEDULED, Broadcast

# A rule that was read has at most five levels; whatever was stored is walked no deeper.
_DEEPEST = 10
_LIST = list


class Usage(NamedTuple):
    """Segments that name it, broadcasts that go to it and have no recipients yet, running exports
    to lists."""

    segments: Sequence[Segment]
    broadcasts: Sequence[Broadcast]
    exports: Sequence[ListExport]

    def __bool__(self) -> bool:
        return any(self)


def usage_of(segment: Segment) -> Usage:
    installation_id = segment.official_account.installation_id
    planned = Broadcast.owned(installation_id).where(
        Broadcast.segment_id == segment.id, Broadcast.state.in_((DRAFT, SCHEDULED))
    )
    exports = ListExport.owned(installation_id).where(ListExport.state == RUNNING)
    return Usage(
        [each for each in segments_using(installation_id, segment=segment.id) if each != segment],
        db.session.scalars(planned.order_by(Broadcast.id)).all(),
        [each for each in db.session.scalars(exports) if _names(each.source.get("rule"), segment)],
    )


def count_uses(installation_id: int) -> dict[int, tuple[int, int]]:
    """Return how many segments and waiting broadcasts use each segment, in two statements."""
    planned = Broadcast.owned(installation_id).where(Broadcast.state.in_((DRAFT, SCHEDULED)))
    counted = planned.with_only_columns(Broadcast.segment_id, func.count())
    rows = db.session.execute(counted.group_by(Broadcast.segment_id).order_by(None)).tuples()
    broadcasts = {segment_id: number for segment_id, number in rows if segment_id}
    segments = Counter(
        named for _, rule in _current_rules(installation_id) for named in _segments_in(rule)
    )
    return {
        segment_id: (segments[segment_id], broadcasts.get(segment_id, 0))
        for segment_id in {*segments, *broadcasts}
    }


def _segments_in(rule: Any) -> set[int]:
    return set(filter(None, map(row_id, _values_of(rule, "segment"))))


def segments_using(
    installation_id: int,
    *,
    property: str = "",  # noqa: A002 - HubSpot's word
    list: str = "",  # noqa: A002 - HubSpot's word
    segment: int = 0,
) -> Sequence[Segment]:
    """Return the segments whose rule in force names one of these."""
    rows = _current_rules(installation_id)
    wanted = [
        (f"hubspot.{property}", None) if property else None,
        ("hubspot.list", list) if list else None,
        ("segment", str(segment)) if segment else None,
    ]
    pairs = [pair for pair in wanted if pair is not None]
    return [row for row, rule in rows if any(_uses(rule, name, value) for name, value in pairs)]


def segments_naming(installation_id: int, field: str) -> dict[str, list[Segment]]:
    """Return the values that rules in force name in this field, each with its segments."""
    found: dict[str, list[Segment]] = {}
    for segment, rule in _current_rules(installation_id):
        for value in dict.fromkeys(_values_of(rule, field)):
            found.setdefault(value, []).append(segment)
    return found


def _values_of(rule: Any, field: str) -> Iterator[str]:
    for condition in _conditions(rule, _DEEPEST):
        if condition.get("field") == field:
            given = condition.get("value")
            yield from map(str, given if isinstance(given, _LIST) else [given])


def _names(rule: Any, segment: Segment) -> bool:
    return _uses(rule, "segment", str(segment.id))


def _uses(rule: Any, field: str, value: str | None) -> bool:
    for condition in _conditions(rule, _DEEPEST):
        if condition.get("field") == field:
            given = condition.get("value")
            values = given if isinstance(given, _LIST) else [given]
            if value is None or value in map(str, values):
                return True
    return False


def _conditions(rule: Any, depth: int) -> Iterator[dict[str, Any]]:
    if not isinstance(rule, dict) or not depth:
        return
    groups = [rules for kind, rules in rule.items() if kind in ("all", "any", "none")]
    if not groups:
        yield rule
    for rules in groups:
        for inner in rules if isinstance(rules, _LIST) else ():
            yield from _conditions(inner, depth - 1)


def _current_rules(installation_id: int) -> Sequence[tuple[Segment, dict[str, Any]]]:
    versions = Segment.owned(installation_id).add_columns(SegmentVersion.rule)
    current = (SegmentVersion.segment_id == Segment.id) & (SegmentVersion.number == Segment.version)
    rows = db.session.execute(versions.join(SegmentVersion, current).order_by(Segment.id))
    return rows.tuples().all()
