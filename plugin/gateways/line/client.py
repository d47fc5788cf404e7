"""line-bot-sdk's client with raw responses.

The SDK's models drop what they do not know from a message and fail on a response after LINE has
accepted the message. So every call goes through its `call_api` with JSON as stored and returns a
status, headers and bytes.
"""

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from urllib3.exceptions import HTTPError

from plugin.core.text.clean import storable
from plugin.gateways.bodies import read_body
from plugin.gateways.deadline import seconds_left
from plugin.gateways.line.sdk import client_parts
from plugin.gateways.network import network_fault
from plugin.gateways.pool import Timeouts, shared_pool

Host = Literal["api", "data"]


@dataclass(frozen=True)
class LineAnswer:
    """LINE's response, whatever the status. Header names are compared without case."""

    status: int
    headers: Mapping[str, str]
    data: bytes
    # The open response, where the call asked for it.
    stream: Any = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def request_id(self) -> str:
        return self.headers.get("x-line-request-id", "")

    def json(self) -> dict[str, Any] | None:
        """Return the body's object, safe to store; None where it is anything else."""
        try:
            payload = storable(json.loads(self.data))
        except (ValueError, RecursionError):
            return None
        return payload if isinstance(payload, dict) else None

    # The SDK calls this method.
    def getheaders(self) -> Mapping[str, str]:
        return self.headers


class LineClient:
    def __init__(self, *, api_base: str, data_base: str, timeouts: Timeouts) -> None:
        self._bases: Mapping[Host, str] = {
            "api": api_base.rstrip("/"),
            "data": data_base.rstrip("/"),
        }
        self._timeouts = timeouts
        self._clients: dict[tuple[int, Host, bool], Any] = {}
        self._lock = threading.Lock()

    def send(
        self,
        method: str,
        path: str,
        *,
        token: str | None,
        path_params: Mapping[str, str] | None = None,  # for `{names}` in the path
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        retry_key: str | None = None,  # for push, multicast, narrowcast and broadcast only
        host: Host = "api",
        streamed: bool = False,
    ) -> LineAnswer:
        """Send one request, once. Raise `GatewayError` only where no status came back. `streamed`:
        the body of a good response is not read yet, and its reader closes it."""
        answer = self._client(host, streamed).call_api(
            path,
            method,
            path_params=dict(path_params or {}),
            query_params=list((query or {}).items()),
            header_params=_headers(body is not None, form is not None, retry_key),
            body=dict(body) if body is not None else None,
            post_params=list(form.items()) if form is not None else [],
            response_types_map={},
            auth_settings=["Bearer"] if token is not None else [],
            _request_auth=_bearer(token) if token is not None else None,
            _request_timeout=Timeouts(*map(seconds_left, self._timeouts)),
            # Otherwise the SDK decodes the body and fails on what is not UTF-8.
            _preload_content=False,
        )
        if isinstance(answer.raw_data, bytes):
            return LineAnswer(answer.status_code, answer.headers, answer.raw_data)
        return LineAnswer(answer.status_code, answer.headers, b"", answer.raw_data)

    def _client(self, host: Host, streamed: bool) -> Any:
        # A forked child must not share its parent's connections.
        key = (os.getpid(), host, streamed)
        with self._lock:
            if key not in self._clients:
                kind = _OpenResponses if streamed else _RawResponses
                self._clients[key] = _sdk_client(self._bases[host], kind)
            return self._clients[key]


def _sdk_client(base: str, responses: "type[_RawResponses]") -> Any:
    # Loaded by the first call: a process that never sends needs no SDK.
    api_client, configuration_class, refusal = client_parts()
    configuration = configuration_class(host=base, access_token="none")  # noqa: S106  it wants a text
    configuration.retries = False
    client: Any = type("RawApiClient", (responses, api_client), {})(configuration)
    # Otherwise calls without a token send the placeholder.
    del client.default_headers["Authorization"]
    client.rest_client.pool_manager = _Pool()
    client.sdk_refusal = refusal
    return client


class _Pool:
    """The shared pool as the SDK gets it, which itself would read a refusal however long it is."""

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        response = shared_pool().request(method, url, **kwargs)
        return response if 200 <= response.status <= 299 else _Refused(response)


class _Refused:
    """What the SDK reads of a refusal."""

    def __init__(self, response: Any) -> None:
        self.status, self.reason = response.status, response.reason
        self._headers: Mapping[str, str] = response.headers
        self.data = _body(response)

    def getheaders(self) -> Mapping[str, str]:
        return self._headers


class _RawResponses:
    sdk_refusal: type[Exception]

    def request(self, method: str, url: str, **kwargs: Any) -> LineAnswer:
        try:
            response = super().request(method, url, **kwargs)  # type: ignore[misc]
        except self.sdk_refusal as error:
            return _error_response(error)
        except (HTTPError, OSError) as error:
            raise network_fault("LINE", error) from None
        return self.answer_of(response)

    def answer_of(self, response: Any) -> LineAnswer:
        return LineAnswer(response.status, response.headers, _body(response))


class _OpenResponses(_RawResponses):
    def answer_of(self, response: Any) -> LineAnswer:
        # The SDK hands on what it takes for the data.
        return LineAnswer(response.status, response.headers, response)


def _error_response(error: Any) -> LineAnswer:
    # The SDK reports TLS faults as status 0.
    if not error.status:
        raise network_fault("LINE", error) from None
    return LineAnswer(error.status, error.headers, error.body or b"")


def _body(response: Any) -> bytes:
    try:
        return read_body(response)
    # The status says what became of the request, even if the body broke off.
    except (HTTPError, OSError):
        return b""


def _headers(has_body: bool, has_form: bool, retry_key: str | None) -> dict[str, str]:
    headers = {"Accept": "application/json"}
    if has_body:
        headers["Content-Type"] = "application/json"
    if has_form:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    if retry_key is not None:
        headers["X-Line-Retry-Key"] = retry_key
    return headers


def _bearer(token: str) -> dict[str, str]:
    value = f"Bearer {token}"
    return {"in": "header", "key": "Authorization", "type": "bearer", "value": value}
