"""Asks everything at once, within the request: ten seconds at most, and nothing to go on with.

A run sends no message and writes only its verdicts and LINE's count of the month, so a killed one
is simply pressed again; a job would only make the person wait for a page that says the same. All
calls go out side by side.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from typing import NamedTuple

import structlog

from plugin.core.clock import utcnow
from plugin.core.diagnosis.doctor.checks import LOOKED_AT, keys_of
from plugin.core.diagnosis.doctor.verdict import Verdict, seen, unanswered
from plugin.gateways import within
from plugin.models.base import db
from plugin.models.connections.doctor_report import DoctorReport
from plugin.models.connections.installation import Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.transaction import in_time, transaction
from plugin.services import Dependencies
from plugin.services.connections.account_checks import keep_verdicts
from plugin.services.connections.channels import stored_values
from plugin.services.doctor import hubspot, line, server
from plugin.services.doctor.report import Report, Section, report_of

log = structlog.get_logger()
# For the calls, and for all that stands around them.
CALLS_SECONDS, RUN_SECONDS = 8.0, 10.0
SLOW = "No answer within ten seconds"
AccountCheck = Callable[[Dependencies, OfficialAccount], list[Verdict]]


class Task(NamedTuple):
    """Checks that are asked one after the other. `account_id` 0: of the installation."""

    account_id: int
    keys: tuple[str, ...]
    ask: Callable[[], list[Verdict]]


# The keys that each answers.
ACCOUNT_CHECKS: tuple[tuple[AccountCheck, tuple[str, ...]], ...] = (
    (
        line.messaging,
        ("channel", "webhook_url", "webhook_active", "webhook_test", "webhook_speed", "greeting",
         "auto_reply"),
    ),
    (line.friends_and_quota, ("followers", "quota")),
    (line.login, ("login_channel", "liff_url", "liff_scopes", "callback", "published", "email")),
)  # fmt: skip


def check_installation(deps: Dependencies, installation: Installation) -> Report:
    """Ask about everything of a tenant, store the verdicts, and return all of them."""
    accounts = OfficialAccount.list_owned(installation.id)
    asked = {account.id: stored_values(account) for account in accounts}
    tasks = [
        _hubspot_task(deps, installation.id),
        *_server_tasks(deps),
        *(task for account in accounts for task in _account_tasks(deps, account)),
    ]
    found = _ask_all(tasks)
    of_installation = [*found.pop(0, []), server.clock_verdict()]
    of_installation += server.work_verdicts(installation.id)
    if _keep(installation.id, of_installation):
        for account in accounts:
            keep_verdicts(account, asked[account.id], found.get(account.id, []), whole=True)
    return report_of(installation, accounts)


def check_official_account(deps: Dependencies, account: OfficialAccount) -> None:
    """Ask about one account, and store the verdicts."""
    asked, found = stored_values(account), _ask_all(_account_tasks(deps, account))
    keep_verdicts(account, asked, found.get(account.id, []), whole=True)


def check_server(deps: Dependencies) -> Report:
    """Ask about Musubi itself, where no portal has installed it yet; nothing is stored."""
    found = _ask_all(_server_tasks(deps)).get(0, [])
    by_key = {one.key: one for one in [*found, server.clock_verdict(), *server.work_verdicts(0)]}
    return Report([Section("musubi", [by_key[key] for key in keys_of("musubi")])], utcnow())


def note_seen(account: OfficialAccount, key: str) -> bool:
    """Store that somebody has looked at what LINE shows only to people; False for other checks."""
    if key not in LOOKED_AT:
        return False
    keep_verdicts(account, stored_values(account), [seen(key, utcnow())])
    return True


def _hubspot_task(deps: Dependencies, installation_id: int) -> Task:
    ask = partial(hubspot.hubspot_verdicts, deps, installation_id)
    return Task(0, tuple(keys_of("hubspot")), ask)


def _server_tasks(deps: Dependencies) -> Iterator[Task]:
    yield Task(0, ("address",), lambda: [server.address_verdict(deps)])
    yield Task(0, ("mail",), lambda: [server.mail_verdict(deps)])


def _account_tasks(deps: Dependencies, account: OfficialAccount) -> Iterator[Task]:
    account_id = account.id
    for check, keys in ACCOUNT_CHECKS:
        yield Task(account_id, keys, partial(_with_row, deps, account_id, check))


def _with_row(deps: Dependencies, account_id: int, check: AccountCheck) -> list[Verdict]:
    # Each thread has a session of its own.
    return check(deps, db.session.get_one(OfficialAccount, account_id))


def _ask_all(tasks: Sequence[Task] | Iterator[Task]) -> dict[int, list[Verdict]]:
    tasks = list(tasks)
    with within(CALLS_SECONDS):
        futures = in_time("doctor", [task.ask for task in tasks], RUN_SECONDS)
    found: dict[int, list[Verdict]] = {}
    for task, future in zip(tasks, futures, strict=True):
        found.setdefault(task.account_id, []).extend(_answer(task, future))
    return found


def _answer(task: Task, future: Future[list[Verdict]]) -> list[Verdict]:
    """Return the verdicts; a check that fails by itself is one that is not known."""
    if future.cancelled() or not future.done():
        # Its calls end by themselves, and what they say then is dropped.
        return unanswered(SLOW, *task.keys)
    error = future.exception()
    if error is None:
        return future.result()
    log.error("doctor_failed", checks=", ".join(task.keys), kind=type(error).__name__)
    return unanswered(type(error).__name__, *task.keys)


def _keep(installation_id: int, verdicts: Sequence[Verdict]) -> bool:
    """Store the verdicts; False where HubSpot was removed meanwhile, of which nothing is kept."""
    stored = {verdict.key: verdict.stored() for verdict in verdicts}
    with transaction() as session:
        installation = session.get_one(
            Installation,
            installation_id,
            populate_existing=True,
            with_for_update={"key_share": True},
        )
        if installation.is_removed:
            return False
        DoctorReport.keep(installation_id, stored, utcnow())
    return True
