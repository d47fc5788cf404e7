"""The wrapper of hubspot-api-client through which every SDK call reaches the network.

The SDK opens a pool per property access, has no timeout, sends GETs four times and drops fields its
models do not know. `HubSpot(api_factory=...)` is its own hook to change all that.
"""

import copy
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import ModuleType
from typing import Any

from urllib3.exceptions import HTTPError

from plugin.core.text.clean import storable
from plugin.gateways import Meter, Portal
from plugin.gateways.deadline import seconds_left
from plugin.gateways.hubspot.errors import HubSpotRefusal, refusal
from plugin.gateways.hubspot.paths import TOKEN, dated_path
from plugin.gateways.network import network_fault, unreadable
from plugin.gateways.pool import Timeouts, shared_pool

# Token calls count against no portal's rate limit.
OAUTH = "hubspot:oauth"
# Takes a portal id and the token that HubSpot refused; returns another token or None.
Renew = Callable[[int, str], str | None]
# A dict for every success status, so that no field and no partial error is dropped.
_AS_JSON = {200: "object", 201: "object", 202: "object", 207: "object"}


@dataclass(frozen=True)
class Caller:
    """The rate-limit bucket of a call, and the access token unless a form authenticates."""

    bucket: str
    access_token: str = field(default="", repr=False)
    portal_id: int = 0

    @classmethod
    def of(cls, portal: Portal) -> "Caller":
        return cls(f"hubspot:{portal.portal_id}", portal.access_token, portal.portal_id)

    @classmethod
    def searching(cls, portal: Portal) -> "Caller":
        return cls(f"hubspot-search:{portal.portal_id}", portal.access_token, portal.portal_id)


class HubSpotClient:
    def __init__(
        self,
        api_base: str,
        *,
        meter: Meter,
        before_call: Callable[[], None],
        clock: Callable[[], datetime],
        timeouts: Timeouts,
        renew: Renew | None = None,
    ) -> None:
        self.api_base = api_base.rstrip("/")
        self._renew = renew
        self.timeouts = timeouts
        self._meter = meter
        self._before_call = before_call
        self._clock = clock
        self._clients: dict[tuple[int, str], Any] = {}
        self._lock = threading.Lock()

    def api(self, caller: Caller) -> Any:
        """Return the SDK's entry point; its methods return dicts, or None without a body."""
        from hubspot import HubSpot

        return HubSpot(api_factory=self._create_api, caller=caller)

    def direct(
        self,
        caller: Caller,
        method: str,
        path: str,
        form: Mapping[str, str] | None = None,
        query: Sequence[tuple[str, str]] = (),
        body: Mapping[str, Any] | None = None,
        path_params: Mapping[str, str] | None = None,
    ) -> dict[str, Any] | None:
        """Call one of `DIRECT_PATHS`: with a form and no token, or with a token and a JSON body."""
        import hubspot.oauth

        headers = {"Accept": "application/json"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif body is not None:
            headers["Content-Type"] = "application/json"
        answer: dict[str, Any] | None = self._bound(hubspot.oauth, caller).call_api(
            path,
            method,
            path_params=dict(path_params or {}),
            query_params=list(query),
            header_params=headers,
            body=body,
            post_params=list(form.items()) if form else [],
            auth_settings=["oauth2"] if form is None else [],
        )
        return answer

    def admit(self, caller: Caller) -> None:
        self._before_call()
        self._meter.take(caller.bucket)

    def timeouts_of(self, path: str) -> Timeouts:
        # No deadline for tokens: the response may hold the only new refresh token.
        if path == TOKEN:
            return self.timeouts
        return Timeouts(*map(seconds_left, self.timeouts))

    def refused(self, caller: Caller, error: Any) -> HubSpotRefusal:
        """Translate the SDK's ApiException; a 429 closes the bucket for all callers."""
        searching = caller.bucket.startswith("hubspot-search:")
        failure = refusal(error.status, error.headers, error.body, self._clock(), search=searching)
        if failure.reason == "rate_limited" and failure.retry_at:
            self._meter.close(caller.bucket, failure.retry_at)
        return failure

    def renewed(self, caller: Caller) -> Caller | None:
        if self._renew is None or not caller.access_token:
            return None
        token = self._renew(caller.portal_id, caller.access_token)
        return replace(caller, access_token=token) if token else None

    def _create_api(self, package: ModuleType, api_name: str, config: Mapping[str, Any]) -> Any:
        return getattr(package, api_name)(api_client=self._bound(package, config["caller"]))

    def _bound(self, package: ModuleType, caller: Caller) -> Any:
        # A shallow copy has its own caller, so two threads never mix up their tokens.
        client = copy.copy(self._client(package))
        client.caller = caller
        return client

    def _client(self, package: ModuleType) -> Any:
        # A forked child must not share its parent's connections.
        key = (os.getpid(), package.__name__)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._create_client(package)
            return self._clients[key]

    def _create_client(self, package: Any) -> Any:
        # Each SDK package has its own client, responses and exceptions; only the pool is shared.
        gated = type("GatedApiClient", (_Gated, package.ApiClient), {})
        client: Any = gated(package.Configuration(host=self.api_base))
        client.rest_client.pool_manager = shared_pool()
        client.set_default_header("Accept-Encoding", "gzip")
        client.gate = self
        client.sdk_refusal = package.ApiException
        return client


class _Gated:
    gate: HubSpotClient
    caller: Caller
    sdk_refusal: type[Exception]

    def call_api(self, resource_path: str, method: str, *args: Any, **kwargs: Any) -> Any:
        # Checked first, so that an unknown path costs nothing of the rate limit.
        path = dated_path(method, resource_path)
        try:
            return self._call(path, method, args, kwargs)
        except HubSpotRefusal as error:
            # A 401 had no effect, so the call is repeated once with another token.
            caller = self.gate.renewed(self.caller) if error.status == 401 else None
            if caller is None:
                raise
            self.caller = caller
        return self._call(path, method, args, kwargs)

    def _call(self, path: str, method: str, args: Any, options: Mapping[str, Any]) -> Any:
        self.gate.admit(self.caller)
        kwargs = dict(options)
        kwargs["response_types_map"] = dict(_AS_JSON)
        kwargs["_request_timeout"] = self.gate.timeouts_of(path)
        kwargs["_return_http_data_only"] = True
        # Token calls carry no token, and developer calls must never get a portal's.
        if "oauth2" in kwargs["auth_settings"]:
            kwargs["_request_auth"] = _bearer(self.caller.access_token)
        try:
            answer = super().call_api(path, method, *args, **kwargs)  # type: ignore[misc]
        except (UnicodeDecodeError, LookupError):
            return None  # text in another or an unknown character set
        except RecursionError:
            return None  # nested too deeply to parse
        return storable(answer) if isinstance(answer, dict) else None

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        try:
            return super().request(method, url, **kwargs)  # type: ignore[misc]
        # Translated here, where status and raw body are at hand: above, the SDK fails on both.
        except self.sdk_refusal as error:
            # The SDK reports TLS faults as status 0; its text would put bodies into tracebacks.
            if not getattr(error, "status", 0):
                raise network_fault("HubSpot", error) from None
            raise self.gate.refused(self.caller, error) from None
        except (HTTPError, OSError) as error:
            raise network_fault("HubSpot", error) from None


class HubSpotTopic:
    def __init__(self, client: HubSpotClient) -> None:
        self._client = client

    def _portal_api(self, portal: Portal) -> Any:
        return self._client.api(Caller.of(portal))


@contextmanager
def reading(*, write: bool = False) -> Iterator[None]:
    """Turn a missing or unexpected field into an unreadable response: it is not a bug."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise unreadable("HubSpot", write=write) from None


def _bearer(token: str) -> dict[str, str]:
    return {"in": "header", "key": "Authorization", "value": f"Bearer {token}"}
