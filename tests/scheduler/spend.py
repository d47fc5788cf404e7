"""A process of its own that spends a budget as fast as it may: `python -m tests.scheduler.spend`.

Arguments: database address, bucket, threads, seconds, "small" or "real".
Prints the moment (s) of every call granted.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from plugin.core import rate_limits
from plugin.core.clock import utcnow
from plugin.core.rate_limits import Budget
from plugin.gateways import GatewayError
from plugin.services.system.rate_limits import DatabaseMeter
from tests.support.world import make_app, settings_for

NOWHERE = "http://127.0.0.1:9"
# Half of HubSpot's, so that three windows fit into a short test; the code is the same.
SMALL = Budget(55, 5_000)


def main(database: str, bucket: str, threads: int, seconds: float, size: str) -> None:
    """Spend, and say when."""
    if size == "small":
        rate_limits.HUBSPOT = SMALL
    meter = DatabaseMeter()
    with TemporaryDirectory() as folder:
        app = make_app(settings_for(NOWHERE, NOWHERE, database, Path(folder)))
        end = time.time() + seconds

        def take(bucket: str) -> float | None:
            try:
                meter.take(bucket)
            except GatewayError as refused:
                end = refused.retry_at or utcnow()
                return max(end.timestamp() - time.time(), 0.001)
            return None

        def spend(_: int) -> list[float]:
            moments = []
            with app.app_context():
                while time.time() < end:
                    wait = take(bucket)
                    if wait is None:
                        moments.append(time.time())
                    else:
                        time.sleep(wait)
            return moments

        with ThreadPoolExecutor(threads) as pool:
            for moments in pool.map(spend, range(threads)):
                print(*moments, sep="\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5])
