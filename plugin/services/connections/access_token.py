"""Provides a portal's fresh access token, with one refresh at a time on all machines."""

import time
from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, update

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError, Portal, TokenSet
from plugin.models.base import db
from plugin.models.clock import database_now
from plugin.models.connections.installation import ACTIVE, DISCONNECTED, Installation
from plugin.models.system.audit_entry import apart_from_deed
from plugin.models.system.job import enqueue, release
from plugin.models.transaction import affected, transaction
from plugin.services import Dependencies
from plugin.services.system.notices import is_our_mistake

log = structlog.get_logger()
REFRESH_LEASE = timedelta(seconds=30)
NOT_CONNECTED = "This portal is not connected"
# HubSpot may refuse a token now and accept it a minute later. Sends wait meanwhile; after a day of
# refusals only, the app was uninstalled.
REFUSED = "HubSpot refuses this portal's access for the moment"
SENDS_WAIT = "HubSpot is paused or not connected, so what is planned waits"
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=15)
REFUSAL_LIMIT = timedelta(days=1)
# Seconds to wait for another worker's refresh of a dead token.
REFRESH_TIMEOUT = 3.0


def portal_access(deps: Dependencies, installation_id: int, timeout: float = 0) -> Portal:
    """Return the portal with a token that is valid for another minute at least.

    `timeout`: seconds to wait for another worker's refresh. Raise `GatewayError`: `revoked` where
    the portal is not connected, otherwise the error of the refresh.
    """
    deadline = time.monotonic() + timeout
    while True:
        installation = Installation.by_id(installation_id)
        if installation is None or not installation.is_alive:
            raise GatewayError(NOT_CONNECTED, permanent=True, reason="revoked")
        if installation.token_is_fresh(utcnow()):
            return Portal(installation.portal_id, installation.access_token)
        _check_pause(installation)
        if _claim_refresh(installation):
            return _refresh(deps, installation)
        _wait(deadline)


def renew_token(deps: Dependencies, portal_id: int, dead: str) -> str | None:
    """Return another token than the refused one; None if not connected. Raise `GatewayError`."""
    deadline = time.monotonic() + REFRESH_TIMEOUT
    while True:
        installation = Installation.of_portal(portal_id)
        if installation is None or not installation.is_alive:
            return None
        db.session.refresh(installation)
        if installation.access_token != dead:
            return installation.access_token
        _check_pause(installation)
        if _claim_refresh(installation):
            # The lease stays, so that a new token that is refused too costs no further refresh.
            return _refresh(deps, installation, keep_lease=True).access_token
        _wait(deadline)


def _check_pause(installation: Installation) -> None:
    not_before = installation.refresh_not_before
    if not_before is not None and utcnow() < not_before:
        raise _refused_for_now(not_before)


def _wait(deadline: float) -> None:
    if time.monotonic() >= deadline:
        raise GatewayError(
            "The portal's token is being refreshed",
            permanent=False,
            reason="unavailable",
            retry_at=utcnow() + timedelta(seconds=1),
        )
    time.sleep(0.1)


def refresh_ahead(deps: Dependencies, installation_id: int) -> None:
    installation = Installation.by_id(installation_id)
    if installation is None or not installation.is_alive:
        return
    _check_pause(installation)
    # HubSpot counts calls with dead tokens against the app.
    if _claim_refresh(installation):
        _refresh(deps, installation)


def store_tokens(installation: Installation, tokens: TokenSet) -> None:
    """Store the newest pair, and schedule the next refresh at three quarters of its life."""
    now = utcnow()
    installation.access_token = tokens.access_token
    installation.refresh_token = tokens.refresh_token or installation.refresh_token
    installation.token_expires_at = now + timedelta(seconds=tokens.expires_in)
    installation.refreshing_until = None
    if installation.refused_since is not None:
        installation.refused_since = installation.refresh_not_before = None
        for words in (REFUSED, SENDS_WAIT):
            release(installation.id, words)
    enqueue_refresh(installation.id, timedelta(seconds=tokens.expires_in * 0.75))


def enqueue_refresh(installation_id: int, delay: timedelta) -> None:
    """Enqueue a refresh after `delay`, or earlier if an earlier one is enqueued already."""
    enqueue("refresh_token", installation_id, installation_id, delay=delay)


def disconnect(installation: Installation, reason: str) -> None:
    """Stop sending after HubSpot ended the access; an install resumes, since nothing is deleted."""
    if installation.state == ACTIVE:
        installation.state = DISCONNECTED
        installation.disconnect_reason = reason
        log.warning("portal_disconnected", portal=installation.portal_id, reason=reason)


def _claim_refresh(installation: Installation) -> bool:
    """Tell whether this caller may refresh the token that `installation` shows."""
    now = database_now()
    free = or_(Installation.refreshing_until.is_(None), Installation.refreshing_until < now)
    claim = update(Installation).where(
        Installation.id == installation.id,
        Installation.token_expires_at == installation.token_expires_at,
        free,
    )
    with apart_from_deed(), transaction():
        return affected(claim.values(refreshing_until=now + REFRESH_LEASE)) == 1


def _refresh(deps: Dependencies, installation: Installation, *, keep_lease: bool = False) -> Portal:
    tried = installation.refresh_token
    try:
        tokens = deps.gateways.hubspot.refresh(tried)
    except GatewayError as error:
        raise _handle_refusal(installation.id, tried, error) from error
    with apart_from_deed(), transaction():
        current = _locked_installation(installation.id)
        lease_end = current.refreshing_until
        # A simultaneous install brought newer tokens.
        if current.refresh_token == tried:
            store_tokens(current, tokens)
            current.refreshing_until = lease_end if keep_lease else None
    return Portal(current.portal_id, current.access_token)


def _handle_refusal(installation_id: int, tried: str, error: GatewayError) -> GatewayError:
    """Store HubSpot's refusal; return the error for the caller."""
    reported = error
    with apart_from_deed(), transaction():
        current = _locked_installation(installation_id)
        if current.refresh_token == tried:
            current.refreshing_until = None
            if error.reason == "revoked":
                reported = _pause_or_disconnect(current, error)
    if error.reason == "configuration":
        # Our own mistake looks alike in every portal, so it must never disconnect one.
        log.critical("hubspot_configuration_refused", detail=error.message)
    return reported


def _pause_or_disconnect(installation: Installation, error: GatewayError) -> GatewayError:
    now = utcnow()
    installation.refused_since = installation.refused_since or now
    refused_for = now - installation.refused_since
    db.session.flush()
    our_mistake = is_our_mistake()
    if our_mistake:
        log.critical("hubspot_refuses_most_portals", detail=error.message)
    # A refusal in most portals at once is no uninstallation.
    if refused_for >= REFUSAL_LIMIT and not our_mistake:
        disconnect(installation, "HubSpot refused the refresh token: the app was uninstalled")
        return error
    pause = min(max(refused_for, FIRST_PAUSE), LONGEST_PAUSE)
    installation.refresh_not_before = now + pause
    log.warning("hubspot_refuses_portal", portal=installation.portal_id, detail=error.message)
    enqueue_refresh(installation.id, pause)
    return _refused_for_now(installation.refresh_not_before)


def _refused_for_now(not_before: datetime) -> GatewayError:
    return GatewayError(REFUSED, permanent=False, reason="unavailable", retry_at=not_before)


def _locked_installation(installation_id: int) -> Installation:
    # `key_share`: other rows may still refer to this one.
    return db.session.get_one(
        Installation, installation_id, populate_existing=True, with_for_update={"key_share": True}
    )
