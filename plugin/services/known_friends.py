"""Friends that LINE names: kept in bulk, never over what is known better."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update

from plugin.core.clock import utcnow
from plugin.gateways import Profile
from plugin.models.base import db
from plugin.models.people import FOLLOWING, UNKNOWN, Contact, Friend, Linkage
from plugin.models.upsert import insert_rows
from plugin.services.link_friend import owe_mirror


def take_followers(account_id: int, user_ids: Sequence[str], asked_at: datetime) -> int:
    """Keep whom LINE listed at `asked_at`, inside the caller's transaction; how many were new.

    An event later than that moment knows better and stays.
    """
    if not user_ids:
        return 0
    known = _known(account_id, user_ids)
    new = [_row(account_id, one, asked_at) for one in user_ids if one not in known]
    if new:
        db.session.execute(insert_rows(Friend).on_conflict_do_nothing(), new)
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
    db.session.execute(insert_rows(Friend).on_conflict_do_nothing(), rows)
    _note_reachable(account_id, list(shown))
    return list(shown)


def take_profile(friend: Friend, profile: Profile | None) -> None:
    """Remember name and picture, inside the caller's transaction; None: LINE does not tell."""
    friend.profile_at = utcnow()
    if profile is None:
        return
    for name, value in _facts(profile).items():
        setattr(friend, name, value)
    if friend.linkage is not None:
        _owe_unless_imported(friend.linkage.contact)


def _known(account_id: int, user_ids: Sequence[str]) -> set[str]:
    mine = select(Friend.line_user_id).where(Friend.official_account_id == account_id)
    return set(db.session.scalars(mine.where(Friend.line_user_id.in_(user_ids))))


def _row(account_id: int, user_id: str, at: datetime | None) -> dict[str, object]:
    return {
        "official_account_id": account_id, "line_user_id": user_id[:80], "status": FOLLOWING,
        "status_at": at, "created_at": utcnow(), "tags": [], "display_name": "",
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
    ties = select(Linkage).where(Linkage.friend_id.in_(changed))
    for linkage in db.session.scalars(ties) if changed else ():
        _owe_unless_imported(linkage.contact)


def _owe_unless_imported(contact: Contact) -> None:
    """What an import has just tied is written by the import, when its turn comes."""
    if contact.mirror_owed or contact.mirror_wanted == contact.mirror_done:
        owe_mirror(contact)
