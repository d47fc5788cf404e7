"""Ids as text: those of our rows and of HubSpot's records."""

import re

# Our ids and HubSpot's are signed 64-bit numbers.
LARGEST_ID = 2**63 - 1
_ID = re.compile(r"[1-9][0-9]{0,18}")


# Other numbers of ours, such as versions, are signed 32-bit numbers.
_SMALL = re.compile(r"[1-9][0-9]{0,8}")


def small_number(text: str) -> int | None:
    return int(text) if _SMALL.fullmatch(text) else None


def row_id(text: str) -> int | None:
    if not _ID.fullmatch(text):
        return None
    number = int(text)
    return number if number <= LARGEST_ID else None
