"""Base of the API's resources, which take and return only what their schemas declare."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE
from webargs.flaskparser import FlaskParser

from plugin.api.access import tenant
from plugin.api.problems import Problem, not_found
from plugin.core.text.row_ids import row_id
from plugin.models.connections.official_account import OfficialAccount

PREFIX = "/api/v1"


class Resource(Blueprint):
    # A misspelt filter is refused: the list without it would not be the one asked for.
    ARGUMENTS_PARSER = FlaskParser(unknown=RAISE)

    def __init__(self, name: str, description: str, path: str = "") -> None:
        self.path = path or name
        super().__init__(name, __name__, url_prefix=f"/{self.path}", description=description)


def or_404(row: Any) -> Any:
    """Return the row; the 404 is the same for missing rows and other tenants'."""
    if row is None:
        raise not_found()
    return row


def own(model: Any, text: str) -> Any:
    """Return the tenant's row with the id of a path; a 404 where it is missing or foreign."""
    return or_404(model.find_owned(tenant().id, row_id(text) or 0))


def own_in_body(model: Any, row: int, field: str) -> Any:
    """Return the tenant's row of a body's field, or raise a 404 that names the field."""
    found = model.find_owned(tenant().id, row)
    if found is None:
        sentence = "There is nothing with this id, or it is not yours."
        raise Problem(404, "not_found", sentence, errors={field: [sentence]})
    return found


def owned_account(account_id: int) -> OfficialAccount:
    """Return the Official Account of a body's field, or raise a 404 that names the field."""
    account = OfficialAccount.find_owned(tenant().id, account_id)
    if account is None:
        raise no_account()
    return account


def no_account() -> Problem:
    sentence = "There is no such Official Account, or it is not yours."
    return Problem(404, "not_found", sentence, errors={"official_account": [sentence]})
