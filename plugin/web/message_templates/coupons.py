"""The running coupons of an account, to choose one for a message."""

from flask import abort, request
from flask_babel import gettext as _

from plugin.core.text.row_ids import row_id
from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.message_templates.coupons import running_coupons
from plugin.web.layout import page
from plugin.web.message_templates.blueprint import blueprint
from plugin.web.session import tenant


@blueprint.get("/templates/coupons")
def coupons() -> str:
    """List them with their periods; `?inside=editor` returns only the list, with buttons."""
    accounts = OfficialAccount.list_owned(tenant())
    asked = row_id(request.args.get("account", "")) or (accounts[0].id if accounts else 0)
    account = next((row for row in accounts if row.id == asked), None) or abort(404)
    inside = request.args.get("inside") == "editor"
    try:
        found, problem = running_coupons(get_deps(), account), ""
    except GatewayError as error:
        found, problem = [], _("LINE could not be asked: %(error)s", error=error.message)
    name = "message_templates/coupon_rows.html" if inside else "message_templates/coupons.html"
    return page(name, "templates", account=account, coupons=found, problem=problem, inside=inside)
