"""Which friends a page of the list shows."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, or_, select
from werkzeug.datastructures import MultiDict

from plugin.models.base import db
from plugin.models.people import BLOCKED, FOLLOWING, UNKNOWN, Contact, Friend, Linkage

PAGE = 50
STATUSES = (FOLLOWING, BLOCKED, UNKNOWN)


class FriendFilter(NamedTuple):
    """What the address asks for; anything it says wrongly counts as not said."""

    q: str = ""
    linked: str = ""
    status: str = ""
    account: int = 0
    before: int = 0

    @classmethod
    def of(cls, args: "MultiDict[str, str]") -> "FriendFilter":
        """From the query string. `before`: the id under which the page begins."""
        linked, status = args.get("linked", ""), args.get("status", "")
        return cls(
            args.get("q", "").strip()[:200],
            linked if linked in ("yes", "no") else "",
            status if status in STATUSES else "",
            _row_id(args.get("account", "")),
            _row_id(args.get("before", "")),
        )

    def words(self) -> dict[str, str | int]:
        """The filter as a query string has it, without the place in the list."""
        return {name: each for name, each in self._asdict().items() if each and name != "before"}

    @property
    def narrows(self) -> bool:
        """Whether anybody may be left out."""
        return bool(self.words())


def page_of_friends(installation_id: int, wish: FriendFilter) -> tuple[list[Friend], int]:
    """The newest friends that fit, and the id to go on under (0: no more)."""
    found = _narrowed(Friend.owned(installation_id), wish)
    if wish.before:
        found = found.where(Friend.id < wish.before)
    rows = db.session.scalars(found.order_by(Friend.id.desc()).limit(PAGE + 1)).unique().all()
    return list(rows[:PAGE]), rows[PAGE - 1].id if len(rows) > PAGE else 0


def _narrowed(found: Select[tuple[Friend]], wish: FriendFilter) -> Select[tuple[Friend]]:
    if wish.linked:
        tied = Friend.linkage.has()
        found = found.where(tied if wish.linked == "yes" else ~tied)
    if wish.status:
        found = found.where(Friend.status == wish.status)
    if wish.account:
        found = found.where(Friend.official_account_id == wish.account)
    return found.where(_says(wish.q)) if wish.q else found


def _says(text: str) -> ColumnElement[bool]:
    """Somebody whose LINE name, LINE user id, or contact's name or e-mail address has it."""
    fields = (Contact.email, Contact.firstname, Contact.lastname)
    full_name = Contact.firstname + " " + Contact.lastname
    fits = or_(*(each.icontains(text, autoescape=True) for each in (*fields, full_name)))
    contacts = select(Linkage.friend_id).join(Linkage.contact).where(fits)
    by_name = Friend.display_name.icontains(text, autoescape=True)
    return or_(by_name, Friend.line_user_id == text, Friend.id.in_(contacts))


def _row_id(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
