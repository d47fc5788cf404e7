"""What LINE counts: names for statistics and their opens, and the messages of a day (UTC+9).

Kinds: `line_unit/<channel> <month>` (names in use), `line_opens/<channel>` (people by name),
`line_day/<channel>` (messages by kind and day).
"""

import re
from datetime import UTC, date, datetime, timedelta

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from plugin.sandbox.line.api.answers import account, messaging_blueprint, refusal
from plugin.sandbox.line.api.retry_keys import refuse_key
from plugin.sandbox.line.api.usage import JAPAN
from plugin.sandbox.store import Value
from plugin.sandbox.world import World, world

blueprint = messaging_blueprint("line_statistics")
blueprint.before_request(refuse_key)
NAME = re.compile(r"[A-Za-z0-9_]{1,30}")
DATE = re.compile(r"\d{8}")
FIELD = "customAggregationUnits"
MOST_NAMES, FEWEST, LONGEST = 1000, 20, timedelta(days=30)
FIRST_DAY = date(2018, 3, 31)


def require_names(body: Value) -> None:
    """Refuse more than one name for statistics, and odd ones."""
    names = body.get(FIELD, [])
    if not isinstance(names, list) or len(names) > 1:
        raise _refused(FIELD, "Size must be between 0 and 1")
    for name in names:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise _refused(f"{FIELD}[0]", "Must match the pattern ^[a-zA-Z0-9_]{1,30}$")


def take_name(world: World, channel: str, body: Value) -> str:
    """Return the name under which a send is counted: none for a month's 1,001st name."""
    names = body.get(FIELD) or [""]
    kind, name = f"line_unit/{channel} {_today(world):%Y%m}", str(names[0])
    if name and world.store.get(kind, name) is None:
        if world.store.count(kind) >= MOST_NAMES:
            return ""
        world.store.put(kind, name, {})
    return name


def count_day(world: World, channel: str, kind: str, messages: int) -> None:
    key = f"{kind} {_today(world):%Y%m%d}"
    day = world.store.get(f"line_day/{channel}", key) or {"sent": 0}
    world.store.put(f"line_day/{channel}", key, {"sent": day["sent"] + messages})


def set_counts(world: World, channel: str, body: Value) -> None:
    """`{"opens": {name: [opened, tapped]}, "days": {"push 20261126": n}, "names": n}`."""
    for unit, (opened, tapped) in body.get("opens", {}).items():
        world.store.put(f"line_opens/{channel}", unit, {"opened": opened, "tapped": tapped})
    for key, sent in body.get("days", {}).items():
        world.store.put(f"line_day/{channel}", key, {"sent": sent})
    for number in range(body.get("names", 0)):
        world.store.put(f"line_unit/{channel} {_today(world):%Y%m}", f"other_{number}", {})


@blueprint.get("/v2/bot/message/aggregation/info")
def info() -> ResponseReturnValue:
    kind = f"line_unit/{account()['channel_id']} {_today(world()):%Y%m}"
    return jsonify(numOfCustomAggregationUnits=world().store.count(kind))


@blueprint.get("/v2/bot/insight/message/event/aggregation")
def aggregation() -> ResponseReturnValue:
    """People who opened and tapped, nothing below 20; `messages` and `clicks` are left empty."""
    unit, start, end = request.args.get("customAggregationUnit", ""), _date("from"), _date("to")
    if not NAME.fullmatch(unit) or not timedelta(0) <= end - start <= LONGEST:
        raise refusal(400, "The value for the 'to' parameter is invalid")
    found = world().store.get(f"line_opens/{account()['channel_id']}", unit) or {}
    overview = {
        "uniqueImpression": _or_nothing(found.get("opened", 0)),
        "uniqueClick": _or_nothing(found.get("tapped", 0)),
        "uniqueMediaPlayed": None,
        "uniqueMediaPlayed100Percent": None,
    }
    return jsonify(overview=overview, messages=[], clicks=[])


@blueprint.get("/v2/bot/message/delivery/<any(reply,push,multicast,broadcast):kind>")
def delivered(kind: str) -> ResponseReturnValue:
    """A day is counted when it is over."""
    day = _date("date")
    if day < FIRST_DAY:
        return jsonify(status="out_of_service")
    if day >= _today(world()):
        return jsonify(status="unready")
    found = world().store.get(f"line_day/{account()['channel_id']}", f"{kind} {day:%Y%m%d}")
    sent = found["sent"] if found else 0
    if 0 < sent < FEWEST:
        return jsonify(status="unavailable_for_privacy")
    return jsonify(status="ready", success=sent)


def _refused(name: str, message: str) -> Exception:
    details = [{"message": message, "property": name}]
    return refusal(400, "The request body has 1 error(s)", details)


def _date(name: str) -> date:
    text = request.args.get(name, "")
    try:
        if DATE.fullmatch(text):
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        pass
    raise refusal(400, f"The value for the '{name}' parameter is invalid")


def _or_nothing(people: int) -> int | None:
    return people if people >= FEWEST else None


def _today(world: World) -> date:
    return datetime.fromtimestamp(world.clock.now(), UTC).astimezone(JAPAN).date()
