"""The connections to the platforms: one pool per process, no retries, every wait limited."""

import functools
import os
import ssl
import threading
from typing import NamedTuple

import certifi
import urllib3


class Timeouts(NamedTuple):
    """Seconds for the connection and for each read. A tuple: the SDKs silently ignore lists."""

    connect: float = 3.05
    read: float = 15.0


# As many connections to one platform as are kept for the next call; more may be open at once.
KEPT_PER_HOST = 64
_making = threading.Lock()


def shared_pool() -> urllib3.PoolManager:
    """The pool under all SDK clients of this process; a forked child gets its own.

    `retries=False` also means that redirects are not followed and errors come out plain.
    """
    with _making:
        return _pool(os.getpid())


@functools.lru_cache(maxsize=1)
def _pool(process: int) -> urllib3.PoolManager:  # noqa: ARG001  the key that a fork changes
    timeouts = Timeouts()
    return urllib3.PoolManager(
        num_pools=10,
        maxsize=KEPT_PER_HOST,
        retries=False,
        timeout=urllib3.Timeout(connect=timeouts.connect, read=timeouts.read),
        ssl_context=tls_context(),
    )


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Trusts what this machine trusts and, for machines that trust nobody, certifi's list."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
