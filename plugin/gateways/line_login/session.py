"""Authlib's sessions for LINE Login: new for every call, over shared connections."""

import functools
import os
import threading
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from plugin.gateways import Channel
from plugin.gateways.bodies import read_body
from plugin.gateways.pool import KEPT_PER_HOST, Timeouts, note_date, tls_context

_lock = threading.Lock()


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=tls_context(), **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        response = super().send(*args, **kwargs)
        note_date(response.headers)
        try:
            # Where requests looks before it reads by itself, to any size and for any time.
            response._content = read_body(response.raw)
        except TimeoutError as error:
            raise requests.ReadTimeout(error, response=response) from None
        except (HTTPError, OSError) as error:
            raise requests.ConnectionError(error, response=response) from None
        return response


def new_session(
    timeouts: Timeouts,
    login: Channel | None = None,
    *,
    token: str | None = None,
    redirect_uri: str | None = None,
    scope: str | None = None,
) -> Any:
    from authlib.integrations.requests_client import OAuth2Session

    # A session holds one caller's token or secret, so it is never shared.
    session = OAuth2Session(
        client_id=login.channel_id if login else None,
        client_secret=login.secret if login else None,
        token_endpoint_auth_method="client_secret_post",  # noqa: S106  a method's name
        code_challenge_method="S256",
        scope=scope,
        redirect_uri=redirect_uri,
        token={"access_token": token, "token_type": "Bearer"} if token else None,
        default_timeout=timeouts,
    )
    # Otherwise credentials of the machine's .netrc would be sent.
    session.trust_env = False
    adapter = _shared_adapter()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _shared_adapter() -> HTTPAdapter:
    with _lock:
        return _adapter(os.getpid())


@functools.lru_cache(maxsize=1)
def _adapter(process: int) -> HTTPAdapter:  # noqa: ARG001  the key that a fork changes
    # requests counts repeats, so 0 sends a request once.
    return _Adapter(max_retries=0, pool_maxsize=KEPT_PER_HOST)
