"""Whatever a person does on a page, a program does over the API; what it cannot has its reason."""

from plugin.web.blueprint import TEAM_BLUEPRINTS
from tests.support.world import World

# The page's endpoint, and the operations that do the same.
OPERATIONS = {
    "broadcasts.approve": "approve_broadcast",
    "broadcasts.archive_broadcast": "archive_broadcast",
    "broadcasts.cancel": "cancel_broadcast",
    "broadcasts.change_variants": "change_broadcast",
    "broadcasts.choose_winner": "choose_winner",
    "broadcasts.decline": "decline_broadcast",
    "broadcasts.duplicate_broadcast": "duplicate_broadcast",
    "broadcasts.list_in_hubspot": "make_list",
    "broadcasts.new_broadcast": "create_broadcast",
    "broadcasts.pause": "pause_broadcast",
    "broadcasts.resume": "resume_broadcast",
    "broadcasts.send_again": "send_again",
    "broadcasts.settle": "settle_recipients",
    "broadcasts.start_broadcast": "start_broadcast",
    "broadcasts.take_newest_version": "take_newest_versions",
    "broadcasts.test_broadcast": "test_broadcast",
    "broadcasts.what": "change_broadcast",
    "broadcasts.when": "change_broadcast list_campaigns",
    "broadcasts.who": "change_broadcast",
    "email.begin_preparing": "create_preparation",
    "email.give_real_link": "create_token",
    "email.keep_prepared": "keep_prepared",
    "email.make_preview": "preview_token",
    "email.prepare_once_more": "run_preparation",
    "email.revoke_links": "revoke_tokens",
    "email.revoke_preparation": "revoke_preparation",
    "email.stop_preparing": "stop_preparing",
    "email.take_back": "revoke_tokens",
    "friends.add_tags": "change_friend_tags",
    "friends.broadcast_to": "create_broadcast",
    "friends.hubspot_list": "make_list",
    "friends.keep_conflict": "keep_conflict",
    "friends.link_chosen_contact": "create_linkage move_conflict",
    "friends.move_conflict": "move_conflict",
    "friends.remove_tag": "change_friend_tags",
    "friends.save_as_segment": "make_segment",
    "friends.tag_people": "tag_friends",
    "friends.undo_entry": "undo_history",
    "friends.unlink": "delete_linkage",
    "imports.begin_file": "create_friend_import",
    "imports.begin_friends": "create_friend_import",
    "imports.cancel_friends": "cancel",
    "imports.change_import": "change_import",
    "imports.delete_import": "delete_import",
    "imports.new_import": "create",
    "imports.run_import": "run_import",
    "imports.stop_import": "stop_import",
    "inbox.add_note": "add_note",
    "inbox.assign": "change_conversation",
    "inbox.close": "change_conversation",
    "inbox.delete_answer": "remove_canned_answer",
    "inbox.open_friend": "begin_conversation",
    "inbox.read": "change_conversation",
    "inbox.reopen": "change_conversation",
    "inbox.save_answer": "make_canned_answer change_canned_answer",
    "inbox.save_rules": "put_inbox_rules",
    "inbox.send_answer": "send_message",
    "inbox.typing": "show_typing",
    "inbox.unread": "change_conversation",
    "log.drop_failed_job": "delete_job",
    "log.run_failed_job": "run_job_again",
    "media.begin_upload": "begin_upload",
    "media.cancel_upload": "cancel_upload",
    "media.delete_media": "delete_media",
    "media.finish_upload": "finish_upload",
    "media.upload_file": "upload_media",
    "media.upload_part": "upload_part",
    "message_templates.discard_draft": "discard_template_draft",
    "message_templates.duplicate_template": "duplicate_template",
    "message_templates.keep": "put_template_draft",
    "message_templates.new_template": "make_template",
    "message_templates.put_template_away": "put_template_away",
    "message_templates.take_template_back": "take_template_back",
    "message_templates.template": "write_version publish_template_draft restore_template_version"
    " undo_template_draft redo_template_draft",
    "message_templates.test_template": "test_template",
    "qr_codes.archive_code": "archive_code",
    "qr_codes.edit_qr_code": "change_code",
    "qr_codes.new_qr_code": "create_code",
    "segments.duplicate_segment": "duplicate_segment",
    "segments.edit_segment": "change_segment restore_segment_version",
    "segments.new_segment": "make_segment",
    "segments.preview_rule": "preview_segment",
    "segments.put_segment_away": "archive",
    "segments.take_segment_back": "take_segment_back",
    "settings.check": "check_official_account",
    "settings.check_now": "run_doctor",
    "settings.compare_with_hubspot": "compare_contacts",
    "settings.connect": "connect_official_account",
    "settings.disconnect_account": "archive_official_account",
    "settings.edit_account": "connect_official_account",
    "settings.edit_webhook": "change_webhook",
    "settings.end_relay": "delete_relay",
    "settings.new_webhook": "register_webhook",
    "settings.new_webhook_secret": "rotate_webhook_secret",
    "settings.looked_at": "note_looked_at",
    "settings.pause_hubspot": "change_connection",
    "settings.remove_from_hubspot": "change_connection",
    "settings.remove_webhook": "remove_webhook",
    "settings.replay_webhook": "replay_webhook_deliveries",
    "settings.replay_webhook_delivery": "replay_webhook_delivery",
    "settings.resume_hubspot": "change_connection",
    "settings.retry_hubspot_properties": "retry_refused_properties",
    "settings.save_relay": "put_relay",
    "settings.sending_rules": "put_sending_rules",
    "settings.set_liff_app": "set_account_liff",
    "settings.set_webhook": "set_account_webhook",
    "settings.switch_webhook": "change_webhook",
    "settings.try_webhook": "test_webhook",
    "sync.acknowledge_change": "acknowledge_property",
    "sync.lists": "put_sync_settings",
    "sync.properties": "put_sync_settings",
    "sync.read_list_now": "read_synced",
    "sync.read_now": "read_synced",
    "sync.remove_list": "put_sync_settings",
    "sync.remove_property": "put_sync_settings",
}
TYPED = "keeps what a person types; a program saves the messages of a draft whole"
REASONS = {
    "broadcasts.discard_what": TYPED,
    "broadcasts.keep_what": TYPED,
    "broadcasts.preview": "draws a phone; the messages themselves are under variants",
    "email.look_for_contact": "finds a contact by its address, which HubSpot's own API does",
    "inbox.stop_typing": "gives a member's claim back; a program has none",
    "message_templates.keep_as_copy": "saves what two people typed over each other; a program has"
    " its own text still",
    "message_templates.preview_template": "draws a phone; the messages are in the template",
    "segments.draw_rule": "draws the builder's form",
    "settings.keys": "a key that could make keys would outlive its end; a person makes them",
    "settings.revoke_key": "ends programs; a person does, or the command",
    "web.choose_account": "what this browser shows; a program names the account in each call",
    "web.leave": "ends a browser's session; a key is ended in Settings",
    "web.leave_everywhere": "ends a person's sessions",
}


def deeds(world: World) -> set[str]:
    """Every page of the team that a form is sent to."""
    return {
        rule.endpoint
        for rule in world.app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.endpoint.split(".")[0] in TEAM_BLUEPRINTS
    }


def test_every_deed_has_its_operation_or_a_reason(world: World) -> None:
    # Whoever adds a page with a form adds the operation too, and names it here.
    assert not OPERATIONS.keys() & REASONS.keys()
    assert deeds(world) == OPERATIONS.keys() | REASONS.keys()


def test_the_operations_are_there(world: World) -> None:
    names = {
        rule.endpoint.rsplit(".", 1)[-1]
        for rule in world.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
    }
    named = {name for names in OPERATIONS.values() for name in names.split()}
    assert named <= names
