"""Small checks of a request body that collect complaints in LINE's words.

LINE counts labels, titles, template texts and the text of a tap in grapheme clusters and everything
else in UTF-16 code units (docs/messaging-api/text-character-count).
"""

import unicodedata
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

Count = Callable[[str], int]
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
JOINER = "\u200d"


class Problems(list[dict[str, str]]):
    """Complaints, each with its property."""

    def add(self, message: str, path: str) -> None:
        self.append({"message": message, "property": path})


def utf16(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def graphemes(text: str) -> int:
    """Length in user-perceived characters: marks, joined emoji and flags count once."""
    if text.isascii():
        return len(text)
    return sum(1 for _ in _cluster_starts(text))


def _cluster_starts(text: str) -> Iterator[int]:
    joined, flag_open = False, False
    for place, sign in enumerate(text):
        is_flag = "\U0001f1e6" <= sign <= "\U0001f1ff"
        if not (joined or _extends(sign) or (is_flag and flag_open)):
            yield place
        # Two regional letters make one flag; the third begins the next.
        flag_open = is_flag and not flag_open
        joined = sign == JOINER


def _extends(sign: str) -> bool:
    skin_tone = "\U0001f3fb" <= sign <= "\U0001f3ff"
    return sign == JOINER or skin_tone or unicodedata.category(sign) in ("Mn", "Me", "Mc")


def web_address(value: str, schemes: tuple[str, ...] = ("https",)) -> bool:
    # Only https, as LINE requires; plain http is allowed for this machine, which has no TLS.
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        return False
    if not host or not value.isascii() or " " in value:
        return False
    return parts.scheme in schemes or (parts.scheme == "http" and host in LOCAL_HOSTS)


def nulls(value: Any, path: str, problems: Problems) -> None:
    # LINE refuses null anywhere: optional members are left out.
    if value is None:
        problems.add("must not be null", path)
    elif isinstance(value, dict):
        for name, member in value.items():
            nulls(member, f"{path}.{name}" if path else name, problems)
    elif isinstance(value, list):
        for place, member in enumerate(value):
            nulls(member, f"{path}[{place}]", problems)


def text(
    holder: dict[str, Any],
    name: str,
    path: str,
    problems: Problems,
    longest: int,
    *,
    required: bool = True,
    count: Count = utf16,
) -> None:
    """A text of 1 to `longest`."""
    value, where = holder.get(name), f"{path}.{name}"
    if value is None or value == "":
        if required or value == "":
            problems.add("May not be empty", where)
    elif not isinstance(value, str):
        problems.add("The type of the value is invalid", where)
    elif count(value) > longest:
        problems.add(f"Length must be between 0 and {longest}", where)


def address(
    holder: dict[str, Any],
    name: str,
    path: str,
    problems: Problems,
    longest: int = 2000,
    *,
    required: bool = True,
) -> None:
    before = len(problems)
    text(holder, name, path, problems, longest, required=required)
    if len(problems) == before and name in holder and not web_address(holder[name]):
        problems.add("Must be a valid HTTPS URL", f"{path}.{name}")


def items(
    holder: dict[str, Any], name: str, path: str, problems: Problems, least: int, most: int
) -> list[Any]:
    """Check a list of `least` to `most` members; return it, or [] for anything else."""
    value, where = holder.get(name), f"{path}.{name}" if path else name
    if not isinstance(value, list):
        problems.add("May not be empty" if value is None else "Must be an array", where)
        return []
    if not least <= len(value) <= most:
        problems.add(f"Size must be between {least} and {most}", where)
    return value


def choice(
    holder: dict[str, Any],
    name: str,
    path: str,
    problems: Problems,
    allowed: tuple[str, ...],
    *,
    required: bool = True,
) -> None:
    value, where = holder.get(name), f"{path}.{name}"
    if value is None and not required:
        return
    if value is None or value == "":
        problems.add("May not be empty", where)
    elif value not in allowed:
        words = ", ".join(allowed)
        problems.add(f"Must be one of the following values: [{words}]", where)


def number(
    holder: dict[str, Any], name: str, path: str, problems: Problems, least: float, most: float
) -> None:
    value, where = holder.get(name), f"{path}.{name}"
    # True is an int to Python and no number to LINE.
    if isinstance(value, bool) or not isinstance(value, int | float):
        problems.add("May not be empty" if value is None else "Must be a number", where)
    elif not least <= value <= most:
        problems.add(f"Must be between {least} and {most}", where)
