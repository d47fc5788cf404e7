"""DOOR: HubSpot workflow actions and their option lists, each call signed."""

from flask import Flask

from plugin.actions.calls import blueprint
from plugin.core.crowd import Crowd


def init_app(app: Flask) -> None:
    """Hang the door in."""
    app.extensions["musubi_crowd"] = Crowd()
    app.register_blueprint(blueprint)
