"""The page on which an admin authorises the app for a portal."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from plugin.sandbox.hubspot.api.token_api import make_code
from plugin.sandbox.hubspot.pages.screens import screens
from plugin.sandbox.hubspot.workflows.definition import definition
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
    sandbox, problem = world(), _problem(world(), request.args)
    if problem:
        return render_template("hubspot/consent_error.html", problem=problem), 400
    return render_template(
        "hubspot/consent.html",
        app=definition(sandbox.config),
        scopes=request.args.get("scope", "").split(),
        optional=request.args.get("optional_scope", "").split(),
        portals=sandbox.store.all("portal"),
        chosen=request.args.get("portal", ""),
        kept={name: request.args[name] for name in KEPT if name in request.args},
    )


@screens.post("/hubspot-app/oauth/authorize")
def decide() -> Response | tuple[str, int]:
    sandbox, form = world(), request.form
    # Checked once more: the form comes from a browser.
    problem = _problem(sandbox, form)
    portal = sandbox.store.get("portal", form.get("portal", ""))
    if problem or portal is None:
        text = problem or "Choose a portal."
        return render_template("hubspot/consent_error.html", problem=text), 400
    if form.get("decision") != "approve":
        return _back(form, error="access_denied", error_description="The user denied access")
    grant: dict[str, Any] = {
        "portal": portal["id"],
        "user": portal["user"],
        "scopes": sorted({*form["scope"].split(), *form.get("optional_scope", "").split()}),
        "redirect_uri": form["redirect_uri"],
        "challenge": form.get("code_challenge", ""),
    }
    return _back(form, code=make_code(sandbox, grant))


def _problem(sandbox: World, query: Asked) -> str:
    """An error that HubSpot would show in place of the question, or ""."""
    app = definition(sandbox.config)
    if query.get("client_id") != sandbox.config.client_id:
        return "No app has this client ID. Check the app's settings and try again."
    if query.get("redirect_uri") not in app["redirectUrls"]:
        return "The redirect URL does not match the ones registered for this app."
    if query.get("code_challenge") and query.get("code_challenge_method") != "S256":
        return "The only supported code_challenge_method is S256."
    scopes = set(query.get("scope", "").split())
    optional = set(query.get("optional_scope", "").split())
    # Scopes are compared exactly: a link that asks for fewer is blocked like one that asks more.
    if scopes != set(app["scopes"]["required"]) or optional - set(app["scopes"]["optional"]):
        return (
            "Authorization failed because there is a scope mismatch between this install URL"
            " and the app's scope settings."
        )
    return ""


def _back(form: Asked, **answer: str) -> Response:
    parts = urlsplit(form["redirect_uri"])
    parameters = {**answer, **({"state": form["state"]} if "state" in form else {})}
    query = urlencode([*parse_qsl(parts.query), *parameters.items()])
    return redirect(urlunsplit(parts._replace(query=query)), 302)
