"""Rate limit of the API: what one key may ask of one process."""

from flask import Response, current_app, g

from plugin.api.problems import Problem
from plugin.core.visit_limits import Rate, VisitLimiter

# A thousand deeds a minute and more, and so many at once that a batch job need not spread itself.
RATE = Rate(burst=600, per_second=20)
# The names of the IETF's draft "RateLimit header fields for HTTP" (versions 00 to 06), which
# programs read. Remaining is full again after Reset seconds.
LIMIT, REMAINING, RESET = "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"


def begin() -> None:
    """Count this request. Raise a 429 problem where the key has none left."""
    if "api_key" not in g:
        return
    limiter: VisitLimiter = current_app.extensions["musubi_api_rates"]
    taken = limiter.spend(g.api_key.fingerprint, 1)
    g.api_rate = limiter.rate, taken
    if taken.wait:
        sentence = f"This key asks too much at once. Go on in {taken.wait} seconds."
        raise Problem(429, "too_many", sentence, headers={"Retry-After": str(taken.wait)})


def end(response: Response) -> Response:
    """Tell the key how much it has left."""
    if "api_rate" not in g:
        return response
    rate, taken = g.pop("api_rate")
    values = (rate.burst, taken.left, taken.full_in)
    for name, value in zip((LIMIT, REMAINING, RESET), values, strict=True):
        response.headers[name] = f"{value:.0f}"
    return response
