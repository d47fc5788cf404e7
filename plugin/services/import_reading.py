"""What HubSpot says: who is in the list, and what their property holds."""

from datetime import timedelta

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError, MembershipPage, Portal
from plugin.models.list_import import ENDED, ImportMember, ImportRun, Known, ListImport
from plugin.services import Outside
from plugin.services.import_begin import start_whole
from plugin.services.import_keeping import keep_records, unmet
from plugin.services.import_progress import go_to, piece
from plugin.services.import_round import properties_of, read_round
from plugin.services.portal_access import portal

# HubSpot's search index lags behind writes; what is found twice is read twice and changes nothing.
INDEX_LAG = timedelta(minutes=10)
# The search pages no further (CRM search reference).
MOST_FOUND = 10_000


def read_changes(outside: Outside, mine: ListImport, run: ImportRun) -> None:
    """One page of contacts that changed since the last run; those of the list are kept."""
    assert mine.changed_since is not None  # noqa: S101 - otherwise the run is a whole one
    access, asked_at = portal(outside, mine.installation_id), utcnow()
    page = outside.gateways.hubspot.modified_contacts(
        access, mine.changed_since - INDEX_LAG, properties_of(mine), run.after or None
    )
    with piece(run):
        if page.total > MOST_FOUND:
            start_whole(run)
            return
        ids = [record.contact_id for record in page.records]
        members = ImportMember.of_contacts(mine.id, ids)
        # The cursor of an index that moves may show a contact twice.
        fresh = [one for one in page.records if _is_news(members.get(one.contact_id), run)]
        keep_records(mine, run, fresh, asked_at)
        go_to(run, "changes", page.after) if page.after else go_to(run, "members")


def _is_news(member: Known | None, run: ImportRun) -> bool:
    return member is not None and member.run_id != run.id


def read_members(outside: Outside, mine: ListImport, run: ImportRun) -> None:
    """A page of members in the order of joining, and reads of those who wait for one."""
    if _is_over(run):
        with piece(run):
            go_to(run, "recheck" if run.whole and run.shrunk else "strangers")
        return
    start = run.after or ("" if run.whole else mine.tail_after or "")
    list_id, by_join = mine.list_id, run.by_join

    def ask(access: Portal) -> MembershipPage | None:
        """None where HubSpot does not take the cursor, or the order."""
        try:
            gateway = outside.gateways.hubspot
            return gateway.memberships(access, list_id, start or None, by_join=by_join)
        except GatewayError as error:
            # A list that is gone was noticed at the beginning of the run.
            if not by_join or error.reason not in ("invalid", "refused", "not_found"):
                raise
            return None

    read_round(outside, mine, run, ask, lambda page: _keep_page(mine, run, start, page))


def recheck_members(outside: Outside, mine: ListImport, run: ImportRun) -> None:
    """Somebody left while we paged, so others may have moved up past us: look who was missed."""
    if _is_over(run):
        with piece(run):
            go_to(run, "strangers")
        return
    list_id, after = mine.list_id, run.after or None

    def keep(page: MembershipPage | None) -> None:
        if page is not None:
            run.pending = [*run.pending, *unmet(mine, run, page.contact_ids)]
            run.after = page.after or ENDED

    gateway = outside.gateways.hubspot
    read_round(outside, mine, run, lambda access: gateway.memberships(access, list_id, after), keep)


def _is_over(run: ImportRun) -> bool:
    return run.after == ENDED and not run.pending


def _keep_page(mine: ListImport, run: ImportRun, start: str, page: MembershipPage | None) -> None:
    """Whoever is on the page is to be read; inside `piece`."""
    if page is None or _tail_moved(mine, run, page):
        # Without joining order to begin with, there is nothing to come back to either.
        run.by_join = bool(start)
        start_whole(run)
        return
    run.pending = [*run.pending, *_to_read(mine, run, page)]
    _note_size(run, page)
    if page.after is None and run.by_join:
        run.tail_after, run.tail_id = start, next(iter(page.contact_ids), None)
    run.after = page.after or ENDED


def _tail_moved(mine: ListImport, run: ImportRun, page: MembershipPage) -> bool:
    """Members left, so that the page we came back to begins with somebody else."""
    return not run.whole and not run.after and mine.tail_id not in page.contact_ids[:1]


def _to_read(mine: ListImport, run: ImportRun, page: MembershipPage) -> list[int]:
    if run.whole:
        return unmet(mine, run, page.contact_ids)
    known = ImportMember.of_contacts(mine.id, list(page.contact_ids))
    return [one for one in page.contact_ids if one not in known and one not in run.pending]


def _note_size(run: ImportRun, page: MembershipPage) -> None:
    if page.total is None:
        return
    run.shrunk = run.shrunk or (run.after != "" and page.total < (run.size or 0))
    run.size = page.total
