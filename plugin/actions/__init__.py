"""DOOR: HubSpot workflow actions and their option lists, each call signed."""

from flask import Flask

from plugin.actions.calls import blueprint


def init_app(app: Flask) -> None:
    """Hang the door in."""
    app.register_blueprint(blueprint)
