"""`LineGateway` over line-bot-sdk."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from plugin.core.clock import utcnow
from plugin.gateways import (
    Accepted,
    BotInfo,
    Channel,
    FollowerPage,
    GatewayError,
    Message,
    Meter,
    Profile,
    Quota,
    RichMenu,
    WebhookSetting,
    WebhookTest,
)
from plugin.gateways.line.answers import (
    accepted,
    bot_info,
    follower_page,
    profile,
    quota,
    reading,
    rich_menus,
    webhook_setting,
    webhook_test,
)
from plugin.gateways.line.chats import Chats
from plugin.gateways.line.client import LineAnswer, LineClient
from plugin.gateways.line.coupons import Coupons
from plugin.gateways.line.errors import refusal, token_refusal
from plugin.gateways.line.profiles import PATH as PROFILE_PATH
from plugin.gateways.line.profiles import fetch_profiles
from plugin.gateways.line.statistics import UNITS, Statistics, refuses_unit
from plugin.gateways.line.tokens import Issued, StatelessTokens
from plugin.gateways.pool import Timeouts

_WEBHOOK = "/v2/bot/channel/webhook/endpoint"
_OWN_MENU = "/v2/bot/user/{userId}/richmenu"
_FOLLOWER_PAGE_SIZE = "1000"


class LiveLine(Chats, Coupons, Statistics):
    """`LineGateway` over HTTPS. Safe to share between threads."""

    def __init__(
        self,
        *,
        api_base: str,
        data_base: str,
        meter: Meter,
        before_call: Callable[[], None],
        clock: Callable[[], datetime] = utcnow,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._client = LineClient(
            api_base=api_base, data_base=data_base, timeouts=timeouts or Timeouts()
        )
        self._meter = meter
        self._before_call = before_call
        self._clock = clock
        self._tokens = StatelessTokens(self._issue, clock)

    def check_channel(self, channel: Channel) -> None:
        self._issue(channel)

    def bot_info(self, channel: Channel) -> BotInfo:
        answer = self._call(channel, "info", "GET", "/v2/bot/info")
        with reading():
            return bot_info(answer.json() or {})

    def get_webhook(self, channel: Channel) -> WebhookSetting | None:
        """Return None where no address is set."""
        try:
            answer = self._call(channel, "webhook", "GET", _WEBHOOK)
        except GatewayError as error:
            if error.reason == "not_found":
                return None
            raise
        with reading():
            return webhook_setting(answer.json() or {})

    def set_webhook(self, channel: Channel, endpoint: str) -> None:
        """Set an https address, at most 500 characters; LINE takes up to a minute to use it."""
        self._call(channel, "webhook", "PUT", _WEBHOOK, body={"endpoint": endpoint})

    def test_webhook(self, channel: Channel, endpoint: str) -> WebhookTest:
        """Make LINE call the address with a signed, empty event list. 60 an hour."""
        body = {"endpoint": endpoint}
        answer = self._call(
            channel, "webhook-test", "POST", "/v2/bot/channel/webhook/test", body=body
        )
        with reading():
            return webhook_test(answer.json() or {})

    def profile(self, channel: Channel, user_id: str) -> Profile:
        """Raise `not_found`: unknown, blocked, not a friend, without consent; LINE does not say."""
        path_params = {"userId": user_id}
        answer = self._call(
            channel, "profile", "GET", "/v2/bot/profile/{userId}", path_params=path_params
        )
        with reading():
            return profile(answer.json() or {})

    def profiles(self, channel: Channel, user_ids: Sequence[str]) -> Mapping[str, Profile | None]:
        token = self._tokens.get(channel)
        self._before_call()
        for _ in user_ids:
            self._meter.take(_bucket(channel, "profile"))

        def send(user_id: str) -> LineAnswer:
            params = {"userId": user_id}
            return self._client.send("GET", PROFILE_PATH, token=token, path_params=params)

        def refused(answer: LineAnswer) -> GatewayError:
            return self._note_limit(channel, "profile", refusal(answer, "profile", self._clock()))

        return fetch_profiles(send, lambda again: self.profile(channel, again), refused, user_ids)

    def follower_ids(self, channel: Channel, start: str | None) -> FollowerPage:
        # `forbidden` for accounts that are neither verified nor premium.
        query = {"limit": _FOLLOWER_PAGE_SIZE, **({"start": start} if start else {})}
        answer = self._call(channel, "followers", "GET", "/v2/bot/followers/ids", query=query)
        with reading():
            return follower_page(answer.json() or {})

    def quota(self, channel: Channel) -> Quota:
        # Two calls, so the two numbers may belong to slightly different moments.
        limit = self._call(channel, "quota", "GET", "/v2/bot/message/quota")
        used = self._call(channel, "consumption", "GET", "/v2/bot/message/quota/consumption")
        with reading():
            return quota(limit.json() or {}, used.json() or {})

    def rich_menus(self, channel: Channel) -> tuple[RichMenu, ...]:
        """Return all menus created through the API, at most 1,000. 10 calls a second."""
        answer = self._call(channel, "richmenu-list", "GET", "/v2/bot/richmenu/list")
        with reading():
            return rich_menus(answer.json() or {})

    def link_rich_menu(self, channel: Channel, user_id: str, menu_id: str) -> None:
        """Idempotent. LINE answers 200 also for users who block the account or are no friends."""
        path, path_params = f"{_OWN_MENU}/{{menuId}}", {"userId": user_id, "menuId": menu_id}
        self._call(channel, "richmenu", "POST", path, path_params=path_params)

    def unlink_rich_menu(self, channel: Channel, user_id: str) -> None:
        self._call(channel, "richmenu", "DELETE", _OWN_MENU, path_params={"userId": user_id})

    def validate(self, channel: Channel, messages: Sequence[Message]) -> None:
        """Raise `invalid` with LINE's details. LINE checks nothing but the messages."""
        body = {"messages": [dict(message) for message in messages]}
        self._call(channel, "validate", "POST", "/v2/bot/message/validate/push", body=body)

    def push(
        self,
        channel: Channel,
        to: str,
        messages: Sequence[Message],
        retry_key: str,
        notification_disabled: bool = False,
        unit: str = "",
    ) -> Accepted:
        """Send one to five messages. The same key within 24 h sends nothing again."""
        body = _send_body(to, messages, notification_disabled, unit)
        return self._deliver(channel, "push", body, retry_key)

    def multicast(
        self,
        channel: Channel,
        to: Sequence[str],
        messages: Sequence[Message],
        retry_key: str,
        notification_disabled: bool = False,
        unit: str = "",
    ) -> Accepted:
        """Send to at most 500 users; LINE returns no message ids."""
        body = _send_body(list(to), messages, notification_disabled, unit)
        return self._deliver(channel, "multicast", body, retry_key)

    def reply(
        self,
        channel: Channel,
        token: str,
        messages: Sequence[Message],
        notification_disabled: bool = False,
    ) -> Accepted:
        """Send free of charge, once: LINE takes no retry key here, so a lost answer stays lost.
        Raise `invalid` for a token that is used or older than a minute."""
        body = _send_body("", messages, notification_disabled)
        del body["to"]
        body["replyToken"] = token
        return accepted(self._call(channel, "reply", "POST", "/v2/bot/message/reply", body=body))

    def _deliver(
        self, channel: Channel, endpoint: str, body: Mapping[str, Any], retry_key: str
    ) -> Accepted:
        try:
            return self._post(channel, endpoint, body, retry_key)
        except GatewayError as error:
            if not refuses_unit(body, error.details, error.message):
                raise
        # A refusal leaves the key unused. The statistics go, the message does not.
        plain = {name: value for name, value in body.items() if name != UNITS}
        return self._post(channel, endpoint, plain, retry_key)

    def _post(
        self, channel: Channel, endpoint: str, body: Mapping[str, Any], retry_key: str
    ) -> Accepted:
        path = f"/v2/bot/message/{endpoint}"
        # Never fails on the body of a good response: LINE has accepted the message by then.
        return accepted(self._call(channel, endpoint, "POST", path, body=body, retry_key=retry_key))

    def _call(
        self, channel: Channel, endpoint: str, method: str, path: str, **parts: Any
    ) -> LineAnswer:
        token = self._token(channel)
        answer = self._send(channel, endpoint, method, path, token=token, **parts)
        # A 401 had no effect, so even a push may be repeated, once, under its key.
        if answer.status == 401:
            self._tokens.forget(channel, token)
            token = self._token(channel)
            answer = self._send(channel, endpoint, method, path, token=token, **parts)
        # LINE has had this retry key before: the first response was lost, not the message.
        repeated = answer.status == 409 and "x-line-accepted-request-id" in answer.headers
        if answer.ok or repeated:
            return answer
        raise self._note_limit(channel, endpoint, refusal(answer, endpoint, self._clock()))

    def _token(self, channel: Channel) -> str:
        try:
            return self._tokens.get(channel)
        except GatewayError as error:
            # Only the token was requested; the call itself was never made.
            error.unsent = True
            raise

    def _send(
        self, channel: Channel, endpoint: str, method: str, path: str, **parts: Any
    ) -> LineAnswer:
        self._before_call()
        self._meter.take(_bucket(channel, endpoint))
        return self._client.send(method, path, **parts)

    def _issue(self, channel: Channel) -> Issued:
        form = {
            "grant_type": "client_credentials",
            "client_id": channel.channel_id,
            "client_secret": channel.secret,
        }
        answer = self._send(channel, "token", "POST", "/oauth2/v3/token", token=None, form=form)
        if not answer.ok:
            raise self._note_limit(channel, "token", token_refusal(answer, self._clock()))
        payload = answer.json() or {}
        with reading():
            return Issued(str(payload["access_token"]), int(payload.get("expires_in") or 900))

    def _note_limit(self, channel: Channel, endpoint: str, error: GatewayError) -> GatewayError:
        # Not for the monthly limit, which may leave room for others.
        if error.reason == "rate_limited" and error.retry_at:
            self._meter.close(_bucket(channel, endpoint), error.retry_at)
        return error


def _bucket(channel: Channel, endpoint: str) -> str:
    return f"line:{channel.channel_id}:{endpoint}"


def _send_body(
    to: str | list[str], messages: Sequence[Message], notification_disabled: bool, unit: str = ""
) -> dict[str, Any]:
    body: dict[str, Any] = {"to": to, "messages": [dict(message) for message in messages]}
    # LINE takes no nulls, and false is its default.
    if notification_disabled:
        body["notificationDisabled"] = True
    if unit:
        body[UNITS] = [unit]
    return body
