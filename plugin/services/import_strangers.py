"""IDs that Musubi has not met on this account: LINE says whether they are its friends'."""

from datetime import datetime, timedelta

from sqlalchemy import Select, exists, select

from plugin.core.clock import utcnow
from plugin.gateways import Channel, FollowerPage, GatewayError
from plugin.models.base import db
from plugin.models.list_import import (
    ENDED,
    REFUSED,
    UNKNOWN_FRIEND,
    ImportMember,
    ImportRun,
    ListImport,
)
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Friend
from plugin.services import Outside
from plugin.services.import_progress import go_to, piece
from plugin.services.known_friends import take_followers, take_shown
from plugin.services.read_profiles import read_some_profiles

# More strangers than this are not asked for one by one where LINE lists all friends, a thousand a
# call. Then whoever is not on the list is no friend.
FEW = 20
BATCH = 100
# LINE's guidelines forbid asking for ids that do not exist. After so many vain questions in a run
# without one good answer the ids are another provider's, and the rest is not asked for.
VAIN = 200
# Nor are they asked for at every run: an id that LINE did not know is left in peace for so long,
# unless the contact has another by then. A friend who comes meanwhile is told of by LINE itself.
PEACE = timedelta(hours=24)
# Less time than this is not worth looking for something to do in.
A_WHILE = timedelta(seconds=1)


def look_for_strangers(_outside: Outside, mine: ListImport, run: ImportRun) -> None:
    """Choose how to ask about the ids that are not known."""
    some = list(db.session.scalars(_strangers(mine, run, "", FEW + 1)))
    with piece(run):
        if not some or run.followers_after == ENDED:
            go_to(run, "deciding")
        elif len(some) > FEW and run.followers_after != REFUSED:
            go_to(run, "followers")
        else:
            go_to(run, "profiles")


def list_followers(outside: Outside, mine: ListImport, run: ImportRun) -> None:
    """One page of LINE's list of friends; where LINE gives none, the strangers are asked for."""
    asked_at = utcnow()
    page = follower_page(outside, mine.official_account, run.followers_after)
    with piece(run):
        if page is not None:
            take_followers(mine.official_account_id, page.user_ids, asked_at)
        run.followers_after = REFUSED if page is None else page.next or ENDED
        if run.phase == "followers" and run.followers_after in (ENDED, REFUSED):
            go_to(run, "deciding" if page else "profiles")


def ask_ahead(outside: Outside, mine: ListImport, run: ImportRun, until: datetime | None) -> bool:
    """While HubSpot lets nobody in, a page of LINE's list of friends, or else the names of a
    hundred of them, which HubSpot is told in the end; False: there is nothing to do."""
    if until is None or until - utcnow() < A_WHILE:
        return False
    try:
        if not _wants_followers(mine, run):
            return read_some_profiles(outside, mine.official_account_id) > 0
        list_followers(outside, mine, run)
    except GatewayError:
        # It has time until its turn comes; then it counts.
        return False
    return True


def _wants_followers(mine: ListImport, run: ImportRun) -> bool:
    if run.followers_after:
        return run.followers_after not in (ENDED, REFUSED)
    return len(list(db.session.scalars(_strangers(mine, run, "", FEW + 1)))) > FEW


def ask_for_profiles(outside: Outside, mine: ListImport, run: ImportRun) -> None:
    """Ask LINE about a hundred strangers; whom it shows becomes a friend that is known."""
    asked_at = utcnow()
    some = list(db.session.scalars(_strangers(mine, run, run.after, BATCH)))
    if not some or (run.asked >= VAIN and not run.answered):
        with piece(run):
            go_to(run, "deciding")
        return
    shown = outside.gateways.line.profiles(channel_of(mine.official_account), some)
    with piece(run):
        run.answered += len(take_shown(mine.official_account_id, shown, asked_at))
        run.asked += len(some)
        go_to(run, "profiles", some[-1])


def follower_page(outside: Outside, account: OfficialAccount, start: str) -> FollowerPage | None:
    """A page of friends; None where LINE does not list them to this account.

    LINE forgets its place after a day: then the list begins again.
    """
    channel = channel_of(account)
    try:
        return outside.gateways.line.follower_ids(channel, start or None)
    except GatewayError as error:
        if error.reason == "forbidden":
            return None
        if not start or error.reason != "invalid":
            raise
        return outside.gateways.line.follower_ids(channel, None)


def channel_of(account: OfficialAccount) -> Channel:
    """The account's Messaging API channel."""
    return Channel(account.channel_id, account.channel_secret)


def _strangers(mine: ListImport, run: ImportRun, after: str, limit: int) -> Select[tuple[str]]:
    known = exists().where(
        Friend.official_account_id == mine.official_account_id,
        Friend.line_user_id == ImportMember.line_user_id,
    )
    found = select(ImportMember.line_user_id).where(
        ImportMember.list_import_id == mine.id,
        ImportMember.pending.is_(True),
        ImportMember.line_user_id > after,
        ~known,
    )
    if _asked_lately(mine, run):
        found = found.where(ImportMember.outcome != UNKNOWN_FRIEND)
    return found.distinct().order_by(ImportMember.line_user_id).limit(limit)


def _asked_lately(mine: ListImport, run: ImportRun) -> bool:
    """Whether an earlier run has asked one by one, not long before this one began."""
    earlier = select(ImportRun.id).where(
        ImportRun.list_import_id == mine.id,
        ImportRun.id < run.id,
        ImportRun.asked > 0,
        ImportRun.started_at > run.started_at - PEACE,
    )
    return db.session.scalar(earlier.limit(1)) is not None
