"""Whether Musubi itself is at work: one call of its own address, one of the mail server."""

from datetime import timedelta

from sqlalchemy import select

from plugin.core.clock_watch import is_off, platform_clocks
from plugin.core.diagnosis.doctor.verdict import Verdict
from plugin.gateways import GatewayError
from plugin.models.base import db, db_now_ms
from plugin.models.clock import MAX_SKEW, clock_skew
from plugin.models.revision import database_revision, newest_revision
from plugin.models.system.job import Job
from plugin.models.system.lease import TICKS, Lease
from plugin.services import Dependencies
from plugin.setting_forms import is_loopback

# Work waits in its turn, for a platform's rate limit, or for a worker that starts again.
LATE = timedelta(minutes=10)


def address_verdict(deps: Dependencies) -> Verdict:
    base, values = deps.settings.base_url, {"address": deps.settings.base_url}
    # The sandbox is on this machine, and calls plain addresses too.
    if not deps.settings.secure and not is_loopback(deps.settings.line_api_base):
        return Verdict("address", "plain", values=values)
    try:
        answer = deps.gateways.own_address.health(base)
    except GatewayError as error:
        cause = "certificate" if error.reason == "configuration" else "unreachable"
        return Verdict("address", cause, error.message, values)
    if not answer.is_ours:
        return Verdict("address", "another", values={**values, "status": answer.status})
    return Verdict("address", "ok", values=values)


def mail_verdict(deps: Dependencies) -> Verdict:
    if deps.gateways.mail is None:
        return Verdict("mail", "none")
    try:
        deps.gateways.mail.check()
    except GatewayError as error:
        cause = "refused" if error.reason == "configuration" else "unreachable"
        return Verdict("mail", cause, error.message)
    return Verdict("mail", "ok")


def clock_verdict() -> Verdict:
    """Compare with what the platforms' last answers have shown, and with the database."""
    seconds, skew = platform_clocks.answered_seconds, clock_skew()
    if abs(skew) > MAX_SKEW:
        return Verdict("clock", "database", values={"seconds": round(abs(skew.total_seconds()))})
    if seconds is None:
        return Verdict("clock", "no_witness")
    if is_off(seconds):
        return Verdict("clock", "wrong", values={"seconds": round(abs(seconds))})
    return Verdict("clock", "ok")


def work_verdicts(installation_id: int) -> list[Verdict]:
    """`installation_id` 0: of no tenant, whose failed work is nobody else's."""
    return [_scheduler(), _jobs(installation_id), _database()]


def _scheduler() -> Verdict:
    ticking = select(Lease.name).where(Lease.name == TICKS, Lease.until_ms > db_now_ms())
    return Verdict("scheduler", "ok" if db.session.scalar(ticking) else "silent")


def _jobs(installation_id: int) -> Verdict:
    waited = Job.longest_wait(installation_id, LATE)
    if waited is not None:
        minutes = waited // timedelta(minutes=1)
        return Verdict("jobs", "late", values={"minutes": minutes})
    count = Job.count_failed(installation_id)
    return Verdict("jobs", "failed", values={"count": count}) if count else Verdict("jobs", "ok")


def _database() -> Verdict:
    revision = database_revision()
    if revision == newest_revision():
        return Verdict("database", "ok")
    return Verdict("database", "behind", values={"revision": revision or "–"})
