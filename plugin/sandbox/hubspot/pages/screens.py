"""Common parts of HubSpot's pages."""

import json
from typing import Any

from flask import Blueprint, abort, request

from plugin.sandbox.hubspot.api.answers import Refused
from plugin.sandbox.world import world

screens = Blueprint("hubspot_pages", __name__)
Value = dict[str, Any]


def portal_or_404(portal: int) -> Value:
    known = world().store.get("portal", portal)
    if known is None:
        abort(404)
    return known


def language() -> str:
    """`en` or `ja`, as the browser prefers; `?lang=` wins."""
    chosen = request.args.get("lang")
    return chosen or request.accept_languages.best_match(["en", "ja"], "en") or "en"


def name_of(contact: Value) -> str:
    values = contact["properties"]
    full = f"{values.get('firstname') or ''} {values.get('lastname') or ''}".strip()
    return full or values.get("email") or f"Contact {contact['id']}"


def reason(error: Refused) -> str:
    if "[{" not in error.message:
        return error.message
    problems = json.loads(error.message.partition(": ")[2])
    return " ".join(problem["message"] for problem in problems)
