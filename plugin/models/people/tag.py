"""Tags of a tenant, and which of them the friends carry."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    exists,
    false,
    func,
    literal,
    select,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from plugin.models.base import Base, BigId, UTCDateTime, db

# Whom fewer friends carry is found by the tag; another tag is looked for with each friend.
FEW = 5_000


class Tag(Base):
    """A tag that the tenant ever used. `friends`: how many carry it, folded from `TagChange`."""

    __tablename__ = "tag"
    __table_args__ = (
        UniqueConstraint("installation_id", "name"),
        Index("tag_most_used", "installation_id", "friends", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"))
    name: Mapped[str] = mapped_column(String(50))
    friends: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @classmethod
    def owned(cls, installation_id: int) -> Select[tuple["Tag"]]:
        return select(cls).where(cls.installation_id == installation_id).order_by(cls.name)

    @classmethod
    def most_used(cls, installation_id: int, search: str = "") -> Select[tuple["Tag"]]:
        """`search`: letters that the name has, small or large."""
        statement = cls.owned(installation_id).order_by(None)
        if search:
            statement = statement.where(cls.name.icontains(search, autoescape=True))
        return statement.order_by(cls.friends.desc(), cls.id.desc())

    @classmethod
    def by_name(cls, installation_id: int, names: Collection[str]) -> "dict[str, Tag]":
        """Return those of the tags that exist."""
        named = list(filter(None, names))
        if not named:
            return {}
        found = cls.owned(installation_id).where(cls.name.in_(named))
        return {tag.name: tag for tag in db.session.scalars(found)}


class FriendTag(Base):
    """A friend carries a tag. `place`: friends' tags stand in the order in which they came."""

    __tablename__ = "friend_tag"
    __table_args__ = (Index("friend_tag_of_tag", "tag_id", "friend_id"),)

    friend_id: Mapped[int] = mapped_column(
        ForeignKey("friend.id", ondelete="CASCADE"), primary_key=True
    )
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True)
    place: Mapped[int] = mapped_column()


class TagChange(Base):
    """What one write adds to a tag's count, until a job folds it: no two writers wait for each
    other because they give the same tag."""

    __tablename__ = "tag_change"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"))
    n: Mapped[int] = mapped_column()


def beginning_with(tag: Tag, friend_id: ColumnElement[int]) -> list[ColumnElement[bool]]:
    """Return conditions on `FriendTag`, which joins the statement: it reads who carries the tag."""
    return [FriendTag.tag_id == tag.id, FriendTag.friend_id == friend_id]


def has_any_tag(friend_id: ColumnElement[int]) -> ColumnElement[bool]:
    carried = aliased(FriendTag)
    return exists().where(carried.friend_id == friend_id)


def has_tag(
    friend_id: ColumnElement[int], tags: Sequence[Tag], *, one_by_one: bool
) -> ColumnElement[bool]:
    """Return whether the friend carries one of the tags. `one_by_one`: it is asked of each friend
    whom the statement meets, instead of beginning with those who carry the tag."""
    if not tags:
        return false()
    # The statement around it may begin with another tag.
    carried = aliased(FriendTag)
    named = carried.tag_id.in_([tag.id for tag in tags])
    if one_by_one:
        own = select(literal(1)).where(carried.friend_id == friend_id, named).limit(1)
        # For an EXISTS under a NOT, PostgreSQL reads all who carry the tag.
        return func.coalesce(own.scalar_subquery(), 0) == 1
    if db.session().get_bind().dialect.name == "sqlite":
        return friend_id.in_(select(carried.friend_id).where(named))
    return exists().where(carried.friend_id == friend_id, named)
