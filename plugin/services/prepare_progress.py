"""How far a preparation is: what was read, and what HubSpot was told."""

import math
from typing import NamedTuple

from plugin.core.importing import CALLS_A_SECOND, CONTACTS_A_READ, MEMBERS_A_PAGE
from plugin.models.list_preparation import RUNNING, ListPreparation

# Writing takes as many contacts a call as reading does.
CONTACTS_A_WRITE = CONTACTS_A_READ


class Progress(NamedTuple):
    """`share` of 0 to 1, None where HubSpot did not say how long the list is."""

    share: float | None
    unwritten: int
    refused: int
    used: int
    seconds_left: float

    @property
    def at_work(self) -> bool:
        """Whether anything is still to come."""
        return self.share is None or self.share < 1


def progress_of(mine: ListPreparation) -> Progress:
    """As it stands now. Half of the way is reading, the other half is telling HubSpot."""
    unwritten = mine.count_unwritten()
    unread = max((mine.size or 0) - mine.read, 0) if mine.state == RUNNING else 0
    calls = math.ceil(unread / MEMBERS_A_PAGE) + math.ceil((unread + unwritten) / CONTACTS_A_WRITE)
    return Progress(
        share=_share(mine, unread, unwritten),
        unwritten=unwritten,
        refused=mine.count_refused(),
        used=mine.count_used(),
        seconds_left=calls / CALLS_A_SECOND,
    )


def _share(mine: ListPreparation, unread: int, unwritten: int) -> float | None:
    if mine.state == RUNNING and not mine.size:
        return None
    steps = 2 * (mine.read + unread)
    left = 2 * unread + unwritten
    if not steps:
        return 1.0
    # The size may lag behind what was read; while it runs it is not done.
    return min(1 - left / steps, 0.99 if mine.state == RUNNING else 1.0)
