"""Authlib's sessions for LINE Login: new for every call, all over one kept set of connections."""

import functools
import os
import threading
from typing import Any

from requests.adapters import HTTPAdapter

from plugin.gateways import Channel
from plugin.gateways.pool import KEPT_PER_HOST, Timeouts, tls_context

_making = threading.Lock()


class _Adapter(HTTPAdapter):
    """requests' connections with the trust of the shared pool; 0 is requests' word for once."""

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
    """A session holds one caller's token or secret, so it is never shared."""
    from authlib.integrations.requests_client import OAuth2Session

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
    # Credentials of the machine's .netrc have no business in our calls.
    session.trust_env = False
    adapter = _shared_adapter()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _shared_adapter() -> HTTPAdapter:
    with _making:
        return _adapter(os.getpid())


@functools.lru_cache(maxsize=1)
def _adapter(process: int) -> HTTPAdapter:  # noqa: ARG001  the key that a fork changes
    return _Adapter(max_retries=0, pool_maxsize=KEPT_PER_HOST)
