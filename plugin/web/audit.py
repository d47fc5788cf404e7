"""What the team's pages change, in words; each change is noted with who made it."""

import re
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, cast

from flask import request, url_for
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from plugin.models.audience.segment import Segment
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.connections.api_key import ApiKey
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.friend import Friend
from plugin.models.sending.template import Template
from plugin.models.system.audit_entry import BY_PAGE, AuditEntry, Deed, begin_deed, end_deed
from plugin.web.session import Person, tenant

# Forms that change nothing which another person or a friend would see.
LOOKS = {
    "broadcasts.discard_what", "broadcasts.keep_what", "broadcasts.preview",
    "email.look_for_contact", "email.make_preview", "inbox.open_friend",
    "inbox.read", "inbox.stop_typing", "inbox.typing", "inbox.unread", "media.begin_upload",
    "media.cancel_upload", "media.upload_part", "message_templates.discard_draft",
    "message_templates.keep", "message_templates.keep_as_copy",
    "message_templates.preview_template",
    "segments.draw_rule", "segments.preview_rule", "settings.check", "settings.check_now",
    "web.choose_account", "web.leave", "web.leave_everywhere",
}  # fmt: skip
DEEDS = {
    "broadcasts.approve": lazy_gettext("Approved a broadcast"),
    "broadcasts.archive_broadcast": lazy_gettext("Archived a broadcast"),
    "broadcasts.cancel": lazy_gettext("Cancelled a broadcast"),
    "broadcasts.change_variants": lazy_gettext("Changed the variants of a broadcast"),
    "broadcasts.choose_winner": lazy_gettext("Chose the winner of a split test"),
    "broadcasts.decline": lazy_gettext("Declined a broadcast"),
    "broadcasts.duplicate_broadcast": lazy_gettext("Duplicated a broadcast"),
    "broadcasts.list_in_hubspot": lazy_gettext("Made a HubSpot list of recipients"),
    "broadcasts.new_broadcast": lazy_gettext("Created a broadcast"),
    "broadcasts.pause": lazy_gettext("Paused a broadcast"),
    "broadcasts.resume": lazy_gettext("Resumed a broadcast"),
    "broadcasts.send_again": lazy_gettext("Drafted a broadcast to those who did not tap"),
    "broadcasts.settle": lazy_gettext("Decided about unknown outcomes"),
    "broadcasts.start_broadcast": lazy_gettext("Sent or scheduled a broadcast"),
    "broadcasts.take_newest_version": lazy_gettext("Took the newest version of a template"),
    "broadcasts.test_broadcast": lazy_gettext("Sent a test of a broadcast"),
    "broadcasts.what": lazy_gettext("Changed what a broadcast sends"),
    "broadcasts.when": lazy_gettext("Changed when a broadcast is sent"),
    "broadcasts.who": lazy_gettext("Changed whom a broadcast goes to"),
    "email.begin_preparing": lazy_gettext("Began to prepare personal links for a list"),
    "email.give_real_link": lazy_gettext("Gave a contact a personal link"),
    "email.keep_prepared": lazy_gettext("Keeps personal links of a list up to date"),
    "email.prepare_once_more": lazy_gettext("Prepared the personal links of a list again"),
    "email.revoke_links": lazy_gettext("Took back the personal links of a QR code"),
    "email.revoke_preparation": lazy_gettext("Took back the personal links of a list"),
    "email.stop_preparing": lazy_gettext("Stopped preparing personal links"),
    "email.take_back": lazy_gettext("Took back a personal link"),
    "friends.add_tags": lazy_gettext("Tagged a friend"),
    "friends.broadcast_to": lazy_gettext("Created a broadcast to chosen friends"),
    "friends.hubspot_list": lazy_gettext("Made a HubSpot list of friends"),
    "friends.keep_conflict": lazy_gettext("Kept a linkage in a conflict"),
    "friends.link_chosen_contact": lazy_gettext("Linked a friend by hand"),
    "friends.move_conflict": lazy_gettext("Moved a linkage in a conflict"),
    "friends.remove_tag": lazy_gettext("Removed a tag from a friend"),
    "friends.save_as_segment": lazy_gettext("Saved chosen friends as a segment"),
    "friends.tag_people": lazy_gettext("Tagged many friends"),
    "friends.undo_entry": lazy_gettext("Undid a change of a linkage"),
    "friends.unlink": lazy_gettext("Unlinked a friend"),
    "imports.begin_file": lazy_gettext("Imported friends from a file"),
    "imports.begin_friends": lazy_gettext("Imported the followers from LINE"),
    "imports.cancel_friends": lazy_gettext("Cancelled an import of friends"),
    "imports.change_import": lazy_gettext("Changed the interval of an import"),
    "imports.delete_import": lazy_gettext("Removed an import"),
    "imports.new_import": lazy_gettext("Created an import of a list"),
    "imports.run_import": lazy_gettext("Ran an import"),
    "imports.stop_import": lazy_gettext("Stopped an import"),
    "inbox.add_note": lazy_gettext("Wrote a note in a conversation"),
    "inbox.assign": lazy_gettext("Assigned a conversation"),
    "inbox.close": lazy_gettext("Closed a conversation"),
    "inbox.delete_answer": lazy_gettext("Deleted a saved answer"),
    "inbox.reopen": lazy_gettext("Reopened a conversation"),
    "inbox.save_answer": lazy_gettext("Saved an answer for reuse"),
    "inbox.save_rules": lazy_gettext("Changed the rules of the inbox"),
    "inbox.send_answer": lazy_gettext("Answered a friend"),
    "log.drop_failed_job": lazy_gettext("Discarded a failed job"),
    "log.run_failed_job": lazy_gettext("Ran a failed job again"),
    "media.delete_media": lazy_gettext("Deleted a file"),
    "media.finish_upload": lazy_gettext("Uploaded a file"),
    "media.upload_file": lazy_gettext("Uploaded a file"),
    "message_templates.duplicate_template": lazy_gettext("Duplicated a template"),
    "message_templates.new_template": lazy_gettext("Published a new template"),
    "message_templates.put_template_away": lazy_gettext("Archived a template"),
    "message_templates.take_template_back": lazy_gettext("Restored a template"),
    "message_templates.template": lazy_gettext("Published a version of a template"),
    "message_templates.test_template": lazy_gettext("Sent a test of a template"),
    "qr_codes.archive_code": lazy_gettext("Archived a QR code"),
    "qr_codes.edit_qr_code": lazy_gettext("Changed a QR code"),
    "qr_codes.new_qr_code": lazy_gettext("Created a QR code"),
    "segments.duplicate_segment": lazy_gettext("Duplicated a segment"),
    "segments.edit_segment": lazy_gettext("Changed a segment"),
    "segments.new_segment": lazy_gettext("Created a segment"),
    "segments.put_segment_away": lazy_gettext("Archived a segment"),
    "segments.take_segment_back": lazy_gettext("Restored a segment"),
    "settings.compare_with_hubspot": lazy_gettext("Began a comparison with HubSpot"),
    "settings.connect": lazy_gettext("Connected an Official Account"),
    "settings.disconnect_account": lazy_gettext("Disconnected an Official Account"),
    "settings.edit_account": lazy_gettext("Changed an Official Account's channels"),
    "settings.edit_webhook": lazy_gettext("Changed a receiver of webhooks"),
    "settings.end_relay": lazy_gettext("Ended the relay of LINE's calls"),
    "settings.keys": lazy_gettext("Created an API key"),
    "settings.looked_at": lazy_gettext("Confirmed a check by hand"),
    "settings.new_webhook": lazy_gettext("Added a receiver of webhooks"),
    "settings.new_webhook_secret": lazy_gettext("Made a new secret for a receiver"),
    "settings.pause_hubspot": lazy_gettext("Paused the connection with HubSpot"),
    "settings.remove_from_hubspot": lazy_gettext("Began to remove HubSpot"),
    "settings.remove_webhook": lazy_gettext("Removed a receiver of webhooks"),
    "settings.replay_webhook": lazy_gettext("Sent events once more"),
    "settings.replay_webhook_delivery": lazy_gettext("Sent an event once more"),
    "settings.resume_hubspot": lazy_gettext("Resumed the connection with HubSpot"),
    "settings.retry_hubspot_properties": lazy_gettext("Created the contact properties again"),
    "settings.revoke_key": lazy_gettext("Ended an API key"),
    "settings.save_relay": lazy_gettext("Relayed LINE's calls to another tool"),
    "settings.sending_rules": lazy_gettext("Changed the rules of sending"),
    "settings.set_liff_app": lazy_gettext("Set up the LIFF app"),
    "settings.set_webhook": lazy_gettext("Set the webhook URL at LINE"),
    "settings.switch_webhook": lazy_gettext("Switched a receiver of webhooks on or off"),
    "settings.try_webhook": lazy_gettext("Sent a test event"),
    "sync.acknowledge_change": lazy_gettext("Took note of a changed property"),
    "sync.lists": lazy_gettext("Changed which HubSpot lists are kept"),
    "sync.properties": lazy_gettext("Changed which contact properties are kept"),
    "sync.read_list_now": lazy_gettext("Read a HubSpot list now"),
    "sync.read_now": lazy_gettext("Read HubSpot now"),
    "sync.remove_list": lazy_gettext("Keeps a HubSpot list no more"),
    "sync.remove_property": lazy_gettext("Keeps a contact property no more"),
}
# What a path's first words and id mean, and the page that shows it.
SUBJECTS = {
    "broadcasts": ("broadcasts.broadcast", "broadcast_id"),
    "friends": ("friends.friend", "friend_id"),
    "templates": ("message_templates.template", "template_id"),
    "segments": ("segments.segment", "segment_id"),
    "qr-codes": ("qr_codes.qr_code", "code_id"),
    "accounts": ("settings.account", "account_id"),
    "official-accounts": ("settings.account", "account_id"),
    "inbox": ("inbox.conversation", "conversation_id"),
    "conversations": ("inbox.conversation", "conversation_id"),
}
# Of what things of a kind are called, and how a kind is called before the name.
NAMED: dict[str, tuple[InstrumentedAttribute[str], LazyString]] = {
    "accounts": (OfficialAccount.name, lazy_gettext("Official Account")),
    "broadcasts": (Broadcast.name, lazy_gettext("Broadcast")),
    "friends": (Friend.display_name, lazy_gettext("Friend")),
    "keys": (ApiKey.name, lazy_gettext("API key")),
    "official-accounts": (OfficialAccount.name, lazy_gettext("Official Account")),
    "qr-codes": (QRCode.name, lazy_gettext("QR code")),
    "segments": (Segment.name, lazy_gettext("Segment")),
    "templates": (Template.name, lazy_gettext("Template")),
}
SUBJECT = re.compile(r"(?:/api/v1|/settings)?/([a-z-]+)/([1-9][0-9]{0,18})(?:/.*)?")


class Subject(NamedTuple):
    """What a change was made to. `kind` and `name` "": it is not known, or has no name."""

    url: str = ""
    kind: str = ""
    name: str = ""


def subjects_of(entries: Sequence[AuditEntry]) -> dict[int, Subject]:
    """Return the subject of each entry by the entry's id, with one statement for each kind."""
    found = {entry.id: SUBJECT.fullmatch(entry.subject) for entry in entries}
    rows = {entry_id: (match[1], int(match[2])) for entry_id, match in found.items() if match}
    names: dict[tuple[str, int], str] = {}
    for kind in {kind for kind, _ in rows.values()} & NAMED.keys():
        names |= _names(kind, {row_id for of, row_id in rows.values() if of == kind})
    return {
        entry.id: Subject(
            subject_url(entry.subject),
            str(NAMED[rows[entry.id][0]][1]) if rows.get(entry.id) in names else "",
            names.get(rows[entry.id], "") if entry.id in rows else "",
        )
        for entry in entries
    }


def _names(kind: str, row_ids: Collection[int]) -> dict[tuple[str, int], str]:
    column = NAMED[kind][0]
    model = column.class_
    rows = db.session.execute(
        select(model.id, column).where(model.id.in_(row_ids), _is_owned(model))
    ).tuples()
    return {(kind, row_id): name for row_id, name in rows if name}


def _is_owned(model: Any) -> ColumnElement[bool]:
    if hasattr(model, "installation_id"):
        return cast("ColumnElement[bool]", model.installation_id == tenant())
    accounts = select(OfficialAccount.id).where(OfficialAccount.installation_id == tenant())
    return cast("ColumnElement[bool]", model.official_account_id.in_(accounts))


def subject_url(path: str) -> str:
    """Return the page of what a change was made to, or "" where its path names none."""
    found = SUBJECT.fullmatch(path)
    if found is None or found[1] not in SUBJECTS:
        return ""
    endpoint, name = SUBJECTS[found[1]]
    return url_for(endpoint, **{name: int(found[2])})  # type: ignore[arg-type]


def begin_audit(person: Person) -> None:
    """From here on the request's first change is noted as this person's."""
    endpoint = request.endpoint or ""
    if request.method not in ("GET", "HEAD") and endpoint not in LOOKS:
        installation, email = person.installation.id, person.member.email
        begin_deed(Deed(installation, BY_PAGE, email, endpoint, request.path))


def end_audit(_error: BaseException | None) -> None:
    end_deed()
