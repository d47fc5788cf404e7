"""Installing into a HubSpot portal, and signing its people in."""

import secrets
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import delete, select

from plugin.core.clock import utcnow
from plugin.core.properties import GROUP, named
from plugin.core.tokens import fingerprint
from plugin.gateways import (
    AccountDetails,
    GatewayError,
    Portal,
    PropertyDefinition,
    TokenInfo,
    TokenSet,
)
from plugin.models.base import affected, db, transaction
from plugin.models.installation import ACTIVE, REMOVING, Installation, Member, OAuthState
from plugin.models.official_account import OfficialAccount
from plugin.models.upsert import insert_or
from plugin.services import Outside
from plugin.services.disconnect import wake
from plugin.services.offered_ids import own_property
from plugin.services.portal_access import portal, store_tokens
from plugin.services.write_contacts import write_again

STATE_LIFE = timedelta(minutes=15)
STILL_REMOVING = "HubSpot is still being removed"


class StateRefused(Exception):
    """The callback's state is missing, unknown, used, too old, or of another browser."""


class SignedIn(NamedTuple):
    """Who came back from HubSpot, where he wanted to go, and whether the portal is new."""

    installation: Installation
    member: Member
    next_path: str


def redirect_uri(outside: Outside) -> str:
    """Where HubSpot sends the installing admin back to."""
    return f"{outside.settings.base_url}/hubspot/callback"


def begin_install(outside: Outside, browser: str, next_path: str = "/") -> str:
    """HubSpot's consent address, with a one-use state bound to `browser` (its cookie)."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    with transaction() as session:
        session.add(
            OAuthState(
                fingerprint=fingerprint(state),
                browser=fingerprint(browser),
                code_verifier=verifier,
                next_path=next_path,
                expires_at=utcnow() + STATE_LIFE,
            )
        )
    return outside.gateways.hubspot.authorize_url(state, redirect_uri(outside), verifier)


def finish_install(outside: Outside, state: str, code: str, browser: str) -> SignedIn:
    """Exchange the code and keep the portal's tokens.

    Raises `StateRefused` before the code is touched, or `GatewayError`.
    """
    begun = _take_state(state, browser)
    tokens = outside.gateways.hubspot.exchange_code(
        code, redirect_uri(outside), begun.code_verifier
    )
    info = outside.gateways.hubspot.introspect(tokens.access_token)
    details = outside.gateways.hubspot.account_details(Portal(info.portal_id, tokens.access_token))
    installation, member = _keep(tokens, info, details)
    return SignedIn(installation, member, begun.next_path)


def ensure_properties(outside: Outside, installation_id: int) -> None:
    """Create the LINE properties of every account of the portal, or adopt what is there."""
    access = portal(outside, installation_id)
    accounts = OfficialAccount.list_owned(installation_id)
    made: set[str] = set()
    for suffix in {"", *(account.property_suffix for account in accounts)}:
        definitions = [
            PropertyDefinition(one.name, one.label, one.type, one.field_type, "", one.options)
            for one in named(suffix)
        ]
        made.update(outside.gateways.hubspot.ensure_properties(access, GROUP, definitions))
    with transaction():
        for account in accounts:
            if own_property(account) in made:
                write_again(account)
        installation = Installation.by_id(installation_id)
        if installation is not None:
            installation.properties_ready_at = utcnow()


def _take_state(state: str, browser: str) -> OAuthState:
    """Popped before it is compared, so that no state is ever tried twice."""
    with transaction() as session:
        begun = session.get(OAuthState, fingerprint(state))
        if begun is not None:
            gone = delete(OAuthState).where(OAuthState.fingerprint == begun.fingerprint)
            session.expunge(begun)
            begun = begun if affected(gone) == 1 else None
    if begun is None or begun.expires_at < utcnow() or begun.browser != fingerprint(browser):
        raise StateRefused
    return begun


def _keep(
    tokens: TokenSet, info: TokenInfo, details: AccountDetails
) -> tuple[Installation, Member]:
    with transaction() as session:
        installation = _installation_row(info.portal_id)
        if installation.state == REMOVING:
            raise GatewayError(STILL_REMOVING, permanent=False, reason="unavailable")
        installation.hub_domain = info.hub_domain
        installation.ui_domain, installation.time_zone = details.ui_domain, details.time_zone
        installation.scopes = list(info.scopes)
        installation.state, installation.disconnect_reason = ACTIVE, ""
        store_tokens(installation, tokens)
        wake(installation.id)
        member = _member_row(installation.id, info)
        session.flush()
        return installation, member


def _installation_row(portal_id: int) -> Installation:
    now = utcnow()
    fresh = {
        "portal_id": portal_id, "access_token": "", "refresh_token": "", "token_expires_at": now,
        "installed_at": now, "scopes": [], "state": ACTIVE, "hub_domain": "", "ui_domain": "",
        "time_zone": "", "disconnect_reason": "", "properties_error": "",
    }  # fmt: skip
    db.session.execute(insert_or(Installation).values(fresh).on_conflict_do_nothing())
    found = select(Installation).where(Installation.portal_id == portal_id)
    return db.session.scalars(found.execution_options(populate_existing=True)).one()


def _member_row(installation_id: int, info: TokenInfo) -> Member:
    user_id = info.user_id or 0
    mine = select(Member).where(Member.installation_id == installation_id)
    member = db.session.scalar(mine.where(Member.hubspot_user_id == user_id))
    if member is None:
        member = Member(installation_id=installation_id, hubspot_user_id=user_id)
        db.session.add(member)
    member.email, member.signed_in_at = info.user, utcnow()
    return member
