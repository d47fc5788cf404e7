"""Segments in words: their names, and how many friends one of them holds."""

from collections.abc import Iterable

from flask import render_template
from sqlalchemy import select

from plugin.models.audience.segment import Segment
from plugin.models.base import db
from plugin.models.time_limit import TooSlow
from plugin.services.segments.library import checked
from plugin.services.segments.members import RuleError, rule_of
from plugin.services.segments.preview import Preview, preview
from plugin.web.segments.names import Names, segment_name
from plugin.web.segments.sentences import sentence_of

__all__ = ["look_at", "segment_name", "segment_names"]


def segment_names(segment_ids: Iterable[int | None]) -> dict[int, str]:
    """Return the names by id in one statement."""
    wanted = {segment_id for segment_id in segment_ids if segment_id}
    if not wanted:
        return {}
    rows = db.session.scalars(select(Segment).where(Segment.id.in_(wanted)))
    return {segment.id: segment_name(segment) for segment in rows}


def look_at(segment: Segment) -> str:
    """Return what a segment means and how many it holds, as a part of a page."""
    rule = rule_of(segment)
    meaning = sentence_of(rule, Names(segment.official_account, rule))
    found: Preview | None = None
    problem = ""
    try:
        found = preview(checked(segment))
    except RuleError:
        problem = "rule"
    except TooSlow:
        problem = "slow"
    return render_template(
        "broadcasts/segment.html", meaning=meaning, found=found, problem=problem, segment=segment
    )
