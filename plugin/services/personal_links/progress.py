"""The progress of a list's preparation, and its coverage for an e-mail sent now."""

import math
from datetime import datetime
from typing import NamedTuple

from plugin.core.imports import CALLS_A_SECOND, CONTACTS_A_READ, MEMBERS_A_PAGE
from plugin.models.connections.property_trouble import PropertyTrouble
from plugin.models.imports.list_preparation import RUNNING, ListPreparation

# A write takes as many contacts per call as a read.
CONTACTS_A_WRITE = CONTACTS_A_READ


class Progress(NamedTuple):
    """`share` is 0 to 1, None where HubSpot did not report the list's size."""

    share: float | None
    unwritten: int
    refused: int
    used: int
    seconds_left: float

    @property
    def at_work(self) -> bool:
        return self.share is None or self.share < 1


def progress_of(preparation: ListPreparation) -> Progress:
    # Reading counts as one half of the progress, pushing to HubSpot as the other.
    unwritten = preparation.count_unwritten()
    unread = (
        max((preparation.size or 0) - preparation.read, 0) if preparation.state == RUNNING else 0
    )
    calls = math.ceil(unread / MEMBERS_A_PAGE) + math.ceil((unread + unwritten) / CONTACTS_A_WRITE)
    return Progress(
        share=_share(preparation, unread, unwritten),
        unwritten=unwritten,
        refused=preparation.count_refused(),
        used=preparation.count_used(),
        seconds_left=calls / CALLS_A_SECOND,
    )


def _share(preparation: ListPreparation, unread: int, unwritten: int) -> float | None:
    if preparation.state == RUNNING and not preparation.size:
        return None
    steps = 2 * (preparation.read + unread)
    left = 2 * unread + unwritten
    if not steps:
        return 1.0
    # The size may lag behind what was read; a running preparation is never complete.
    return min(1 - left / steps, 0.99 if preparation.state == RUNNING else 1.0)


class Coverage(NamedTuple):
    """Of `members` at the last whole pass, how many have a `valid` link that HubSpot shows now. An
    e-mail misses links that are `unwritten` or `refused`, and members that are `gone` as far as
    Musubi knows; `linked` ones need none. `ends_at`: when the first link ends."""

    members: int
    valid: int
    linked: int
    unwritten: int
    refused: int
    gone: int
    ends_at: datetime | None

    @property
    def missed(self) -> int:
        return self.members - self.valid - self.linked


def coverage_of(preparation: ListPreparation, now: datetime) -> Coverage:
    # Changes since the last pass are counted with the next.
    unwritten, refused = preparation.count_unwritten(), preparation.count_refused()
    if _links_not_written(preparation):
        unwritten, refused = 0, preparation.covered
    shown = preparation.covered - preparation.count_ended(now) - unwritten - refused
    return Coverage(
        members=preparation.members,
        valid=max(shown, 0),
        linked=preparation.members - preparation.covered - preparation.gone,
        unwritten=unwritten,
        refused=refused,
        gone=preparation.gone,
        ends_at=preparation.first_end(now),
    )


def _links_not_written(preparation: ListPreparation) -> bool:
    # HubSpot has no property for the links any more, or refuses to write it.
    suffix = preparation.qr_code.official_account.property_suffix
    names = {f"line_linkage_url{suffix}", f"line_linkage_token{suffix}"}
    return bool(names & PropertyTrouble.skipped(preparation.installation_id))
