"""The page on which an admin lets the app into a portal."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from plugin.sandbox.hubspot.definition import definition
from plugin.sandbox.hubspot.screens import screens
from plugin.sandbox.hubspot.token_api import make_code
from plugin.sandbox.world import World, world

Asked = Mapping[str, str]
KEPT = (
    "client_id",
    "redirect_uri",
    "scope",
    "optional_scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)


@screens.get("/hubspot-app/oauth/authorize")
def authorize() -> str | tuple[str, int]:
    """What the app wants, and the choice of a portal."""
    here, problem = world(), _problem(world(), request.args)
    if problem:
        return render_template("hubspot/consent_error.html", problem=problem), 400
    return render_template(
        "hubspot/consent.html",
        app=definition(here.config),
        scopes=request.args.get("scope", "").split(),
        optional=request.args.get("optional_scope", "").split(),
        portals=here.store.all("portal"),
        chosen=request.args.get("portal", ""),
        kept={name: request.args[name] for name in KEPT if name in request.args},
    )


@screens.post("/hubspot-app/oauth/authorize")
def decide() -> Response | tuple[str, int]:
    """Approve or decline: the browser goes back to the app."""
    here, asked = world(), request.form
    # Checked once more: the form comes from a browser.
    problem = _problem(here, asked)
    portal = here.store.get("portal", asked.get("portal", ""))
    if problem or portal is None:
        text = problem or "Choose a portal."
        return render_template("hubspot/consent_error.html", problem=text), 400
    if asked.get("decision") != "approve":
        return _back(asked, error="access_denied", error_description="The user denied access")
    grant: dict[str, Any] = {
        "portal": portal["id"],
        "user": portal["user"],
        "scopes": sorted({*asked["scope"].split(), *asked.get("optional_scope", "").split()}),
        "redirect_uri": asked["redirect_uri"],
        "challenge": asked.get("code_challenge", ""),
    }
    return _back(asked, code=make_code(here, grant))


def _problem(here: World, asked: Asked) -> str:
    """Why HubSpot would not even ask the admin; empty where all is well."""
    app = definition(here.config)
    if asked.get("client_id") != here.config.client_id:
        return "No app has this client ID. Check the app's settings and try again."
    if asked.get("redirect_uri") not in app["redirectUrls"]:
        return "The redirect URL does not match the ones registered for this app."
    if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
        return "The only supported code_challenge_method is S256."
    scopes = set(asked.get("scope", "").split())
    optional = set(asked.get("optional_scope", "").split())
    # Scopes are compared exactly: a link that asks for fewer is blocked like one that asks more.
    if scopes != set(app["scopes"]["required"]) or optional - set(app["scopes"]["optional"]):
        return (
            "Authorization failed because there is a scope mismatch between this install URL"
            " and the app's scope settings."
        )
    return ""


def _back(asked: Asked, **answer: str) -> Response:
    parts = urlsplit(asked["redirect_uri"])
    told = {**answer, **({"state": asked["state"]} if "state" in asked else {})}
    query = urlencode([*parse_qsl(parts.query), *told.items()])
    return redirect(urlunsplit(parts._replace(query=query)), 302)
