"""Authentication by API key, and what a key may do."""

from flask import Response, g, request

from plugin.api.problems import Problem
from plugin.guards import CALLING_AGENT, Agent, is_of_connection, is_public
from plugin.models.connections.api_key import ApiKey
from plugin.models.connections.installation import (
    DISCONNECTED,
    REMOVED,
    REMOVING,
    Installation,
)
from plugin.models.system.audit_entry import BY_AGENT, BY_API, Deed, begin_deed, end_deed
from plugin.services.system import api_keys
from plugin.services.system.api_keys import key_of, note_use

CLOSED = {
    DISCONNECTED: "HubSpot has ended the connection of this portal, so this key opens nothing."
    " Install Musubi into HubSpot again; the same key works then.",
    REMOVING: "HubSpot is being removed from Musubi, so this key opens nothing.",
    REMOVED: "HubSpot was removed from Musubi, so this key opens nothing."
    " Install Musubi into HubSpot again; the same key works then.",
}
READ_ONLY = {
    api_keys.READER: "This key may only read. Use a key with the role admin.",
    api_keys.AGENT: "This key is an agent's: it reads, and drafts through /mcp alone."
    " Use a key with the role admin.",
}
SAFE = ("GET", "HEAD", "OPTIONS")


def identify() -> None:
    """Find whose key it is. What the key may do is asked once its rate allows the request."""
    if is_public():
        return
    key = _presented_key()
    installation = Installation.by_id(key.installation_id) if key else None
    if key is None or installation is None:
        raise Problem(
            401,
            "no_key",
            "Send an API key of yours: Authorization: Bearer <key>.",
            headers={"WWW-Authenticate": 'Bearer realm="Musubi"'},
        )
    g.api_key, g.installation = key, installation


def authorize() -> None:
    if is_public():
        return
    _check_connection(tenant())
    key: ApiKey = g.api_key
    note_use(key)
    if request.method not in SAFE and not _may_write(key):
        raise Problem(403, "read_only", READ_ONLY[key.role])


def _check_connection(installation: Installation) -> None:
    # A disconnected tenant may still look at the connection, and remove it with all its data.
    if is_of_connection() or installation.state not in CLOSED:
        return
    raise Problem(403, "disconnected", CLOSED[installation.state])


def _may_write(key: ApiKey) -> bool:
    return key.role == api_keys.ADMIN or (key.role == api_keys.AGENT and agent() is not None)


def begin_audit() -> None:
    """From here on the request's first change is noted with who asked for it."""
    if request.method in SAFE or is_public():
        return
    caller, key = agent(), g.api_key
    begin_deed(
        Deed(
            tenant().id,
            BY_AGENT if caller else BY_API,
            key.shown_name,
            caller.tool if caller else operation(),
            request.path,
            caller.name if caller else "",
        )
    )


def end_audit(response: Response) -> Response:
    end_deed()
    return response


def operation() -> str:
    """Return the operation's name in the API's description, with its resource."""
    resource, name = (request.endpoint or "").split(".")[-2:]
    return f"{resource}.{name}"


def agent() -> Agent | None:
    """Return the agent that calls, where its call came through the door for agents."""
    caller: Agent | None = request.environ.get(CALLING_AGENT)
    return caller


def tenant() -> Installation:
    installation: Installation = g.installation
    return installation


def actor() -> str:
    """Return what histories call this program, or the agent that uses the key."""
    key, caller = g.api_key, agent()
    return f"{caller.name} ({key.shown_name})" if caller else str(key.shown_name)


def _presented_key() -> ApiKey | None:
    authorization = request.authorization
    if authorization is None or authorization.type != "bearer" or not authorization.token:
        return None
    return key_of(authorization.token)
