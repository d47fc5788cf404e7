"""Settings > HubSpot: state, nightly comparison, pause and removal."""

from collections.abc import Iterator

from flask import Response as Download
from flask import abort, flash, redirect, stream_with_context, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.guards import of_connection
from plugin.models.connections.property_trouble import PropertyTrouble
from plugin.models.imports.reconcile import ReconcileRun
from plugin.services.connections.connection import count_losses, switch_mode
from plugin.services.contacts.property_troubles import retry_properties
from plugin.services.linkage.export import links_as_csv, links_as_json
from plugin.services.sync.reconcile import begin_reconcile
from plugin.web.layout import page
from plugin.web.session import person, tenant
from plugin.web.settings.blueprint import blueprint

FORMS = {
    "csv": ("text/csv; charset=utf-8", links_as_csv),
    "json": ("application/json", links_as_json),
}


@blueprint.get("/settings/hubspot")
@of_connection
def hubspot() -> str:
    return page(
        "settings/hubspot.html",
        "settings",
        run=ReconcileRun.newest_of(tenant()),
        loss=count_losses(tenant()),
        troubles=PropertyTrouble.list_owned(tenant()),
    )


@blueprint.post("/settings/hubspot/pause")
def pause_hubspot() -> Response:
    """Stop all exchange with HubSpot; keep all data."""
    changed = switch_mode(person().installation, "pause")
    return _back(_("HubSpot is paused.") if changed else _("HubSpot was not connected."))


@blueprint.post("/settings/hubspot/resume")
def resume_hubspot() -> Response:
    """Resume, beginning with what was pending."""
    changed = switch_mode(person().installation, "resume")
    return _back(_("HubSpot goes on.") if changed else _("HubSpot was not paused."))


@blueprint.post("/settings/hubspot/remove")
@of_connection
def remove_from_hubspot() -> Response:
    """Delete the data that came from HubSpot."""
    changed = switch_mode(person().installation, "remove")
    return _back(_("HubSpot is being removed.") if changed else _("HubSpot is removed already."))


@blueprint.post("/settings/hubspot/properties")
def retry_hubspot_properties() -> Response:
    """Check the properties again, and write what HubSpot refused."""
    retry_properties(tenant())
    return _back(_("Musubi looks at the properties again."))


@blueprint.post("/settings/hubspot/compare")
def compare_with_hubspot() -> Response:
    """Begin tonight's comparison now."""
    begin_reconcile(tenant())
    return _back(_("The comparison has begun."))


@blueprint.get("/settings/hubspot/links.<form>")
def export_links(form: str) -> Download:
    if form not in FORMS:
        abort(404)
    kind, lines = FORMS[form]
    rows: Iterator[str] = lines(tenant())
    headers = {"Content-Disposition": f"attachment; filename=musubi-links.{form}"}
    return Download(stream_with_context(rows), mimetype=kind, headers=headers)


def _back(words: str) -> Response:
    flash(words)
    return redirect(url_for("settings.hubspot"))
