"""Writes a broadcast's recipients: one statement for all friends, one for members without one."""

from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    text,
)

from plugin.core.broadcasts.buckets import BUCKETS
from plugin.core.broadcasts.shares import Share
from plugin.models.base import db
from plugin.models.broadcasts.audience_member import AudienceMember
from plugin.models.broadcasts.bucket_sql import bucket, global_bucket
from plugin.models.broadcasts.recipient import HELD_OUT, LEFT_OUT, WAITING, Recipient
from plugin.models.people.contact import Contact
from plugin.models.people.friend import BLOCKED, FOLLOWING, Friend
from plugin.models.people.linkage import Linkage
from plugin.models.transaction import affected

ERASED = "erased:%"


class Freeze(NamedTuple):
    """`account_holdout`: percent of the account's friends whom no broadcast reaches."""

    broadcast_id: int
    account_id: int
    installation_id: int
    shares: list[Share]
    account_holdout: int = 0


def all_friends(account_id: int) -> Select[tuple[int]]:
    following = Friend.official_account_id == account_id, Friend.status == FOLLOWING
    return select(Friend.id).where(*following)


def members(broadcast_id: int, account_id: int, installation_id: int) -> Select[tuple[int]]:
    """Select the friends of a list's or an upload's members."""
    of_contacts = _linked_members(broadcast_id, account_id, installation_id)
    users = select(AudienceMember.line_user_id).where(
        AudienceMember.broadcast_id == broadcast_id, AudienceMember.line_user_id.is_not(None)
    )
    either = or_(Friend.id.in_(of_contacts), Friend.line_user_id.in_(users))
    return select(Friend.id).where(Friend.official_account_id == account_id, either)


def _linked_members(broadcast_id: int, account_id: int, installation_id: int) -> Select[tuple[int]]:
    return (
        select(Linkage.friend_id)
        .join(Contact, Contact.id == Linkage.contact_row_id)
        .join(AudienceMember, AudienceMember.contact_id == Contact.contact_id)
        .where(
            AudienceMember.broadcast_id == broadcast_id,
            Linkage.official_account_id == account_id,
            Contact.installation_id == installation_id,
        )
    )


def insert_friends(freeze: Freeze, chosen: Select[tuple[int]]) -> int:
    """Insert a recipient for each chosen friend, and return their number."""
    # PostgreSQL's usual limit is meant for statements that run away.
    if db.session().get_bind().dialect.name == "postgresql":
        db.session.execute(text("SET LOCAL statement_timeout = '15min'"))
    people = (
        select(
            Friend.id,
            Friend.status,
            bucket(freeze.broadcast_id, Friend.id.expression).label("bucket"),
            global_bucket(Friend.id.expression).label("always"),
        )
        .where(
            Friend.official_account_id == freeze.account_id,
            Friend.id.in_(chosen),
            Friend.line_user_id.not_like(ERASED),
        )
        .subquery()
    )
    held_out = or_(
        people.c.always < BUCKETS * freeze.account_holdout // 100,
        _held_out(freeze, people.c.bucket),
    )
    state = case((people.c.status == BLOCKED, LEFT_OUT), (held_out, HELD_OUT), else_=WAITING)
    reason = case((people.c.status == BLOCKED, BLOCKED), else_=literal("", String()))
    waits = state == WAITING
    rows = select(
        literal(freeze.broadcast_id),
        people.c.id,
        case((waits, _variant(freeze, people.c.bucket)), else_=null()),
        people.c.bucket,
        state,
        reason,
    ).order_by(people.c.id)
    names = ["broadcast_id", "friend_id", "variant", "bucket", "state", "reason"]
    return affected(insert(Recipient).from_select(names, rows))


def _held_out(freeze: Freeze, column: ColumnElement[int]) -> ColumnElement[bool]:
    return column < next((share.until for share in freeze.shares if share.held_out), 0)


def _variant(freeze: Freeze, column: ColumnElement[int]) -> ColumnElement[int | None]:
    parts = [(column < share.until, literal(share.variant)) for share in freeze.shares
             if share.variant is not None]  # fmt: skip
    return case(*parts, else_=null())


def insert_not_linked(freeze: Freeze) -> int:
    """Insert the members without a linked friend on this account, by HubSpot's ids."""
    linked = exists(
        select(Linkage.id)
        .join(Contact, Contact.id == Linkage.contact_row_id)
        .where(
            Linkage.official_account_id == freeze.account_id,
            Contact.installation_id == freeze.installation_id,
            Contact.contact_id == AudienceMember.contact_id,
        )
    )
    rows = select(
        literal(freeze.broadcast_id), AudienceMember.contact_id, literal(LEFT_OUT),
        literal("not_linked"), literal(0),
    ).where(
        AudienceMember.broadcast_id == freeze.broadcast_id,
        AudienceMember.contact_id.is_not(None),
        ~linked,
    )  # fmt: skip
    names = ["broadcast_id", "contact_id", "state", "reason", "bucket"]
    return affected(insert(Recipient).from_select(names, rows))


def any_unlinked(broadcast_id: int) -> bool:
    """Whether a friend who waits is linked with nobody."""
    unlinked = select(Recipient.id).where(
        Recipient.broadcast_id == broadcast_id,
        Recipient.state == WAITING,
        ~exists(select(Linkage.id).where(Linkage.friend_id == Recipient.friend_id)),
    )
    return db.session.scalar(unlinked.limit(1)) is not None


def delete_some(broadcast_id: int, most: int) -> int:
    """Delete up to `most` recipients of a broadcast that became a draft again."""
    ids = select(Recipient.id).where(Recipient.broadcast_id == broadcast_id).limit(most)
    return affected(
        delete(Recipient).where(Recipient.id.in_(ids)).execution_options(synchronize_session=False)
    )


def count_members(broadcast_id: int) -> int:
    statement = select(func.count()).where(AudienceMember.broadcast_id == broadcast_id)
    return db.session.scalar(statement) or 0
