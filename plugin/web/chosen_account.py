"""The Official Account that a person works on, chosen in the top bar and kept in their session."""

from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from flask import abort, g, redirect, request, session
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from plugin.core.text.uris import local_path
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.doctor.report import failing, stored_verdicts
from plugin.web.blueprint import web
from plugin.web.owned import row_id
from plugin.web.session import tenant

KEY = "account"
# What a list's address says of an account, or of a page of its rows.
OF_ONE_ACCOUNT = ("account", "before", "after")


class AccountChoice(NamedTuple):
    """What the top bar shows of an account; no secret is opened for it."""

    id: int
    name: str
    picture_url: str
    works: bool


def account_choices() -> list[AccountChoice]:
    """Return the tenant's accounts, in their order, read once a request."""
    if "accounts" not in g:
        columns = (
            OfficialAccount.id, OfficialAccount.name, OfficialAccount.picture_url,
            OfficialAccount.checks, OfficialAccount.login_channel_id,
        )  # fmt: skip
        statement = select(*columns).where(
            OfficialAccount.installation_id == tenant(), OfficialAccount.archived_at.is_(None)
        )
        rows = db.session.execute(statement.order_by(OfficialAccount.position)).tuples()
        g.accounts = [
            AccountChoice(account_id, name, picture_url, _works(checks, bool(login_channel_id)))
            for account_id, name, picture_url, checks, login_channel_id in rows
        ]
    choices: list[AccountChoice] = g.accounts
    return choices


def chosen_choice() -> AccountChoice | None:
    """Return the chosen account, or the only one; None: all accounts."""
    choices = account_choices()
    if len(choices) == 1:
        return choices[0]
    chosen_id = session.get(KEY)
    return next((choice for choice in choices if choice.id == chosen_id), None)


def watched_ids(installation_id: int) -> list[int]:
    """Return the ids of the chosen account, or of all, for what asks without the team's guard."""
    statement = select(OfficialAccount.id).where(
        OfficialAccount.installation_id == installation_id, OfficialAccount.archived_at.is_(None)
    )
    account_ids = list(db.session.scalars(statement))
    chosen_id = session.get(KEY)
    return [chosen_id] if chosen_id in account_ids else account_ids


def chosen_account() -> OfficialAccount | None:
    """Return the same account's row."""
    choice = chosen_choice()
    return None if choice is None else OfficialAccount.find_owned(tenant(), choice.id)


def account_filter(args: MultiDict[str, str]) -> int:
    """Return the id that a list is narrowed to, 0 for all: by its own filter, else by the top bar.

    Where there is one account, nothing is narrowed.
    """
    if "account" in args:
        return row_id(args.get("account", ""))
    choice = chosen_choice()
    return choice.id if choice is not None and len(account_choices()) > 1 else 0


@web.post("/account")
def choose_account() -> Response:
    """Keep the choice, 0 for all accounts, and go back to the page it was made on."""
    account_id = row_id(request.form.get("account", ""))
    if account_id and account_id not in {choice.id for choice in account_choices()}:
        abort(404)
    session.pop(KEY, None)
    if account_id:
        session[KEY] = account_id
    return redirect(_without_account(local_path(request.form.get("next", ""))) or "/")


def _without_account(path: str) -> str:
    """Return a list's address without its own account, which would win over the choice, and without
    the place in the list of that account."""
    page, _, query = path.partition("?")
    kept = [
        (name, value)
        for name, value in parse_qsl(query, keep_blank_values=True, errors="replace")
        if name not in OF_ONE_ACCOUNT
    ]
    return f"{page}?{urlencode(kept)}" if kept else page


def _works(checks: dict[str, dict[str, object]], can_login: bool) -> bool:
    return not failing(stored_verdicts(checks, can_login=can_login))
