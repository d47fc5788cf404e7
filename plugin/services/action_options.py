"""What a marketer can choose from in an action's fields, with search and paging.

A workflow keeps only the value. So what was archived since is not offered any more, but is still
found by its id, and stands first where the editor tells that it has it saved.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, select

from plugin.gateways import Channel, GatewayError, RichMenu, within
from plugin.models.base import db
from plugin.models.installation import Installation
from plugin.models.official_account import OfficialAccount
from plugin.models.qr_code import QRCode
from plugin.models.tag import Tag
from plugin.models.template import Template
from plugin.services import Outside
from plugin.services.switch_rich_menu import DEFAULT

PAGE = 100
# HubSpot's editor should not wait longer than two seconds.
BUDGET_SECONDS = 1.8


class OptionsQuery(NamedTuple):
    """One call of HubSpot's editor. `after` is a cursor that we gave; `saved`: what is chosen."""

    portal_id: int
    field: str
    search: str = ""
    after: str = ""
    saved: str = ""


class Choice(NamedTuple):
    """One option; `value` is what a saved workflow keeps."""

    label: str
    value: str
    description: str


class Options(NamedTuple):
    """A page of options; `after` is "" on the last."""

    choices: list[Choice]
    after: str = ""


Source = Callable[[Outside, int, OptionsQuery], Options]


def options_of(outside: Outside, query: OptionsQuery) -> Options:
    """A page of options, empty for an unknown field or a portal that is not connected."""
    installation = Installation.of_portal(query.portal_id)
    source = SOURCES.get(query.field)
    if installation is None or source is None:
        return Options([])
    return source(outside, installation.id, query._replace(search=query.search.strip()))


def _accounts(_: Outside, installation_id: int, query: OptionsQuery) -> Options:
    mine = select(OfficialAccount).where(OfficialAccount.installation_id == installation_id)
    return _rows(mine.order_by(OfficialAccount.position), OfficialAccount, query, _account_choice)


def _codes(_: Outside, installation_id: int, query: OptionsQuery) -> Options:
    mine = _of_tenant(QRCode, installation_id).where(QRCode.linkage_type == "hubspot")
    return _rows(mine.order_by(QRCode.id.desc()), QRCode, query, _code_choice)


def _templates(_: Outside, installation_id: int, query: OptionsQuery) -> Options:
    mine = _of_tenant(Template, installation_id).order_by(Template.name, Template.id)
    return _rows(mine, Template, query, _template_choice)


def _tags(_: Outside, installation_id: int, query: OptionsQuery) -> Options:
    found = Tag.owned(installation_id)
    if query.search:
        found = found.where(Tag.name.icontains(query.search, autoescape=True))
    page = _page(found, query, lambda tag: _tag_choice(tag.name))
    return _with_saved(page, query, [_tag_choice(query.saved)])


def _rich_menus(outside: Outside, installation_id: int, query: OptionsQuery) -> Options:
    """LINE is asked itself; values name the account too, `<account>:<menu>`."""
    choices: list[Choice] = []
    with within(BUDGET_SECONDS):
        for account in OfficialAccount.list_owned(installation_id):
            menus = _menus_of(outside, account)
            choices.append(_default_choice(account))
            choices += [_menu_choice(account, menu) for menu in menus]
    wanted = query.search.casefold()
    found = [one for one in choices if wanted in f"{one.label}\n{one.value}".casefold()]
    if not found and ":richmenu-" in query.search:
        return Options([_lost_menu(query.search)])
    start = int(query.after) if _is_id(query.after) else 0
    after = str(start + PAGE) if len(found) > start + PAGE else ""
    page = Options(found[start : start + PAGE], after)
    return _with_saved(page, query, [*choices, _lost_menu(query.saved)])


def _menus_of(outside: Outside, account: OfficialAccount) -> Sequence[RichMenu]:
    try:
        channel = Channel(account.channel_id, account.channel_secret)
        return outside.gateways.line.rich_menus(channel)
    except GatewayError:
        return ()


def _of_tenant(model: Any, installation_id: int) -> Select[Any]:
    accounts = select(OfficialAccount.id).where(OfficialAccount.installation_id == installation_id)
    return select(model).where(model.official_account_id.in_(accounts))


def _rows(
    mine: Select[Any], model: Any, query: OptionsQuery, choice: Callable[[Any], Choice]
) -> Options:
    """In use and by name, as a person searches; and by id, as a saved value is looked up."""
    found = mine.where(*_in_use(model))
    if query.search:
        found = found.where(model.name.icontains(query.search, autoescape=True))
    page, asked = _page(found, query, choice), query.search or query.saved
    if not _is_id(asked):
        return page
    known = db.session.scalars(mine.where(model.id == int(asked))).unique()
    return _with_saved(page, query, [choice(row) for row in known])


def _in_use(model: Any) -> list[ColumnElement[bool]]:
    """What belongs to an account is out of use with it; a code without personal links is here."""
    in_use: list[ColumnElement[bool]] = [model.archived_at.is_(None)]
    if model is QRCode:
        in_use.append(QRCode.by_token.is_(True))
    if model is not OfficialAccount:
        in_use.append(model.official_account.has(OfficialAccount.archived_at.is_(None)))
    return in_use


def _with_saved(page: Options, query: OptionsQuery, known: Sequence[Choice]) -> Options:
    """The first page begins with the very value that is asked for, where it is not on it anyway."""
    asked = query.search or query.saved
    if not asked or query.after or asked in [one.value for one in page.choices]:
        return page
    saved = [one for one in known if one.value == asked][:1]
    return page._replace(choices=[*saved, *page.choices])


def _page(found: Select[Any], query: OptionsQuery, choice: Callable[[Any], Choice]) -> Options:
    start = int(query.after) if _is_id(query.after) else 0
    rows = list(db.session.scalars(found.offset(start).limit(PAGE + 1)).unique())
    after = str(start + PAGE) if len(rows) > PAGE else ""
    return Options([choice(row) for row in rows[:PAGE]], after)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18


def _label(row: Any, name: str) -> str:
    account = row if isinstance(row, OfficialAccount) else row.official_account
    in_use = row.archived_at is None and account.archived_at is None
    return name if in_use else f"{name} (archived)"


def _account_choice(account: OfficialAccount) -> Choice:
    name = account.name or account.basic_id
    return Choice(_label(account, name), str(account.id), account.basic_id)


def _code_choice(code: QRCode) -> Choice:
    return Choice(_label(code, code.name), str(code.id), code.official_account.name)


def _template_choice(template: Template) -> Choice:
    account = template.official_account.name
    return Choice(_label(template, template.name), str(template.id), account)


def _tag_choice(name: str) -> Choice:
    return Choice(name, name, "")


def _lost_menu(value: str) -> Choice:
    """A saved menu that is gone, or LINE did not answer: shown as what it is."""
    return Choice("Rich menu not found at LINE", value, "")


def _menu_choice(account: OfficialAccount, menu: RichMenu) -> Choice:
    name = menu.name or menu.chat_bar_text or menu.menu_id
    return Choice(name, f"{account.id}:{menu.menu_id}", account.name)


def _default_choice(account: OfficialAccount) -> Choice:
    return Choice("The account's default menu", f"{account.id}:{DEFAULT}", account.name)


SOURCES: dict[str, Source] = {
    "official_account": _accounts,
    "qr_code": _codes,
    "template": _templates,
    "tag": _tags,
    "rich_menu": _rich_menus,
}
