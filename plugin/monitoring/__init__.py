"""Entry point: operators and their monitoring. No details for the public."""

from flask import Blueprint, Flask, Response, current_app

from plugin.guards import get_deps, public_route
from plugin.services.system.notices import notices
from plugin.services.system.readiness import Readiness

blueprint = Blueprint("operators", __name__)


def init_app(app: Flask) -> None:
    app.extensions["musubi_readiness"] = Readiness()
    app.register_blueprint(blueprint)


@blueprint.get("/healthz")
@public_route("says nothing but that the process answers")
def healthz() -> Response:
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@public_route("says nothing but whether to send requests here, and in a word why not")
def readyz() -> Response:
    """Return 200 with notices, a line each, or 503 with what is missing."""
    readiness: Readiness = current_app.extensions["musubi_readiness"]
    missing = readiness.missing(get_deps())
    if missing:
        words = f"not ready: {', '.join(missing)}\n"
        return Response(words, status=503, mimetype="text/plain")
    return Response("\n".join(["ready", *notices(), ""]), mimetype="text/plain")
