"""HubSpot calling an action for many contacts, `at_once` at a time.

Prints calls a second, and the median and the 99th percentile of the answers in milliseconds.
"""

import base64
import hashlib
import hmac
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles

import urllib3

from tests.support.signing import SECRET
from tests.support.world import PORTAL

PATH = "/hubspot/actions/send-message"
WARM_UP = 50


def main() -> None:
    """Reads `{url, signed, contacts, label, at_once}`: where to call, and what is signed."""
    told = json.load(sys.stdin)
    at_once = told["at_once"]
    http = urllib3.PoolManager(maxsize=at_once, retries=False, timeout=60)
    calls = [_call(told, number) for number in range(len(told["contacts"]))]

    def one(call: tuple[bytes, dict[str, str]]) -> float:
        body, headers = call
        began = time.perf_counter()
        status = http.request("POST", told["url"] + PATH, body=body, headers=headers).status
        assert status == 200, status
        return (time.perf_counter() - began) * 1000

    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(one, calls[:WARM_UP]))
        began = time.perf_counter()
        waited = list(pool.map(one, calls[WARM_UP:]))
        seconds = time.perf_counter() - began
    percentiles = quantiles(waited, n=100)
    print(json.dumps([len(waited) / seconds, percentiles[49], percentiles[98]]))


def _call(told: dict[str, str], number: int) -> tuple[bytes, dict[str, str]]:
    fields = {"text": "Hello"}
    body = {
        "callbackId": f"{told['label']}-{number}",
        "origin": {"portalId": PORTAL, "actionDefinitionId": 1},
        "object": {"objectId": int(told["contacts"][number]), "objectType": "CONTACT"},
        "fields": fields,
        "inputFields": fields,
    }
    raw, stamp = json.dumps(body).encode(), str(int(time.time() * 1000))
    text = f"POST{told['signed']}{PATH}".encode() + raw + stamp.encode()
    digest = hmac.new(SECRET.encode(), text, hashlib.sha256).digest()
    headers = {
        "Content-Type": "application/json",
        "X-HubSpot-Signature-v3": base64.b64encode(digest).decode(),
        "X-HubSpot-Request-Timestamp": stamp,
    }
    return raw, headers


if __name__ == "__main__":
    main()
