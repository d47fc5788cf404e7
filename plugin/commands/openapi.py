"""`flask --app app openapi`: the API's description, without a server."""

import json

import click
from flask import current_app
from flask.cli import with_appcontext


@click.command("openapi", help="Print the JSON API's description (OpenAPI 3.1).")
@click.option("--server", help="The address that it names, instead of BASE_URL.")
@with_appcontext
def openapi_command(server: str | None) -> None:
    spec = dict(current_app.extensions["musubi_openapi"])
    if server:
        spec["servers"] = [{"url": server}]
    click.echo(json.dumps(spec, ensure_ascii=False, indent=1))
