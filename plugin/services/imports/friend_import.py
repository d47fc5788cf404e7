"""Imports an account's friends: those LINE lists, or those of a file that LINE confirms."""

import time
from datetime import datetime

from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.core.imports import user_ids_in
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.imports.friend_candidate import FriendCandidate
from plugin.models.imports.friend_import import (
    CANCELLED,
    FAILED,
    FILE,
    FINISHED,
    FOLLOWERS,
    FORBIDDEN,
    FOUND,
    KNOWN,
    RUNNING,
    UNKNOWN,
    WAITING,
    FriendImport,
)
from plugin.models.people.friend import Friend
from plugin.models.sql import insert_rows
from plugin.models.system.job import enqueue
from plugin.models.transaction import affected, transaction
from plugin.services import Dependencies
from plugin.services.connections.channels import messaging_channel
from plugin.services.friends.profiles import (
    BATCH,
    read_profile_batch,
    upsert_followers,
    upsert_profiles,
)
from plugin.services.imports.checkpoint import StaleRun, advance, batch, extend_trail, retry_time
from plugin.services.imports.unknown_ids import MAX_MISSES, follower_page
from plugin.services.system.rate_limits import in_background

STEP_SECONDS = 4.0


def import_friends(deps: Dependencies, import_id: int) -> datetime | None:
    """Store some batches; return when to go on, or None when the import has ended."""
    run = FriendImport.by_id(import_id)
    if run is None or run.state != RUNNING:
        return None
    end = time.monotonic() + STEP_SECONDS
    try:
        with in_background():
            while run.state == RUNNING and time.monotonic() < end:
                _batch(deps, run)
    except StaleRun:
        return utcnow()
    except GatewayError as error:
        allowed = retry_time(error)
        if allowed is None and not error.permanent:
            raise
        if allowed is None:
            _end(run, FAILED, error.message)
        return allowed
    return utcnow() if run.state == RUNNING else None


def _batch(deps: Dependencies, run: FriendImport) -> None:
    if run.official_account.archived_at is not None:
        _end(run, FAILED, "The Official Account is no longer connected")
    elif run.phase == "profiles":
        _read_names(deps, run)
    elif run.source == FILE:
        _look_up(deps, run)
    else:
        _list_page(deps, run)


def _list_page(deps: Dependencies, run: FriendImport) -> None:
    asked_at = utcnow()
    page, restarted = follower_page(deps, run.official_account, run.after)
    if page is None:
        _end(run, FORBIDDEN)
        return
    with batch(run):
        run.new += upsert_followers(run.official_account_id, page.user_ids, asked_at)
        run.found += len(page.user_ids)
        run.trail = extend_trail("LINE", "" if restarted else run.trail, page.next)
        advance(run, "ids", page.next) if page.next else advance(run, "profiles")


def _look_up(deps: Dependencies, run: FriendImport) -> None:
    asked_at = utcnow()
    candidates = FriendCandidate.of_import(run.id, WAITING, BATCH)
    known = _known(run, candidates)
    unknown_ids = [user_id for user_id in candidates if user_id not in known]
    # As in `unknown_ids`: not one hit means that the ids are another provider's.
    if run.found == 0 and run.unknown >= MAX_MISSES:
        unknown_ids = []
    channel = messaging_channel(run.official_account)
    profiles = deps.gateways.line.profiles(channel, unknown_ids)
    with batch(run):
        new = upsert_profiles(run.official_account_id, profiles, asked_at)
        outcomes = {**dict.fromkeys(candidates, UNKNOWN), **dict.fromkeys(known, KNOWN)}
        outcomes |= dict.fromkeys(new, FOUND)
        _store(run, outcomes)
        run.new += len(new)
        run.found += len(new) + len(known)
        run.unknown += len(candidates) - len(new) - len(known)
        if len(candidates) < BATCH:
            FriendCandidate.forget(run.id)
            advance(run, "profiles")


def _known(run: FriendImport, user_ids: list[str]) -> set[str]:
    statement = select(Friend.line_user_id).where(
        Friend.official_account_id == run.official_account_id, Friend.line_user_id.in_(user_ids)
    )
    return set(db.session.scalars(statement))


def _store(run: FriendImport, outcomes: dict[str, str]) -> None:
    rows = [
        {"friend_import_id": run.id, "line_user_id": user_id, "outcome": outcome}
        for user_id, outcome in outcomes.items()
    ]
    if rows:
        db.session.execute(update(FriendCandidate), rows)


def _read_names(deps: Dependencies, run: FriendImport) -> None:
    count = read_profile_batch(deps, run.official_account_id)
    with batch(run):
        run.profiles += count
        if count < BATCH:
            run.state, run.finished_at = FINISHED, utcnow()
            # Friends whose profile LINE did not return this time.
            enqueue("read_profiles", run.official_account_id, run.installation_id)


def _end(run: FriendImport, state: str, error: str = "") -> None:
    with batch(run):
        run.state, run.error, run.finished_at = state, error[:500], utcnow()
        FriendCandidate.forget(run.id)
        enqueue("read_profiles", run.official_account_id, run.installation_id)


# Each id is a row until the import is over; a larger list comes in several files.
MOST_IDS = 100_000
MOST_BYTES = 4_000_000


class UnfitFile(ValueError):
    """The file cannot be imported; `reason` is too_large, too_many or no_ids."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def begin_friend_import(account: OfficialAccount) -> FriendImport:
    """Import the friends that LINE lists; return the running import if there is one."""
    with transaction() as session:
        # Locked, so that two simultaneous requests get the same import.
        session.execute(
            select(OfficialAccount.id).where(OfficialAccount.id == account.id).with_for_update()
        )
        running = FriendImport.running_of(account.id)
        if running is None:
            return _begin(account, FOLLOWERS)
        # Also wakes a dead-lettered job.
        enqueue("import_friends", running.id, account.installation_id)
        return running


def begin_file_import(account: OfficialAccount, file: bytes) -> FriendImport:
    """Import the LINE user IDs of a CSV file; raise `UnfitFile`."""
    if len(file) > MOST_BYTES:
        raise UnfitFile("too_large")
    user_ids, invalid = user_ids_in(file)
    if not user_ids:
        raise UnfitFile("no_ids")
    if len(user_ids) > MOST_IDS:
        raise UnfitFile("too_many")
    with transaction():
        run = _begin(account, FILE)
        run.total, run.invalid = len(user_ids), invalid
        rows = [{"friend_import_id": run.id, "line_user_id": user_id} for user_id in user_ids]
        db.session.execute(insert_rows(FriendCandidate), rows)
    return run


def cancel_friend_import(run: FriendImport) -> bool:
    """End the import and keep the friends it found; return False if it had ended."""
    statement = update(FriendImport).where(FriendImport.id == run.id, FriendImport.state == RUNNING)
    values = {"state": CANCELLED, "finished_at": utcnow(), "step": FriendImport.step + 1}
    with transaction() as session:
        ended = affected(statement.values(values).execution_options(synchronize_session=False)) == 1
        session.refresh(run)
        FriendCandidate.forget(run.id)
        enqueue("read_profiles", run.official_account_id, run.installation_id)
    return ended


def _begin(account: OfficialAccount, source: str) -> FriendImport:
    run = FriendImport(
        installation_id=account.installation_id,
        official_account_id=account.id,
        source=source,
        started_at=utcnow(),
    )
    db.session.add(run)
    db.session.flush()
    enqueue("import_friends", run.id, account.installation_id)
    return run
