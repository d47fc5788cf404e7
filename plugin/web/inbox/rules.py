"""Settings > Inbox of an account: how long messages are kept, who is told of friends that wait."""

from collections.abc import Mapping

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.guards import get_deps
from plugin.models.inbox.inbox_rules import InboxRules
from plugin.services.inbox.refused import FieldsRefused
from plugin.services.inbox.rules import save_inbox_rules
from plugin.web.inbox.blueprint import blueprint
from plugin.web.inbox.said import said
from plugin.web.layout import page
from plugin.web.owned import own_account

FIELDS = ("kept_days", "notify_after", "notify_to")


@blueprint.get("/accounts/<row_id:account_id>/inbox")
def inbox_rules(account_id: int) -> str:
    rules = InboxRules.of(own_account(account_id).id)
    values = {
        "kept_days": str(rules.kept_days),
        "notify_after": str(rules.notify_after or ""),
        "notify_to": rules.notify_to.replace(",", "\n"),
    }
    return _page(account_id, values)


@blueprint.post("/accounts/<row_id:account_id>/inbox")
def save_rules(account_id: int) -> Response | tuple[str, int]:
    account = own_account(account_id)
    values = {name: request.form.get(name, "").replace("\0", "").strip() for name in FIELDS}
    try:
        minutes = _number(values["notify_after"]) if values["notify_after"] else None
        addresses = values["notify_to"].splitlines()
        save_inbox_rules(account, _number(values["kept_days"]), minutes, addresses)
    except FieldsRefused as error:
        return _page(account_id, values, said(error)), 422
    flash(_("Saved."))
    return redirect(url_for("inbox.inbox_rules", account_id=account_id))


def _number(text: str) -> int:
    """Return the number of a field; 0, which is out of every range, for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


def _page(
    account_id: int, values: dict[str, str], problems: Mapping[str, list[str]] | None = None
) -> str:
    return page(
        "inbox/rules.html",
        "settings",
        account=own_account(account_id),
        values=values,
        problems=problems or {},
        has_mail=get_deps().gateways.mail is not None,
    )
