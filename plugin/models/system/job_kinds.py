"""Every kind of job, in one table: its queue, its timing, and its name for people."""

from datetime import timedelta
from typing import NamedTuple

from plugin.core.text.sentences import Sentence

AT_ONCE = timedelta(0)


class JobKind(NamedTuple):
    # Each queue has its own threads, so that a long import never delays a live message.
    queue: str
    # For people, on the page of failed jobs.
    label: Sentence
    # How long a job waits for others of its kind, so that one call serves many.
    gather: timedelta = AT_ONCE
    # How often the leading scheduler enqueues it by itself.
    every: timedelta | None = None
    # A contact waits in a workflow for it, so it is retried every few seconds.
    awaited: bool = False
    # One row that every send, call or event of a tenant enqueues. On PostgreSQL it is written after
    # the commit, so that no transaction holds it while others need it; the work itself stands in
    # rows of its own, where `services.system.lost_work` finds it.
    after_commit: bool = False
    # It waits while HubSpot is paused or disconnected, and goes on afterwards.
    rests: bool = False
    # It stays when the HubSpot connection is removed.
    outlives_hubspot: bool = False


HOURLY = timedelta(hours=1)
SEND, BROADCAST, SYNC, IMPORT = "send", "broadcast", "sync", "import"
# Servers of others, which may be slow.
WEBHOOK = "webhook"

JOB_KINDS: dict[str, JobKind] = {
    "deliver": JobKind(SEND, Sentence("Send a message")),
    "switch_rich_menu": JobKind(SEND, Sentence("Switch a rich menu")),
    # It also ends what a removal of HubSpot has cut short.
    "send_broadcast": JobKind(BROADCAST, Sentence("Send a broadcast"), outlives_hubspot=True),
    "sweep_broadcasts": JobKind(
        SYNC, Sentence("Begin planned broadcasts in time"), every=timedelta(minutes=1)
    ),
    "line_inbox": JobKind(
        SYNC, Sentence("Read LINE's webhook events"), after_commit=True, outlives_hubspot=True
    ),
    "hubspot_inbox": JobKind(
        SYNC, Sentence("Read HubSpot's webhook events"), after_commit=True, rests=True
    ),
    # A lone write leaves within a second, and a thousand writes cost ten calls.
    "write_contacts": JobKind(
        SYNC,
        Sentence("Write contacts to HubSpot"),
        gather=timedelta(milliseconds=400),
        after_commit=True,
        rests=True,
    ),
    "complete_callbacks": JobKind(
        SYNC,
        Sentence("Tell HubSpot how actions ended"),
        gather=timedelta(milliseconds=250),
        awaited=True,
        after_commit=True,
        rests=True,
    ),
    "check_contacts": JobKind(
        SYNC, Sentence("Read changed contacts from HubSpot"), after_commit=True, rests=True
    ),
    "created_contacts": JobKind(SYNC, Sentence("Read new contacts from HubSpot")),
    "check_conflict": JobKind(SYNC, Sentence("Ask LINE about a conflict")),
    "suggest_contact": JobKind(SYNC, Sentence("Look up who a visitor may be")),
    "deauthorize": JobKind(SYNC, Sentence("Tell LINE of an unlinking"), outlives_hubspot=True),
    "plan_reconciles": JobKind(SYNC, Sentence("Plan the nightly comparisons"), every=HOURLY),
    "reconcile": JobKind(IMPORT, Sentence("Compare contacts with HubSpot")),
    "remove_hubspot": JobKind(SYNC, Sentence("Remove HubSpot"), outlives_hubspot=True),
    "run_taken": JobKind(
        SYNC, Sentence("Run workflow actions"), awaited=True, after_commit=True, rests=True
    ),
    "close_question": JobKind(SYNC, Sentence("Close a question")),
    # It also finds the work of a process that ended before it could enqueue the job.
    "sweep_calls": JobKind(
        SYNC, Sentence("End workflow actions in time"), every=timedelta(seconds=20)
    ),
    "refresh_token": JobKind(SYNC, Sentence("Renew the access to HubSpot"), rests=True),
    "read_profiles": JobKind(
        SYNC, Sentence("Read friends' profiles from LINE"), outlives_hubspot=True
    ),
    "write_search_terms": JobKind(
        IMPORT,
        Sentence("Note the words by which friends are found"),
        every=timedelta(seconds=20),
        outlives_hubspot=True,
    ),
    "fetch_content": JobKind(IMPORT, Sentence("Fetch what friends sent"), outlives_hubspot=True),
    "mark_as_read": JobKind(SYNC, Sentence("Tell LINE what was read"), outlives_hubspot=True),
    "notify_of_waiting": JobKind(
        SYNC,
        Sentence("Tell the team of friends who wait for an answer"),
        every=timedelta(minutes=1),
        outlives_hubspot=True,
    ),
    "read_quota": JobKind(SYNC, Sentence("Read the message quota"), outlives_hubspot=True),
    "read_quotas": JobKind(SYNC, Sentence("Plan reading the message quotas"), every=HOURLY),
    "ensure_properties": JobKind(SYNC, Sentence("Create the contact properties"), rests=True),
    "housekeeping": JobKind(SYNC, Sentence("Delete what has expired"), every=HOURLY),
    "import_list": JobKind(IMPORT, Sentence("Import a list")),
    "import_friends": JobKind(
        IMPORT, Sentence("Import the friends that LINE lists"), outlives_hubspot=True
    ),
    "write_imported": JobKind(IMPORT, Sentence("Write imported contacts to HubSpot")),
    "prepare_list": JobKind(IMPORT, Sentence("Issue personal links for a list")),
    "keep_lists": JobKind(
        SYNC, Sentence("Keep prepared lists up to date"), every=timedelta(minutes=5)
    ),
    "truncate_log": JobKind(
        SYNC, Sentence("Empty the database's log after a deletion"), outlives_hubspot=True
    ),
    # Links of an import come together.
    "sync_contacts": JobKind(
        IMPORT,
        Sentence("Read synced properties from HubSpot"),
        gather=timedelta(milliseconds=400),
        after_commit=True,
        rests=True,
    ),
    "sync_list": JobKind(IMPORT, Sentence("Read a synced list from HubSpot")),
    "plan_syncs": JobKind(
        SYNC, Sentence("Plan the reading of HubSpot"), every=timedelta(minutes=1)
    ),
    "forget_removed": JobKind(
        IMPORT, Sentence("Delete what is no longer synced"), outlives_hubspot=True
    ),
    "adjust_indexes": JobKind(
        IMPORT, Sentence("Index the synced properties"), outlives_hubspot=True
    ),
    "export_list": JobKind(IMPORT, Sentence("Make a HubSpot list of friends"), rests=True),
    "plan_measures": JobKind(SYNC, Sentence("Plan what is measured"), every=HOURLY),
    "read_opens": JobKind(SYNC, Sentence("Read opens from LINE")),
    "compare_sends": JobKind(SYNC, Sentence("Compare sends with LINE's counts")),
    "look_at_goal": JobKind(IMPORT, Sentence("Look who reached a broadcast's goal"), rests=True),
    "write_spend": JobKind(SYNC, Sentence("Write a campaign's spend to HubSpot"), rests=True),
    "forget_media": JobKind(
        IMPORT, Sentence("Delete a picture, video or file"), outlives_hubspot=True
    ),
    "fold_activity": JobKind(
        SYNC, Sentence("Add up what happened"), every=timedelta(minutes=1), outlives_hubspot=True
    ),
    "check_counts": JobKind(IMPORT, Sentence("Compare counts with what is there")),
    "send_webhooks": JobKind(WEBHOOK, Sentence("Tell a receiver of events"), after_commit=True),
    "remove_receiver": JobKind(IMPORT, Sentence("Delete the log of a removed receiver")),
    "relay_line": JobKind(
        WEBHOOK, Sentence("Relay LINE's calls to another tool"), after_commit=True
    ),
    "tag_many": JobKind(IMPORT, Sentence("Tag many friends"), outlives_hubspot=True),
}
QUEUES = sorted({kind.queue for kind in JOB_KINDS.values()})
RECURRING = {name: kind.every for name, kind in JOB_KINDS.items() if kind.every is not None}
RESTING = tuple(name for name, kind in JOB_KINDS.items() if kind.rests)
OUTLIVING_HUBSPOT = tuple(name for name, kind in JOB_KINDS.items() if kind.outlives_hubspot)
