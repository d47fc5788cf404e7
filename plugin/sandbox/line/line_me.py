"""`line.me/R/ti/p/...` below the access address, so that such links stay in the sandbox."""

from flask import redirect
from flask.typing import ResponseReturnValue

from plugin.sandbox.line.answers import platform_blueprint
from plugin.sandbox.line.holder import holder, phones
from plugin.sandbox.line.phone import local_address
from plugin.sandbox.world import world

blueprint = platform_blueprint("line_me", "/line-access/R")


@blueprint.get("/ti/p/<basic_id>")
def account(basic_id: str) -> ResponseReturnValue:
    """The account on the phone of whoever holds it, where it can be added."""
    person = holder() or phones(1)[0]["person"]
    address = local_address(world(), person, f"https://line.me/R/ti/p/{basic_id}")
    return redirect(address or "/")
