"""Entry point: the operator's terminal, `flask --app app <command>`."""

from flask import Flask

from plugin.commands.api_key import api_key
from plugin.commands.backup import backup_command, restore_command
from plugin.commands.doctor import doctor_command
from plugin.commands.hubspot_project import hubspot_project
from plugin.commands.openapi import openapi_command

__all__ = ["init_app"]


def init_app(app: Flask) -> None:
    app.cli.add_command(api_key)
    app.cli.add_command(backup_command)
    app.cli.add_command(restore_command)
    app.cli.add_command(doctor_command)
    app.cli.add_command(hubspot_project)
    app.cli.add_command(openapi_command)
