"""What needs attention: people who wait, broadcasts that stand still, jobs, the quota."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from flask import url_for
from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from sqlalchemy import Select, func, or_, select

from plugin.core.clock import utcnow
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import ASKED, PAUSED, SCHEDULED, SENDING, Broadcast
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.inbox.conversation import Conversation
from plugin.models.system.job import Job
from plugin.web.broadcasts.sums import reason_word
from plugin.web.dashboard.matter import Matter
from plugin.web.layout import figure
from plugin.web.settings.quota import gaps_of, gauges

PATIENCE = timedelta(hours=1)
# How many are counted, and how many broadcasts are named; their own pages have all of them.
COUNTED, NAMED = 1000, 3


def sending_matters(installation_id: int, accounts: list[OfficialAccount]) -> Iterator[Matter]:
    account_ids = [account.id for account in accounts]
    yield from _waiting_friends(account_ids)
    yield from _broadcasts(account_ids)
    yield from _jobs(installation_id)
    yield from _quotas(accounts)
    yield from _gaps(accounts)


def _waiting_friends(account_ids: Sequence[int]) -> Iterator[Matter]:
    waiting = select(Conversation.id).where(
        Conversation.official_account_id.in_(account_ids),
        Conversation.unread_since < utcnow() - PATIENCE,
        Conversation.unread > 0,
    )
    people = _count(waiting.limit(COUNTED))
    if people:
        yield Matter(
            ngettext(
                "%(people)s friend has waited for more than an hour",
                "%(people)s friends have waited for more than an hour",
                people,
                people=_at_least(people),
            ),
            _("They wrote, and nobody has read it yet."),
            _("Open the inbox"),
            "/inbox",
        )


def _broadcasts(account_ids: Sequence[int]) -> Iterator[Matter]:
    asked = (Broadcast.approval == ASKED) & (Broadcast.state != PAUSED)
    halted = (Broadcast.state == PAUSED) & (Broadcast.reason != "")
    statement = select(Broadcast).where(
        Broadcast.official_account_id.in_(account_ids),
        Broadcast.state.in_((PAUSED, SCHEDULED, SENDING)),
        or_(asked, halted),
    )
    newest = statement.order_by(Broadcast.id.desc()).limit(NAMED)
    for broadcast in db.session.scalars(newest).unique():
        url = url_for("broadcasts.broadcast", broadcast_id=broadcast.id)
        if broadcast.state == PAUSED:
            title = _("%(broadcast)s has stopped", broadcast=broadcast.name)
            yield Matter(title, reason_word(broadcast.reason), _("See what to do"), url)
        else:
            title = _("%(broadcast)s waits for an approval", broadcast=broadcast.name)
            why = _("Another member has to agree before it goes out.")
            yield Matter(title, why, _("Look at it"), url)


def _jobs(installation_id: int) -> Iterator[Matter]:
    jobs = Job.count_failed(installation_id)
    if jobs:
        yield Matter(
            ngettext(
                "%(jobs)s job was given up",
                "%(jobs)s jobs were given up",
                jobs,
                jobs=_at_least(jobs),
            ),
            _("Musubi tried many times in vain. Run it again, or drop it."),
            _("See the jobs"),
            url_for("log.failed_jobs"),
        )


def _count(statement: Select[tuple[int]]) -> int:
    return db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0


def _at_least(number: int) -> str:
    return f"{figure(number)}+" if number >= COUNTED else figure(number)


def _quotas(accounts: list[OfficialAccount]) -> Iterator[Matter]:
    # From 80 percent on, and again when nothing is left.
    for gauge in gauges(accounts):
        if gauge.state == "fine":
            continue
        name, url = gauge.account.name, url_for("settings.account", account_id=gauge.account.id)
        if gauge.state == "full":
            title = _("%(account)s has used up this month's messages", account=name)
            why = _("Workflows go on without sending. Raise the plan in Official Account Manager.")
        else:
            title = _("%(account)s has used %(percent)s%% of this month's messages",
                      account=name, percent=gauge.percent)  # fmt: skip
            why = _("When they are used up, workflows go on without sending.")
        yield Matter(title, why, _("See the messages of this month"), url)


def _gaps(accounts: list[OfficialAccount]) -> Iterator[Matter]:
    # The newest gap of each account.
    newest = {row.official_account_id: row for row in reversed(gaps_of(accounts))}
    for account in accounts:
        gap = newest.get(account.id)
        if gap is not None:
            day, name = format_date(gap.day, "medium"), account.name
            title = _("LINE sent fewer messages of %(account)s than it accepted", account=name)
            why = _(
                "It accepted %(ours)s on %(day)s and says that it sent %(theirs)s.",
                ours=gap.ours,
                theirs=gap.theirs,
                day=day,
            )
            url = url_for("settings.account", account_id=account.id, _anchor="quota")
            yield Matter(title, why, _("See the days"), url)
