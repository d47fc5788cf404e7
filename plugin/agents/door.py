"""`/mcp`: agents over HTTP (the protocol's "Streamable HTTP"), one answer a call, no session."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import anyio
from flask import Blueprint, Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from plugin.agents.names import clean_name
from plugin.core.text.clean import storable
from plugin.core.text.json_bodies import read_json
from plugin.guards import get_deps, public_route
from plugin.models.transaction import close_reads
from plugin.services.system.api_keys import key_of

blueprint = Blueprint("agents", __name__)
MAX_BODY = 288 * 1024
SESSION = "Mcp-Session-Id"
# Where a request of the protocol's newer versions says who calls.
CLIENT_INFO = "io.modelcontextprotocol/clientInfo"


@blueprint.route("/mcp", methods=["GET", "POST", "DELETE"])
@public_route("an API key")
def mcp() -> Response:
    """Answer one call of the protocol."""
    if not _is_of_this_site():
        return _refused(403, "Agents call from a program, not from another site's page.")
    key = _presented_key()
    if not key:
        return _refused(401, "Send an API key of yours: Authorization: Bearer <key>.")
    if request.method != "POST":
        # Nothing is sent unasked, and there is no session to end.
        return Response(status=405, headers={"Allow": "POST"})
    request.max_content_length = MAX_BODY
    body = request.get_data(cache=True)
    said = _parsed(body)
    name = agent_name(said)
    close_reads()
    response = _answer(current_app._get_current_object(), key, name, body)  # type: ignore[attr-defined]
    if said.get("method") == "initialize":
        # Later calls of the protocol's older versions say who calls by this alone.
        response.headers[SESSION] = urlsafe_b64encode(name.encode()).decode()
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.errorhandler(HTTPException)
def explain(error: HTTPException) -> Response:
    """Refuse in the protocol's own form."""
    status = error.code or 500
    words = {
        413: f"The call is too large: it takes {MAX_BODY // 1024} KB at most.",
        500: "Something broke in Musubi. Its log says what.",
    }
    response = _refused(status, words.get(status, str(error.description or error.name)))
    response.headers.extend(
        (name, text) for name, text in error.get_headers() if name in ("Allow", "Retry-After")
    )
    return response


def _presented_key() -> str:
    """Return the text of a key that is in use, or ""."""
    shown = request.authorization
    token = shown.token if shown is not None and shown.type == "bearer" else ""
    return token if token and key_of(token) is not None else ""


def _answer(app: Flask, key: str, name: str, body: bytes) -> Response:
    """Let the SDK answer, as an ASGI application that is called once."""
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from plugin.agents.protocol import make_server

    sent: list[dict[str, Any]] = []
    headers = [
        (header.lower().encode("latin-1"), value.encode("latin-1"))
        for header, value in request.headers
        if header.lower() != SESSION.lower()
    ]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": request.scheme, "path": "/mcp", "raw_path": b"/mcp", "root_path": "",
        "query_string": b"", "headers": headers, "client": None, "server": None,
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    async def serve() -> None:
        server = make_server(app, key, lambda _: name)
        manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)
        async with manager.run():
            await manager.handle_request(scope, receive, send)

    anyio.run(serve)
    return _response(sent)


def _response(sent: list[dict[str, Any]]) -> Response:
    start = next(message for message in sent if message["type"] == "http.response.start")
    body = b"".join(message.get("body", b"") for message in sent)
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]
    ]
    return Response(body, start["status"], headers)


def agent_name(said: dict[str, Any]) -> str:
    params = said.get("params") or {}
    params = params if isinstance(params, dict) else {}
    meta = params.get("_meta")
    info = params.get("clientInfo") or (meta.get(CLIENT_INFO) if isinstance(meta, dict) else None)
    name = info.get("title") or info.get("name") if isinstance(info, dict) else _of_session()
    return clean_name(name or request.user_agent.string.partition("/")[0])


def _of_session() -> str:
    try:
        return urlsafe_b64decode(request.headers.get(SESSION, "")).decode()
    except ValueError:
        return ""


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        said = storable(read_json(body))
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _is_of_this_site() -> bool:
    # A page of another site could call a Musubi on its reader's own machine.
    origin = request.headers.get("Origin", "")
    return not origin or origin == get_deps().settings.base_url


def _refused(status: int, words: str) -> Response:
    headers = {"WWW-Authenticate": 'Bearer realm="Musubi"'} if status == 401 else {}
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": -32001, "message": words}}
    return Response(json.dumps(error), status, headers, mimetype="application/json")
