"""How many friends match: the parts of pages that a script asks for."""

from collections.abc import Sequence
from typing import NamedTuple

from flask_babel import lazy_gettext

from plugin.models.audience.segment import SegmentVersion
from plugin.models.time_limit import TooSlow, time_limit
from plugin.services.segments.library import checked
from plugin.services.segments.members import RuleError, check_rule
from plugin.services.segments.preview import SECONDS, Preview, count_members, preview
from plugin.web.layout import page
from plugin.web.owned import own_segment, record_url
from plugin.web.segments.blueprint import blueprint
from plugin.web.segments.builder import Builder, stored_builder

# Why a message does not reach somebody, by LINE status.
REASONS = {
    "blocked": lazy_gettext("have blocked the account"),
    "unknown": lazy_gettext("not known whether they follow"),
}


@blueprint.get("/segments/<row_id:segment_id>/count")
def count_segment(segment_id: int) -> str:
    segment = own_segment(segment_id)
    account, rule = segment.official_account, SegmentVersion.current(segment).rule
    # The page itself says what it means.
    return part(counted(stored_builder(account, rule, segment.id), says_meaning=False))


@blueprint.get("/segments/<row_id:segment_id>/size")
def segment_size(segment_id: int) -> str:
    """Return only the number of friends, for a row of the list."""
    segment = own_segment(segment_id)
    try:
        with time_limit(SECONDS):
            size = count_members(checked(segment)).total
    except RuleError:
        return page("segments/size.html", size=None)
    except TooSlow:
        return page("segments/too_slow.html")
    return page("segments/size.html", size=size)


class Counted(NamedTuple):
    """What the template shows as count: how many and who, or why there is no number."""

    template: str
    preview: Preview | None = None
    meaning: str = ""
    reasons: Sequence[tuple[object, int]] = ()
    notes: Sequence[str] = ()
    faults: Sequence[str] = ()


def counted(builder: Builder, *, says_meaning: bool = True) -> Counted:
    """Count the friends whom a rule chooses, with reach, reasons and a sample."""
    try:
        found = preview(check_rule(builder.account, builder.rule, builder.segment_id))
    except RuleError as error:
        return Counted("segments/unfinished.html", faults=builder.all_faults(error.faults))
    except TooSlow:
        return Counted("segments/too_slow.html")
    return Counted(
        "segments/counted.html",
        found,
        builder.meaning if says_meaning else "",
        [(REASONS.get(status, status), number) for status, number in found.left_out.items()],
        builder.all_faults(found.notes),
    )


def part(found: Counted) -> str:
    """Return a count as the part of a page."""
    return page(found.template, counted=found, record_url=record_url)
