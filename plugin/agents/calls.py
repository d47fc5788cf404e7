"""Carries out a tool: as a call of the API inside this process."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import quote

from flask import Flask
from werkzeug.test import Client

from plugin.agents.schemas import PREFIX, path_names
from plugin.agents.tools import BY_NAME, page_of
from plugin.guards import CALLING_AGENT, Agent
from plugin.models.system.audit_entry import BY_AGENT, Deed
from plugin.models.transaction import close_reads
from plugin.services import Dependencies
from plugin.services.system.api_keys import key_of
from plugin.services.system.audit import note_reading


class Outcome(NamedTuple):
    """`value`: the API's answer, or its problem document where `failed`."""

    value: dict[str, Any]
    failed: bool


def call(app: Flask, key: str, agent: str, name: str, arguments: dict[str, Any]) -> Outcome:
    """Call a tool with an API key's text. The API refuses arguments that it does not know."""
    tool = BY_NAME.get(name)
    if tool is None:
        return Outcome({"detail": f"There is no tool {name!r}.", "code": "no_tool"}, failed=True)
    method, path = tool.operation
    in_path = path_names(tool)
    odd = _odd_names(arguments, in_path, arguments if method == "get" else in_path)
    if odd:
        return Outcome(_problem(422, "invalid", f"{', '.join(odd)}: give one value."), failed=True)
    values = dict(arguments)
    places = {each: quote(str(values.pop(each)), safe="") for each in in_path}
    close_reads()
    answer = Client(app.wsgi_app, use_cookies=False).open(
        PREFIX + path.format(**places),
        method=method.upper(),
        query_string=_query(values) if method == "get" else None,
        json=values if method != "get" else None,
        headers={"Authorization": f"Bearer {key}"},
        environ_overrides={CALLING_AGENT: Agent(agent, name)},
    )
    # A redirect is no answer: an id with a slash leads to another address than the operation's.
    failed = answer.status_code >= 300
    if failed and not answer.is_json:
        nothing = "The API has nothing at this address: look at the ids."
        return Outcome(_problem(404, "not_found", nothing), failed)
    value = json.loads(answer.get_data() or b"{}")
    if failed:
        return Outcome(value, failed)
    if not tool.drafts:
        _note_reading(key, agent, name, answer.request.path)
    else:
        deps: Dependencies = app.extensions["musubi"]
        value["open"] = page_of(tool, deps.settings.base_url, value)
        value["next"] = "Nothing is sent. A person opens this page, looks at it and goes on there."
    return Outcome(value, failed)


def _odd_names(
    arguments: dict[str, Any], in_path: Iterable[str], in_address: Iterable[str]
) -> list[str]:
    """Return the names of what an address cannot carry: lists and objects, and ids that are left
    out."""
    missing = {name for name in in_path if arguments.get(name) in (None, "")}
    nested = {name for name in in_address if isinstance(arguments.get(name), list | dict)}
    return sorted(missing | nested)


def _problem(status: int, code: str, detail: str) -> dict[str, Any]:
    return {"status": status, "code": code, "detail": detail}


def _note_reading(key: str, agent: str, name: str, path: str) -> None:
    known = key_of(key)
    if known is not None:
        note_reading(Deed(known.installation_id, BY_AGENT, known.shown_name, name, path, agent))


def _query(values: dict[str, Any]) -> dict[str, str]:
    """Write values as a query string has them; what is null is left out."""
    words = {True: "true", False: "false"}
    return {
        name: words[value] if isinstance(value, bool) else str(value)
        for name, value in values.items()
        if value is not None
    }
