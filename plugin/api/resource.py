"""One resource: routes that take and answer what their schemas say, and nothing else."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE
from webargs.flaskparser import FlaskParser

from plugin.api.access import tenant
from plugin.api.problems import Problem, not_found
from plugin.models.official_account import OfficialAccount

PREFIX = "/api/v1"


class Resource(Blueprint):
    """A part of the API, registered below the door, which guards it."""

    # A misspelt filter is refused: a list without it would hold what nobody asked for.
    ARGUMENTS_PARSER = FlaskParser(unknown=RAISE)

    def __init__(self, name: str, description: str, path: str = "") -> None:
        self.path = path or name
        super().__init__(name, __name__, url_prefix=f"/{self.path}", description=description)


def found(row: Any) -> Any:
    """The row, or the same 404 whether it is missing or another tenant's."""
    if row is None:
        raise not_found()
    return row


def owned_account(account_id: int) -> OfficialAccount:
    """The Official Account that a body names, or a 404 that says which field is meant."""
    account = OfficialAccount.find_owned(tenant().id, account_id)
    if account is None:
        sentence = "There is no such Official Account, or it is not yours."
        raise Problem(404, "not_found", sentence, errors={"official_account": [sentence]})
    return account
