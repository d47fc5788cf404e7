"""Asks LINE whether ids that are unknown on this account are its friends'."""

from datetime import datetime, timedelta

from sqlalchemy import Select, exists, select

from plugin.core.clock import utcnow
from plugin.gateways import FollowerPage, GatewayError
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.imports.import_member import ENDED, REFUSED, ImportMember
from plugin.models.imports.import_run import UNKNOWN_FRIEND, ImportRun
from plugin.models.imports.list_import import ListImport
from plugin.models.people.friend import Friend
from plugin.services import Dependencies
from plugin.services.connections.channels import messaging_channel
from plugin.services.friends.profiles import read_profile_batch, upsert_followers, upsert_profiles
from plugin.services.imports.checkpoint import advance, batch, extend_trail

# Above this number LINE's list of friends, a thousand a call, replaces single profiles where LINE
# gives it. An id that is not on the list is no friend.
FEW = 20
BATCH = 100
# LINE's guidelines forbid asking for ids that do not exist. After so many misses in a run without
# one hit the ids are another provider's, and the run asks for no more.
MAX_MISSES = 200
# For so long runs do not ask again for an id that LINE did not know, unless the contact has another
# by then. LINE itself reports a friend who comes meanwhile.
COOLDOWN = timedelta(hours=24)
# A shorter pause is not worth a call.
SHORTEST_PAUSE = timedelta(seconds=1)


def choose_lookup(_deps: Dependencies, list_import: ListImport, run: ImportRun) -> None:
    """Choose between LINE's list of friends and single profiles, by the number of unknown ids."""
    unknown_ids = list(db.session.scalars(_unknown_ids(list_import, run, "", FEW + 1)))
    with batch(run):
        if not unknown_ids or run.followers_after == ENDED:
            advance(run, "deciding")
        elif len(unknown_ids) > FEW and run.followers_after != REFUSED:
            advance(run, "followers")
        else:
            advance(run, "profiles")


def list_followers(deps: Dependencies, list_import: ListImport, run: ImportRun) -> None:
    """Store one page of LINE's list of friends; without that list, go on with profiles."""
    asked_at = utcnow()
    page, restarted = follower_page(deps, list_import.official_account, run.followers_after)
    with batch(run):
        if page is not None:
            upsert_followers(list_import.official_account_id, page.user_ids, asked_at)
            trail = "" if restarted else run.followers_trail
            run.followers_trail = extend_trail("LINE", trail, page.next)
        run.followers_after = REFUSED if page is None else page.next or ENDED
        if run.phase == "followers" and run.followers_after in (ENDED, REFUSED):
            advance(run, "deciding" if page else "profiles")


def use_pause(
    deps: Dependencies, list_import: ListImport, run: ImportRun, until: datetime | None
) -> bool:
    """Use HubSpot's rate limit pause `until` for a call to LINE; return False if none is due.

    That call reads a page of LINE's list of friends, or else a hundred names.
    """
    if until is None or until - utcnow() < SHORTEST_PAUSE:
        return False
    try:
        if not _wants_followers(list_import, run):
            return read_profile_batch(deps, list_import.official_account_id) > 0
        list_followers(deps, list_import, run)
    except GatewayError:
        # Its turn comes later; then the error counts.
        return False
    return True


def _wants_followers(list_import: ListImport, run: ImportRun) -> bool:
    if run.followers_after:
        return run.followers_after not in (ENDED, REFUSED)
    return len(list(db.session.scalars(_unknown_ids(list_import, run, "", FEW + 1)))) > FEW


def look_up_profiles(deps: Dependencies, list_import: ListImport, run: ImportRun) -> None:
    """Ask LINE about a hundred unknown ids; each profile it returns becomes a friend."""
    asked_at = utcnow()
    unknown_ids = list(db.session.scalars(_unknown_ids(list_import, run, run.after, BATCH)))
    if not unknown_ids or (run.asked >= MAX_MISSES and not run.answered):
        with batch(run):
            advance(run, "deciding")
        return
    profiles = deps.gateways.line.profiles(
        messaging_channel(list_import.official_account), unknown_ids
    )
    with batch(run):
        run.answered += len(upsert_profiles(list_import.official_account_id, profiles, asked_at))
        run.asked += len(unknown_ids)
        advance(run, "profiles", unknown_ids[-1])


def follower_page(
    deps: Dependencies, account: OfficialAccount, start: str
) -> tuple[FollowerPage | None, bool]:
    """Return a page of friends (None if the account may not list them), and if it is the first."""
    channel = messaging_channel(account)
    try:
        return deps.gateways.line.follower_ids(channel, start or None), not start
    except GatewayError as error:
        if error.reason == "forbidden":
            return None, not start
        if not start or error.reason != "invalid":
            raise
        # LINE's place in the list expires after a day: the list begins again.
        return deps.gateways.line.follower_ids(channel, None), True


def _unknown_ids(
    list_import: ListImport, run: ImportRun, after: str, limit: int
) -> Select[tuple[str]]:
    known = exists().where(
        Friend.official_account_id == list_import.official_account_id,
        Friend.line_user_id == ImportMember.line_user_id,
    )
    statement = select(ImportMember.line_user_id).where(
        ImportMember.list_import_id == list_import.id,
        ImportMember.pending.is_(True),
        ImportMember.line_user_id > after,
        ~known,
    )
    if _looked_up_lately(list_import, run):
        statement = statement.where(ImportMember.outcome != UNKNOWN_FRIEND)
    return statement.distinct().order_by(ImportMember.line_user_id).limit(limit)


def _looked_up_lately(list_import: ListImport, run: ImportRun) -> bool:
    earlier = select(ImportRun.id).where(
        ImportRun.list_import_id == list_import.id,
        ImportRun.id < run.id,
        ImportRun.asked > 0,
        ImportRun.started_at > run.started_at - COOLDOWN,
    )
    return db.session.scalar(earlier.limit(1)) is not None
