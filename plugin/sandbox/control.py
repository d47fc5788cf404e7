"""Machine control that both platforms share: faults, time, limits, a clean start, the counts."""

import threading
from collections import Counter
from typing import Any

from flask import Blueprint, Response, request

from plugin.sandbox.world import World, world

blueprint = Blueprint("control", __name__, url_prefix="/control")
COUNTED = ("/hubspot-api/", "/hubspot-app/", "/line-")
Answer = dict[str, Any]


class Calls:
    """How often each call was made, by method and path template, and how it was answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, int]] = Counter()

    def add(self, operation: str, status: int) -> None:
        """Remember one call, e.g. `("POST /line-api/v2/bot/message/push", 200)`."""
        with self._lock:
            self._counts[operation, status] += 1

    def counts(self) -> Answer:
        """`{operation: {"count": n, "statuses": {"200": n}}}`."""
        found: Answer = {}
        with self._lock:
            for (operation, status), count in sorted(self._counts.items()):
                entry = found.setdefault(operation, {"count": 0, "statuses": {}})
                entry["count"] += count
                entry["statuses"][str(status)] = count
        return found


def calls(of: World) -> Calls:
    """The counts of this sandbox since its start or last reset."""
    found: Calls = of.memory.setdefault("calls", Calls())
    return found


@blueprint.after_app_request
def count(response: Response) -> Response:
    """Calls that a fault answered never come here: `GET /control/faults` has their hits."""
    rule = request.url_rule.rule if request.url_rule else request.path
    if rule.startswith(COUNTED):
        calls(world()).add(f"{request.method} {rule}", response.status_code)
    return response


@blueprint.get("/calls")
def list_calls() -> Answer:
    """What was asked of the platforms so far."""
    return {"calls": calls(world()).counts()}


@blueprint.delete("/calls")
def clear_calls() -> Answer:
    """Count from zero again."""
    world().memory["calls"] = Calls()
    return {"calls": {}}


@blueprint.get("/faults")
def list_faults() -> Answer:
    """The rules in force, each with the number of calls it hit."""
    return {"faults": world().faults.rules}


@blueprint.post("/faults")
def add_fault() -> tuple[Answer, int]:
    """Add one rule, or those under `rules`; `plugin.sandbox.faults.Faults` says what one holds."""
    body = request.get_json()
    added = body.get("rules", [body])
    if not all("path" in rule and "effect" in rule for rule in added):
        return {"message": "a rule needs path and effect"}, 400
    world().faults.rules.extend(added)
    return list_faults(), 201


@blueprint.delete("/faults")
def clear_faults() -> Answer:
    """The platforms work again."""
    world().faults.rules.clear()
    return list_faults()


@blueprint.get("/clock")
def get_clock() -> Answer:
    """The sandbox's time in seconds and how far it stands from the machine's."""
    return {"now": world().clock.now(), "offset_seconds": world().clock.offset}


@blueprint.post("/clock")
def set_clock() -> Answer:
    """`{"offset_seconds": n}` from the machine's time, or `{"advance_seconds": n}` from now."""
    body, clock = request.get_json(), world().clock
    clock.offset = float(body.get("offset_seconds", clock.offset)) + float(
        body.get("advance_seconds", 0)
    )
    return get_clock()


@blueprint.get("/limits")
def get_limits() -> Answer:
    """Which platform keeps its rate limits."""
    return dict(world().limits)


@blueprint.post("/limits")
def set_limits() -> Answer:
    """`{"hubspot": bool, "line": bool}`; what is left out stays."""
    world().limits.update({name: bool(on) for name, on in request.get_json().items()})
    return get_limits()


@blueprint.post("/reset")
def reset() -> Answer:
    """Forget everything and begin again with the default world."""
    # Imported when needed: both halves are still loading when this module does.
    from plugin.sandbox import hubspot, line

    here = world()
    with here.store:
        here.store.clear()
        here.memory.clear()
        here.faults.rules.clear()
        here.clock.offset = 0.0
        here.limits.update(hubspot=here.config.limits, line=here.config.limits)
        hubspot.seed(here)
        line.seed(here)
    return {"reset": True}
