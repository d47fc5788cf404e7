"""Entry point: AI agents, by the Model Context Protocol, with an installation's API key.

Each tool is an operation of the JSON API, so that an agent reads and drafts what programs do, under
the same checks. No tool sends a message: a draft's answer has the address of the page on which a
person looks at it and presses Send.
"""

from flask import Flask

from plugin.agents import door, terminal


def init_app(app: Flask) -> None:
    app.register_blueprint(door.blueprint)
    app.cli.add_command(terminal.mcp)
