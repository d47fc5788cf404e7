"""Installs into a HubSpot portal, and signs its people in."""

from datetime import timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.security.signed_states import StateContent, code_verifier, read_state, write_state
from plugin.core.security.tokens import fingerprint
from plugin.gateways import AccountDetails, GatewayError, Portal, TokenInfo, TokenSet
from plugin.models.base import db
from plugin.models.connections.installation import ACTIVE, PAUSED, REMOVING, Installation
from plugin.models.connections.member import Member
from plugin.models.connections.oauth_state import OAuthState
from plugin.models.sql import insert_or
from plugin.models.transaction import retried, transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import store_tokens
from plugin.services.connections.connection import wake_rested_jobs

log = structlog.get_logger()
STATE_LIFE = timedelta(minutes=15)
PURPOSE = "install"
STILL_REMOVING = "HubSpot is still being removed"


class StateRefused(Exception):
    """The callback's state is missing, unknown, used, too old, or of another browser."""


class StillRemoving(GatewayError):
    """A person is removing HubSpot at this moment; no sign-in stops that."""

    def __init__(self) -> None:
        super().__init__(STILL_REMOVING, permanent=False, reason="unavailable")


class SignedIn(NamedTuple):
    """A person back from HubSpot; `next_path` is the page that they wanted."""

    installation: Installation
    member: Member
    next_path: str


def redirect_uri(deps: Dependencies) -> str:
    return f"{deps.settings.base_url}/hubspot/callback"


def begin_install(deps: Dependencies, browser: str, next_path: str = "/") -> str:
    """Return HubSpot's consent address, with a one-use state bound to `browser` (its cookie)."""
    secret = deps.settings.secret_keys[0]
    content = StateContent(fingerprint(browser), next_path, utcnow() + STATE_LIFE)
    # Signed and not stored: anybody may ask for the address as often as they like.
    state = write_state(secret, PURPOSE, content)
    verifier = code_verifier(secret, state)
    return deps.gateways.hubspot.authorize_url(state, redirect_uri(deps), verifier)


def finish_install(deps: Dependencies, state: str, code: str, browser: str) -> SignedIn:
    """Exchange the code and store the tokens; raise `StateRefused` before it, or `GatewayError`."""
    secret, next_path = _take_state(deps, state, browser)
    verifier = code_verifier(secret, state)
    tokens = deps.gateways.hubspot.exchange_code(code, redirect_uri(deps), verifier)
    info = deps.gateways.hubspot.introspect(tokens.access_token)
    portal = Portal(info.portal_id, tokens.access_token)
    details = deps.gateways.hubspot.account_details(portal)
    try:
        installation, member = _store(tokens, info, details)
    except StillRemoving:
        _uninstall_again(deps, portal, tokens)
        raise
    return SignedIn(installation, member, next_path)


def _take_state(deps: Dependencies, state: str, browser: str) -> tuple[str, str]:
    """Use the state up; return the key that signed it, and the page that the person wanted."""
    for secret in deps.settings.secret_keys:
        begun = read_state(secret, PURPOSE, state)
        if begun is None or begun.expires_at < utcnow() or begun.browser != fingerprint(browser):
            # A foreign or unsigned state leaves no row either.
            continue
        row = {"fingerprint": fingerprint(state), "expires_at": begun.expires_at}
        statement = insert_or(OAuthState).values(**row, browser="", code_verifier="", next_path="")
        with transaction() as session:
            inserted = statement.on_conflict_do_nothing().returning(OAuthState.fingerprint)
            if session.scalar(inserted) is not None:
                return secret, begun.next_path
    raise StateRefused


@retried
def _store(
    tokens: TokenSet, info: TokenInfo, details: AccountDetails
) -> tuple[Installation, Member]:
    with transaction() as session:
        installation = _installation_row(info.portal_id)
        if installation.state == REMOVING:
            raise StillRemoving
        installation.hub_domain = info.hub_domain
        installation.ui_domain, installation.time_zone = details.ui_domain, details.time_zone
        installation.scopes = list(info.scopes)
        store_tokens(installation, tokens)
        _reconnect(installation)
        member = _member_row(installation.id, info)
        session.flush()
        return installation, member


def _reconnect(installation: Installation) -> None:
    if installation.state == PAUSED:
        # Only a person ends a pause.
        return
    installation.state, installation.disconnect_reason = ACTIVE, ""
    wake_rested_jobs(installation.id)


def _uninstall_again(deps: Dependencies, portal: Portal, tokens: TokenSet) -> None:
    """Uninstall what a consent has just installed, after the removal has left HubSpot."""
    installation = Installation.of_portal(portal.portal_id)
    if installation is not None and installation.refresh_token:
        # The removal still holds its tokens, and uninstalls by itself.
        return
    try:
        deps.gateways.hubspot.uninstall(portal)
        deps.gateways.hubspot.revoke(tokens.refresh_token)
    except GatewayError as error:
        log.warning("hubspot_uninstall_failed", portal=portal.portal_id, reason=error.reason)


def _installation_row(portal_id: int) -> Installation:
    now = utcnow()
    values = {
        "portal_id": portal_id, "access_token": "", "refresh_token": "", "token_expires_at": now,
        "installed_at": now, "scopes": [], "state": ACTIVE, "hub_domain": "", "ui_domain": "",
        "time_zone": "", "disconnect_reason": "", "properties_error": "",
    }  # fmt: skip
    db.session.execute(insert_or(Installation).values(values).on_conflict_do_nothing())
    statement = select(Installation).where(Installation.portal_id == portal_id)
    # Waits for a simultaneous pause or removal, and never overwrites it.
    locked = statement.with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(locked).one()


def _member_row(installation_id: int, info: TokenInfo) -> Member:
    user_id = info.user_id or 0
    statement = select(Member).where(Member.installation_id == installation_id)
    member = db.session.scalar(statement.where(Member.hubspot_user_id == user_id))
    if member is None:
        member = Member(installation_id=installation_id, hubspot_user_id=user_id)
        db.session.add(member)
    member.email, member.signed_in_at = info.user, utcnow()
    return member
