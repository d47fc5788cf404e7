"""The phone's holder: a cookie that the phone's page sets, as LINE's apps know their user."""

from flask import Response, request

from plugin.sandbox.store import Value
from plugin.sandbox.world import world

COOKIE = "sandbox_phone"


def holder() -> str:
    """Return the cookie's person, or "" in a browser without LINE."""
    person = request.cookies.get(COOKIE, "")
    return person if world().store.get("line_person", person) else ""


def set_holder(response: Response, person: str) -> Response:
    # Lax, so that it comes along when Musubi sends the browser here.
    response.set_cookie(COOKIE, person, path=request.script_root or "/", samesite="Lax")
    return response


def phones(most: int = 12) -> list[Value]:
    """The persons to choose from; bulk users can only be opened by address."""
    people = world().store.all("line_person")[: most * 4]
    return [person for person in people if not person.get("bulk")][:most]
