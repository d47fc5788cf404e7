"""Profiles of friends: upserted in bulk, without overwriting newer facts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Table, bindparam, exists, or_, select, update

from plugin.core.clock import utcnow
from plugin.gateways import Profile
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.imports.import_member import ImportMember
from plugin.models.imports.list_import import ListImport
from plugin.models.people.contact import Contact
from plugin.models.people.friend import UNKNOWN, Friend, count_status
from plugin.models.people.linkage import Linkage
from plugin.models.sql import analyze_grown, upsert
from plugin.models.system.activity import FOLLOWING, FRIENDS, count
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.channels import messaging_channel
from plugin.services.contacts.outbox import mark_many_for_push

NAMES = ("display_name", "picture_url", "language")
FACTS: dict[str, Any] = {name: bindparam(name) for name in NAMES}
_FROM_LINE = upsert(
    Friend,
    (
        "official_account_id", "line_user_id", "status", "status_at", "created_at", "profile_at",
        *FACTS,
    ),
    keys=("official_account_id", "line_user_id"),
)  # fmt: skip


def upsert_followers(account_id: int, user_ids: Sequence[str], asked_at: datetime) -> int:
    """Store the friends that LINE listed at `asked_at`, unless a later event says otherwise, inside
    the caller's transaction; return how many were new."""
    if not user_ids:
        return 0
    known = _known(account_id, user_ids)
    rows = [_row(account_id, user_id, asked_at) for user_id in user_ids if user_id not in known]
    new = _insert(account_id, rows) if rows else 0
    if rows:
        analyze_grown(Friend)
    if known:
        _note_following(account_id, list(known), asked_at)
    return new


def upsert_profiles(
    account_id: int, profiles: Mapping[str, Profile | None], asked_at: datetime
) -> list[str]:
    """Store the users that LINE shows, inside the caller's transaction; return their user ids."""
    shown = {user_id: profile for user_id, profile in profiles.items() if profile is not None}
    if not shown:
        return []
    rows = [{**_row(account_id, user_id, None), "profile_at": asked_at, **_facts(profile)}
            for user_id, profile in shown.items()]  # fmt: skip
    _insert(account_id, rows)
    # LINE shows friends and people who wrote: people it can reach (reference, "Get profile"). So an
    # unknown status becomes "following", without a time: any event overrules it.
    _note_reachable(account_id, list(shown))
    return list(shown)


def store_profiles(
    account: OfficialAccount, profiles: Mapping[int, Profile | None], at: datetime
) -> None:
    """Store names and pictures by row id, inside the caller's transaction; None: not shown."""
    shown = {row_id: _facts(profile) for row_id, profile in profiles.items() if profile is not None}
    _mark_linked_for_push(account, list(shown))
    friends: Table = Friend.__table__  # type: ignore[assignment]
    profile_read = update(Friend).where(Friend.id.in_(list(profiles))).values(profile_at=at)
    db.session.execute(profile_read.execution_options(synchronize_session=False))
    if shown:
        statement = update(friends).where(friends.c.id == bindparam("row")).values(FACTS)
        rows = [{"row": row_id, **facts} for row_id, facts in shown.items()]
        db.session.connection().execute(statement, rows)


def _insert(account_id: int, rows: Sequence[Mapping[str, object]]) -> int:
    """Insert the friends that are not there yet, all of them following, and return how many."""
    new = cast("CursorResult[Any]", db.session.execute(_FROM_LINE, rows)).rowcount
    count(account_id, FRIENDS, new)
    count(account_id, FOLLOWING, new)
    return new


def _known(account_id: int, user_ids: Sequence[str]) -> set[str]:
    statement = select(Friend.line_user_id).where(Friend.official_account_id == account_id)
    return set(db.session.scalars(statement.where(Friend.line_user_id.in_(user_ids))))


def _row(account_id: int, user_id: str, at: datetime | None) -> dict[str, object]:
    return {
        "official_account_id": account_id, "line_user_id": user_id[:80], "status": FOLLOWING,
        "status_at": at, "created_at": utcnow(), "profile_at": None, "display_name": "",
        "picture_url": "", "language": "",
    }  # fmt: skip


def _facts(profile: Profile) -> dict[str, str]:
    return {
        "display_name": profile.display_name[:255],
        "picture_url": profile.picture_url[:2000],
        "language": profile.language[:20],
    }


def _note_following(account_id: int, user_ids: list[str], asked_at: datetime) -> None:
    stale = or_(Friend.status_at.is_(None), Friend.status_at < asked_at)
    _follow(account_id, user_ids, stale, {
        "status": FOLLOWING, "status_at": asked_at, "status_since": asked_at,
    })  # fmt: skip


def _note_reachable(account_id: int, user_ids: list[str]) -> None:
    _follow(account_id, user_ids, Friend.status == UNKNOWN, {"status": FOLLOWING})


def _follow(
    account_id: int, user_ids: list[str], stale: ColumnElement[bool], values: dict[str, object]
) -> None:
    statement = select(Friend.id, Friend.status).where(
        Friend.official_account_id == account_id,
        Friend.line_user_id.in_(user_ids),
        Friend.status != FOLLOWING,
        stale,
    )
    changed = db.session.execute(statement.order_by(Friend.id).with_for_update()).tuples().all()
    if not changed:
        return
    friend_ids = [friend_id for friend_id, _ in changed]
    followed = update(Friend).where(Friend.id.in_(friend_ids)).values(values)
    db.session.execute(followed.execution_options(synchronize_session=False))
    for status, n in Counter(status for _, status in changed).items():
        count_status(account_id, status, FOLLOWING, n)
    _mark_linked_for_push(db.session.get_one(OfficialAccount, account_id), friend_ids)


def _mark_linked_for_push(account: OfficialAccount, friend_ids: list[int]) -> None:
    # Not those that an import has just linked: it writes them itself.
    imported = exists().where(
        ListImport.installation_id == account.installation_id,
        ImportMember.list_import_id == ListImport.id,
        ImportMember.contact_id == Contact.contact_id,
        ImportMember.unwritten.is_(True),
    )
    linked = (
        select(Contact.id)
        .join(Linkage)
        .where(Linkage.friend_id.in_(friend_ids), Contact.deleted_at.is_(None), ~imported)
    )
    locking = linked.order_by(Contact.id).with_for_update(key_share=True, of=Contact)
    mark_many_for_push(account.installation_id, list(db.session.scalars(locking)))


BATCH = 100


def read_profiles(deps: Dependencies, account_id: int) -> bool:
    """Read a batch of pending profiles; True where more may be. Raise `GatewayError` to retry."""
    return read_profile_batch(deps, account_id) > 0


def read_profile_batch(deps: Dependencies, account_id: int) -> int:
    """Return how many friends LINE was asked about, at most `BATCH`."""
    account = OfficialAccount.by_id(account_id)
    if account is None or account.archived_at is not None:
        return 0
    pending = select(Friend.id, Friend.line_user_id).where(
        Friend.official_account_id == account_id, Friend.profile_at.is_(None)
    )
    friends = db.session.execute(pending.order_by(Friend.id).limit(BATCH)).tuples().all()
    read_profiles_of(deps, account, dict(friends))
    return len(friends)


def read_profiles_of(
    deps: Dependencies, account: OfficialAccount, friends: Mapping[int, str]
) -> None:
    """Read the profiles of some hundred friends: LINE user ids by row id."""
    if not friends:
        return
    channel = messaging_channel(account)
    profiles = deps.gateways.line.profiles(channel, list(friends.values()))
    # Friends for whom LINE gave no response stay pending for the next batch.
    answered = {
        row_id: profiles[user_id] for row_id, user_id in friends.items() if user_id in profiles
    }
    with transaction():
        store_profiles(account, answered, utcnow())
