"""DOOR: signed events from HubSpot and LINE: verified on raw bytes, kept, answered."""

from flask import Flask

from plugin.webhooks import hubspot, line


def init_app(app: Flask) -> None:
    """Hang the door in."""
    app.register_blueprint(hubspot.blueprint)
    app.register_blueprint(line.blueprint)
