"""A portal's access token, fresh, with one refresh at a time on all machines."""

import time
from datetime import timedelta

import structlog
from sqlalchemy import or_, update

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError, Portal, TokenSet
from plugin.models.base import affected, db, transaction
from plugin.models.installation import ACTIVE, DISCONNECTED, Installation
from plugin.models.job import plant
from plugin.services import Outside

log = structlog.get_logger()
REFRESH_LEASE = timedelta(seconds=30)
NOT_CONNECTED = "This portal is not connected"


def portal(outside: Outside, installation_id: int, patience: float = 0) -> Portal:
    """The portal with a token that lives another minute at least.

    `patience`: seconds to wait for somebody else's refresh. Raises `GatewayError`: `revoked` where
    the portal is not connected, otherwise what the refresh met.
    """
    give_up = time.monotonic() + patience
    while True:
        installation = Installation.by_id(installation_id)
        if installation is None or not installation.is_alive:
            raise GatewayError(NOT_CONNECTED, permanent=True, reason="revoked")
        if installation.token_is_fresh(utcnow()):
            return Portal(installation.portal_id, installation.access_token)
        if _claim_refresh(installation):
            return _refresh(outside, installation)
        if time.monotonic() >= give_up:
            raise GatewayError(
                "The portal's token is being refreshed",
                permanent=False,
                reason="unavailable",
                retry_at=utcnow() + timedelta(seconds=1),
            )
        time.sleep(0.1)


def refresh_ahead(outside: Outside, installation_id: int) -> None:
    """Refresh before the token ends; HubSpot counts calls with dead tokens against the app."""
    installation = Installation.by_id(installation_id)
    if installation is None or not installation.is_alive:
        return
    if _claim_refresh(installation):
        _refresh(outside, installation)


def store_tokens(installation: Installation, tokens: TokenSet) -> None:
    """Keep the newest pair, and owe the next refresh at three quarters of its life."""
    now = utcnow()
    installation.access_token = tokens.access_token
    installation.refresh_token = tokens.refresh_token or installation.refresh_token
    installation.token_expires_at = now + timedelta(seconds=tokens.expires_in)
    installation.refreshing_until = None
    plant_refresh(installation.id, timedelta(seconds=tokens.expires_in * 0.75))


def plant_refresh(installation_id: int, delay: timedelta) -> None:
    """Owe a refresh; one that is owed already comes no later."""
    plant("refresh_token", installation_id, installation_id, delay=delay)


def disconnect(installation: Installation, reason: str) -> None:
    """HubSpot ended it: sending stops, nothing is deleted, installing again resumes."""
    if installation.state == ACTIVE:
        installation.state = DISCONNECTED
        installation.disconnect_reason = reason
        log.warning("portal_disconnected", portal=installation.portal_id, reason=reason)


def _claim_refresh(installation: Installation) -> bool:
    """Whether this caller is the one to refresh the token that `installation` shows."""
    now = utcnow()
    free = or_(Installation.refreshing_until.is_(None), Installation.refreshing_until < now)
    claim = update(Installation).where(
        Installation.id == installation.id,
        Installation.token_expires_at == installation.token_expires_at,
        free,
    )
    with transaction():
        return affected(claim.values(refreshing_until=now + REFRESH_LEASE)) == 1


def _refresh(outside: Outside, installation: Installation) -> Portal:
    tried = installation.refresh_token
    try:
        tokens = outside.gateways.hubspot.refresh(tried)
    except GatewayError as error:
        _refused(installation.id, tried, error)
        raise
    with transaction():
        mine = _locked(installation.id)
        # Who installed again meanwhile brought newer tokens.
        if mine.refresh_token == tried:
            store_tokens(mine, tokens)
    return Portal(mine.portal_id, mine.access_token)


def _refused(installation_id: int, tried: str, error: GatewayError) -> None:
    with transaction():
        mine = _locked(installation_id)
        if mine.refresh_token == tried:
            mine.refreshing_until = None
            if error.reason == "revoked":
                disconnect(mine, "HubSpot refused the refresh token: the app was uninstalled")
    if error.reason == "configuration":
        # Our own mistake looks alike in every portal, so it must never disconnect one.
        log.critical("hubspot_configuration_refused", detail=error.message)


def _locked(installation_id: int) -> Installation:
    """As it stands now, and stays until the transaction ends."""
    return db.session.get_one(
        Installation, installation_id, populate_existing=True, with_for_update=True
    )
