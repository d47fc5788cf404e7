"""LINE's Messaging API, live, on line-bot-sdk."""

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
from plugin.gateways.line_answers import (
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
from plugin.gateways.line_client import LineAnswer, LineClient
from plugin.gateways.line_errors import refusal, token_refusal
from plugin.gateways.line_profiles import PATH as PROFILE_PATH
from plugin.gateways.line_profiles import ask_for_profiles
from plugin.gateways.line_tokens import Issued, StatelessTokens
from plugin.gateways.pool import Timeouts

_WEBHOOK = "/v2/bot/channel/webhook/endpoint"
_OWN_MENU = "/v2/bot/user/{userId}/richmenu"
_FOLLOWERS_A_PAGE = "1000"


class LiveLine:
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
        """Asks for a token and throws it away; `configuration` where LINE knows no such channel."""
        self._issue(channel)

    def bot_info(self, channel: Channel) -> BotInfo:
        answer = self._call(channel, "info", "GET", "/v2/bot/info")
        with reading():
            return bot_info(answer.json() or {})

    def get_webhook(self, channel: Channel) -> WebhookSetting | None:
        """None where no address is set."""
        try:
            answer = self._call(channel, "webhook", "GET", _WEBHOOK)
        except GatewayError as error:
            if error.reason == "not_found":
                return None
            raise
        with reading():
            return webhook_setting(answer.json() or {})

    def set_webhook(self, channel: Channel, endpoint: str) -> None:
        """https, at most 500 characters; LINE takes up to a minute to follow."""
        self._call(channel, "webhook", "PUT", _WEBHOOK, body={"endpoint": endpoint})

    def test_webhook(self, channel: Channel, endpoint: str) -> WebhookTest:
        """LINE calls the address with a signed, empty event list. 60 an hour."""
        body = {"endpoint": endpoint}
        answer = self._call(
            channel, "webhook-test", "POST", "/v2/bot/channel/webhook/test", body=body
        )
        with reading():
            return webhook_test(answer.json() or {})

    def profile(self, channel: Channel, user_id: str) -> Profile:
        """`not_found`: unknown, blocked, not a friend, or without consent; LINE does not say."""
        path_params = {"userId": user_id}
        answer = self._call(
            channel, "profile", "GET", "/v2/bot/profile/{userId}", path_params=path_params
        )
        with reading():
            return profile(answer.json() or {})

    def profiles(self, channel: Channel, user_ids: Sequence[str]) -> Mapping[str, Profile | None]:
        """Some hundred at most, sixteen at once; None where LINE shows nobody."""
        token = self._tokens.get(channel)
        self._before_call()
        for _ in user_ids:
            self._meter.take(_bucket(channel, "profile"))

        def send(user_id: str) -> LineAnswer:
            params = {"userId": user_id}
            return self._client.send("GET", PROFILE_PATH, token=token, path_params=params)

        def refused(answer: LineAnswer) -> GatewayError:
            return self._noted(channel, "profile", refusal(answer, "profile", self._clock()))

        return ask_for_profiles(send, lambda one: self.profile(channel, one), refused, user_ids)

    def follower_ids(self, channel: Channel, start: str | None) -> FollowerPage:
        """`forbidden` for accounts that are neither verified nor premium."""
        query = {"limit": _FOLLOWERS_A_PAGE, **({"start": start} if start else {})}
        answer = self._call(channel, "followers", "GET", "/v2/bot/followers/ids", query=query)
        with reading():
            return follower_page(answer.json() or {})

    def quota(self, channel: Channel) -> Quota:
        # Two calls, so the two numbers may be of slightly different moments.
        limit = self._call(channel, "quota", "GET", "/v2/bot/message/quota")
        used = self._call(channel, "consumption", "GET", "/v2/bot/message/quota/consumption")
        with reading():
            return quota(limit.json() or {}, used.json() or {})

    def rich_menus(self, channel: Channel) -> tuple[RichMenu, ...]:
        """All that were made through the API, at most 1,000. 10 calls a second."""
        answer = self._call(channel, "richmenu-list", "GET", "/v2/bot/richmenu/list")
        with reading():
            return rich_menus(answer.json() or {})

    def link_rich_menu(self, channel: Channel, user_id: str, menu_id: str) -> None:
        """Again and again has the same effect. 200 also for who blocks or is no friend."""
        path, path_params = f"{_OWN_MENU}/{{menuId}}", {"userId": user_id, "menuId": menu_id}
        self._call(channel, "richmenu", "POST", path, path_params=path_params)

    def unlink_rich_menu(self, channel: Channel, user_id: str) -> None:
        """Back to the account's default menu, where it has one."""
        self._call(channel, "richmenu", "DELETE", _OWN_MENU, path_params={"userId": user_id})

    def validate(self, channel: Channel, messages: Sequence[Message]) -> None:
        """A dry run: `invalid` with LINE's details. It looks at nothing but the messages."""
        body = {"messages": [dict(message) for message in messages]}
        self._call(channel, "validate", "POST", "/v2/bot/message/validate/push", body=body)

    def push(
        self,
        channel: Channel,
        to: str,
        messages: Sequence[Message],
        retry_key: str,
        notification_disabled: bool = False,
    ) -> Accepted:
        """One to five messages to one user. The same key within 24 h sends no second time."""
        body = _sending(to, messages, notification_disabled)
        return self._deliver(channel, "push", body, retry_key)

    def multicast(
        self,
        channel: Channel,
        to: Sequence[str],
        messages: Sequence[Message],
        retry_key: str,
        notification_disabled: bool = False,
    ) -> Accepted:
        """The same messages to at most 500 users; LINE tells no message ids."""
        body = _sending(list(to), messages, notification_disabled)
        return self._deliver(channel, "multicast", body, retry_key)

    def _deliver(
        self, channel: Channel, endpoint: str, body: Mapping[str, Any], retry_key: str
    ) -> Accepted:
        """Never fails on the body of a good answer: LINE has taken the message by then."""
        path = f"/v2/bot/message/{endpoint}"
        return accepted(self._call(channel, endpoint, "POST", path, body=body, retry_key=retry_key))

    def _call(
        self, channel: Channel, endpoint: str, method: str, path: str, **parts: Any
    ) -> LineAnswer:
        """The good answer. A refused token is replaced once; then `unauthorized` is final."""
        token = self._tokens.get(channel)
        answer = self._send(channel, endpoint, method, path, token=token, **parts)
        # Refused before it had any effect, so even a push may go again under its key.
        if answer.status == 401:
            self._tokens.forget(channel, token)
            token = self._tokens.get(channel)
            answer = self._send(channel, endpoint, method, path, token=token, **parts)
        # LINE had this retry key before: the answer to the first try was lost, not the message.
        repeated = answer.status == 409 and "x-line-accepted-request-id" in answer.headers
        if answer.ok or repeated:
            return answer
        raise self._noted(channel, endpoint, refusal(answer, endpoint, self._clock()))

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
            raise self._noted(channel, "token", token_refusal(answer, self._clock()))
        said = answer.json() or {}
        with reading():
            return Issued(str(said["access_token"]), int(said.get("expires_in") or 900))

    def _noted(self, channel: Channel, endpoint: str, error: GatewayError) -> GatewayError:
        """Only a rate limit closes the bucket: the month's limit may leave room for others."""
        if error.reason == "rate_limited" and error.retry_at:
            self._meter.close(_bucket(channel, endpoint), error.retry_at)
        return error


def _bucket(channel: Channel, endpoint: str) -> str:
    return f"line:{channel.channel_id}:{endpoint}"


def _sending(
    to: str | list[str], messages: Sequence[Message], notification_disabled: bool
) -> dict[str, Any]:
    body: dict[str, Any] = {"to": to, "messages": [dict(message) for message in messages]}
    # LINE takes no nulls and false is its default, so it is left out.
    if notification_disabled:
        body["notificationDisabled"] = True
    return body
