"""Entry point: signed events from HubSpot and LINE, verified on raw bytes, stored, answered."""

from flask import Flask

from plugin.webhooks import hubspot, line


def init_app(app: Flask) -> None:
    app.register_blueprint(hubspot.blueprint)
    app.register_blueprint(line.blueprint)
