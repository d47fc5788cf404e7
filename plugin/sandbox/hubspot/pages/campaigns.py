"""The portal's marketing campaigns and what is spent on them."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from plugin.sandbox.hubspot.api import campaigns
from plugin.sandbox.hubspot.pages.screens import portal_or_404, screens
from plugin.sandbox.world import world


@screens.get("/portal/<int:portal>/campaigns")
def portal_campaigns(portal: int) -> str:
    known, store = portal_or_404(portal), world().store
    rows = [
        (row["properties"], store.all(f"spend:{portal}:{row['id']}"))
        for row in store.all(f"campaign:{portal}")
    ]
    return render_template("hubspot/campaigns.html", portal=known, campaigns=rows)


@screens.post("/portal/<int:portal>/campaigns")
def new_campaign(portal: int) -> Response:
    portal_or_404(portal)
    name = request.form.get("name", "").strip()
    if name:
        campaigns.make_campaign(world(), portal, name, request.form.get("utm", "").strip())
    note = "" if name else "A campaign needs a name."
    return redirect(url_for(".portal_campaigns", portal=portal, note=note or None), 303)
