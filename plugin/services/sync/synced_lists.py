"""Keeps the memberships of a synced list up to date.

A look reads who joined, from the end of the list in the order of joining. Where somebody left, and
once a day, a pass reads all members. Whoever was not met is looked up before their membership ends:
a list that HubSpot is still filling, or that changes while it is read, ends no membership.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from plugin.core.clock import utcnow
from plugin.core.imports import CONTACTS_A_READ, MEMBERS_A_PAGE
from plugin.gateways import GatewayError, ListsOfContacts, MembershipPage
from plugin.models.audience.synced_list import (
    FINE,
    LEAVERS,
    MISSING,
    PAGES,
    REFUSED,
    REMOVED,
    RESTING,
    TAIL,
    SyncedList,
)
from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.transaction import failures, in_parallel, transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.imports.checkpoint import extend_trail, retry_time
from plugin.services.sync.list_members import (
    count_members,
    end_memberships,
    store_members,
    unmet,
)
from plugin.services.system.rate_limits import in_background

STEP_SECONDS = 4.0
LOOK_EVERY, PASS_EVERY, LARGE_PASS_EVERY = (
    timedelta(minutes=5), timedelta(hours=24), timedelta(hours=1),
)  # fmt: skip
# A look for leavers that costs more calls than this waits for an hour to pass.
MANY_CALLS = 10
PARALLEL = 4
# HubSpot does not take the cursor, or the order.
NO_ORDER = ("invalid", "refused", "not_found")


class Gone(Exception):
    """Nobody keeps the list any more."""


def sync_list(deps: Dependencies, row_id: int) -> datetime | None:
    """Do a bounded piece of a look or pass; return when to go on, or None. Raise `GatewayError`."""
    synced = SyncedList.by_row(row_id)
    if synced is None or synced.state == REMOVED:
        return None
    installation = Installation.by_id(synced.installation_id)
    if installation is None or not installation.is_alive:
        return None
    try:
        with in_background():
            return _go_on(deps, synced)
    except Gone:
        return None
    except GatewayError as error:
        allowed = retry_time(error)
        if allowed is None:
            _note_failure(synced, error)
            if not error.permanent:
                raise
        return allowed


def _go_on(deps: Dependencies, synced: SyncedList) -> datetime | None:
    end = time.monotonic() + STEP_SECONDS
    if synced.phase == RESTING:
        _begin(deps, synced)
    while synced.phase != RESTING:
        PHASES[synced.phase](deps, synced)
        if time.monotonic() > end:
            return utcnow()
    return None


def is_due(synced: SyncedList, now: datetime) -> bool:
    rests = synced.looked_at is not None and now - synced.looked_at < LOOK_EVERY
    return synced.state != REMOVED and (synced.phase != RESTING or not rests)


def begin_pass(synced: SyncedList) -> None:
    """Have all members read, inside the caller's transaction."""
    synced.phase, synced.pass_started_at = PAGES, utcnow()
    synced.after = synced.trail = ""


def _held(synced: SyncedList) -> None:
    """Lock the row, inside the caller's transaction; raise `Gone`."""
    row = db.session.get(SyncedList, synced.id, with_for_update=True, populate_existing=True)
    if row is None or row.state == REMOVED:
        raise Gone


def _begin(deps: Dependencies, synced: SyncedList) -> None:
    access = portal_access(deps, synced.installation_id)
    listed = deps.gateways.hubspot.list_by_id(access, synced.list_id)
    with transaction():
        _held(synced)
        was_missing = synced.state != FINE
        synced.by_id = synced.by_id and not was_missing
        synced.state, synced.error = FINE, ""
        synced.name = listed.name[:255] or synced.name
        if was_missing or synced.incomplete or _pass_is_due(synced, listed.size):
            begin_pass(synced)
        else:
            synced.phase, synced.after, synced.trail = TAIL, synced.join_after, ""
        # The members so far are read; the next look reads all again.
        synced.incomplete = listed.processing


def _pass_is_due(synced: SyncedList, size: int | None) -> bool:
    if synced.read_at is None:
        return True
    age = utcnow() - synced.read_at
    # Without the order of joining every change takes a pass.
    changed = synced.by_id and size != synced.size and age >= LARGE_PASS_EVERY
    return age >= PASS_EVERY or changed


def _read_pages(deps: Dependencies, synced: SyncedList) -> None:
    page = _page(deps, synced, by_join=not synced.by_id)
    with transaction():
        _held(synced)
        if page is None:
            synced.by_id = True
            begin_pass(synced)
            return
        store_members(synced, page.contact_ids, page.joined, utcnow())
        _turn(synced, page)
        if page.after is None:
            synced.size = len(page.contact_ids) if page.total is None else page.total
            synced.phase = LEAVERS


def _read_tail(deps: Dependencies, synced: SyncedList) -> None:
    page = _page(deps, synced, by_join=True)
    with transaction():
        _held(synced)
        known = synced.tail_count if synced.after == synced.join_after else 0
        if page is None or (known and _mark(page.contact_ids[:known]) != synced.tail_mark):
            # Somebody left, of the last page or before it.
            begin_pass(synced)
            return
        store_members(synced, page.contact_ids, page.joined, utcnow())
        _turn(synced, page)
        # What the list would hold, had nobody left.
        synced.size = (synced.size or 0) + len(page.contact_ids) - known
        if page.after is None:
            _end_look(synced, page.total)


def _page(deps: Dependencies, synced: SyncedList, by_join: bool) -> MembershipPage | None:
    """Return None where HubSpot does not take the order."""
    access = portal_access(deps, synced.installation_id)
    try:
        return deps.gateways.hubspot.memberships(
            access, synced.list_id, synced.after or None, by_join=by_join
        )
    except GatewayError as error:
        if not by_join or error.reason not in NO_ORDER:
            raise
        return None


def _turn(synced: SyncedList, page: MembershipPage) -> None:
    """Move the cursor, and remember the last page."""
    if page.after is None and not synced.by_id:
        synced.join_after, synced.tail_count = synced.after, len(page.contact_ids)
        synced.tail_mark = _mark(page.contact_ids)
    synced.trail = extend_trail("HubSpot", synced.trail, page.after)
    synced.after = page.after or ""


def _mark(contact_ids: Sequence[int]) -> str:
    return hashlib.sha256(" ".join(map(str, contact_ids)).encode()).hexdigest()[:40]


def _end_look(synced: SyncedList, total: int | None) -> None:
    now = utcnow()
    left = total is not None and total < (synced.size or 0)
    if left and not synced.incomplete and _leavers_are_due(synced, now):
        synced.phase, synced.size, synced.pass_started_at = LEAVERS, total, now
        if synced.members / CONTACTS_A_READ > (total or 0) / MEMBERS_A_PAGE:
            # Reading the list costs less than looking up each linked member.
            begin_pass(synced)
        return
    _rest(synced, now)


def _leavers_are_due(synced: SyncedList, now: datetime) -> bool:
    calls = min(synced.members / CONTACTS_A_READ, (synced.size or 0) / MEMBERS_A_PAGE)
    return calls <= MANY_CALLS or now - (synced.read_at or now) >= LARGE_PASS_EVERY


def _end_leavers(deps: Dependencies, synced: SyncedList) -> None:
    """Look up a few hundred members that were not met, and end the memberships of who left."""
    begun = synced.pass_started_at or utcnow()
    rows = {} if synced.incomplete else unmet(synced, begun, PARALLEL * CONTACTS_A_READ)
    found, errors = _lists_of(deps, synced, list(rows.values()))
    with transaction():
        _held(synced)
        if not rows:
            synced.read_at = begun
            _rest(synced, utcnow())
            return
        here = {row: ids for row, ids in found.items() if synced.list_id in ids}
        joined = {row: at for row, ids in here.items() if (at := ids[synced.list_id])}
        store_members(synced, list(here), joined, utcnow())
        asked = set(found) if errors else set(rows.values())
        left = [row for row, contact_id in rows.items() if contact_id in asked - here.keys()]
        end_memberships(synced, left, utcnow())
    for error in errors:
        raise error


def _lists_of(
    deps: Dependencies, synced: SyncedList, contact_ids: list[int]
) -> tuple[ListsOfContacts, list[BaseException]]:
    access = portal_access(deps, synced.installation_id)
    calls = [
        partial(
            deps.gateways.hubspot.lists_of_contacts,
            access,
            contact_ids[start : start + CONTACTS_A_READ],
        )
        for start in range(0, len(contact_ids), CONTACTS_A_READ)
    ]
    futures = in_parallel("hubspot", calls)
    answers = [future.result() for future in futures if not future.exception()]
    return {row: ids for answer in answers for row, ids in answer.items()}, failures(futures)


def _rest(synced: SyncedList, now: datetime) -> None:
    synced.phase, synced.after, synced.trail = RESTING, "", ""
    synced.looked_at, synced.members = now, count_members(synced)


PHASES: dict[str, Callable[[Dependencies, SyncedList], None]] = {
    PAGES: _read_pages,
    TAIL: _read_tail,
    LEAVERS: _end_leavers,
}


def _note_failure(synced: SyncedList, error: GatewayError) -> None:
    """Store HubSpot's words. A list that is gone keeps its memberships as they were last known."""
    with transaction():
        row = db.session.get(SyncedList, synced.id, with_for_update=True, populate_existing=True)
        if row is None or row.state == REMOVED:
            return
        row.error = error.message[:500]
        if error.permanent and error.reason in ("not_found", "invalid", "forbidden"):
            row.state = REFUSED if error.reason == "forbidden" else MISSING
            row.phase = RESTING
        if error.permanent:
            row.looked_at = utcnow()
