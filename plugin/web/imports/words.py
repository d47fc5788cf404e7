"""Texts of the Import pages: runs, problems and the time left."""

from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from plugin.core.clock import utcnow
from plugin.core.imports import seconds_left
from plugin.models.imports.import_member import ImportMember
from plugin.models.imports.import_run import RUNNING, ImportRun
from plugin.models.imports.list_import import ListImport
from plugin.web.language import time_span

INTERVALS = (
    (0, lazy_gettext("Only when I say so")),
    (15, lazy_gettext("Every 15 minutes")),
    (60, lazy_gettext("Every hour")),
    (360, lazy_gettext("Every 6 hours")),
    (1440, lazy_gettext("Every day")),
    (10080, lazy_gettext("Every week")),
)
PROBLEM_WORDS = {
    "invalid_id": lazy_gettext("Not a LINE User ID"),
    "several_ids": lazy_gettext("Several LINE User IDs"),
    "unknown_friend": lazy_gettext("No friend of this account"),
    "shared_id": lazy_gettext("Same ID on two contacts"),
    "friend_taken": lazy_gettext("Friend is linked with another contact"),
    "contact_taken": lazy_gettext("Contact is linked with another friend"),
    "unlinked": lazy_gettext("Was unlinked before"),
}
PROBLEM_ADVICE = {
    "invalid_id": lazy_gettext("A LINE User ID is U and 32 characters, 0 to 9 and a to f."),
    "several_ids": lazy_gettext("Leave the one ID that is this contact's in the property."),
    "unknown_friend": lazy_gettext(
        "The person blocked or never added the account, or the ID comes from another LINE provider."
    ),
    "shared_id": lazy_gettext("Neither was linked. Take the ID off the contact it is not."),
    "friend_taken": lazy_gettext("The link that exists was kept. Decide on the friend's page."),
    "contact_taken": lazy_gettext("The link that exists was kept. Decide on the friend's page."),
    "unlinked": lazy_gettext(
        "Somebody unlinked this friend, so the import leaves it. Link by hand if that was an error."
    ),
}


class Progress(NamedTuple):
    """The progress of a run; `percent` None where it cannot be estimated."""

    percent: int | None
    now: str
    left: str


def progress_of(run: ImportRun) -> Progress | None:
    """Return the progress of a running import. Reading is 90 percent; the rest needs no HubSpot."""
    if run.state != RUNNING:
        return None
    if run.phase in ("members", "changes", "recheck"):
        return _reading(run)
    if run.phase in ("followers", "profiles", "strangers"):
        return Progress(90, _("Asking LINE whose the IDs are"), "")
    if run.phase in ("deciding", "end"):
        waiting = ImportMember.count_pending(run.list_import_id)
        share = 100 if not waiting else 90 + 10 * (run.read - waiting) // max(run.read, 1)
        return Progress(max(90, min(share, 99)), _("Linking"), "")
    return Progress(None, _("Waiting for its turn"), "")


def _reading(run: ImportRun) -> Progress:
    now = _("Reading contacts from HubSpot")
    if not run.whole or not run.size:
        return Progress(None, _("Looking for what changed"), "")
    elapsed = (utcnow() - run.started_at).total_seconds()
    left = seconds_left(run.read, run.size, elapsed)
    remaining = _("about %(time)s left", time=time_span(max(left, 5)))
    return Progress(min(90 * run.read // run.size, 90), now, remaining)


def interval_word(minutes: int) -> str:
    label = dict(INTERVALS).get(minutes)
    return str(label) if label else _("Every %(time)s", time=time_span(minutes * 60))


def source_word(list_import: ListImport) -> str:
    return list_import.list_name or _("List %(id)s", id=list_import.list_id)
