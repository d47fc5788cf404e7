"""Options of the actions' fields in HubSpot's workflow editor. A workflow stores only the value, so
archived rows are not offered but a saved value is still found."""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, select

from plugin.gateways import GatewayError, RichMenu, within
from plugin.models.audience.segment import Segment
from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.tag import Tag
from plugin.models.sending.template import Template
from plugin.services import Dependencies
from plugin.services.actions.switch_rich_menu import DEFAULT
from plugin.services.connections.channels import messaging_channel

PAGE = 100
# HubSpot's editor should not wait longer than two seconds.
BUDGET_SECONDS = 1.8
# The end of a template's label.
_VERSION = re.compile(r"\s*·\s*version [0-9]+$")


class OptionsQuery(NamedTuple):
    """One call of HubSpot's editor. `after`: our cursor; `saved`: the chosen value; `of_contacts`:
    the workflow enrols contacts, the only object that the actions support."""

    portal_id: int
    field: str
    search: str = ""
    after: str = ""
    saved: str = ""
    of_contacts: bool = True


class Choice(NamedTuple):
    """One option; a workflow stores the `value`."""

    label: str
    value: str
    description: str


class Options(NamedTuple):
    """A page of options; `after` is "" on the last."""

    choices: list[Choice]
    after: str = ""


Source = Callable[[Dependencies, int, OptionsQuery], Options]


def options_of(deps: Dependencies, query: OptionsQuery) -> Options:
    """Return a page, empty for unknown fields and portals and for workflows without contacts."""
    installation = Installation.of_portal(query.portal_id)
    source = SOURCES.get(query.field)
    if installation is None or source is None or not query.of_contacts:
        return Options([])
    return source(deps, installation.id, query._replace(search=query.search.strip()))


def _accounts(_: Dependencies, installation_id: int, query: OptionsQuery) -> Options:
    statement = select(OfficialAccount).where(OfficialAccount.installation_id == installation_id)
    return _rows(
        statement.order_by(OfficialAccount.position), OfficialAccount, query, _account_choice
    )


def _codes(_: Dependencies, installation_id: int, query: OptionsQuery) -> Options:
    statement = _of_tenant(QRCode, installation_id).where(QRCode.linkage_type == "hubspot")
    return _rows(statement.order_by(QRCode.id.desc()), QRCode, query, _code_choice)


def _templates(_: Dependencies, installation_id: int, query: OptionsQuery) -> Options:
    statement = _of_tenant(Template, installation_id).order_by(Template.name, Template.id)
    # Somebody may look for the label that they saw.
    named = query._replace(search=_VERSION.sub("", query.search))
    return _rows(statement, Template, named, _template_choice)


def _tags(_: Dependencies, installation_id: int, query: OptionsQuery) -> Options:
    statement = Tag.owned(installation_id)
    if query.search:
        statement = statement.where(Tag.name.icontains(query.search, autoescape=True))
    page = _page(statement, query, lambda tag: _tag_choice(tag.name))
    return _with_saved(page, query, [_tag_choice(query.saved)])


def _rich_menus(deps: Dependencies, installation_id: int, query: OptionsQuery) -> Options:
    # LINE is asked for the menus; a value is `<account>:<menu>`.
    choices: list[Choice] = []
    with within(BUDGET_SECONDS):
        for account in OfficialAccount.list_owned(installation_id):
            menus = _menus_of(deps, account)
            choices.append(_default_choice(account))
            choices += [_menu_choice(account, menu) for menu in menus]
    page = _matching(choices, query)
    if not page.choices and ":richmenu-" in query.search:
        return Options([_missing_menu(query.search)])
    return _with_saved(page, query, [*choices, _missing_menu(query.saved)])


def _segments(_: Dependencies, installation_id: int, query: OptionsQuery) -> Options:
    statement = _of_tenant(Segment, installation_id).order_by(Segment.id)
    rows = list(db.session.scalars(statement).unique())
    in_use = [row for row in rows if _label(row, "") == ""]
    page = _matching([_segment_choice(row) for row in in_use], query)
    # A saved value is found by its id, archived or not.
    known = [_segment_choice(row) for row in rows if str(row.id) in (query.search, query.saved)]
    return _with_saved(page, query, known)


def _matching(choices: Sequence[Choice], query: OptionsQuery) -> Options:
    """Return a page of the choices with the text in them."""
    search = query.search.casefold()
    matching = [
        choice for choice in choices if search in f"{choice.label}\n{choice.value}".casefold()
    ]
    start = int(query.after) if _is_id(query.after) else 0
    after = str(start + PAGE) if len(matching) > start + PAGE else ""
    return Options(matching[start : start + PAGE], after)


def _menus_of(deps: Dependencies, account: OfficialAccount) -> Sequence[RichMenu]:
    try:
        channel = messaging_channel(account)
        return deps.gateways.line.rich_menus(channel)
    except GatewayError:
        return ()


def _of_tenant(model: Any, installation_id: int) -> Select[Any]:
    accounts = select(OfficialAccount.id).where(OfficialAccount.installation_id == installation_id)
    return select(model).where(model.official_account_id.in_(accounts))


def _rows(
    statement: Select[Any], model: Any, query: OptionsQuery, choice: Callable[[Any], Choice]
) -> Options:
    matching = statement.where(*_in_use(model))
    if query.search:
        matching = matching.where(model.name.icontains(query.search, autoescape=True))
    page, text = _page(matching, query, choice), query.search or query.saved
    # Rows in use are found by name, and any row by id, which finds a saved value.
    if not _is_id(text):
        return page
    known = db.session.scalars(statement.where(model.id == int(text))).unique()
    return _with_saved(page, query, [choice(row) for row in known])


def _in_use(model: Any) -> list[ColumnElement[bool]]:
    in_use: list[ColumnElement[bool]] = [model.archived_at.is_(None)]
    # Workflows can only use codes that take personal links.
    if model is QRCode:
        in_use.append(QRCode.by_token.is_(True))
    if model is not OfficialAccount:
        in_use.append(model.official_account.has(OfficialAccount.archived_at.is_(None)))
    return in_use


def _with_saved(page: Options, query: OptionsQuery, known: Sequence[Choice]) -> Options:
    text = query.search or query.saved
    if not text or query.after or text in [choice.value for choice in page.choices]:
        return page
    # A saved value that is not on the first page comes before it.
    saved = [choice for choice in known if choice.value == text][:1]
    return page._replace(choices=[*saved, *page.choices])


def _page(statement: Select[Any], query: OptionsQuery, choice: Callable[[Any], Choice]) -> Options:
    start = int(query.after) if _is_id(query.after) else 0
    rows = list(db.session.scalars(statement.offset(start).limit(PAGE + 1)).unique())
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
    # A workflow keeps the id alone, and sends whatever version is the newest at that moment.
    name = f"{template.name} · version {template.version}"
    account = template.official_account.name
    described = f"{account} · sends the newest version, {template.version} as of now"
    return Choice(_label(template, name), str(template.id), described)


def _segment_choice(segment: Segment) -> Choice:
    name = str(segment.shown_name)
    return Choice(_label(segment, name), str(segment.id), segment.official_account.name)


def _tag_choice(name: str) -> Choice:
    return Choice(name, name, "")


def _missing_menu(value: str) -> Choice:
    # The menu is gone, or LINE did not answer.
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
    "segment": _segments,
}
