"""`OwnAddress` over urllib3."""

import ssl
from collections.abc import Callable

import urllib3
from urllib3.exceptions import HTTPError, SSLError

from plugin.gateways import GatewayError, HealthAnswer
from plugin.gateways.deadline import seconds_left
from plugin.gateways.network import network_fault
from plugin.gateways.pool import Timeouts, tls_context

# More is no answer of ours, and is not read.
MOST = 100


class LiveOwnAddress:
    def __init__(self, before_call: Callable[[], None], timeouts: Timeouts | None = None) -> None:
        self._before_call = before_call
        self._timeouts = timeouts or Timeouts()

    def health(self, base_url: str) -> HealthAnswer:
        self._before_call()
        connect, read = map(seconds_left, self._timeouts)
        # Not the platforms' pool, which takes each answer's time as a witness of the clock.
        with urllib3.PoolManager(retries=False, ssl_context=tls_context()) as pool:
            try:
                answer = pool.request(
                    "GET",
                    f"{base_url}/healthz",
                    timeout=urllib3.Timeout(connect=connect, read=read),
                    redirect=False,
                    preload_content=False,
                )
                # One read: a body that drips would have each of many be in time.
                body = answer.read1(MOST)
            except (HTTPError, OSError) as error:
                raise _fault(error) from None
            return HealthAnswer(answer.status, answer.status == 200 and body == b"ok\n")


def _fault(error: Exception) -> GatewayError:
    if isinstance(error, SSLError | ssl.SSLError):
        return GatewayError(str(error)[:200], permanent=True, reason="configuration")
    return network_fault("Musubi's own address", error)
