"""`flask --app app mcp`: agents on this machine, over standard input and output."""

import os

import anyio
import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from plugin.agents.names import clean_name
from plugin.services.system.api_keys import key_of

KEY = "MUSUBI_API_KEY"


@click.command("mcp", help=f"Serve an AI agent over stdin and stdout; the key is in {KEY}.")
@with_appcontext
def mcp() -> None:
    key = os.environ.get(KEY, "")
    if key_of(key) is None:
        raise click.ClickException(f"Set {KEY} to an API key: flask --app app api-key create")
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    anyio.run(_serve, app, key)


async def _serve(app: Flask, key: str) -> None:
    from mcp.server.stdio import stdio_server

    from plugin.agents.protocol import make_server

    server = make_server(app, key, _name)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def _name(context: object) -> str:
    params = getattr(getattr(context, "session", None), "client_params", None)
    info = getattr(params, "client_info", None)
    return clean_name(getattr(info, "title", None) or getattr(info, "name", None))
