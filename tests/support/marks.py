"""A mark in every column that can hold somebody's data, and where marks are found afterwards."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Column, String, Table, insert, select

from plugin.models import db
from plugin.models.base import Base, UTCDateTime
from plugin.models.transaction import transaction
from tests.support.people import NOW

# What a column holds. HUBSPOT: what HubSpot told of a portal or a contact, or typed into it there.
# Everything else may stay: LINE's data of friends, the team's own settings and texts, Musubi's own
# words and states. A column that is in no list fails the test until somebody has decided.
OTHER: dict[str, set[str]] = {
    # Musubi's own keys, counters and leases.
    "api_key": {"fingerprint", "prefix", "role", "name"},
    "audit_entry": {"via", "agent", "deed", "path", "made"},
    "budget_spent": {"bucket", "grants"},
    "lease": {"name", "owner"},
    "mail_count": {"key"},
    "web_session": {"fingerprint", "previous"},
    "visit_count": {"outcome"},
    # Of no tenant yet, and deleted within the hour.
    "oauth_state": {"fingerprint", "browser", "code_verifier", "next_path"},
    "job": {"kind", "key", "queue", "owner"},
    "idempotent_call": {"key", "request"},
    "reconcile_run": {"counts"},
    # LINE's.
    "friend": {"line_user_id", "display_name", "picture_url", "language", "status", "last_result"},
    "friend_import": {"source", "state", "phase", "after", "trail", "error"},
    "friend_candidate": {"line_user_id", "outcome"},
    "user_token": {"login_channel_id", "text", "refresh_text"},
    "unsent_message": {"message_id"},
    "rich_menu_switch": {"menu_id"},
    "official_account": {"channel_id", "channel_secret", "bot_user_id", "basic_id", "name",
                         "picture_url", "chat_mode", "login_channel_id", "login_channel_secret",
                         "liff_url", "webhook_key", "previous_webhook_url", "checks"},
    # The team's own.
    "qr_code": {"slug", "name", "linkage_type", "destination", "tags", "greeting", "dark",
                "light", "logo"},
    "tag": {"name"},
    "friend_tag": set(),
    "tag_change": set(),
    "template": {"name", "kind", "form_key"},
    "template_version": {"messages"},
    "tagging": {"wanted", "tags", "state"},
    "sending_rules": {"open_hours", "time_zone", "currency"},
    "status_change": {"status"},
    "template_unit": {"month", "name", "opens"},
    "daily_count": {"kind"},
    "goal_hit": set(),
    "activity": {"measure"},
    "activity_change": {"measure"},
    "search_pending": set(),
    "media": {"key", "origin", "kind", "name", "content_type", "variants"},
    "canned_answer": {"name", "text"},
    "inbox_rules": {"notify_to"},
    "conversation": {"state", "last_direction", "last_kind", "last_text", "read_token"},
    "conversation_message": {"direction", "kind", "text", "payload", "line_message_id",
                             "content_state"},
    "template_draft": {"content"},
    "template_draft_step": {"content"},
    "variant_draft": {"base", "content"},
    "variant_draft_step": {"content"},
    "broadcast": {"name", "state", "reason", "audience", "upload", "when_short", "split_by",
                  "approval", "cap_override", "form_key"},
    "broadcast_variant": {"messages", "aggregation_unit", "opens"},
    "broadcast_tally": {"state", "reason"},
    "recipient": {"state", "reason"},
    "audience_member": {"line_user_id"},
    # The same for all its people, and LINE's words about it.
    "multicast": {"retry_key", "messages", "state", "error", "line_request_id"},
    # Of receivers that a removal deletes whole.
    "webhook_receiver": {"url", "events", "secret", "previous_secret", "halt_reason",
                         "last_error"},
    "line_relay": {"url", "last_error"},
    # LINE's calls, for an hour at most.
    "relayed_call": {"body", "signature", "content_type", "user_agent", "via"},
    # States, keys and codes; whatever else these tables have is marked.
    "outgoing_event": {"key", "type"},
    "event_delivery": {"state", "error"},
    "installation": {"state", "webhook_events"},
    "property_trouble": {"name", "reason"},
    "webhook_event": {"source", "event_key", "kind"},
    "action_call": {"callback_id", "action", "state", "result"},
    "contact": set(),
    "ledger_entry": {"deed", "method", "line_user_id"},
    "link_target": {"fingerprint"},
    "list_import": {"state"},
    "conflict": {"decision", "method", "verdict"},
    "delivery": {"retry_key", "filling", "state", "result", "message_ids", "line_request_id",
                 "aggregation_unit", "reply_token"},
    "import_member": {"line_user_id", "outcome"},
    "import_run": {"state", "phase", "followers_after", "followers_trail"},
    "linkage": {"method"},
    "list_preparation": {"state"},
    "question": {"reference", "state"},
    "linkage_token": {"nonce", "used_by"},
    "login_attempt": {"reference", "state", "browser", "nonce", "code_verifier", "line_user_id",
                      "display_name", "picture_url", "visitor", "outcome"},
    "email_proof": {"code"},
    "member": set(),
    "visitor_hint": set(),
    "synced_property": {"state"},
    "synced_list": {"state", "phase", "tail_mark"},
    "link_click": set(),
    # The team's own words, in which properties and lists are named as in messages.
    "segment": {"name", "ready"},
    "segment_version": {"rule"},
    "list_export": {"state", "reason"},
}  # fmt: skip
HUBSPOT: dict[str, set[str]] = {
    "search_term": {"term"},
    "installation": {"hub_domain", "ui_domain", "time_zone", "disconnect_reason", "access_token",
                     "refresh_token", "scopes", "properties_error"},
    "job": {"last_error", "payload"},
    "audit_entry": {"actor"},
    "member": {"email", "test_friends"},
    "webhook_event": {"payload", "error"},
    "action_call": {"inputs", "outputs", "note"},
    "contact": {"email", "firstname", "lastname", "mirror_error", "shown"},
    "idempotent_call": {"answer"},
    "reconcile_run": {"error"},
    "media": {"created_by"},
    "tagging": {"actor"},
    "canned_answer": {"changed_by"},
    "template_draft": {"changed_by"},
    "template_draft_step": {"by"},
    "variant_draft": {"changed_by"},
    "variant_draft_step": {"by"},
    "sending_rules": {"changed_by", "zone_property"},
    "broadcast": {"error", "rule", "list_id", "list_name", "list_after", "list_trail", "goal",
                  "campaign", "approved_by", "created_by", "started_by", "winner_by"},
    "ledger_entry": {"actor", "source", "before"},
    "link_target": {"url"},
    "list_import": {"list_id", "list_name", "property_name", "tail_after"},
    "conflict": {"actor", "source", "decided_by"},
    "delivery": {"messages", "written", "error"},
    "import_member": {"value", "other"},
    "import_run": {"after", "pending", "tail_after", "trail", "error"},
    "known_property": {"name", "type", "field_type", "labels"},
    "list_preparation": {"list_id", "list_name", "after", "trail", "error", "actor"},
    "property_trouble": {"words"},
    "doctor_report": {"checks"},
    "question": {"choices", "answer", "answer_text", "late_answer", "late_text"},
    "synced_property": {"name", "label", "former_label", "former_type", "type", "field_type",
                        "labels", "error", "chosen_by"},
    "synced_list": {"list_id", "name", "error", "after", "trail", "join_after", "chosen_by"},
    "contact_values": {"values"},
    "property_sync": {"after", "trail", "error"},
    "template_version": {"by"},
    "segment_version": {"by"},
    "list_export": {"name", "source", "list_id", "error", "actor"},
    "login_attempt": {"contact_name", "contact_email"},
    "email_proof": {"email", "name"},
    "outgoing_event": {"data"},
    "event_delivery": {"answer"},
}  # fmt: skip
# Without words of their own, but other rows point at them, or they at others.
POINTING = (
    "webhook_receiver",
    "template",
    "segment",
    "link_click",
    "linkage_token",
    "visitor_hint",
    "list_membership",
)
TEXTUAL = ("String", "Text", "JSON", "Sealed", "LargeBinary")


def textual(table: Table) -> set[str]:
    """The columns of a table that can hold words."""
    return {one.name for one in table.columns if type(one.type).__name__ in TEXTUAL}


def mark(table: str, column: str) -> str:
    """The mark of a column: twelve signs that stand nowhere else."""
    number = sorted((t, c) for t, columns in HUBSPOT.items() for c in columns).index(
        (table, column)
    )
    return f"Zq{number:04d}KxVw"


def plant(given: Mapping[str, Mapping[str, Any]], only: Callable[[str, str], bool]) -> list[str]:
    """Insert one row into every table that has none of `given`, marked where `only` says.

    `given`: by table the values that matter; the rows of tables with an `id` there are updated.
    Answers the marks that were planted.
    """
    planted: list[str] = []
    ids: dict[str, Any] = {name: row["id"] for name, row in given.items() if "id" in row}
    with transaction() as session:
        for table in Base.metadata.sorted_tables:
            marks = {
                name: _value(table.c[name], mark(table.name, name))
                for name in sorted(HUBSPOT.get(table.name, ()))
                if only(table.name, name)
            }
            planted += [mark(table.name, name) for name in marks]
            row = dict(given.get(table.name, {}))
            if marks and "id" in row:
                session.execute(table.update().where(table.c.id == row["id"]).values(marks))
            elif "id" not in row and (table.name in HUBSPOT or table.name in POINTING):
                values = {**_filled(table, ids), **marks, **row}
                made = session.execute(insert(table).values(values).returning(*table.primary_key))
                ids[table.name] = made.one()[0]
    return planted


def _filled(table: Table, ids: Mapping[str, Any]) -> dict[str, Any]:
    """What a row needs: the rows it points at, and something for whatever has no default."""
    values: dict[str, Any] = {}
    for column in table.columns:
        keys = list(column.foreign_keys)
        target = keys[0].column.table.name if keys else ""
        if target in ids and target != table.name:
            values[column.name] = ids[target]
        elif column.name in ("installation_id", "owner_id", "lane"):
            values[column.name] = ids["installation"]
        elif column.default is None and not column.nullable and not _is_counted(column):
            values[column.name] = _plain(column)
    return values


def _is_counted(column: Column[Any]) -> bool:
    """Whether the database itself gives it the next number."""
    return column.primary_key and not isinstance(column.type, String)


def _plain(column: Column[Any]) -> Any:
    kind = type(column.type).__name__
    if isinstance(column.type, UTCDateTime):
        return NOW
    return {"JSON": {}, "Boolean": False, "LargeBinary": b""}.get(
        kind, "x" if kind in TEXTUAL else 1
    )


def _value(column: Column[Any], words: str) -> Any:
    if type(column.type).__name__ == "JSON":
        lists = ("messages", "choices", "scopes", "pending")
        # Of what was before, only what stood in a property is anybody's own word.
        return [words] if column.name in lists else {"replaced": words}
    return words


def found(marks: list[str]) -> list[str]:
    """Tables in which a mark stands still, with the mark."""
    hits = []
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(select(table)):
            hits += [f"{table.name}: {one}" for one in marks if one in str(row)]
    db.session.rollback()
    return hits


def in_files(url: str, marks: list[str]) -> list[str]:
    """Marks that the raw bytes of a SQLite database and of its log hold."""
    if not url.startswith("sqlite"):
        return []
    base = Path(url.removeprefix("sqlite:///"))
    raw = b"".join(path.read_bytes() for path in base.parent.glob(f"{base.name}*"))
    return [one for one in marks if one.encode() in raw]
