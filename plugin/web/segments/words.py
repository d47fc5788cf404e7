"""Words of the builder: fields, operators, kinds of groups."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext

from plugin.core.segments.fields import Field

# The sections of the menu, in its order, and the fields in each but the properties'.
SECTIONS: Mapping[str, object] = {
    "friend": _("Friend"),
    "behaviour": _("Behaviour"),
    "linkage": _("Linkage"),
    "property": _("HubSpot property"),
    "list": _("HubSpot list"),
    "other": _("Segments and pasted IDs"),
}
IN_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "friend": (
        "friend.tag", "friend.status", "friend.followed_at", "friend.language", "friend.qr_code",
    ),
    "behaviour": (
        "behaviour.tapped", "behaviour.received", "behaviour.answered", "behaviour.replied",
        "behaviour.last_received",
    ),
    "linkage": ("linkage.linked", "linkage.method", "linkage.linked_at"),
    "list": ("hubspot.list",),
    "other": ("segment", "contact.id", "friend.line_user_id"),
}  # fmt: skip
SYNC_NOTES: Mapping[str, object] = {
    "property": _("Other properties are chosen on the page Sync first."),
    "list": _("Other lists are chosen on the page Sync first."),
}
FIELDS: Mapping[str, object] = {
    "friend.status": _("LINE status"),
    "friend.language": _("Language"),
    "friend.followed_at": _("Followed the account"),
    "friend.tag": _("Tag"),
    "friend.qr_code": _("Came by QR code"),
    "friend.line_user_id": _("LINE user IDs"),
    "behaviour.tapped": lazy_pgettext("field", "Tapped a link"),
    "behaviour.answered": lazy_pgettext("field", "Answered a question"),
    "behaviour.received": lazy_pgettext("field", "Got a message"),
    "behaviour.last_received": _("Last message to them"),
    "behaviour.replied": _("Last message from them"),
    "linkage.linked": _("Linked with a contact"),
    "linkage.method": _("How they were linked"),
    "linkage.linked_at": _("Linked since"),
    "contact.id": _("HubSpot contact IDs"),
    "hubspot.list": _("HubSpot list"),
    "segment": _("Segment"),
}
STATUSES = {
    "following": lazy_pgettext("status", "Friend"),
    "blocked": lazy_pgettext("status", "Blocked"),
    "unknown": lazy_pgettext("status", "Not known"),
}
METHODS = {
    "qr": _("by QR code"),
    "email": _("by email link"),
    "import": _("by import"),
    "property": _("by a HubSpot property"),
    "manual": _("by hand"),
}
YES_NO = {"true": _("yes"), "false": _("no")}

KINDS = {
    "all": lazy_pgettext("group", "all of these"),
    "any": lazy_pgettext("group", "any of these"),
    "none": lazy_pgettext("group", "none of these"),
}
# The word between two conditions of a group.
JOINTS = {
    "all": lazy_pgettext("between", "and"),
    "any": lazy_pgettext("between", "or"),
    "none": lazy_pgettext("between", "nor"),
}

_COMMON: Mapping[str, object] = {
    "is": lazy_pgettext("operator", "is"),
    "is_not": lazy_pgettext("operator", "is not"),
    "in": lazy_pgettext("operator", "is any of"),
    "not_in": lazy_pgettext("operator", "is none of"),
    "contains": lazy_pgettext("operator", "contains"),
    "not_contains": lazy_pgettext("operator", "does not contain"),
    "starts_with": lazy_pgettext("operator", "begins with"),
    "ends_with": lazy_pgettext("operator", "ends with"),
    "gt": lazy_pgettext("operator", "is more than"),
    "gte": lazy_pgettext("operator", "is at least"),
    "lt": lazy_pgettext("operator", "is less than"),
    "lte": lazy_pgettext("operator", "is at most"),
    "between": lazy_pgettext("operator", "is between"),
    "known": lazy_pgettext("operator", "is known"),
    "unknown": lazy_pgettext("operator", "is not known"),
    "joined_within_days": lazy_pgettext("operator", "joined lately"),
    "left_within_days": lazy_pgettext("operator", "left lately"),
}
_TIMES: Mapping[str, object] = {
    **_COMMON,
    "is": lazy_pgettext("operator", "on the day"),
    "is_not": lazy_pgettext("operator", "not on the day"),
    "before": lazy_pgettext("operator", "before"),
    "after": lazy_pgettext("operator", "after"),
    "between": lazy_pgettext("operator", "between"),
    "within_days": lazy_pgettext("operator", "in the last"),
    "not_within_days": lazy_pgettext("operator", "not in the last"),
    "more_than_days_ago": lazy_pgettext("operator", "longer ago than"),
    "in_next_days": lazy_pgettext("operator", "in the next"),
}
_HAS: Mapping[str, object] = {
    **_COMMON,
    "is": lazy_pgettext("operator", "has"),
    "is_not": lazy_pgettext("operator", "does not have"),
    "in": lazy_pgettext("operator", "has any of"),
    "not_in": lazy_pgettext("operator", "has none of"),
    "known": lazy_pgettext("operator", "has any"),
    "unknown": lazy_pgettext("operator", "has none"),
}
_MEMBER: Mapping[str, object] = {
    **_COMMON,
    "is": lazy_pgettext("operator", "is in"),
    "is_not": lazy_pgettext("operator", "is not in"),
    "in": lazy_pgettext("operator", "is in any of"),
    "not_in": lazy_pgettext("operator", "is in none of"),
}
_EVENT: Mapping[str, object] = {
    **_COMMON,
    "is": lazy_pgettext("event", "this one"),
    "is_not": lazy_pgettext("event", "not this one"),
    "in": lazy_pgettext("event", "any of these"),
    "not_in": lazy_pgettext("event", "none of these"),
    "contains": lazy_pgettext("event", "with the words"),
    "not_contains": lazy_pgettext("event", "never with the words"),
    "within_days": lazy_pgettext("event", "any, in the last"),
    "not_within_days": lazy_pgettext("event", "none in the last"),
    "known": lazy_pgettext("event", "any, at any time"),
    "unknown": lazy_pgettext("event", "none ever"),
}
_BY_TYPE: Mapping[str, Mapping[str, object]] = {
    "moment": _TIMES, "date": _TIMES, "datetime": _TIMES,
    "tag": _HAS, "multiple": _HAS,
    "list": _MEMBER, "segment": _MEMBER, "ids": _MEMBER,
    "link": _EVENT, "broadcast": _EVENT, "question": _EVENT, "qr_code": _EVENT,
}  # fmt: skip
_IDS = {
    "in": lazy_pgettext("operator", "is among"),
    "not_in": lazy_pgettext("operator", "is not among"),
}


def operator_word(field: Field, op: str) -> str:
    if field.type == "ids":
        return str(_IDS.get(op, op))
    return str(_BY_TYPE.get(field.type, _COMMON).get(op, op))


def offered(field: Field, chosen: str) -> list[str]:
    """Return the operators that the builder offers, and the chosen one, whichever it is.

    "Any of" with one value says the same as "is".
    """
    covered: set[str] = set()
    if "in" in field.operators and field.type not in ("text", "number"):
        covered = {"is", "is_not"} | (
            {"contains", "not_contains"} if field.type == "multiple" else set()
        )
    if field.type == "flag":
        covered = {"is_not"}
    return [op for op in field.operators if op not in covered or op == chosen]


NOTHING_TO_CHOOSE: Mapping[str, object] = {
    "list": _("No list is synced yet. Choose lists on the page Sync first."),
    "tag": _("No tag yet. Tag friends on their list."),
    "qr_code": _("The account has no QR code yet."),
    "link": _("No tracked link was sent yet."),
    "broadcast": _("No broadcast was sent yet."),
    "question": _("No question was asked yet."),
    "segment": _("There is no other segment yet."),
}
