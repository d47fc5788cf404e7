"""`LineLoginGateway` over Authlib."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import requests
from authlib.common.errors import AuthlibBaseError

from plugin.core.clock import utcnow
from plugin.core.text.clean import storable
from plugin.gateways import (
    Channel,
    GatewayError,
    Identity,
    LiffApp,
    LoginPage,
    LoginTokens,
    Meter,
    UserAccess,
)
from plugin.gateways.deadline import seconds_left
from plugin.gateways.line.tokens import Issued, StatelessTokens
from plugin.gateways.line_login.answers import (
    identity,
    json_of,
    login_page,
    login_tokens,
    refusal,
    token_owner,
    user_access,
)
from plugin.gateways.line_login.liff import liff_apps, liff_body
from plugin.gateways.line_login.session import new_session
from plugin.gateways.network import network_fault, unreadable
from plugin.gateways.pool import Timeouts

APPS = "/liff/v1/apps"


class LiveLineLogin:
    """`LineLoginGateway` over HTTPS. Safe to share between threads."""

    def __init__(
        self,
        *,
        api_base: str,
        access_base: str,
        meter: Meter,
        before_call: Callable[[], None],
        clock: Callable[[], datetime] = utcnow,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._api = api_base.rstrip("/")
        self._access = access_base.rstrip("/")
        self._meter = meter
        self._before_call = before_call
        self._clock = clock
        self._timeouts = timeouts or Timeouts()
        self._tokens = StatelessTokens(self._issue, clock)

    def authorize_url(
        self,
        login: Channel,
        *,
        redirect_uri: str,
        state: str,
        nonce: str,
        code_verifier: str,
        email: bool = True,  # only where LINE approved the channel for it
        locale: str = "",
        auto_login: bool = True,
    ) -> str:
        scope = "profile openid email" if email else "profile openid"
        session = new_session(self._timeouts, login, redirect_uri=redirect_uri, scope=scope)
        url: str = session.create_authorization_url(
            f"{self._access}/oauth2/v2.1/authorize",
            state=state,
            code_verifier=code_verifier,
            nonce=nonce,
            bot_prompt="aggressive",  # offers the account after the consent
            ui_locales=locale or None,
            # After LINE's auto-login failed, which looks like another attempt's state.
            disable_auto_login=None if auto_login else "true",
        )[0]
        # Authlib writes spaces as "+", LINE documents %20; a real plus is %2B already.
        return url.replace("+", "%20")

    def login_page(self, login: Channel, redirect_uri: str) -> LoginPage:
        address = self.authorize_url(
            login,
            redirect_uri=redirect_uri,
            state=secrets.token_urlsafe(16),
            nonce=secrets.token_urlsafe(16),
            code_verifier=secrets.token_urlsafe(48),
        )
        self._admit(_bucket(login, "login-page"))
        session = new_session(self._in_time())
        try:
            response: requests.Response = session.request(
                "GET", address, withhold_token=True, allow_redirects=False
            )
        except requests.RequestException as error:
            raise network_fault("LINE", error) from None
        if response.status_code == 429 or response.status_code >= 500:
            raise refusal(response, self._clock())
        return login_page(response, redirect_uri)

    def exchange(
        self, login: Channel, code: str, redirect_uri: str, code_verifier: str
    ) -> LoginTokens:
        """Exchange the code, once, within 10 minutes. A used or foreign code is `invalid`."""
        bucket = _bucket(login, "login-token")
        session = new_session(self._timeouts, login, redirect_uri=redirect_uri)
        session.register_compliance_hook("access_token_response", self._checker(bucket))
        self._admit(bucket)
        try:
            payload = session.fetch_token(
                f"{self._api}/oauth2/v2.1/token",
                grant_type="authorization_code",
                code=code,
                code_verifier=code_verifier,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise network_fault("LINE", error) from None
        except (AuthlibBaseError, ValueError, RecursionError):
            # 200 with an error inside, or without JSON: the code is used either way.
            raise unreadable("LINE", write=True) from None
        return login_tokens(storable(dict(payload)))

    def refresh(self, login: Channel, refresh_token: str) -> UserAccess:
        # LINE requires the secret for channels of web apps, as ours is.
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": login.channel_id,
            "client_secret": login.secret,
        }
        bucket = _bucket(login, "login-token")
        return user_access(_json(self._ask(bucket, "POST", "/oauth2/v2.1/token", data=form)))

    def verify_id_token(self, login: Channel, id_token: str, nonce: str | None) -> Identity:
        # Web logins sign with HS256, LIFF with ES256: only LINE's own endpoint takes both.
        form = {"id_token": id_token, "client_id": login.channel_id}
        if nonce is not None:
            form["nonce"] = nonce
        bucket = _bucket(login, "login-verify")
        response = self._ask(bucket, "POST", "/oauth2/v2.1/verify", data=form)
        # Channel, nonce and time are compared here too.
        return identity(_json(response), login, nonce, self._clock())

    def owner_of(self, login: Channel, access_token: str) -> str:
        # Anybody may have sent the token, so its channel and expiry are read before its user.
        bucket = _bucket(login, "login-verify")
        token_info = self._ask(
            bucket, "GET", "/oauth2/v2.1/verify", params={"access_token": access_token}
        )
        profile = self._ask(_bucket(login, "profile"), "GET", "/v2/profile", token=access_token)
        return token_owner(_json(token_info), _json(profile), login)

    def is_friend(self, access_token: str) -> bool:
        response = self._ask(
            "line:login:friendship", "GET", "/friendship/v1/status", token=access_token
        )
        friend = _json(response).get("friendFlag")
        if not isinstance(friend, bool):
            raise unreadable("LINE", write=False)
        return friend

    def deauthorize(self, login: Channel, user_access_token: str) -> None:
        body = {"userAccessToken": user_access_token}
        self._as_channel(login, "deauthorize", "POST", "/user/v1/deauthorize", body)

    def liff_apps(self, login: Channel) -> tuple[LiffApp, ...]:
        try:
            return liff_apps(_json(self._as_channel(login, "liff", "GET", APPS)))
        except GatewayError as error:
            # LINE answers 404 where there is none.
            if error.reason == "not_found":
                return ()
            raise

    def create_liff_app(self, login: Channel, endpoint: str, *, email: bool) -> str:
        payload = _json(self._as_channel(login, "liff", "POST", APPS, liff_body(endpoint, email)))
        if not payload.get("liffId"):
            raise unreadable("LINE", write=True)
        return str(payload["liffId"])

    def change_liff_app(self, login: Channel, liff_id: str, endpoint: str, *, email: bool) -> None:
        path = f"{APPS}/{quote(liff_id, safe='')}"
        self._as_channel(login, "liff", "PUT", path, liff_body(endpoint, email))

    def _as_channel(
        self, login: Channel, bucket: str, method: str, path: str, body: object = None
    ) -> requests.Response:
        token, parts = self._tokens.get(login), {"json": body} if body is not None else {}
        try:
            return self._ask(_bucket(login, bucket), method, path, token, **parts)
        except GatewayError as error:
            if error.reason != "unauthorized":
                raise
            self._tokens.forget(login, token)
            return self._ask(_bucket(login, bucket), method, path, self._tokens.get(login), **parts)

    def _issue(self, login: Channel) -> Issued:
        form = {
            "grant_type": "client_credentials",
            "client_id": login.channel_id,
            "client_secret": login.secret,
        }
        payload = _json(self._ask(_bucket(login, "token"), "POST", "/oauth2/v3/token", data=form))
        if not payload.get("access_token"):
            raise unreadable("LINE", write=False)
        return Issued(str(payload["access_token"]), int(payload.get("expires_in") or 900))

    def _ask(
        self, bucket: str, method: str, path: str, token: str | None = None, **parts: Any
    ) -> requests.Response:
        session = new_session(self._in_time(), token=token)
        self._admit(bucket)
        try:
            response: requests.Response = session.request(
                method,
                self._api + path,
                withhold_token=token is None,
                allow_redirects=False,
                **parts,
            )
        except requests.RequestException as error:
            raise network_fault("LINE", error) from None
        return self._checker(bucket)(response)

    def _in_time(self) -> Timeouts:
        return Timeouts(*map(seconds_left, self._timeouts))

    def _admit(self, bucket: str) -> None:
        self._before_call()
        self._meter.take(bucket)

    def _checker(self, bucket: str) -> Callable[[requests.Response], requests.Response]:
        def check(response: requests.Response) -> requests.Response:
            if 200 <= response.status_code < 300:
                return response
            error = refusal(response, self._clock())
            if error.reason == "rate_limited" and error.retry_at:
                self._meter.close(bucket, error.retry_at)
            raise error

        return check


def _bucket(login: Channel, endpoint: str) -> str:
    return f"line:{login.channel_id}:{endpoint}"


def _json(response: requests.Response) -> Mapping[str, Any]:
    payload = json_of(response)
    if payload is None:
        raise unreadable("LINE", write=False)
    return payload
