"""Email: personal links for a list of contacts, and how a marketing email includes them."""

from typing import NamedTuple

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.imports.list_preparation import ListPreparation
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.system.job import Job
from plugin.services.personal_links.bulk import restart_preparation, stop_preparation
from plugin.services.personal_links.keep import keep_list_prepared
from plugin.services.personal_links.progress import coverage_of, progress_of
from plugin.services.personal_links.revoke import revoke_of_code, revoke_of_preparation
from plugin.services.qr_codes.codes import linkage_url
from plugin.web.email.blueprint import blueprint
from plugin.web.layout import page
from plugin.web.newest import newest
from plugin.web.owned import row_id
from plugin.web.session import person, tenant

PAGE = 20


class PasteTexts(NamedTuple):
    """The texts to paste into an email, for one QR code's account."""

    whole: str
    with_token: str
    html: str
    property_label: str


@blueprint.get("/email")
def email() -> str:
    """The three steps: prepare a list, put the link on a button, try it."""
    codes = linking_codes()
    code = next(
        (qr_code for qr_code in codes if qr_code.id == row_id(request.args.get("code", ""))), None
    )
    code = code or next(iter(codes), None)
    before = row_id(request.args.get("before", ""))
    every = ListPreparation.owned(tenant())
    preparations, older = newest(every, ListPreparation.id, before, PAGE)
    return page(
        "email/home.html",
        "email",
        codes=codes,
        code=code,
        paste=paste_texts(code) if code else None,
        preparations=preparations,
        older=older,
        accounts=OfficialAccount.list_owned(tenant()),
    )


@blueprint.get("/email/preparations/<row_id:preparation_id>")
def preparation(preparation_id: int) -> str:
    """The progress and result of a list's preparation."""
    preparation = own_preparation(preparation_id)
    job = Job.of("prepare_list", preparation.id)
    now = utcnow()
    return page(
        "email/one.html",
        "email",
        preparation=preparation,
        way=progress_of(preparation),
        coverage=coverage_of(preparation, now) if preparation.checked_at else None,
        job=job,
    )


@blueprint.post("/email/preparations/<row_id:preparation_id>/stop")
def stop_preparing(preparation_id: int) -> Response:
    stop_preparation(own_preparation(preparation_id))
    flash(_("Stopped. Links that were made stay good."))
    return redirect(url_for("email.preparation", preparation_id=preparation_id))


@blueprint.post("/email/preparations/<row_id:preparation_id>/keep")
def keep_prepared(preparation_id: int) -> Response:
    keep_list_prepared(own_preparation(preparation_id))
    flash(_("The list stays prepared from now on."))
    return redirect(url_for("email.preparation", preparation_id=preparation_id))


@blueprint.post("/email/preparations/<row_id:preparation_id>/again")
def prepare_once_more(preparation_id: int) -> Response:
    """Prepare the same list again, and show the new preparation."""
    preparation = own_preparation(preparation_id)
    try:
        preparation_id = restart_preparation(get_deps(), preparation, person().member.email).id
    except GatewayError as error:
        flash(list_error(error), "bad")
    return redirect(url_for("email.preparation", preparation_id=preparation_id))


@blueprint.post("/email/preparations/<row_id:preparation_id>/revoke")
def revoke_preparation(preparation_id: int) -> Response:
    """Revoke the links of a preparation."""
    flash(report_revoked(revoke_of_preparation(own_preparation(preparation_id))))
    return redirect(url_for("email.preparation", preparation_id=preparation_id))


@blueprint.post("/email/codes/<row_id:code_id>/revoke")
def revoke_links(code_id: int) -> Response:
    """Revoke all personal links to a code."""
    code = QRCode.find_owned(tenant(), code_id) or abort(404)
    flash(report_revoked(revoke_of_code(code)))
    return redirect(url_for("email.email", code=code_id))


def own_preparation(preparation_id: int) -> ListPreparation:
    """Return the preparation of this tenant, or 404."""
    return ListPreparation.find_owned(tenant(), preparation_id) or abort(404)


def linking_codes() -> list[QRCode]:
    """Return the codes that take personal links, newest first."""
    return list(db.session.scalars(QRCode.taking_links(tenant())))


def paste_texts(code: QRCode) -> PasteTexts:
    """Return the texts to copy into an email. HubSpot applies no filter to contact tokens there."""
    suffix = code.official_account.property_suffix
    whole = f"{{{{ contact.line_linkage_url{suffix} }}}}"
    token = f"{{{{ contact.line_linkage_token{suffix} }}}}"
    number = f" ({suffix[1:]})" if suffix else ""
    words = _("Connect with LINE")
    return PasteTexts(
        whole=whole,
        with_token=linkage_url(get_deps(), code, token),
        html=f'<a href="{whole}">{words}</a>',
        property_label=f"LINE linkage URL{number}",
    )


def list_error(error: GatewayError) -> str:
    """Explain why HubSpot's lists could not be read."""
    text = _("HubSpot does not answer at the moment. Please try again in a minute.")
    if error.reason in ("not_found", "invalid"):
        text = _("HubSpot has no such list of contacts any more. Choose another.")
    elif error.permanent:
        text = _("HubSpot refused: %(reason)s", reason=error.message)
    return str(text)


def report_revoked(count: int) -> str:
    if not count:
        return str(_("There was no link left to take back."))
    text = ngettext(
        "%(num)d link is taken back. HubSpot's property is being cleared.",
        "%(num)d links are taken back. HubSpot's properties are being cleared.",
        count,
    )
    return str(text)
