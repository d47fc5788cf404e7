"""Search for people by the beginnings of their words."""

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from plugin.core.text.search_words import searched_words
from plugin.models.base import db
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.people.search_term import SearchPending, SearchTerm

# Friends whose terms are not written yet are looked at one by one, the newest of them.
MOST_PENDING = 1000
# A word that fewer terms begin with is looked up; another is looked for with each friend.
FEW = 1000
# Sorts behind every character.
LAST = "\U0010ffff"
# A search of more words than a name has finds no more.
MOST_WORDS = 8


def find_people(installation_id: int, query: str, limit: int) -> list[Friend]:
    """Return friends whose every word is found, whole words before longer ones."""
    words = searched_words(query)[:MOST_WORDS]
    if not words:
        return []
    rarest, _ = _rarest_first(installation_id, words)
    terms = _found(installation_id, rarest)
    # A friend may have several terms that begin so.
    best = terms.order_by(SearchTerm.term).limit(4 * limit)
    found = db.session.scalars(best).all()
    pending = db.session.scalars(_pending(installation_id, words).limit(limit)).all()
    ids = list(dict.fromkeys([*found, *pending]))[:limit]
    statement = Friend.owned(installation_id).where(Friend.id.in_(ids))
    friends = {row.id: row for row in db.session.scalars(statement).unique()}
    return [friends[friend_id] for friend_id in ids if friend_id in friends]


def matches(installation_id: int, query: str) -> ColumnElement[bool]:
    """Return the condition on Friend that every word is found; nobody fits a query of blanks."""
    words = searched_words(query)[:MOST_WORDS]
    if not words:
        return false()
    rarest, are_few = _rarest_first(installation_id, words)
    pending = Friend.id.in_(select(_pending(installation_id, words).subquery().c.friend_id))
    if not are_few:
        # The newest friends who fit are found by reading from the newest on.
        return or_(and_(*(_has_term(Friend.id, word) for word in rarest)), pending)
    found = _found(installation_id, rarest)
    ids = union(found, _pending(installation_id, words))
    return Friend.id.in_(select(ids.subquery().c.friend_id))


def _rarest_first(installation_id: int, words: list[str]) -> tuple[list[str], bool]:
    """Return the words with the rarest first, and whether few terms begin with that."""
    counts = [
        select(func.count())
        .select_from(_beginning(installation_id, word).limit(FEW).subquery())
        .scalar_subquery()
        for word in words
    ]
    numbers = dict(zip(words, db.session.execute(select(*counts)).one(), strict=True))
    rarest = sorted(words, key=lambda word: numbers[word])
    return rarest, numbers[rarest[0]] < FEW


def _beginning(installation_id: int, word: str) -> Select[tuple[int]]:
    return select(SearchTerm.friend_id).where(
        SearchTerm.installation_id == installation_id, *_begins(SearchTerm, word)
    )


def _found(installation_id: int, words: list[str]) -> Select[tuple[int]]:
    """Select the friends of the terms that begin with the first word, who have the others too."""
    first, *others = words
    statement = _beginning(installation_id, first)
    return statement.where(*(_has_term(SearchTerm.friend_id, word) for word in others))


def _has_term(friend_id: InstrumentedAttribute[int], word: str) -> ColumnElement[bool]:
    term = aliased(SearchTerm)
    own = select(literal(1)).where(term.friend_id == friend_id, *_begins(term, word)).limit(1)
    # For an EXISTS beside an OR, PostgreSQL reads all terms once instead of one friend's.
    return own.scalar_subquery() == 1


def _begins(term: type[SearchTerm], word: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return term.term >= word, term.term < word + LAST


def _pending(installation_id: int, words: list[str]) -> Select[tuple[int]]:
    newest = select(SearchPending.friend_id).order_by(SearchPending.id.desc()).limit(MOST_PENDING)
    names = (
        Friend.display_name, Friend.line_user_id, Contact.email, Contact.firstname,
        Contact.lastname, cast(Contact.contact_id, String),
    )  # fmt: skip
    found = [or_(*(name.icontains(word, autoescape=True) for name in names)) for word in words]
    return (
        Friend.owned(installation_id)
        .with_only_columns(Friend.id.label("friend_id"))
        .outerjoin(Linkage, Linkage.friend_id == Friend.id)
        .outerjoin(Contact, Contact.id == Linkage.contact_row_id)
        .where(Friend.id.in_(select(newest.subquery().c.friend_id)), and_(*found))
    )
