"""Writes the terms by which friends are found, for those whose names or linkages changed."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import lazyload

from plugin.core.text.search_words import terms_of
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.people.search_term import SearchPending, SearchTerm
from plugin.models.sql import insert_rows
from plugin.models.transaction import transaction

BATCH_SIZE = 500


def write_search_terms() -> bool:
    """Write the terms of a batch of friends; True where more are pending."""
    statement = select(SearchPending).order_by(SearchPending.id).limit(BATCH_SIZE)
    pending = list(db.session.scalars(statement))
    if not pending:
        return False
    # What changes after the reading leaves a row of its own, which is none of these.
    with transaction():
        _write_terms({row.friend_id for row in pending})
        done = delete(SearchPending).where(SearchPending.id.in_([row.id for row in pending]))
        db.session.execute(done, execution_options={"synchronize_session": False})
    return len(pending) == BATCH_SIZE


def forget_search_terms(friend_ids: Sequence[int]) -> None:
    """Delete the terms of friends at once, inside the caller's transaction."""
    gone = delete(SearchTerm).where(SearchTerm.friend_id.in_(friend_ids))
    db.session.execute(gone, execution_options={"synchronize_session": False})


def _write_terms(friend_ids: set[int]) -> None:
    forget_search_terms(sorted(friend_ids))
    statement = (
        select(Friend, Contact, OfficialAccount.installation_id)
        .join(OfficialAccount, OfficialAccount.id == Friend.official_account_id)
        .outerjoin(Linkage, Linkage.friend_id == Friend.id)
        .outerjoin(Contact, Contact.id == Linkage.contact_row_id)
        .where(Friend.id.in_(friend_ids))
        .options(lazyload("*"))
    )
    rows = [
        {"friend_id": friend.id, "term": term, "installation_id": installation_id}
        for friend, contact, installation_id in db.session.execute(statement).tuples()
        for term in _terms(friend, contact)
    ]
    if rows:
        db.session.execute(insert_rows(SearchTerm).on_conflict_do_nothing(), rows)


def _terms(friend: Friend, contact: Contact | None) -> list[str]:
    if contact is None:
        return terms_of([friend.display_name], [friend.line_user_id])
    names = [contact.firstname, contact.lastname, contact.lastname + contact.firstname]
    whole = [friend.line_user_id, contact.email, str(contact.contact_id)]
    return terms_of([friend.display_name, *names], whole)
