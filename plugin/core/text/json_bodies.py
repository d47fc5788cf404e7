"""Read JSON from untrusted sources within bounds."""

import json
import math
from typing import Any

# Deeper than anything a platform sends or a message contains, and than fifty groups of a rule.
DEEPEST = 128


class TooDeep(ValueError): ...


def read_json(body: bytes | str) -> Any:
    """Parse JSON. Raise ValueError for broken or too deep JSON, NaN and infinite numbers."""
    # Python takes NaN and Infinity, which no database does, and gives up at a thousand levels.
    try:
        value = json.loads(body, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise TooDeep("nested too deeply") from None
    if _is_deeper(value, DEEPEST):
        raise TooDeep("nested too deeply")
    return value


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text[:20])


def _is_deeper(value: Any, depth: int) -> bool:
    level = [value]
    for _ in range(depth):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [child for child in inner if isinstance(child, (dict, list))]
