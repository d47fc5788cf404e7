"""A page of members and a few reads of contacts, on their way to HubSpot at the same time."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from plugin.core.clock import utcnow
from plugin.core.importing import CONTACTS_A_READ
from plugin.gateways import ContactBatch, MembershipPage, Portal
from plugin.models.base import failures, side_by_side
from plugin.models.list_import import ENDED, ImportRun, ListImport
from plugin.services import Outside
from plugin.services.find_contact import SHOWN
from plugin.services.import_keeping import forget_deleted, keep_records
from plugin.services.import_progress import piece
from plugin.services.offered_ids import own_property
from plugin.services.portal_access import portal

# HubSpot takes a third of a second for a read and allows ten a second.
READS_AT_ONCE = 4


def read_round(
    outside: Outside,
    mine: ListImport,
    run: ImportRun,
    ask: Callable[[Portal], MembershipPage | None],
    keep_page: Callable[[MembershipPage | None], None],
) -> None:
    """Read members who wait, and `ask` for the next page; what was answered is one piece.

    Members who are too few for a full read wait for the next page, but for the last ones.
    """
    access, asked_at = portal(outside, mine.installation_id), utcnow()
    some = _batches(run)
    read = outside.gateways.hubspot.read_contacts
    names = properties_of(mine)
    reads = [partial(read, access, [str(one) for one in ids], names) for ids in some]
    left = len(run.pending) - sum(map(len, some))
    pages = [partial(ask, access)] if run.after != ENDED and left < CONTACTS_A_READ else []
    deeds: list[Callable[[], Any]] = [*reads, *pages]
    answers = side_by_side(deeds)
    errors = failures(answers)
    if len(errors) < len(answers):
        with piece(run):
            done = zip(some, answers, strict=False)
            good = [(ids, one.result()) for ids, one in done if not one.exception()]
            _keep(mine, run, good, asked_at)
            for page in answers[len(reads) :]:
                if not page.exception():
                    keep_page(page.result())
    if errors:
        # What HubSpot refuses for good counts more than "not now".
        raise max(errors, key=lambda error: getattr(error, "permanent", True))


def properties_of(mine: ListImport) -> list[str]:
    """What is read of a contact."""
    return list(dict.fromkeys([*SHOWN, mine.property_name, own_property(mine.official_account)]))


def _batches(run: ImportRun) -> list[list[int]]:
    waiting = len(run.pending)
    full = waiting if run.after == ENDED else waiting - waiting % CONTACTS_A_READ
    starts = range(0, full, CONTACTS_A_READ)[:READS_AT_ONCE]
    return [run.pending[start : start + CONTACTS_A_READ] for start in starts]


def _keep(
    mine: ListImport,
    run: ImportRun,
    reads: Sequence[tuple[list[int], ContactBatch]],
    asked_at: datetime,
) -> None:
    asked = {one for ids, _ in reads for one in ids}
    records = [record for _, batch in reads for record in batch.records]
    missing = [name for _, batch in reads for name in batch.missing]
    keep_records(mine, run, records, asked_at)
    forget_deleted(mine, run, [int(name) for name in missing if name.isdecimal()])
    run.pending = [one for one in run.pending if one not in asked]
