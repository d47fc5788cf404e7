"""`line.me/R/ti/p/...` below the access address, so that such links stay in the sandbox."""

from flask import redirect
from flask.typing import ResponseReturnValue

from plugin.sandbox.line.api.answers import platform_blueprint
from plugin.sandbox.line.phone.holder import holder, phones
from plugin.sandbox.line.phone.pages import local_address
from plugin.sandbox.world import world

blueprint = platform_blueprint("line_me", "/line-access/R")


@blueprint.get("/ti/p/<basic_id>")
def account(basic_id: str) -> ResponseReturnValue:
    """Show the account on this browser's phone, where it can be added."""
    person = holder() or phones(1)[0]["person"]
    address = local_address(world(), person, f"https://line.me/R/ti/p/{basic_id}")
    return redirect(address or "/")
