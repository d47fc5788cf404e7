"""What a contact property or a file says of LINE users, how long an import takes, safe cells."""

import math
import re
from typing import Literal

from plugin.core.linkage import looks_like_user_id

Reading = Literal["empty", "id", "invalid_id", "several_ids"]
_USER_ID = re.compile(r"(?<![0-9A-Za-z])U[0-9a-f]{32}(?![0-9A-Za-z])")
_BETWEEN_CELLS = re.compile(r"[,;\t]")
# Spreadsheets take a cell that begins so for a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

MEMBERS_A_PAGE, CONTACTS_A_READ = 250, 100
# 110 calls in 10 seconds, less what live work may take.
CALLS_A_SECOND = 10.0


def read_value(text: str | None) -> tuple[Reading, str]:
    """What a property's value is, and the LINE user ID where it is exactly one.

    Blanks around it are forgiven, nothing else is: a mended id would be a guess.
    """
    value = (text or "").strip()
    if not value:
        return "empty", ""
    if looks_like_user_id(value):
        return "id", value
    several = len(set(_USER_ID.findall(value))) > 1
    return ("several_ids" if several else "invalid_id"), ""


def user_ids_in(file: bytes) -> tuple[list[str], int]:
    """The LINE user IDs of a CSV file, each once in their order, and the rows without any.

    Any column may hold them; a first row without one is a heading. Blank rows count as nothing.
    """
    utf_16 = file[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = file.decode("utf-16" if utf_16 else "latin-1", "replace")
    found: dict[str, None] = {}
    without = 0
    for number, line in enumerate(text.splitlines()):
        cells = [cell.strip(" \"'") for cell in _BETWEEN_CELLS.split(line)]
        ids = [cell for cell in cells if looks_like_user_id(cell)]
        found.update(dict.fromkeys(ids))
        if number and not ids and any(cells):
            without += 1
    return list(found), without


def least_calls(contacts: int) -> int:
    """The fewest HubSpot calls that read a list: 250 members a page, 100 contacts a read."""
    return math.ceil(contacts / MEMBERS_A_PAGE) + math.ceil(contacts / CONTACTS_A_READ)


def seconds_left(done: int, total: int, elapsed: float) -> float:
    """How long reading still takes: by the pace so far, at first by HubSpot's rate limit."""
    left = max(total - done, 0)
    by_limit = least_calls(left) / CALLS_A_SECOND
    if done < 2000 or elapsed < 10:
        return by_limit
    return max(left * elapsed / done, by_limit)


def safe_cell(text: str) -> str:
    """Text that no spreadsheet runs as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
