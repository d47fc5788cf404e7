"""What open inboxes compare themselves with, kept in the process's memory for a second.

A page that is drawn keeps what it read: a poll must not be answered with something older than the
page shows, or the page would look again for nothing.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from flask import session

from plugin.models.inbox.inbox_search import change_mark, count_unread
from plugin.web.chosen_account import KEY

MARK_SECONDS = 1.0
MOST_KEPT = 5000


class Mark(NamedTuple):
    """`mark`: changes with anything an inbox shows; `unread`: conversations that nobody opened."""

    mark: str
    unread: int


_lock = threading.Lock()
# By installation and by the account that the person works on, 0 for all of them.
_kept: dict[tuple[int, int], tuple[Mark, float]] = {}


def read_mark(installation_id: int, account_ids: Sequence[int]) -> Mark:
    """Read it from the database and keep it for the polls that follow."""
    mark = Mark(change_mark(account_ids), count_unread(account_ids))
    with _lock:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[installation_id, _chosen_id()] = mark, time.monotonic() + MARK_SECONDS
    return mark


def kept_mark(installation_id: int, account_ids: Callable[[], Sequence[int]]) -> Mark:
    """Return what was read within the last second, or read it."""
    with _lock:
        known = _kept.get((installation_id, _chosen_id()))
    if known is not None and time.monotonic() < known[1]:
        return known[0]
    return read_mark(installation_id, account_ids())


def forget_marks() -> None:
    with _lock:
        _kept.clear()


def _chosen_id() -> int:
    chosen_id = session.get(KEY)
    return chosen_id if isinstance(chosen_id, int) else 0
