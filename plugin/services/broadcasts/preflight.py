"""The check before a start: who would get it, who not and why, whether the quota suffices, and what
is wrong with the draft."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import case, func, literal, or_, select

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
from plugin.models.broadcasts.recipient import HELD_OUT, LEFT_OUT, WAITING
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.broadcasts.tally import counts
from plugin.models.broadcasts.variant import Variant
from plugin.models.people.friend import BLOCKED, Friend
from plugin.models.sending.template import Template
from plugin.models.sending.template_version import TemplateVersion
from plugin.services.broadcasts.freeze import CouldNotStart, chosen_friends
from plugin.services.sending.quiet_hours import held_until

# A planned moment that has just passed is taken for now.
GRACE = timedelta(minutes=2)
# Unusual: above this many times the median of the last ten, or grown by half since the preview.
TIMES, LAST, GROWN = 3, 10, 1.5
Problem = tuple[str, Sentence]
NO_MESSAGE = Sentence("Write a message, or choose a template.")
TEMPLATE_GONE = Sentence("The template is archived. Choose another.")
PAST = Sentence("This time has passed. Choose a later one.")
NO_SEGMENT = Sentence("The segment does not exist any more. Choose another.")
NO_LIST = Sentence("Choose a list.")
NO_UPLOAD = Sentence("Upload a list.")


@dataclass
class Check:
    """`reach`: how many would get it; `left_out` by reason. `waits_until`: quiet hours hold all
    (or, where contacts have time zones of their own, some) until then."""

    chosen: int = 0
    reach: int = 0
    held_out: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    waits_until: datetime | None = None
    waiting: int = 0
    quota_limit: int | None = None
    quota_left: int | None = None
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
    if broadcast.frozen_at is not None:
        _add_frozen(check, broadcast)
    else:
        _add_counts(check, broadcast)
    account, rules = (
        broadcast.official_account,
        SendingRules.of_account(broadcast.official_account_id),
    )
    if account.quota_limit is not None:
        check.quota_limit = account.quota_limit
        check.quota_left = max(account.quota_limit - account.quota_used, 0)
    check.usual = _usual(broadcast)
    check.grew = seen is not None and check.reach > GROWN * seen
    check.needs_approval = _is_above(rules, check.reach)
    _add_quiet_hours(check, broadcast)
    return check


def needs_approval(broadcast: Broadcast) -> bool:
    """Whether another member has to agree before it may be sent."""
    rules = SendingRules.of_account(broadcast.official_account_id)
    if rules is None or rules.approval_above is None:
        return False
    check = Check()
    _add_counts(check, broadcast)
    # A list that is not read yet may be of any length: the frozen number decides.
    return broadcast.audience == LIST or _is_above(rules, check.reach)


def _is_above(rules: SendingRules | None, reach: int) -> bool:
    return bool(rules and rules.approval_above is not None and reach > rules.approval_above)


def _add_frozen(check: Check, broadcast: Broadcast) -> None:
    for row in counts(broadcast.id):
        if row.state == LEFT_OUT:
            check.left_out[row.reason] = check.left_out.get(row.reason, 0) + row.people
        elif row.state == HELD_OUT:
            check.held_out += row.people
        else:
            check.reach += row.people
    check.chosen = broadcast.total


def _add_counts(check: Check, broadcast: Broadcast) -> None:
    try:
        chosen = chosen_friends(broadcast)
    except CouldNotStart:
        return
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
    people = select(state).where(
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
    _add_budget(check, broadcast.budget)


def _add_budget(check: Check, budget: int | None) -> None:
    if budget is not None and check.reach > budget:
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


def _add_quiet_hours(check: Check, broadcast: Broadcast) -> None:
    if broadcast.ignores_quiet_hours or not check.reach:
        return
    at = max(broadcast.schedule_at or utcnow(), utcnow())
    # By the account's own zone; contacts with zones of their own are looked at when it is sent.
    check.waits_until = held_until(broadcast.official_account, [0], at).get(0)
    check.waiting = check.reach if check.waits_until else 0


def problems_of(broadcast: Broadcast, now: datetime) -> list[Problem]:
    """Return what has to be mended before a start, by the field of the draft."""
    problems = _audience_problems(broadcast)
    variants = Variant.of_broadcast(broadcast.id)
    if not variants:
        problems.append(("messages", NO_MESSAGE))
    for variant in variants:
        problems += _message_problems(variant)
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
