"""HubSpot calling an action for many contacts, ten at a time; prints calls a second."""

import base64
import hashlib
import hmac
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import urllib3

from tests.signing import SECRET
from tests.world import PORTAL

PATH = "/hubspot/actions/send-message"
AT_ONCE, WARM_UP = 10, 50


def main() -> None:
    """Reads `{url, signed, contacts, label}`: where to call, and the address that is signed."""
    told = json.load(sys.stdin)
    http = urllib3.PoolManager(maxsize=AT_ONCE, retries=False, timeout=60)
    calls = [_call(told, number) for number in range(len(told["contacts"]))]

    def one(call: tuple[bytes, dict[str, str]]) -> int:
        body, headers = call
        return http.request("POST", told["url"] + PATH, body=body, headers=headers).status

    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = list(pool.map(one, calls[:WARM_UP]))
        began = time.perf_counter()
        statuses += pool.map(one, calls[WARM_UP:])
        seconds = time.perf_counter() - began
    assert set(statuses) == {200}, set(statuses)
    print((len(calls) - WARM_UP) / seconds)


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
