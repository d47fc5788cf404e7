"""A portal's installation, tokens and uninstallation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from plugin.gateways import AccountDetails, GatewayError, Portal, TokenInfo, TokenSet
from plugin.gateways.hubspot.client import OAUTH, Caller, HubSpotClient, HubSpotTopic, reading
from plugin.gateways.hubspot.errors import HubSpotRefusal, classify_exchange, classify_refresh
from plugin.gateways.hubspot.paths import ACCOUNT_DETAILS, INTROSPECT, REVOKE, TOKEN, UNINSTALL
from plugin.gateways.network import unreadable

_US = Caller(OAUTH)


@dataclass(frozen=True)
class HubSpotApp:
    client_id: str
    client_secret: str = field(repr=False)
    authorize_base: str
    # The scopes must equal those of the uploaded project.
    required_scopes: tuple[str, ...]
    optional_scopes: tuple[str, ...] = ()

    @property
    def credentials(self) -> dict[str, str]:
        return {"client_id": self.client_id, "client_secret": self.client_secret}


class OAuthCalls(HubSpotTopic):
    def __init__(self, client: HubSpotClient, app: HubSpotApp) -> None:
        super().__init__(client)
        self._app = app

    @property
    def required_scopes(self) -> tuple[str, ...]:
        return self._app.required_scopes

    def authorize_url(self, state: str, redirect_uri: str, code_verifier: str) -> str:
        query = {
            "client_id": self._app.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self._app.required_scopes),
            "optional_scope": " ".join(self._app.optional_scopes),
            "state": state,
            "code_challenge": create_s256_code_challenge(code_verifier),
            "code_challenge_method": "S256",
        }
        present = {name: value for name, value in query.items() if value}
        base = self._app.authorize_base.rstrip("/")
        # Spaces between scopes must be `%20`, never `+`.
        return f"{base}/oauth/authorize?{urlencode(present, quote_via=quote, safe='')}"

    def exchange_code(self, code: str, redirect_uri: str, code_verifier: str) -> TokenSet:
        """Exchange the code, once. A used or expired code is `invalid`."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": code_verifier,
            **self._app.credentials,
        }
        try:
            return _token_set(self._client.direct(_US, "POST", TOKEN, form))
        except HubSpotRefusal as error:
            raise classify_exchange(error) from None

    def refresh(self, refresh_token: str) -> TokenSet:
        try:
            answer = self._client.api(_US).oauth.tokens_api.create(
                grant_type="refresh_token", refresh_token=refresh_token, **self._app.credentials
            )
        except HubSpotRefusal as error:
            raise classify_refresh(error) from None
        # The response may hold a new refresh token; the old one is kept only where it has none.
        return _token_set(answer, refresh_token)

    def introspect(self, access_token: str) -> TokenInfo:
        """Return who consented for which portal. An invalid token is `unauthorized`."""
        answer = self._form(INTROSPECT, access_token, "access_token") or {}
        if answer.get("active") is False:
            raise GatewayError(
                "HubSpot says the access token is not active", permanent=True, reason="unauthorized"
            )
        with reading():
            return TokenInfo(
                portal_id=int(answer["hub_id"]),
                user_id=_optional_int(answer.get("user_id")),
                user=str(answer.get("user") or "")[:255],
                scopes=tuple(map(str, answer.get("scopes") or ())),
                hub_domain=str(answer.get("hub_domain") or "")[:255],
            )

    def revoke(self, refresh_token: str) -> None:
        """Revoke the refresh token, if it is valid; access tokens stay valid up to 30 minutes."""
        try:
            self._form(REVOKE, refresh_token, "refresh_token")
        except GatewayError as error:
            if error.reason != "revoked":
                raise

    def uninstall(self, portal: Portal) -> None:
        """Remove the app from the portal, before `revoke`; HubSpot mails its admins."""
        self._client.direct(Caller.of(portal), "DELETE", UNINSTALL)

    def account_details(self, portal: Portal) -> AccountDetails:
        answer = self._client.direct(Caller.of(portal), "GET", ACCOUNT_DETAILS)
        with reading():
            payload: Mapping[str, Any] = answer or {}
            return AccountDetails(
                portal_id=int(payload["portalId"]),
                ui_domain=str(payload["uiDomain"])[:255],
                time_zone=str(payload.get("timeZone") or "UTC")[:64],
                account_type=str(payload.get("accountType") or ""),
            )

    def _form(self, path: str, token: str, hint: str) -> dict[str, Any] | None:
        form = {"token": token, "token_type_hint": hint, **self._app.credentials}
        try:
            return self._client.direct(_US, "POST", path, form)
        except HubSpotRefusal as error:
            raise classify_refresh(error) from None


def _token_set(answer: dict[str, Any] | None, refresh_token: str = "") -> TokenSet:
    if answer is None:
        raise unreadable("HubSpot", write=True)
    with reading(write=True):
        return TokenSet(
            access_token=str(answer["access_token"]),
            refresh_token=str(answer.get("refresh_token") or refresh_token),
            expires_in=int(answer.get("expires_in") or 1800),
            portal_id=_optional_int(answer.get("hub_id")),
        )


def _optional_int(value: Any) -> int | None:
    return int(value) if value else None
