"""Friends that LINE names: kept in bulk, never over what is known better."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, exists, or_, select, update

from plugin.core.clock import utcnow
from plugin.gateways import Profile
from plugin.models.base import db
from plugin.models.job import plant
from plugin.models.list_import import ImportMember, ListImport
from plugin.models.official_account import OfficialAccount
from plugin.models.people import FOLLOWING, UNKNOWN, Contact, Friend, Linkage
from plugin.models.upsert import count_anew, upsert

NAMES = ("display_name", "picture_url", "language")
FACTS: dict[str, Any] = {name: bindparam(name) for name in NAMES}
MET = upsert(
    Friend,
    (
        "official_account_id", "line_user_id", "status", "status_at", "created_at", "profile_at",
        *FACTS,
    ),
    keys=("official_account_id", "line_user_id"),
)  # fmt: skip


def take_followers(account_id: int, user_ids: Sequence[str], asked_at: datetime) -> int:
    """Keep whom LINE listed at `asked_at`, inside the caller's transaction; how many were new.

    An event later than that moment knows better and stays.
    """
    if not user_ids:
        return 0
    known = _known(account_id, user_ids)
    new = [_row(account_id, one, asked_at) for one in user_ids if one not in known]
    if new:
        db.session.execute(MET, new)
        count_anew(Friend)
    if known:
        _note_following(account_id, list(known), asked_at)
    return len(new)


def take_shown(
    account_id: int, profiles: Mapping[str, Profile | None], asked_at: datetime
) -> list[str]:
    """Keep those whom LINE shows, inside the caller's transaction; answers their user ids.

    LINE shows the account's friends and who wrote to it: people it can reach (reference, "Get
    profile"). So a state not known becomes "following", without a time: any event overrules it.
    """
    shown = {one: profile for one, profile in profiles.items() if profile is not None}
    if not shown:
        return []
    rows = [{**_row(account_id, one, None), "profile_at": asked_at, **_facts(profile)}
            for one, profile in shown.items()]  # fmt: skip
    db.session.execute(MET, rows)
    _note_reachable(account_id, list(shown))
    return list(shown)


def take_profiles(
    account: OfficialAccount, profiles: Mapping[int, Profile | None], at: datetime
) -> None:
    """Remember names and pictures by friend's row id, inside the caller's transaction; None: LINE
    does not tell."""
    shown = {row: _facts(profile) for row, profile in profiles.items() if profile is not None}
    _owe_ties(account, list(shown))
    friends: Table = Friend.__table__  # type: ignore[assignment]
    asked = update(Friend).where(Friend.id.in_(list(profiles))).values(profile_at=at)
    db.session.execute(asked.execution_options(synchronize_session=False))
    if shown:
        one = update(friends).where(friends.c.id == bindparam("row")).values(FACTS)
        rows = [{"row": row, **facts} for row, facts in shown.items()]
        db.session.connection().execute(one, rows)


def _known(account_id: int, user_ids: Sequence[str]) -> set[str]:
    mine = select(Friend.line_user_id).where(Friend.official_account_id == account_id)
    return set(db.session.scalars(mine.where(Friend.line_user_id.in_(user_ids))))


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
    _follow(account_id, user_ids, stale, {"status": FOLLOWING, "status_at": asked_at})


def _note_reachable(account_id: int, user_ids: list[str]) -> None:
    _follow(account_id, user_ids, Friend.status == UNKNOWN, {"status": FOLLOWING})


def _follow(
    account_id: int, user_ids: list[str], stale: ColumnElement[bool], values: dict[str, object]
) -> None:
    """Change those whose state is out of date; HubSpot shows it of those that are tied."""
    mine = update(Friend).where(
        Friend.official_account_id == account_id,
        Friend.line_user_id.in_(user_ids),
        Friend.status != FOLLOWING,
        stale,
    )
    changed = list(db.session.scalars(mine.values(values).returning(Friend.id)))
    if changed:
        _owe_ties(db.session.get_one(OfficialAccount, account_id), changed)


def _owe_ties(account: OfficialAccount, friend_ids: list[int]) -> None:
    """Owe HubSpot the contacts that these friends are tied to; not those that an import has just
    tied, which writes them when their turn comes."""
    imported = exists().where(
        ListImport.installation_id == account.installation_id,
        ImportMember.list_import_id == ListImport.id,
        ImportMember.contact_id == Contact.contact_id,
        ImportMember.unwritten.is_(True),
    )
    tied = (
        select(Contact.id)
        .join(Linkage)
        .where(Linkage.friend_id.in_(friend_ids), Contact.deleted_at.is_(None), ~imported)
    )
    held = tied.order_by(Contact.id).with_for_update(key_share=True, of=Contact)
    rows = list(db.session.scalars(held))
    if rows:
        owed = update(Contact).where(Contact.id.in_(rows))
        values = {"mirror_wanted": Contact.mirror_wanted + 1, "mirror_owed": True}
        db.session.execute(owed.values(values).execution_options(synchronize_session=False))
        plant("write_contacts", account.installation_id, account.installation_id)
