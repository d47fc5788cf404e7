"""Reads from HubSpot the members of a list, and the value of each member's property."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from plugin.core.clock import utcnow
from plugin.core.imports import CONTACTS_A_READ, INDEX_LAG
from plugin.gateways import ContactBatch, GatewayError, MembershipPage, Portal
from plugin.models.imports.import_member import ENDED, ImportMember, Known
from plugin.models.imports.import_run import RUNNING, ImportRun
from plugin.models.imports.list_import import ListImport
from plugin.models.transaction import failures, in_parallel
from plugin.services import Dependencies
from plugin.services.connections.access_token import portal_access
from plugin.services.contacts.id_properties import user_id_property
from plugin.services.contacts.lookup import SHOWN
from plugin.services.imports.checkpoint import advance, batch, extend_trail
from plugin.services.imports.store import delete_members, store_records, unknown_members

# Search returns no more results than this (CRM search reference).
MAX_RESULTS = 10_000


def read_changes(deps: Dependencies, list_import: ListImport, run: ImportRun) -> None:
    """Read one page of contacts that changed since the last run; store those of the list."""
    assert list_import.changed_since is not None  # noqa: S101 - otherwise the run is a whole one
    access, asked_at = portal_access(deps, list_import.installation_id), utcnow()
    page = deps.gateways.hubspot.modified_contacts(
        access, list_import.changed_since - INDEX_LAG, properties_of(list_import), run.after or None
    )
    with batch(run):
        if page.total > MAX_RESULTS:
            start_whole(run)
            return
        ids = [record.contact_id for record in page.records]
        members = ImportMember.of_contacts(list_import.id, ids)
        # The index moves under the cursor, so a contact may come twice.
        fresh = [
            record for record in page.records if _is_fresh(members.get(record.contact_id), run)
        ]
        store_records(list_import, run, fresh, asked_at)
        run.trail = extend_trail("HubSpot", run.trail, page.after)
        advance(run, "changes", page.after) if page.after else advance(run, "members")


def _is_fresh(member: Known | None, run: ImportRun) -> bool:
    return member is not None and member.run_id != run.id


def read_members(deps: Dependencies, list_import: ListImport, run: ImportRun) -> None:
    """Read a page of members in the order of joining, and contacts of earlier pages."""
    if _is_over(run):
        with batch(run):
            advance(run, "recheck" if run.whole and run.shrunk else "strangers")
        return
    start = run.after or ("" if run.whole else list_import.tail_after or "")
    list_id, by_join = list_import.list_id, run.by_join

    def ask(access: Portal) -> MembershipPage | None:
        """Return None where HubSpot does not take the cursor, or the order."""
        try:
            gateway = deps.gateways.hubspot
            return gateway.memberships(access, list_id, start or None, by_join=by_join)
        except GatewayError as error:
            # The beginning of the run noticed a list that no longer exists.
            if not by_join or error.reason not in ("invalid", "refused", "not_found"):
                raise
            return None

    read_round(deps, list_import, run, ask, lambda page: _keep_page(list_import, run, start, page))


def recheck_members(deps: Dependencies, list_import: ListImport, run: ImportRun) -> None:
    """Page again for missed members: one that leaves moves the others up past the cursor."""
    if _is_over(run):
        with batch(run):
            advance(run, "strangers")
        return
    list_id, after = list_import.list_id, run.after or None

    def keep(page: MembershipPage | None) -> None:
        if page is not None:
            run.pending = [*run.pending, *unknown_members(list_import, run, page.contact_ids)]
            run.trail = extend_trail("HubSpot", run.trail, page.after)
            run.after = page.after or ENDED

    gateway = deps.gateways.hubspot
    read_round(
        deps, list_import, run, lambda access: gateway.memberships(access, list_id, after), keep
    )


def _is_over(run: ImportRun) -> bool:
    return run.after == ENDED and not run.pending


def _keep_page(
    list_import: ListImport, run: ImportRun, start: str, page: MembershipPage | None
) -> None:
    if page is None or _tail_moved(list_import, run, page):
        # A failure on the first page means that there is no joining order, and so no tail to
        # resume.
        run.by_join = bool(start)
        start_whole(run)
        return
    run.pending = [*run.pending, *_to_read(list_import, run, page)]
    _note_size(run, page)
    if page.after is None and run.by_join:
        run.tail_after, run.tail_id = start, next(iter(page.contact_ids), None)
    run.trail = extend_trail("HubSpot", run.trail, page.after)
    run.after = page.after or ENDED


def _tail_moved(list_import: ListImport, run: ImportRun, page: MembershipPage) -> bool:
    return not run.whole and not run.after and list_import.tail_id not in page.contact_ids[:1]


def _to_read(list_import: ListImport, run: ImportRun, page: MembershipPage) -> list[int]:
    if run.whole:
        return unknown_members(list_import, run, page.contact_ids)
    known = ImportMember.of_contacts(list_import.id, list(page.contact_ids))
    return [
        contact_id
        for contact_id in page.contact_ids
        if contact_id not in known and contact_id not in run.pending
    ]


def _note_size(run: ImportRun, page: MembershipPage) -> None:
    if page.total is None:
        return
    run.shrunk = run.shrunk or (run.after != "" and page.total < (run.size or 0))
    run.size = page.total


# Between whole passes only new members and changed contacts are read. A whole pass is exact: it
# finds what the search index missed, and deletes members who left.
WHOLE_EVERY = timedelta(hours=24)
# A list as small as this costs no more to read whole than to search for changes.
SMALL = 500


def new_run(list_import: ListImport) -> ImportRun:
    """Return a run that begins now; the caller adds it inside their transaction."""
    list_import.state = RUNNING
    return ImportRun(list_import_id=list_import.id, started_at=utcnow(), pending=[])


def begin(deps: Dependencies, list_import: ListImport, run: ImportRun) -> None:
    """Read the list's name and size, and choose between a whole pass and changes only."""
    access = portal_access(deps, list_import.installation_id)
    contact_list = deps.gateways.hubspot.list_by_id(access, list_import.list_id)
    with batch(run):
        list_import.list_name = contact_list.name[:255] or list_import.list_name
        run.size, run.incomplete = contact_list.size, contact_list.processing
        run.whole = _must_be_whole(list_import, contact_list.size, run.started_at)
        advance(run, "members" if run.whole else "changes")


def start_whole(run: ImportRun) -> None:
    """Switch to a whole pass, without rereading members of this run; call it inside `batch`."""
    run.whole, run.pending, run.shrunk, run.deleted = True, [], False, 0
    advance(run, "members")


def _must_be_whole(list_import: ListImport, size: int | None, now: datetime) -> bool:
    if (
        list_import.whole_at is None
        or list_import.changed_since is None
        or list_import.tail_id is None
    ):
        return True
    return now - list_import.whole_at >= WHOLE_EVERY or size is None or size <= SMALL


# HubSpot takes a third of a second for a read and allows ten a second.
PARALLEL_READS = 4


def read_round(
    deps: Dependencies,
    list_import: ListImport,
    run: ImportRun,
    ask: Callable[[Portal], MembershipPage | None],
    keep_page: Callable[[MembershipPage | None], None],
) -> None:
    """Read pending members and `ask` for the next page at once; store all as one batch.

    Fewer members than a full read wait for the next page, except the last ones.
    """
    access, asked_at = portal_access(deps, list_import.installation_id), utcnow()
    id_lists = _batches(run)
    read = deps.gateways.hubspot.read_contacts
    names = properties_of(list_import)
    reads = [partial(read, access, list(map(str, ids)), names) for ids in id_lists]
    left = len(run.pending) - sum(map(len, id_lists))
    pages = [partial(ask, access)] if run.after != ENDED and left < CONTACTS_A_READ else []
    calls: list[Callable[[], Any]] = [*reads, *pages]
    futures = in_parallel("hubspot", calls)
    errors = failures(futures)
    if len(errors) < len(futures):
        with batch(run):
            pairs = zip(id_lists, futures, strict=False)
            done = [(ids, future.result()) for ids, future in pairs if not future.exception()]
            _store(list_import, run, done, asked_at)
            for page in futures[len(reads) :]:
                if not page.exception():
                    keep_page(page.result())
    if errors:
        # A permanent refusal counts more than a temporary one.
        raise max(errors, key=lambda error: getattr(error, "permanent", True))


def properties_of(list_import: ListImport) -> list[str]:
    """Return the names of the contact properties that an import reads."""
    return list(
        dict.fromkeys(
            [*SHOWN, list_import.property_name, user_id_property(list_import.official_account)]
        )
    )


def _batches(run: ImportRun) -> list[list[int]]:
    waiting = len(run.pending)
    full = waiting if run.after == ENDED else waiting - waiting % CONTACTS_A_READ
    starts = range(0, full, CONTACTS_A_READ)[:PARALLEL_READS]
    return [run.pending[start : start + CONTACTS_A_READ] for start in starts]


def _store(
    list_import: ListImport,
    run: ImportRun,
    reads: Sequence[tuple[list[int], ContactBatch]],
    asked_at: datetime,
) -> None:
    read_ids = {contact_id for ids, _ in reads for contact_id in ids}
    records = [record for _, batch in reads for record in batch.records]
    missing = [name for _, batch in reads for name in batch.missing]
    store_records(list_import, run, records, asked_at)
    delete_members(list_import, run, [int(name) for name in missing if name.isdecimal()])
    run.pending = [contact_id for contact_id in run.pending if contact_id not in read_ids]
