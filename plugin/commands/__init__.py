"""DOOR: the operator's terminal. `flask --app app <command>`."""

from flask import Flask

from plugin.commands.api_key import api_key
from plugin.commands.hubspot_project import hubspot_project

__all__ = ["init_app"]


def init_app(app: Flask) -> None:
    """Add Musubi's commands to Flask's."""
    app.cli.add_command(api_key)
    app.cli.add_command(hubspot_project)
