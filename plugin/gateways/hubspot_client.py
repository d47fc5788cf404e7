"""The gate under hubspot-api-client: every SDK call passes here on its way to the network.

The SDK as shipped opens a pool per property access, has no timeout, sends GETs four times and
drops what its models do not know. `HubSpot(api_factory=...)` is its own door to change all that.
"""

import copy
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType
from typing import Any

from urllib3.exceptions import HTTPError

from plugin.gateways import Meter, Portal
from plugin.gateways.hubspot_errors import HubSpotRefusal, refusal
from plugin.gateways.hubspot_paths import dated_path
from plugin.gateways.network import network_fault, unreadable
from plugin.gateways.pool import Timeouts, shared_pool

# Whatever the success status: a dict, so that no field and no partial error is dropped.
_AS_JSON = {200: "object", 201: "object", 202: "object", 207: "object"}


@dataclass(frozen=True)
class Caller:
    """On whose account a call is made: the meter's bucket, and a token unless a form proves us."""

    bucket: str
    access_token: str = field(default="", repr=False)

    @classmethod
    def of(cls, portal: Portal) -> "Caller":
        return cls(f"hubspot:{portal.portal_id}", portal.access_token)

    @classmethod
    def searching(cls, portal: Portal) -> "Caller":
        return cls(f"hubspot-search:{portal.portal_id}", portal.access_token)


class HubSpotClient:
    """Makes the SDK's API objects, each bound to one caller, all over one pool."""

    def __init__(
        self,
        api_base: str,
        *,
        meter: Meter,
        before_call: Callable[[], None],
        clock: Callable[[], datetime],
        timeouts: Timeouts,
    ) -> None:
        self.api_base = api_base.rstrip("/")
        self.timeouts = timeouts
        self._meter = meter
        self._before_call = before_call
        self._clock = clock
        self._clients: dict[tuple[int, str], Any] = {}
        self._making = threading.Lock()

    def api(self, caller: Caller) -> Any:
        """The SDK's entry point; what hangs below it answers dicts, or None without a body."""
        from hubspot import HubSpot

        return HubSpot(api_factory=self._make_api, caller=caller)

    def direct(
        self,
        caller: Caller,
        method: str,
        path: str,
        form: Mapping[str, str] | None = None,
        query: Sequence[tuple[str, str]] = (),
    ) -> dict[str, Any] | None:
        """One of `DIRECT_PATHS`: a form without a token, or no body with the caller's token."""
        import hubspot.oauth

        headers = {"Accept": "application/json"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer: dict[str, Any] | None = self._bound(hubspot.oauth, caller).call_api(
            path,
            method,
            query_params=list(query),
            header_params=headers,
            post_params=list(form.items()) if form else [],
            auth_settings=["oauth2"] if form is None else [],
        )
        return answer

    def admit(self, caller: Caller) -> None:
        """Before every request: may the network be used now, and is there budget?"""
        self._before_call()
        self._meter.take(caller.bucket)

    def refused(self, caller: Caller, error: Any) -> HubSpotRefusal:
        """Translate the SDK's ApiException; a 429 closes the caller's bucket for everybody."""
        searching = caller.bucket.startswith("hubspot-search:")
        verdict = refusal(error.status, error.headers, error.body, self._clock(), search=searching)
        if verdict.reason == "rate_limited" and verdict.retry_at:
            self._meter.close(caller.bucket, verdict.retry_at)
        return verdict

    def _make_api(self, package: ModuleType, api_name: str, config: Mapping[str, Any]) -> Any:
        return getattr(package, api_name)(api_client=self._bound(package, config["caller"]))

    def _bound(self, package: ModuleType, caller: Caller) -> Any:
        """A shallow copy with its own caller: tokens of two threads have no place to meet."""
        client = copy.copy(self._client(package))
        client.caller = caller
        return client

    def _client(self, package: ModuleType) -> Any:
        # A forked child must not speak over its parent's connections.
        key = (os.getpid(), package.__name__)
        with self._making:
            if key not in self._clients:
                self._clients[key] = self._make_client(package)
            return self._clients[key]

    def _make_client(self, package: Any) -> Any:
        """Each SDK package has its own client, answers and exceptions; only the pool is common."""
        gated = type("GatedApiClient", (_Gated, package.ApiClient), {})
        client: Any = gated(package.Configuration(host=self.api_base))
        client.rest_client.pool_manager = shared_pool()
        client.set_default_header("Accept-Encoding", "gzip")
        client.gate = self
        client.sdk_refusal = package.ApiException
        return client


class _Gated:
    """Mixed before a package's ApiClient, whose two methods it narrows."""

    gate: HubSpotClient
    caller: Caller
    sdk_refusal: type[Exception]

    def call_api(self, resource_path: str, method: str, *args: Any, **kwargs: Any) -> Any:
        # First of all, so that an unknown path spends nothing.
        path = dated_path(method, resource_path)
        self.gate.admit(self.caller)
        kwargs["response_types_map"] = dict(_AS_JSON)
        kwargs["_request_timeout"] = self.gate.timeouts
        kwargs["_return_http_data_only"] = True
        # Token calls carry none, and developer calls must never get a portal's.
        if "oauth2" in kwargs["auth_settings"]:
            kwargs["_request_auth"] = _bearer(self.caller.access_token)
        try:
            answer = super().call_api(path, method, *args, **kwargs)  # type: ignore[misc]
        except (UnicodeDecodeError, LookupError):
            return None  # text that claims a character set it is not in, or one nobody knows
        return answer if isinstance(answer, dict) else None

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        """Translate while status and raw body are at hand: the SDK trips over both above here."""
        try:
            return super().request(method, url, **kwargs)  # type: ignore[misc]
        except self.sdk_refusal as error:
            # Status 0 is how the SDK says TLS; its text would carry bodies into tracebacks.
            if not getattr(error, "status", 0):
                raise network_fault("HubSpot", error) from None
            raise self.gate.refused(self.caller, error) from None
        except (HTTPError, OSError) as error:
            raise network_fault("HubSpot", error) from None


class HubSpotTopic:
    """What the parts of `LiveHubSpot` have in common."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client

    def _portal_api(self, portal: Portal) -> Any:
        return self._client.api(Caller.of(portal))


@contextmanager
def reading(*, write: bool = False) -> Iterator[None]:
    """Around taking an answer apart: a missing or odd field is an unreadable answer, not a bug."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError):
        raise unreadable("HubSpot", write=write) from None


def _bearer(token: str) -> dict[str, str]:
    return {"in": "header", "key": "Authorization", "value": f"Bearer {token}"}
