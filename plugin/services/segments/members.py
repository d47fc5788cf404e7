"""The friends whom a rule chooses at this moment."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select

from plugin.core.segments.rule import RuleFault
from plugin.models.audience.checked_rule import CheckedRule, RuleError, check_rule
from plugin.models.audience.compile import condition_of, members
from plugin.models.audience.segment import Segment, SegmentVersion
from plugin.models.connections.official_account import OfficialAccount

__all__ = [
    "CheckedRule",
    "RuleError",
    "check_rule",
    "chosen_friends",
    "faults_of",
    "rule_of",
    "select_members",
]


def select_members(
    account: OfficialAccount, rule: Any, now: datetime | None = None, *, one_by_one: bool = False
) -> Select[tuple[int]]:
    """Select the ids of the friends whom a rule, as JSON, chooses; raise `RuleError`.
    `one_by_one`: they are read in parts, in the order of ids."""
    checked = check_rule(account, rule)
    return members(checked.rule, checked.scope(now, one_by_one=one_by_one))


def chosen_friends(
    account: OfficialAccount, rule: Any, now: datetime | None = None
) -> ColumnElement[bool]:
    """Return the same as a condition on `Friend`, to be asked beside the account."""
    checked = check_rule(account, rule)
    return condition_of(checked.rule, checked.scope(now))


def faults_of(account: OfficialAccount, raw: Any, segment_id: int | None = None) -> list[RuleFault]:
    """Return what `check_rule` raises."""
    try:
        check_rule(account, raw, segment_id)
    except RuleError as error:
        return error.faults
    return []


def rule_of(segment: Segment) -> dict[str, Any]:
    return SegmentVersion.current(segment).rule
