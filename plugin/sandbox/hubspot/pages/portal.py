"""A portal's home: its contacts, lists and installed app."""

from typing import Any
from urllib.parse import urlencode

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from plugin.sandbox.hubspot import records
from plugin.sandbox.hubspot.api import lists, tokens
from plugin.sandbox.hubspot.api.answers import Refused
from plugin.sandbox.hubspot.pages.properties import KINDS
from plugin.sandbox.hubspot.pages.screens import name_of, portal_or_404, reason, screens
from plugin.sandbox.hubspot.workflows.definition import definition
from plugin.sandbox.world import world

PAGE = 50
Value = dict[str, Any]


@screens.get("/portal/<int:portal>")
def portal_home(portal: int) -> str:
    known, sandbox = portal_or_404(portal), world()
    matching = _found(portal, request.args.get("q", ""))
    start = request.args.get("start", 0, type=int)
    return render_template(
        "hubspot/portal.html",
        portal=known,
        portals=sandbox.store.all("portal"),
        q=request.args.get("q", ""),
        contacts=[(row, name_of(row)) for row in matching[start : start + PAGE]],
        total=len(matching),
        start=start,
        following=start + PAGE if start + PAGE < len(matching) else None,
        lists=[
            (row, lists.size(sandbox, portal, row)) for row in sandbox.store.all(f"list:{portal}")
        ],
        kinds=KINDS,
        app=definition(sandbox.config),
        installed=sandbox.store.get("install", portal),
        install_url=_install_url(),
    )


def _found(portal: int, q: str) -> list[Value]:
    every, text = world().store.all(f"contact:{portal}"), q.strip().lower()
    if not text:
        return every
    return [
        contact
        for contact in every
        if text in " ".join(map(str, contact["properties"].values())).lower()
    ]


def _install_url() -> str:
    # An install from HubSpot's marketplace, without a state of the app's.
    sandbox = world()
    app = definition(sandbox.config)
    query = {
        "client_id": sandbox.config.client_id,
        "redirect_uri": app["redirectUrls"][0],
        "scope": " ".join(app["scopes"]["required"]),
    }
    return url_for("hubspot_pages.authorize") + "?" + urlencode(query)


@screens.post("/portal/<int:portal>/contacts")
def create_contact(portal: int) -> Response:
    portal_or_404(portal)
    values = {name: request.form.get(name, "") for name in ("firstname", "lastname", "email")}
    values = {name: text.strip() for name, text in values.items() if text.strip()}
    try:
        with world().store:
            records.check(world(), portal, values)
            contact = records.create(world(), portal, values, "CRM_UI")
    except Refused as error:
        return redirect(url_for(".portal_home", portal=portal, note=reason(error)), 303)
    return redirect(url_for(".record", portal=portal, contact_id=contact["id"]), 303)


@screens.post("/portal/<int:portal>/uninstall")
def remove_app(portal: int) -> Response:
    # An admin removes the app. HubSpot sends the app no event.
    portal_or_404(portal)
    tokens.uninstall(world(), portal)
    return redirect(url_for(".portal_home", portal=portal, note="The app is uninstalled."), 303)
