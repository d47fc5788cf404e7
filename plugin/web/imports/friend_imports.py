"""Import of friends: the followers that LINE lists, or LINE User IDs from a file."""

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from plugin.core.text.row_ids import row_id
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.imports.friend_import import FriendImport
from plugin.services.imports.friend_import import (
    MOST_BYTES,
    UnfitFile,
    begin_file_import,
    begin_friend_import,
    cancel_friend_import,
)
from plugin.web.imports.blueprint import blueprint
from plugin.web.layout import page
from plugin.web.owned import own_account
from plugin.web.session import tenant

Page = str | Response | tuple[str, int]
SHOWN = 20
FILE_ERRORS = {
    "too_large": lazy_gettext("The file is larger than 4 MB. Split it."),
    "too_many": lazy_gettext("The file has more than 100,000 IDs. Split it."),
    "no_ids": lazy_gettext(
        "There is no LINE User ID in this file. One is U and 32 characters, 0 to 9 and a to f."
    ),
}


@blueprint.get("/import/friends")
def friend_imports() -> str:
    return _page()


@blueprint.post("/import/friends")
def begin_friends() -> Response:
    """Read all followers of an account from LINE."""
    begin_friend_import(_account())
    return redirect(url_for("imports.friend_imports"))


@blueprint.post("/import/friends/file")
def begin_file() -> Page:
    account = _account()
    upload = request.files.get("file")
    try:
        begin_file_import(account, upload.read(MOST_BYTES + 1) if upload else b"")
    except UnfitFile as error:
        return _page(chosen=account.id, error=str(FILE_ERRORS[error.reason])), 422
    return redirect(url_for("imports.friend_imports"))


@blueprint.get("/import/friends/file", endpoint="file_again")
def show_form_again() -> Response:
    # A refused file leaves the browser at this address: a reload, or another language, begins anew.
    return redirect(url_for("imports.friend_imports"))


@blueprint.post("/import/friends/<row_id:import_id>/cancel")
def cancel_friends(import_id: int) -> Response:
    """Cancel an import; the friends it has found stay."""
    run = FriendImport.find_owned(tenant(), import_id) or abort(404)
    if cancel_friend_import(run):
        flash(_("Cancelled. Friends met so far stay."))
    return redirect(url_for("imports.friend_imports"))


def _page(chosen: int = 0, error: str = "") -> str:
    runs = list(db.session.scalars(FriendImport.owned(tenant()).limit(SHOWN)))
    return page(
        "imports/friends.html",
        "import",
        runs=runs,
        accounts=OfficialAccount.list_owned(tenant()),
        chosen=chosen,
        error=error,
        most_bytes=MOST_BYTES,
        too_large=FILE_ERRORS["too_large"],
    )


def _account() -> OfficialAccount:
    return own_account(row_id(request.form.get("account", "")) or 0)
