"""How much of HubSpot's 110 calls in 10 seconds two processes with 8 threads each get to use."""

import subprocess
import sys

from plugin.core.rate_limits import HUBSPOT
from tests.benchmarks.table import Figure
from tests.support.processes import ROOT
from tests.support.stage import Stage

BUCKET = "hubspot:20000001"
# The first window's calls go out at once; only those after them show a rate.
LEAST_SECONDS = 14


def budget(stage: Stage, seconds: int) -> list[Figure]:
    """Calls granted, the most in any window, and the share of the budget after the first."""
    seconds = max(seconds, LEAST_SECONDS)
    database = stage.env["DATABASE_URL"]
    command = [sys.executable, "-m", "tests.scheduler.spend", database, BUCKET, "8", str(seconds)]
    children = [
        subprocess.Popen([*command, "real"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    printed = [child.communicate()[0] for child in children]
    moments = sorted(float(line) for text in printed for line in text.split())
    window = HUBSPOT.window_ms / 1000
    most = max(sum(start <= one < start + window for one in moments) for start in moments)
    steady = sum(one > moments[0] + window / 2 for one in moments)
    possible = HUBSPOT.limit * (moments[-1] - moments[0]) / window
    used = HUBSPOT.limit * steady / possible
    what = f"HubSpot's budget, {seconds} s of two processes:"
    return [
        Figure(f"{what} most in any window", "calls/10 s", HUBSPOT.limit, most),
        Figure(f"{what} used under load", "calls/10 s", HUBSPOT.limit, used),
    ]
