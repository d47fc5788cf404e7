"""Control API for both platforms: faults, time, limits, reset, call counts."""

import threading
from collections import Counter
from email.utils import formatdate
from typing import Any

from flask import Blueprint, Response, request

from plugin.sandbox.world import World, world

blueprint = Blueprint("control", __name__, url_prefix="/control")
COUNTED = ("/hubspot-api/", "/hubspot-app/", "/line-")
Answer = dict[str, Any]


class Calls:
    """Counts of calls by method and path template, and of their statuses."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, int]] = Counter()

    def add(self, operation: str, status: int) -> None:
        """Count a call, e.g. `("POST /line-api/v2/bot/message/push", 200)`."""
        with self._lock:
            self._counts[operation, status] += 1

    def counts(self) -> Answer:
        """`{operation: {"count": n, "statuses": {"200": n}}}`."""
        counts: Answer = {}
        with self._lock:
            for (operation, status), count in sorted(self._counts.items()):
                entry = counts.setdefault(operation, {"count": 0, "statuses": {}})
                entry["count"] += count
                entry["statuses"][str(status)] = count
        return counts


def calls(of: World) -> Calls:
    """Return the counts since the start or the last reset."""
    counter: Calls = of.memory.setdefault("calls", Calls())
    return counter


@blueprint.after_app_request
def count(response: Response) -> Response:
    # Calls that a fault answered are not counted here: `GET /control/faults` has their hits.
    rule = request.url_rule.rule if request.url_rule else request.path
    if rule.startswith(COUNTED):
        calls(world()).add(f"{request.method} {rule}", response.status_code)
    return response


@blueprint.after_app_request
def date(response: Response) -> Response:
    # Only where a test asks for it: whoever compares clocks would believe this one.
    if world().memory.get("in_dates"):
        response.headers["Date"] = formatdate(world().clock.now(), usegmt=True)
    return response


@blueprint.get("/calls")
def list_calls() -> Answer:
    return {"calls": calls(world()).counts()}


@blueprint.delete("/calls")
def clear_calls() -> Answer:
    world().memory["calls"] = Calls()
    return {"calls": {}}


@blueprint.get("/faults")
def list_faults() -> Answer:
    """List the active rules, each with its number of hits."""
    return {"faults": world().faults.rules}


@blueprint.post("/faults")
def add_fault() -> tuple[Answer, int]:
    """Add one rule, or those under `rules`; `plugin.sandbox.faults.Faults` describes a rule."""
    body = request.get_json()
    added = body.get("rules", [body])
    if not all("path" in rule and "effect" in rule for rule in added):
        return {"message": "a rule needs path and effect"}, 400
    world().faults.rules.extend(added)
    return list_faults(), 201


@blueprint.delete("/faults")
def clear_faults() -> Answer:
    world().faults.rules.clear()
    return list_faults()


@blueprint.get("/clock")
def get_clock() -> Answer:
    """Return the sandbox's time in seconds, and its offset from the machine's."""
    return {"now": world().clock.now(), "offset_seconds": world().clock.offset}


@blueprint.post("/clock")
def set_clock() -> Answer:
    """`{"offset_seconds": n}` from the machine's time, or `{"advance_seconds": n}` from now.
    `{"in_dates": true}`: answers carry this time as their `Date`."""
    body, clock = request.get_json(), world().clock
    world().memory["in_dates"] = bool(body.get("in_dates", world().memory.get("in_dates")))
    clock.offset = float(body.get("offset_seconds", clock.offset)) + float(
        body.get("advance_seconds", 0)
    )
    return get_clock()


@blueprint.get("/limits")
def get_limits() -> Answer:
    """Return which platform enforces its rate limits."""
    return dict(world().limits)


@blueprint.post("/limits")
def set_limits() -> Answer:
    """`{"hubspot": bool, "line": bool}`; an absent one stays."""
    world().limits.update({name: bool(on) for name, on in request.get_json().items()})
    return get_limits()


@blueprint.post("/reset")
def reset() -> Answer:
    """Delete everything and seed the default world."""
    # Imported when needed: both halves are still loading when this module does.
    from plugin.sandbox import hubspot, line

    sandbox = world()
    with sandbox.store:
        sandbox.store.clear()
        sandbox.memory.clear()
        sandbox.faults.rules.clear()
        sandbox.clock.offset = 0.0
        sandbox.limits.update(hubspot=sandbox.config.limits, line=sandbox.config.limits)
        hubspot.seed(sandbox)
        line.seed(sandbox)
    return {"reset": True}
