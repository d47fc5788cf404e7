"""Segments: the list, and the page of each segment."""

from typing import Any, NamedTuple

from flask import request, url_for
from sqlalchemy import Select, select

from plugin.core.segments.ready import READY
from plugin.models.audience.segment import Segment, SegmentVersion
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.segments.members import faults_of
from plugin.web.chosen_account import account_filter
from plugin.web.language import in_words
from plugin.web.layout import page
from plugin.web.owned import own_segment, record_url
from plugin.web.owned import row_id as id_in
from plugin.web.segments.blueprint import blueprint
from plugin.web.segments.builder import stored_builder
from plugin.web.segments.counts import Counted, counted
from plugin.web.segments.names import Names, segment_name
from plugin.web.segments.sentences import sentence_of
from plugin.web.segments.uses import used_in_words, uses_of
from plugin.web.session import tenant

PAGE, VERSIONS = 25, 50


class Row(NamedTuple):
    """A segment of the list, with what it means."""

    segment: Segment
    name: str
    meaning: str
    used: str


@blueprint.get("/segments")
def segments() -> str:
    """List segments, newest first, by name and account; in use, or archived."""
    q = request.args.get("q", "").strip()[:100].replace("\0", "")
    account, archived = (
        account_filter(request.args),
        request.args.get("archived") == "yes",
    )
    before = id_in(request.args.get("before", ""))
    statement = _found(q, account, archived)
    if before:
        statement = statement.where(Segment.id < before)
    rows = list(db.session.scalars(statement.limit(PAGE + 1)))
    words: dict[str, Any] = {
        "q": q,
        "account": account or "",
        "archived": "yes" if archived else "",
    }
    more = len(rows) > PAGE
    return page(
        "segments/list.html",
        "segments",
        rows=_meanings(rows[:PAGE]),
        more=url_for("segments.segments", **words, before=rows[PAGE - 1].id) if more else "",
        narrowed=bool(q or account or before),
        archived=archived,
        any_archived=archived or db.session.scalar(_found("", 0, True).limit(1)) is not None,
        accounts=OfficialAccount.list_owned(tenant()),
        q=q,
        chosen=account,
    )


@blueprint.get("/segments/<row_id:segment_id>")
def segment(segment_id: int) -> str:
    segment = own_segment(segment_id)
    versions = SegmentVersion.of_segment(segment)[:VERSIONS]
    names = Names(segment.official_account, *(version.rule for version in versions))
    current = SegmentVersion.current(segment)
    return page(
        "segments/one.html",
        "segments",
        segment=segment,
        name=segment_name(segment),
        meaning=sentence_of(current.rule, names),
        faults=[
            in_words(fault.message)
            for fault in faults_of(segment.official_account, current.rule, segment.id)
        ],
        uses=uses_of(segment),
        counted=_counted(segment) if request.args.get("count") == "yes" else None,
        record_url=record_url,
        versions=[(version, sentence_of(version.rule, names)) for version in versions],
    )


def _found(q: str, account: int, archived: bool) -> Select[tuple[Segment]]:
    statement = Segment.owned(tenant(), archived)
    if q:
        # Ready segments have no name of their own, but one in the reader's language.
        names = {key: in_words(ready.name) for key, ready in READY.items()}
        ready = [key for key, name in names.items() if q.casefold() in name.casefold()]
        named = Segment.name.icontains(q, autoescape=True)
        statement = statement.where(named | (Segment.name == "") & Segment.ready.in_(ready))
    if account:
        statement = statement.where(Segment.official_account_id == account)
    return statement.order_by(Segment.id.desc())


def _meanings(segments: list[Segment]) -> list[Row]:
    # One statement for all rules, and one set of names for each account.
    rules = _rules(segments)
    by_account: dict[int, list[Segment]] = {}
    for segment in segments:
        by_account.setdefault(segment.official_account_id, []).append(segment)
    used = used_in_words(tenant())
    names = {
        account_id: Names(group[0].official_account, *(rules[each.id] for each in group))
        for account_id, group in by_account.items()
    }
    return [
        Row(
            segment,
            segment_name(segment),
            sentence_of(rules[segment.id], names[segment.official_account_id]),
            used.get(segment.id, ""),
        )
        for segment in segments
    ]


def _rules(segments: list[Segment]) -> dict[int, Any]:
    statement = (
        select(SegmentVersion.segment_id, SegmentVersion.rule)
        .join(Segment, Segment.id == SegmentVersion.segment_id)
        .where(Segment.version == SegmentVersion.number)
    )
    chosen = statement.where(Segment.id.in_([segment.id for segment in segments]))
    return dict(db.session.execute(chosen).tuples().all())


def _counted(segment: Segment) -> Counted:
    rule = SegmentVersion.current(segment).rule
    builder = stored_builder(segment.official_account, rule, segment.id)
    return counted(builder, says_meaning=False)
