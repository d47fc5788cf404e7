"""Settings > HubSpot: how it stands, the nightly comparison, pausing and removing."""

from collections.abc import Iterator

from flask import Response as Download
from flask import abort, flash, redirect, stream_with_context, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.models.reconcile import ReconcileRun
from plugin.services.disconnect import disconnect, would_be_gone
from plugin.services.export_links import links_as_csv, links_as_json
from plugin.services.reconcile import begin_reconcile
from plugin.web.blueprint import web
from plugin.web.frame import page
from plugin.web.signed_in import person, tenant

FORMS = {
    "csv": ("text/csv; charset=utf-8", links_as_csv),
    "json": ("application/json", links_as_json),
}


@web.get("/settings/hubspot")
def hubspot() -> str:
    """Everything about the connection, and what a removal would take away."""
    run = ReconcileRun.newest_of(tenant())
    return page("hubspot/one.html", "settings", run=run, loss=would_be_gone(tenant()))


@web.post("/settings/hubspot/pause")
def pause_hubspot() -> Response:
    """Keep everything, do nothing."""
    done = disconnect(person().installation, "pause")
    return _back(_("HubSpot is paused.") if done else _("HubSpot was not connected."))


@web.post("/settings/hubspot/resume")
def resume_hubspot() -> Response:
    """Go on, with what waited meanwhile."""
    done = disconnect(person().installation, "resume")
    return _back(_("HubSpot goes on.") if done else _("HubSpot was not paused."))


@web.post("/settings/hubspot/remove")
def remove_from_hubspot() -> Response:
    """Take away what HubSpot brought."""
    done = disconnect(person().installation, "remove")
    return _back(_("HubSpot is being removed.") if done else _("HubSpot is removed already."))


@web.post("/settings/hubspot/compare")
def compare_with_hubspot() -> Response:
    """Do tonight's comparison now."""
    begin_reconcile(tenant())
    return _back(_("The comparison has begun."))


@web.get("/settings/hubspot/links.<form>")
def export_links(form: str) -> Download:
    """All links as a file."""
    if form not in FORMS:
        abort(404)
    kind, lines = FORMS[form]
    rows: Iterator[str] = lines(tenant())
    headers = {"Content-Disposition": f"attachment; filename=musubi-links.{form}"}
    return Download(stream_with_context(rows), mimetype=kind, headers=headers)


def _back(words: str) -> Response:
    flash(words)
    return redirect(url_for("web.hubspot"))
