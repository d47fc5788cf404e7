"""Names of what the conditions of a segment mention: properties, lists, links, broadcasts."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from babel import Locale
from flask_babel import get_locale
from sqlalchemy import Select, select

from plugin.core.segments.fields import FIELDS, Field, field_of, property_type
from plugin.core.segments.rule import GROUPS
from plugin.core.text.row_ids import row_id
from plugin.models.audience.segment import Segment
from plugin.models.audience.synced_list import SyncedList
from plugin.models.audience.synced_property import SyncedProperty
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import DRAFT, Broadcast
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.known_property import KnownProperty
from plugin.models.people.tag import Tag
from plugin.models.sending.link_target import LinkTarget
from plugin.models.sending.question import Question
from plugin.services.contacts.known_properties import OWNERS
from plugin.web.language import in_words
from plugin.web.segments import words

# The newest of each kind are offered; what a rule names already is found by its id.
MOST, MOST_TAGS = 300, 1000
LANGUAGES = ("ja", "en", "zh-Hant", "zh-Hans", "th", "id", "ko", "vi", "es", "pt", "fr", "de")
Pairs = dict[str, str]


class Names:
    """Names by value for each kind of field, of one Official Account; read once when needed.

    `rules`: what they mention is found even where it is too old to be offered.
    """

    # A segment that is not offered: the one whose rule is being edited.
    hidden_segment: int | None = None

    def __init__(self, account: OfficialAccount, *rules: Any) -> None:
        self.account, self._rules = account, rules
        self._read: dict[str, Pairs] = {}

    @cached_property
    def properties(self) -> dict[str, SyncedProperty]:
        rows = SyncedProperty.list_owned(self.account.installation_id)
        return {row.name: row for row in rows}

    @cached_property
    def types(self) -> dict[str, str]:
        """The types of the synced properties by name."""
        return {
            row.name: property_type(row.type, row.field_type, of_owners=row.of_owners)
            for row in self.properties.values()
        }

    def field(self, name: str) -> Field | None:
        return field_of(name, self.types)

    def label(self, name: str) -> str:
        if name in words.FIELDS:
            return str(words.FIELDS[name])
        row = self.properties.get(name.removeprefix("hubspot."))
        return row.label or row.name if row else name.removeprefix("hubspot.")

    def values(self, field: Field) -> Pairs:
        """Return names by value: all that can be chosen, in the order in which they are offered."""
        key = field.name if field.property_name or field.type == "choice" else field.type
        if key not in self._read:
            self._read[key] = self._values_of(field)
        return self._read[key]

    def value(self, field: Field, value: object) -> str:
        """Return a value's name, or the value where it is not known (any more)."""
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return self.values(field).get(text, text)

    def _values_of(self, field: Field) -> Pairs:
        if field.name in _FIXED:
            return {value: str(name) for value, name in _FIXED[field.name].items()}
        if field.type in ("flag", "boolean"):
            return {value: str(name) for value, name in words.YES_NO.items()} | self._labels(field)
        if field.property_name:
            return self._labels(field)
        if field.type in _BY_ID:
            return _BY_ID[field.type](self.account, self._mentioned(field.type))
        found = _READERS[field.type](self.account) if field.type in _READERS else {}
        if field.type == "segment":
            found.pop(str(self.hidden_segment), None)
        return found

    def _labels(self, field: Field) -> Pairs:
        row = self.properties.get(field.property_name)
        labels = {value: label or value for value, label in row.labels} if row else {}
        if row is not None and row.of_owners and not labels:
            owners = KnownProperty.named(self.account.installation_id, [OWNERS]).get(OWNERS)
            labels = dict(owners.labels) if owners else {}
        return labels

    def _mentioned(self, type_: str) -> set[int]:
        fields = {name for name, field in FIELDS.items() if field.type == type_}
        found: set[int] = set()
        for rule in self._rules:
            for condition in conditions_in(rule):
                if condition.get("field") in fields:
                    found.update(
                        filter(None, map(row_id, map(str, listed(condition.get("value")))))
                    )
        return found


def conditions_in(rule: Any) -> Iterator[dict[str, Any]]:
    """Return the conditions of a rule that was not checked yet."""
    waiting = [rule]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            inner = [part[kind] for kind in GROUPS if isinstance(part.get(kind), list)]
            waiting += inner[0] if inner else []
            if not inner:
                yield part


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _languages() -> Pairs:
    locale = get_locale() or Locale("en")
    names = {code: Locale.parse(code, sep="-").get_display_name(locale) for code in LANGUAGES}
    return {code: name or code for code, name in names.items()}


def _lists(account: OfficialAccount) -> Pairs:
    rows = SyncedList.list_owned(account.installation_id)
    return {row.list_id: row.name or row.list_id for row in rows}


def _tags(account: OfficialAccount) -> Pairs:
    rows = db.session.scalars(Tag.owned(account.installation_id).limit(MOST_TAGS))
    return {row.name: row.name for row in rows}


def _segments(account: OfficialAccount) -> Pairs:
    rows = Segment.of_account(account.id)
    return {str(row.id): segment_name(row) for row in rows}


def _codes(account: OfficialAccount) -> Pairs:
    rows = select(QRCode).where(QRCode.official_account_id == account.id)
    found = db.session.scalars(rows.order_by(QRCode.id.desc()).limit(MOST))
    return {str(row.id): row.name for row in found}


def _broadcasts(account: OfficialAccount, mentioned: set[int]) -> Pairs:
    rows = select(Broadcast.id, Broadcast.name).where(
        Broadcast.official_account_id == account.id, Broadcast.state != DRAFT
    )
    newest = rows.order_by(Broadcast.id.desc()).limit(MOST)
    return _by_id(newest, rows.where(Broadcast.id.in_(mentioned)))


def _links(account: OfficialAccount, mentioned: set[int]) -> Pairs:
    # Addresses with somebody's own data are nobody else's condition.
    rows = select(LinkTarget.id, LinkTarget.url).where(
        LinkTarget.official_account_id == account.id, LinkTarget.friend_id.is_(None)
    )
    newest = rows.order_by(LinkTarget.id.desc()).limit(MOST)
    return _by_id(newest, rows.where(LinkTarget.id.in_(mentioned)))


def _answers(account: OfficialAccount) -> Pairs:
    rows = select(Question.choices).where(Question.official_account_id == account.id)
    asked = db.session.scalars(rows.order_by(Question.id.desc()).limit(MOST))
    return {choice: choice for choices in asked for choice in choices}


def _by_id(*statements: Select[tuple[int, str]]) -> Pairs:
    found: Pairs = {}
    for statement in statements:
        found.update((str(row_id), name) for row_id, name in db.session.execute(statement).tuples())
    return found


def segment_name(segment: Segment) -> str:
    return in_words(segment.shown_name)


_FIXED: dict[str, Mapping[str, object]] = {
    "friend.status": words.STATUSES, "linkage.method": words.METHODS,
}  # fmt: skip
_READERS: dict[str, Callable[[OfficialAccount], Pairs]] = {
    "choice": lambda _: _languages(),
    "list": _lists, "tag": _tags, "segment": _segments, "qr_code": _codes, "question": _answers,
}  # fmt: skip
_BY_ID: dict[str, Callable[[OfficialAccount, set[int]], Pairs]] = {
    "broadcast": _broadcasts, "link": _links,
}  # fmt: skip
