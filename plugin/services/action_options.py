"""What a marketer can choose from in an action's fields, with search and paging."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Select

from plugin.models.base import db
from plugin.models.installation import Installation
from plugin.models.official_account import OfficialAccount
from plugin.models.qr_code import QRCode

PAGE = 100


class OptionsQuery(NamedTuple):
    """One call of HubSpot's editor. `after` is a cursor that we gave."""

    portal_id: int
    field: str
    search: str
    after: str


class Choice(NamedTuple):
    """One option; `value` is what a saved workflow keeps."""

    label: str
    value: str
    description: str


class Options(NamedTuple):
    """A page of options; `after` is "" on the last."""

    choices: list[Choice]
    after: str = ""


def options_of(query: OptionsQuery) -> Options:
    """A page of options, empty for an unknown field or a portal that is not connected."""
    installation = Installation.of_portal(query.portal_id)
    source = SOURCES.get(query.field)
    if installation is None or source is None:
        return Options([])
    return source(installation.id, query)


def _accounts(installation_id: int, query: OptionsQuery) -> Options:
    column = OfficialAccount.name
    found = OfficialAccount.owned(installation_id)
    return _page(_searched(found, column, OfficialAccount.id, query), query, _account_choice)


def _codes(installation_id: int, query: OptionsQuery) -> Options:
    found = QRCode.owned(installation_id).where(QRCode.linkage_type == "hubspot")
    return _page(_searched(found, QRCode.name, QRCode.id, query), query, _code_choice)


def _searched(found: Select[Any], name: Any, key: Any, query: OptionsQuery) -> Select[Any]:
    """A saved value is looked up by its id, a person searches by name."""
    if query.search:
        by_name = name.icontains(query.search, autoescape=True)
        by_id = key == int(query.search) if _is_id(query.search) else None
        found = found.where(by_name if by_id is None else by_name | by_id)
    return found


def _page(found: Select[Any], query: OptionsQuery, choice: Callable[[Any], Choice]) -> Options:
    start = int(query.after) if _is_id(query.after) else 0
    rows = list(db.session.scalars(found.offset(start).limit(PAGE + 1)))
    after = str(start + PAGE) if len(rows) > PAGE else ""
    return Options([choice(row) for row in rows[:PAGE]], after)


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) <= 18


def _account_choice(account: OfficialAccount) -> Choice:
    return Choice(account.name or account.basic_id, str(account.id), account.basic_id)


def _code_choice(code: QRCode) -> Choice:
    return Choice(code.name, str(code.id), code.official_account.name)


SOURCES: dict[str, Callable[[int, OptionsQuery], Options]] = {
    "official_account": _accounts,
    "qr_code": _codes,
}
