"""`Idempotency-Key`: a repeated write gets the first response."""

import hashlib
import json

from flask import Response, g, request

from plugin.api.access import SAFE, tenant
from plugin.api.problems import MEDIA_TYPE, Problem
from plugin.services.system.idempotency import Claim, claim_key, release, store_response

HEADER = "Idempotency-Key"
LONGEST_KEY = 255


def begin() -> Response | None:
    """Claim the key, or return a response in place of the route's."""
    key = request.headers.get(HEADER, "")
    if request.method in SAFE or not key:
        return None
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Problem(400, "bad_key", f"{HEADER} holds at most {LONGEST_KEY} printable signs.")
    claim = claim_key(tenant().id, key, _fingerprint())
    if claim.verdict == "go":
        g.idempotency_claim = claim
        return None
    return _refused(claim)


def end(response: Response) -> Response:
    claim: Claim | None = g.pop("idempotency_claim", None)
    if claim is None:
        return response
    # Other errors changed nothing and may be repeated under the same key.
    if response.status_code < 400 or response.status_code == 409:
        store_response(claim, response.status_code, _kept(response))
    else:
        release(claim)
    return response


def _kept(response: Response) -> str:
    """Return the body as repeats get it: a secret that is shown once is not kept."""
    once_shown: tuple[str, ...] = g.pop("once_shown", ())
    text = response.get_data(as_text=True)
    if not once_shown or response.status_code >= 400:
        return text
    return json.dumps({**json.loads(text), **dict.fromkeys(once_shown)})


def _refused(claim: Claim) -> Response:
    if claim.verdict == "other_request":
        sentence = f"This {HEADER} was used for another request. Choose a new one."
        raise Problem(422, "key_reused", sentence)
    if claim.verdict == "at_work":
        sentence = f"A request with this {HEADER} is still being worked on. Try again later."
        raise Problem(409, "key_at_work", sentence, headers={"Retry-After": "1"})
    media_type = "application/json" if claim.status < 400 else MEDIA_TYPE
    response = Response(claim.answer, claim.status, mimetype=media_type)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _fingerprint() -> str:
    head = f"{request.method}\n{request.full_path}\n".encode()
    return hashlib.sha256(head + request.get_data(cache=True)).hexdigest()
