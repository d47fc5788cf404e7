"""A portal's home: its contacts, lists and installed app."""

from typing import Any
from urllib.parse import urlencode

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from plugin.sandbox.hubspot import lists, records, tokens
from plugin.sandbox.hubspot.answers import Refused
from plugin.sandbox.hubspot.definition import definition
from plugin.sandbox.hubspot.screens import name_of, portal_or_404, reason, screens
from plugin.sandbox.world import world

PAGE = 50
Value = dict[str, Any]


@screens.get("/portal/<int:portal>")
def portal_home(portal: int) -> str:
    """Contacts (50 a page, searchable), lists, the app."""
    known, here = portal_or_404(portal), world()
    found = _found(portal, request.args.get("q", ""))
    start = request.args.get("start", 0, type=int)
    return render_template(
        "hubspot/portal.html",
        portal=known,
        portals=here.store.all("portal"),
        q=request.args.get("q", ""),
        contacts=[(one, name_of(one)) for one in found[start : start + PAGE]],
        total=len(found),
        start=start,
        following=start + PAGE if start + PAGE < len(found) else None,
        lists=[(one, lists.size(here, portal, one)) for one in here.store.all(f"list:{portal}")],
        app=definition(here.config),
        installed=here.store.get("install", portal),
        install_url=_install_url(),
    )


def _found(portal: int, q: str) -> list[Value]:
    every, text = world().store.all(f"contact:{portal}"), q.strip().lower()
    if not text:
        return every
    return [one for one in every if text in " ".join(map(str, one["properties"].values())).lower()]


def _install_url() -> str:
    """An install that begins at HubSpot's marketplace: no state of the app's making."""
    here = world()
    app = definition(here.config)
    asked = {
        "client_id": here.config.client_id,
        "redirect_uri": app["redirectUrls"][0],
        "scope": " ".join(app["scopes"]["required"]),
    }
    return url_for("hubspot_pages.authorize") + "?" + urlencode(asked)


@screens.post("/portal/<int:portal>/contacts")
def create_contact(portal: int) -> Response:
    """A contact made by hand."""
    portal_or_404(portal)
    values = {name: request.form.get(name, "") for name in ("firstname", "lastname", "email")}
    values = {name: text.strip() for name, text in values.items() if text.strip()}
    try:
        with world().store:
            records.check(world(), portal, values)
            made = records.create(world(), portal, values, "CRM_UI")
    except Refused as error:
        return redirect(url_for(".portal_home", portal=portal, note=reason(error)), 303)
    return redirect(url_for(".record", portal=portal, contact_id=made["id"]), 303)


@screens.post("/portal/<int:portal>/uninstall")
def remove_app(portal: int) -> Response:
    """The admin removes the app. HubSpot tells the app nothing."""
    portal_or_404(portal)
    tokens.uninstall(world(), portal)
    return redirect(url_for(".portal_home", portal=portal, note="The app is uninstalled."), 303)
