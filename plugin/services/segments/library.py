"""Segments: created, renamed, changed, duplicated, archived."""

from typing import Any

from plugin.core.clock import utcnow
from plugin.core.overwrites import Seen, refuse_overwrite
from plugin.core.segments.rule import RuleFault
from plugin.core.text.clean import storable
from plugin.core.text.sentences import Sentence
from plugin.models.audience.segment import Segment, SegmentVersion
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.transaction import transaction
from plugin.services.segments.members import CheckedRule, RuleError, check_rule

LONGEST_NAME = 120


def read_name(name: str) -> str:
    """Return a name as it is stored; raise `RuleError` at "name"."""
    words = " ".join(str(storable(name)).split())
    if not words:
        raise RuleError([RuleFault("name", Sentence("Give the segment a name."))])
    if len(words) > LONGEST_NAME:
        most = Sentence("At most %(most)s characters.", most=LONGEST_NAME)
        raise RuleError([RuleFault("name", most)])
    return words


def create_segment(account: OfficialAccount, name: str, rule: Any, by: str = "") -> Segment:
    """Create a segment with its first version; raise `RuleError`."""
    with transaction():
        return add_segment(account, name, rule, by)


def add_segment(account: OfficialAccount, name: str, rule: Any, by: str) -> Segment:
    """Do the same inside the caller's transaction."""
    checks = _faults_of(account, name, rule)
    if checks:
        raise RuleError(checks)
    now = utcnow()
    segment = Segment(
        official_account=account,
        official_account_id=account.id,
        name=read_name(name),
        created_at=now,
        changed_at=now,
    )
    db.session.add(segment)
    db.session.flush()
    _add_version(segment, rule, by)
    return segment


def save_segment(
    segment: Segment, name: str, rule: Any, by: str = "", seen: Seen | None = None
) -> bool:
    """Store the name and, where the rule changed, a new version; True where it did. Raise
    `RuleError`, and `ChangedMeanwhile` where the segment differs from `seen`."""
    own_name = segment.ready and not name.strip()
    checks = _faults_of(segment.official_account, "-" if own_name else name, rule, segment.id)
    if checks:
        raise RuleError(checks)
    with transaction() as session:
        # A concurrent save waits here, and then follows as the next version.
        session.refresh(segment, with_for_update={"of": Segment})
        refuse_overwrite(seen, editable(segment))
        before = SegmentVersion.current(segment)
        changed: bool = before.rule != storable(rule)
        segment.name = "" if own_name else read_name(name)
        segment.changed_at = utcnow()
        if changed:
            segment.version = before.number + 1
            _add_version(segment, rule, by)
    return changed


def editable(segment: Segment) -> dict[str, object]:
    """Return the fields that the builder can change, with a version number for the rule."""
    return {"name": segment.name, "version": segment.version}


def rename_segment(segment: Segment, name: str) -> None:
    words = read_name(name)
    with transaction() as session:
        session.refresh(segment, with_for_update={"of": Segment})
        segment.name, segment.changed_at = words, utcnow()


def duplicate(segment: Segment, name: str, by: str = "") -> Segment:
    rule = SegmentVersion.current(segment).rule
    return create_segment(segment.official_account, name[:LONGEST_NAME], rule, by)


def restore_version(segment: Segment, number: int, by: str = "") -> bool:
    """Make a former version's rule the current one, as a new version. Raise `RuleError`."""
    former = SegmentVersion.find(segment, number)
    return former is not None and save_segment(segment, segment.name, former.rule, by)


def archive_segment(segment: Segment) -> None:
    """Take a segment out of use. What was sent to its people stays; `usage` tells what uses it."""
    with transaction():
        segment.archived_at = utcnow()


def restore_segment(segment: Segment) -> None:
    with transaction():
        segment.archived_at = None


def checked(segment: Segment) -> CheckedRule:
    """Read the rule in force; raise `RuleError` where something that it names is gone."""
    return check_rule(segment.official_account, SegmentVersion.current(segment).rule)


def _faults_of(
    account: OfficialAccount, name: str, rule: Any, segment_id: int | None = None
) -> list[RuleFault]:
    # All at once: those of the name and those of the rule.
    faults: list[RuleFault] = []
    for check in (lambda: read_name(name), lambda: check_rule(account, rule, segment_id)):
        try:
            check()
        except RuleError as error:
            faults += error.faults
    return faults


def _add_version(segment: Segment, rule: Any, by: str) -> None:
    version = SegmentVersion(
        segment_id=segment.id,
        number=segment.version or 1,
        rule=storable(rule),
        by=by,
        created_at=utcnow(),
    )
    db.session.add(version)
