"""DOOR: operators and their machines. No details to strangers."""

from flask import Blueprint, Flask, Response
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from plugin.doorway import open_to_strangers
from plugin.models.base import db

blueprint = Blueprint("operators", __name__)


def init_app(app: Flask) -> None:
    """Hang the door in."""
    app.register_blueprint(blueprint)


@blueprint.get("/healthz")
@open_to_strangers("says nothing but that the process answers")
def healthz() -> Response:
    """The process is alive."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@open_to_strangers("says nothing but whether to send requests here")
def readyz() -> Response:
    """The database answers: 200, else 503."""
    try:
        db.session.scalar(select(1))
    except SQLAlchemyError:
        return Response("not ready\n", status=503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")
