"""Authlib's sessions for LINE Login: new for every call, over shared connections."""

import functools
import os
import threading
from typing import Any

from requests.adapters import HTTPAdapter

from plugin.gateways import Channel
from plugin.gateways.pool import KEPT_PER_HOST, Timeouts, tls_context

_lock = threading.Lock()


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=tls_context(), **kwargs)


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
