"""The check before a start: who would get it, who not and why, whether the quota suffices, and what
is wrong with the draft."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import structlog
from sqlalchemy import Select, case, func, literal, or_, select

from plugin.core.broadcasts.buckets import BUCKETS
from plugin.core.clock import utcnow
from plugin.core.messages.checks import check_messages
from plugin.core.messages.part import InvalidMessage, count_clusters
from plugin.core.messages.personalise import sample
from plugin.core.text.sentences import Sentence
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import ALL, LIST, SEGMENT, Broadcast
from plugin.models.broadcasts.bucket_sql import bucket, global_bucket
from plugin.models.broadcasts.chosen_people import members_without_friend
from plugin.models.broadcasts.frozen_audience import ERASED
from plugin.models.broadcasts.recipient import HELD_OUT, LEFT_OUT, WAITING, Recipient
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.broadcasts.tally import counts
from plugin.models.broadcasts.variant import Variant
from plugin.models.broadcasts.variant_draft import VariantDraft
from plugin.models.people.friend import BLOCKED, Friend
from plugin.models.sending.template import Template
from plugin.models.sending.template_version import TemplateVersion
from plugin.models.time_limit import TooSlow, time_limit
from plugin.services.broadcasts.freeze import CouldNotStart, chosen_friends
from plugin.services.sending.frequency_cap import count_capped
from plugin.services.sending.quiet_hours import count_held
from plugin.services.sending.usage import usage

log = structlog.get_logger()
# Seconds that a look at the rules may take before the check goes on without it.
LONGEST = 3.0
# A planned moment that has just passed is taken for now.
GRACE = timedelta(minutes=2)
# Unusual: above this many times the median of the last ten, or grown by half since the preview.
TIMES, LAST, GROWN = 3, 10, 1.5
Problem = tuple[str, Sentence]
NO_MESSAGE = Sentence("Write a message, or choose a template.")
UNSAVED = Sentence("Messages were written and not saved. Save them, or discard the draft.")
TEMPLATE_GONE = Sentence("The template is archived. Choose another.")
PAST = Sentence("This time has passed. Choose a later one.")
NO_SEGMENT = Sentence("The segment does not exist any more. Choose another.")
NO_LIST = Sentence("Choose a list.")
NO_UPLOAD = Sentence("Upload a list.")


@dataclass
class Check:
    """`reach`: how many would get it; `left_out` by reason, of whom those at the frequency cap are
    those of this moment. `waiting`: whom quiet hours hold, the first until `waits_until`."""

    chosen: int = 0
    reach: int = 0
    held_out: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    waits_until: datetime | None = None
    waiting: int = 0
    quota_limit: int | None = None
    quota_left: int | None = None
    quota_old_since: datetime | None = None
    usual: int | None = None
    grew: bool = False
    needs_approval: bool = False
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_unusual(self) -> bool:
        return self.grew or (self.usual is not None and self.reach > TIMES * self.usual)

    @property
    def quota_is_short(self) -> bool:
        return self.quota_left is not None and self.quota_left < self.reach


def preflight(broadcast: Broadcast, seen: int | None = None) -> Check:
    """Count the audience as it is now, or as it was frozen. `seen`: the number that the person saw
    before. A bounded number of statements; makes no call."""
    check = Check(problems=problems_of(broadcast, utcnow()))
    is_frozen = broadcast.frozen_at is not None
    reached = _add_frozen(check, broadcast) if is_frozen else _add_counts(check, broadcast)
    account, rules = (
        broadcast.official_account,
        SendingRules.of_account(broadcast.official_account_id),
    )
    month = usage(account)
    check.quota_limit, check.quota_left = month.limit, month.left
    check.quota_old_since = month.old_since
    # Whoever is at the cap by now may not be when it is sent: they count for the approval.
    check.needs_approval = _is_above(rules, min(check.reach, broadcast.budget or check.reach))
    if reached is not None:
        _add_rules(check, broadcast, reached)
    _add_budget(check, broadcast)
    check.usual = _usual(broadcast)
    check.grew = seen is not None and check.reach > GROWN * seen
    return check


def needs_approval(broadcast: Broadcast) -> bool:
    """Whether another member has to agree before it may be sent."""
    rules = SendingRules.of_account(broadcast.official_account_id)
    if rules is None or rules.approval_above is None:
        return False
    check = Check()
    _add_counts(check, broadcast)
    _add_budget(check, broadcast)
    # A list that is not read yet may be of any length: the frozen number decides.
    return broadcast.audience == LIST or _is_above(rules, check.reach)


def _is_above(rules: SendingRules | None, reach: int) -> bool:
    return bool(rules and rules.approval_above is not None and reach > rules.approval_above)


def _add_frozen(check: Check, broadcast: Broadcast) -> Select[Any]:
    for row in counts(broadcast.id):
        if row.state == LEFT_OUT:
            check.left_out[row.reason] = check.left_out.get(row.reason, 0) + row.people
        elif row.state == HELD_OUT:
            check.held_out += row.people
        else:
            check.reach += row.people
    check.chosen = broadcast.total
    waiting = Recipient.broadcast_id == broadcast.id, Recipient.state == WAITING
    return select(Recipient.friend_id.label("id")).where(*waiting)


def _add_counts(check: Check, broadcast: Broadcast) -> Select[Any] | None:
    """Count the chosen people, and return those who would get it as far as this says."""
    try:
        chosen = chosen_friends(broadcast)
    except CouldNotStart:
        return None
    rules = SendingRules.of_account(broadcast.official_account_id)
    held = [
        column < BUCKETS * percent // 100
        for column, percent in (
            (bucket(broadcast.id, Friend.id.expression), broadcast.holdout_percent),
            (global_bucket(Friend.id.expression), rules.holdout_percent if rules else 0),
        )
        if percent
    ]
    held_out = case((or_(*held), HELD_OUT), else_=WAITING) if held else literal(WAITING)
    state = case((Friend.status == BLOCKED, BLOCKED), else_=held_out).label("state")
    people = select(Friend.id, state).where(
        Friend.official_account_id == broadcast.official_account_id,
        Friend.id.in_(chosen),
        Friend.line_user_id.not_like(ERASED),
    )
    grouped = people.subquery()
    rows = db.session.execute(
        select(grouped.c.state, func.count()).group_by(grouped.c.state)
    ).tuples()
    found = dict(rows.all())
    left_out = {BLOCKED: found.get(BLOCKED, 0), "not_linked": _not_linked(broadcast)}
    check.left_out = {reason: count for reason, count in left_out.items() if count}
    check.held_out, check.reach = found.get(HELD_OUT, 0), found.get(WAITING, 0)
    check.chosen = sum(check.left_out.values()) + check.held_out + check.reach
    return select(grouped.c.id).where(grouped.c.state == WAITING)


def _add_rules(check: Check, broadcast: Broadcast, reached: Select[Any]) -> None:
    """Say whom the frequency cap and the quiet hours concern; nothing where that takes long."""
    at = max(broadcast.schedule_at or utcnow(), utcnow())
    account = broadcast.official_account
    try:
        with time_limit(LONGEST):
            if broadcast.frozen_at is None and not broadcast.cap_override:
                _leave_out_capped(check, count_capped(account.id, reached, at))
            if not broadcast.ignores_quiet_hours:
                held, check.waits_until = count_held(account, reached, at)
                check.waiting = min(held, check.reach)
    except TooSlow:
        log.warning("preflight_too_slow", broadcast=broadcast.id)


def _leave_out_capped(check: Check, capped: int) -> None:
    if capped:
        check.left_out["frequency_cap"] = capped
        check.reach -= capped


def _add_budget(check: Check, broadcast: Broadcast) -> None:
    budget = broadcast.budget
    if broadcast.frozen_at is None and budget is not None and check.reach > budget:
        check.waiting = min(check.waiting, budget)
        check.left_out["budget"] = check.reach - budget
        check.reach = budget


def _not_linked(broadcast: Broadcast) -> int:
    if broadcast.audience in (ALL, SEGMENT):
        return 0
    members = members_without_friend(broadcast).subquery()
    statement = select(func.count()).select_from(members)
    return db.session.scalar(statement) or 0


def _usual(broadcast: Broadcast) -> int | None:
    last = (
        select(Broadcast.total)
        .where(
            Broadcast.official_account_id == broadcast.official_account_id,
            Broadcast.frozen_at.is_not(None),
            Broadcast.first_sent_at.is_not(None),
            Broadcast.id != broadcast.id,
        )
        .order_by(Broadcast.id.desc())
        .limit(LAST)
    )
    totals = list(db.session.scalars(last))
    # One or two say nothing about what is usual.
    return round(median(totals)) if len(totals) > 2 else None


def problems_of(broadcast: Broadcast, now: datetime) -> list[Problem]:
    """Return what has to be mended before a start, by the field of the draft."""
    problems = _audience_problems(broadcast)
    variants = Variant.of_broadcast(broadcast.id)
    if not variants:
        problems.append(("messages", NO_MESSAGE))
    for variant in variants:
        problems += _message_problems(variant)
    if VariantDraft.any_unsaved(broadcast.id):
        problems.append(("messages", UNSAVED))
    if broadcast.schedule_at is not None and broadcast.schedule_at < now - GRACE:
        problems.append(("schedule_at", PAST))
    return problems


def _audience_problems(broadcast: Broadcast) -> list[Problem]:
    if broadcast.audience == SEGMENT:
        try:
            chosen_friends(broadcast)
        except CouldNotStart:
            return [("segment", NO_SEGMENT)]
    if broadcast.audience == LIST and not broadcast.list_id:
        return [("list", NO_LIST)]
    if broadcast.audience == "upload" and broadcast.upload is None:
        return [("upload", NO_UPLOAD)]
    return []


def _message_problems(variant: Variant) -> Sequence[Problem]:
    messages = variant.messages
    if variant.template_id is not None:
        template = db.session.get(Template, variant.template_id)
        if template is None or template.archived_at is not None:
            return [("messages", TEMPLATE_GONE)]
        messages = TemplateVersion.current(template).messages
    try:
        check_messages(sample(messages), count_clusters)
    except InvalidMessage as error:
        return [("messages", error.problem)]
    return []
