"""What a contact property says of a LINE user, how long an import still takes, and safe cells."""

import math
import re
from typing import Literal

from plugin.core.linkage import looks_like_user_id

Reading = Literal["empty", "id", "invalid_id", "several_ids"]
_USER_ID = re.compile(r"(?<![0-9A-Za-z])U[0-9a-f]{32}(?![0-9A-Za-z])")
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
