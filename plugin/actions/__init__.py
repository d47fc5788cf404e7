"""Entry point: HubSpot workflow actions and their option lists, each call signed."""

from flask import Flask

from plugin.actions.calls import blueprint
from plugin.services.actions.load import LoadGauge


def init_app(app: Flask) -> None:
    app.extensions["musubi_load_gauge"] = LoadGauge()
    app.register_blueprint(blueprint)
