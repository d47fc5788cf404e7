"""Importing friends: whom LINE lists, or the LINE User IDs of a file."""

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from plugin.models.base import db
from plugin.models.friend_import import FriendImport
from plugin.models.official_account import OfficialAccount
from plugin.services.friend_imports import (
    MOST_BYTES,
    UnfitFile,
    begin_file_import,
    begin_friend_import,
    cancel_friend_import,
)
from plugin.web.accounts import own_account
from plugin.web.blueprint import web
from plugin.web.frame import page
from plugin.web.signed_in import tenant

SHOWN = 20
UNFIT = {
    "too_large": lazy_gettext("The file is larger than 4 MB. Split it."),
    "too_many": lazy_gettext("The file has more than 100,000 IDs. Split it."),
    "no_ids": lazy_gettext(
        "There is no LINE User ID in this file. One is U and 32 characters, 0 to 9 and a to f."
    ),
}


@web.get("/import/friends")
def friend_imports() -> str:
    """The two ways, and what the newest imports came to."""
    runs = list(db.session.scalars(FriendImport.owned(tenant()).limit(SHOWN)))
    accounts = OfficialAccount.list_owned(tenant())
    return page("imports/friends.html", "import", runs=runs, accounts=accounts)


@web.post("/import/friends")
def begin_friends() -> Response:
    """Ask LINE for all friends of an account."""
    begin_friend_import(_account())
    return redirect(url_for("web.friend_imports"))


@web.post("/import/friends/file")
def begin_file() -> Response:
    """Take the ids of a file."""
    mine = _account()
    sent = request.files.get("file")
    try:
        begin_file_import(mine, sent.read(MOST_BYTES + 1) if sent else b"")
    except UnfitFile as error:
        flash(UNFIT[error.reason], "bad")
    return redirect(url_for("web.friend_imports"))


@web.post("/import/friends/<int:import_id>/cancel")
def cancel_friends(import_id: int) -> Response:
    """End an import; whom it met stays."""
    run = FriendImport.find_owned(tenant(), import_id) or abort(404)
    if cancel_friend_import(run):
        flash(_("Cancelled. Friends met so far stay."))
    return redirect(url_for("web.friend_imports"))


def _account() -> OfficialAccount:
    text = request.form.get("account", "")
    good = text.isascii() and text.isdecimal() and len(text) < 19
    return own_account(int(text) if good else 0)
