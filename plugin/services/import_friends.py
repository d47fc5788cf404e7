"""Importing an account's friends: whom LINE lists, or whom a file names and LINE shows."""

import time
from datetime import datetime

from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.friend_import import (
    FAILED,
    FILE,
    FINISHED,
    FORBIDDEN,
    FOUND,
    KNOWN,
    RUNNING,
    UNKNOWN,
    WAITING,
    FriendCandidate,
    FriendImport,
)
from plugin.models.job import plant
from plugin.models.people import Friend
from plugin.services import Outside
from plugin.services.budget import in_background
from plugin.services.import_progress import Overtaken, go_to, piece, when_allowed
from plugin.services.import_strangers import VAIN, channel_of, follower_page
from plugin.services.known_friends import take_followers, take_shown
from plugin.services.read_profiles import BATCH, read_some_profiles

STEP_SECONDS = 4.0


def import_friends(outside: Outside, import_id: int) -> datetime | None:
    """Do some pieces; answers when to go on, or None where the import has ended."""
    run = FriendImport.by_id(import_id)
    if run is None or run.state != RUNNING:
        return None
    end = time.monotonic() + STEP_SECONDS
    try:
        with in_background():
            while run.state == RUNNING and time.monotonic() < end:
                _piece(outside, run)
    except Overtaken:
        return utcnow()
    except GatewayError as error:
        allowed = when_allowed(error)
        if allowed is None and not error.permanent:
            raise
        if allowed is None:
            _end(run, FAILED, error.message)
        return allowed
    return utcnow() if run.state == RUNNING else None


def _piece(outside: Outside, run: FriendImport) -> None:
    if run.official_account.archived_at is not None:
        _end(run, FAILED, "The Official Account is no longer connected")
    elif run.phase == "profiles":
        _read_names(outside, run)
    elif run.source == FILE:
        _ask(outside, run)
    else:
        _list(outside, run)


def _list(outside: Outside, run: FriendImport) -> None:
    asked_at = utcnow()
    page = follower_page(outside, run.official_account, run.after)
    if page is None:
        _end(run, FORBIDDEN)
        return
    with piece(run):
        run.new += take_followers(run.official_account_id, page.user_ids, asked_at)
        run.found += len(page.user_ids)
        go_to(run, "ids", page.next) if page.next else go_to(run, "profiles")


def _ask(outside: Outside, run: FriendImport) -> None:
    """Some ids of the file: whom we know needs no question, whom LINE shows is a friend."""
    asked_at = utcnow()
    some = FriendCandidate.of_import(run.id, WAITING, BATCH)
    known = _known(run, some)
    strangers = [one for one in some if one not in known]
    # As in import_strangers: not one good answer means that the ids are another provider's.
    if run.found == 0 and run.unknown >= VAIN:
        strangers = []
    channel = channel_of(run.official_account)
    shown = outside.gateways.line.profiles(channel, strangers)
    with piece(run):
        new = take_shown(run.official_account_id, shown, asked_at)
        outcomes = {**dict.fromkeys(some, UNKNOWN), **dict.fromkeys(known, KNOWN)}
        outcomes |= dict.fromkeys(new, FOUND)
        _store(run, outcomes)
        run.new += len(new)
        run.found += len(new) + len(known)
        run.unknown += len(some) - len(new) - len(known)
        if len(some) < BATCH:
            FriendCandidate.forget(run.id)
            go_to(run, "profiles")


def _known(run: FriendImport, user_ids: list[str]) -> set[str]:
    mine = select(Friend.line_user_id).where(
        Friend.official_account_id == run.official_account_id, Friend.line_user_id.in_(user_ids)
    )
    return set(db.session.scalars(mine))


def _store(run: FriendImport, outcomes: dict[str, str]) -> None:
    rows = [
        {"friend_import_id": run.id, "line_user_id": one, "outcome": outcome}
        for one, outcome in outcomes.items()
    ]
    if rows:
        db.session.execute(update(FriendCandidate), rows)


def _read_names(outside: Outside, run: FriendImport) -> None:
    count = read_some_profiles(outside, run.official_account_id)
    with piece(run):
        run.profiles += count
        if count < BATCH:
            run.state, run.finished_at = FINISHED, utcnow()


def _end(run: FriendImport, state: str, error: str = "") -> None:
    with piece(run):
        run.state, run.error, run.finished_at = state, error[:500], utcnow()
        FriendCandidate.forget(run.id)
        plant("read_profiles", run.official_account_id, run.installation_id)
