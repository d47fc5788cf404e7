"""Email: personal links for a list of contacts, and how they come into a marketing email."""

from typing import NamedTuple

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from plugin.doorway import outside
from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.job import Job
from plugin.models.list_preparation import ListPreparation
from plugin.models.official_account import OfficialAccount
from plugin.models.qr_code import QRCode
from plugin.services.prepare_list import prepare_again, stop_preparation
from plugin.services.prepare_progress import progress_of
from plugin.services.qr_codes import linkage_url
from plugin.services.revoke_links import revoke_of_code, revoke_of_preparation
from plugin.web.blueprint import web
from plugin.web.frame import page
from plugin.web.people_filter import row_id
from plugin.web.signed_in import person, tenant

PAGE = 20


class Paste(NamedTuple):
    """The exact texts for one QR code's account."""

    whole: str
    with_token: str
    html: str
    property_label: str


@web.get("/email")
def email() -> str:
    """The three steps: prepare a list, put the link on a button, try it."""
    codes = linking_codes()
    code = next((one for one in codes if one.id == row_id(request.args.get("code", ""))), None)
    code = code or next(iter(codes), None)
    preparations, older = _some(row_id(request.args.get("before", "")))
    return page(
        "email/home.html",
        "email",
        codes=codes,
        code=code,
        paste=paste(code) if code else None,
        preparations=preparations,
        older=older,
        accounts=OfficialAccount.list_owned(tenant()),
    )


@web.get("/email/preparations/<int:preparation_id>")
def preparation(preparation_id: int) -> str:
    """One time that a list was prepared, as it goes on."""
    mine = own_preparation(preparation_id)
    job = Job.of("prepare_list", mine.id)
    return page("email/one.html", "email", mine=mine, way=progress_of(mine), job=job)


@web.post("/email/preparations/<int:preparation_id>/stop")
def stop_preparing(preparation_id: int) -> Response:
    """No more links are made."""
    stop_preparation(own_preparation(preparation_id))
    flash(_("Stopped. Links that were made stay good."))
    return redirect(url_for("web.preparation", preparation_id=preparation_id))


@web.post("/email/preparations/<int:preparation_id>/again")
def prepare_once_more(preparation_id: int) -> Response:
    """The same list anew; its own page shows how it goes."""
    mine = own_preparation(preparation_id)
    try:
        preparation_id = prepare_again(outside(), mine, person().member.email).id
    except GatewayError as error:
        flash(list_trouble(error), "bad")
    return redirect(url_for("web.preparation", preparation_id=preparation_id))


@web.post("/email/preparations/<int:preparation_id>/revoke")
def revoke_preparation(preparation_id: int) -> Response:
    """Its links are taken back."""
    flash(taken_back(revoke_of_preparation(own_preparation(preparation_id))))
    return redirect(url_for("web.preparation", preparation_id=preparation_id))


@web.post("/email/codes/<int:code_id>/revoke")
def revoke_links(code_id: int) -> Response:
    """All personal links to one code are taken back."""
    code = QRCode.find_owned(tenant(), code_id) or abort(404)
    flash(taken_back(revoke_of_code(code)))
    return redirect(url_for("web.email", code=code_id))


def own_preparation(preparation_id: int) -> ListPreparation:
    """The preparation of this tenant, or 404."""
    return ListPreparation.find_owned(tenant(), preparation_id) or abort(404)


def linking_codes() -> list[QRCode]:
    """The codes that take personal links, newest first."""
    return list(db.session.scalars(QRCode.taking_links(tenant())))


def paste(code: QRCode) -> Paste:
    """What a marketer copies into an email. No filter works on contact tokens there."""
    suffix = code.official_account.property_suffix
    whole = f"{{{{ contact.line_linkage_url{suffix} }}}}"
    token = f"{{{{ contact.line_linkage_token{suffix} }}}}"
    number = f" ({suffix[1:]})" if suffix else ""
    return Paste(
        whole=whole,
        with_token=linkage_url(outside(), code, token),
        html=f'<a href="{whole}">{_("Connect with LINE")}</a>',
        property_label=f"LINE linkage URL{number}",
    )


def list_trouble(error: GatewayError) -> str:
    """Why HubSpot's lists are not to be had."""
    said = _("HubSpot does not answer at the moment. Please try again in a minute.")
    if error.reason in ("not_found", "invalid"):
        said = _("HubSpot has no such list of contacts any more. Choose another.")
    elif error.permanent:
        said = _("HubSpot refused: %(reason)s", reason=error.message)
    return str(said)


def taken_back(count: int) -> str:
    """What is said after links were revoked."""
    if not count:
        return str(_("There was no link left to take back."))
    said = ngettext(
        "%(num)d link is taken back. HubSpot's property is being cleared.",
        "%(num)d links are taken back. HubSpot's properties are being cleared.",
        count,
    )
    return str(said)


def _some(before: int) -> tuple[list[ListPreparation], int]:
    """A page of the history, and the id to go on under (0: no more)."""
    mine = ListPreparation.owned(tenant())
    if before:
        mine = mine.where(ListPreparation.id < before)
    rows = list(db.session.scalars(mine.limit(PAGE + 1)))
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else 0
