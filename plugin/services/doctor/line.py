"""What LINE says of an Official Account: twelve calls at most, none of which sends a message."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, select

from plugin.core.clock import utcnow
from plugin.core.diagnosis.doctor.verdict import Verdict, read_verdict, seen_at, waiting
from plugin.core.linkage import BY_LOGIN
from plugin.core.quota import day_of, next_month
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.login_flow.login_attempt import ATTEMPT_LIFE, LoginAttempt
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.linkage import Linkage
from plugin.models.system.activity import by_method, per_day
from plugin.services import Dependencies
from plugin.services.connections.account_checks import channel_verdicts, login_verdicts
from plugin.services.connections.channels import callback_url, login_channel, messaging_channel
from plugin.services.connections.unanswered import refused_or_unanswered
from plugin.services.sending.quota import read_now

LATELY = timedelta(days=7)
# A channel that is still developing lets its administrators in, who may be two.
FRIENDS = 3
# Nor do they link themselves so often to try it out.
LINKS = 30
# So many visits that all stay away are no accident.
VISITS = 3
# More visits, or newest links, are not looked at.
COUNTED = 1000


def messaging(deps: Dependencies, account: OfficialAccount) -> list[Verdict]:
    answers = channel_verdicts(deps, account)
    auto_reply = Verdict("auto_reply", _auto_reply(answers.chat_mode or account.chat_mode))
    return [*answers.verdicts, _greeting(account), auto_reply]


def friends_and_quota(deps: Dependencies, account: OfficialAccount) -> list[Verdict]:
    return [_followers(deps, account), _quota(deps, account)]


def login(deps: Dependencies, account: OfficialAccount) -> list[Verdict]:
    verdicts = login_verdicts(deps, account)
    if verdicts[0].cause != "ok":
        return [*verdicts, *waiting("callback", "published", "email")]
    return [*verdicts, *_login_page(deps, account), _published(account)]


def _followers(deps: Dependencies, account: OfficialAccount) -> Verdict:
    try:
        deps.gateways.line.follower_ids(messaging_channel(account), None)
    except GatewayError as error:
        forbidden = "forbidden" if error.reason == "forbidden" else ""
        return refused_or_unanswered(error, forbidden, "followers")[0]
    return Verdict("followers", "ok")


def _quota(deps: Dependencies, account: OfficialAccount) -> Verdict:
    try:
        quota = read_now(deps, account)
    except GatewayError as error:
        return refused_or_unanswered(error, "", "quota")[0]
    now, until = utcnow(), account.quota_paused_until
    if quota.limit is None:
        return Verdict("quota", "unlimited")
    # What LINE said holds until it counts anew.
    anew = {"at": next_month(now).isoformat()}
    if quota.used >= quota.limit:
        return Verdict("quota", "used_up", values=anew)
    if until is not None and until > now:
        return Verdict("quota", "reserved", values={"at": until.isoformat()})
    left = {"left": quota.limit - quota.used, "limit": quota.limit}
    return Verdict("quota", "ok", values={**left, **anew})


def _greeting(account: OfficialAccount) -> Verdict:
    greets = select(QRCode.id).where(
        QRCode.official_account_id == account.id,
        QRCode.archived_at.is_(None),
        QRCode.greeting != "",
    )
    is_used = db.session.scalar(greets.limit(1)) is not None
    return Verdict("greeting", "look" if is_used else "ok")


def _auto_reply(chat_mode: str) -> str:
    # LINE's bot info tells whether chats are answered by people ("chat") or not ("bot").
    return "look_chat" if chat_mode == "chat" else "look"


def _login_page(deps: Dependencies, account: OfficialAccount) -> list[Verdict]:
    address, channel = callback_url(deps), login_channel(account)
    try:
        shown = deps.gateways.line_login.login_page(channel, address)
    except GatewayError as error:
        return refused_or_unanswered(error, "", "callback", "email")
    values = {"address": address}
    if not shown.opens:
        cause = "unregistered" if shown.names_address else "refused"
        return [Verdict("callback", cause, values=values), *waiting("email")]
    granted = "not_granted" if shown.error == "INVALID_SCOPE" else "ok"
    return [Verdict("callback", "ok", values=values), Verdict("email", granted)]


def _published(account: OfficialAccount) -> Verdict:
    """Judge by the people who came back from LINE to this channel: nothing else tells."""
    people = _people(account)
    if people >= FRIENDS or _linked_by_login(account):
        return Verdict("published", "ok")
    visits = _lost_visits(account)
    if visits >= VISITS and not people:
        return Verdict("published", "developing", values={"visits": visits})
    return Verdict("published", "look")


def _people(account: OfficialAccount) -> int:
    came_back = _attempts(account).where(
        LoginAttempt.line_user_id != "", LoginAttempt.returned_at >= account.login_since
    )
    visits = came_back.with_only_columns(LoginAttempt.line_user_id).limit(COUNTED).subquery()
    return _count(select(visits.c.line_user_id).distinct().limit(FRIENDS))


def _lost_visits(account: OfficialAccount) -> int:
    now = utcnow()
    looked_at = seen_at(read_verdict("published", account.checks, now), now)
    # Visits before somebody has looked, or to the channel before, are no contrary of it.
    since = max(filter(None, (now - LATELY, account.login_since, looked_at)))
    lost = _attempts(account).where(
        LoginAttempt.returned_at.is_(None),
        LoginAttempt.expires_at < now,
        LoginAttempt.expires_at > since + ATTEMPT_LIFE,
    )
    return _count(lost.limit(COUNTED))


def _attempts(account: OfficialAccount) -> Select[tuple[int]]:
    statement = select(LoginAttempt.id).join(QRCode, QRCode.id == LoginAttempt.qr_code_id)
    return statement.where(QRCode.official_account_id == account.id)


def _linked_by_login(account: OfficialAccount) -> bool:
    links = select(Linkage.method).where(
        Linkage.official_account_id == account.id, Linkage.linked_at >= account.login_since
    )
    newest = links.order_by(Linkage.linked_at.desc()).limit(COUNTED).subquery()
    by_login = select(newest.c.method).where(newest.c.method.in_(BY_LOGIN))
    return _count(by_login.limit(FRIENDS)) >= FRIENDS or _links_counted(account) >= LINKS


def _links_counted(account: OfficialAccount) -> int:
    """Count the links of whole days; of the first day some may be another channel's."""
    since = day_of(account.login_since) + timedelta(days=1)
    counts = per_day([account.id], [by_method(method) for method in BY_LOGIN], since)
    return sum(sum(days.values()) for days in counts.values())


def _count(rows: Select[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0
