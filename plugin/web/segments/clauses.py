"""What a condition says of a friend, as a relative clause: "who are linked with a contact"."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _

Clauses = Mapping[str, object]

# When something happened; %(when)s of the clauses below.
WHEN: Clauses = {
    "is": _("on %(first)s"),
    "before": _("before %(first)s"),
    "after": _("after %(first)s"),
    "between": _("between %(first)s and %(last)s"),
    "within_days": _("in the last %(days)s days"),
    "more_than_days_ago": _("more than %(days)s days ago"),
    "in_next_days": _("in the next %(days)s days"),
}
A_DAY: Clauses = {
    "within_days": _("in the last 24 hours"),
    "more_than_days_ago": _("more than a day ago"),
    "in_next_days": _("in the next 24 hours"),
}

OF_PROPERTY: Clauses = {
    "is": _("whose %(field)s is %(value)s"),
    "is_not": _("whose %(field)s is not %(value)s"),
    "contains": _("whose %(field)s contains %(value)s"),
    "not_contains": _("whose %(field)s does not contain %(value)s"),
    "starts_with": _("whose %(field)s begins with %(value)s"),
    "ends_with": _("whose %(field)s ends with %(value)s"),
    "gt": _("whose %(field)s is more than %(value)s"),
    "gte": _("whose %(field)s is at least %(value)s"),
    "lt": _("whose %(field)s is less than %(value)s"),
    "lte": _("whose %(field)s is at most %(value)s"),
    "between": _("whose %(field)s is between %(first)s and %(last)s"),
    "known": _("whose %(field)s is known"),
    "unknown": _("whose %(field)s is not known"),
}
OF_TIME: Clauses = {
    "when": _("whose %(field)s is %(when)s"),
    "not_when": _("whose %(field)s is not %(when)s"),
    "known": OF_PROPERTY["known"],
    "unknown": OF_PROPERTY["unknown"],
}
# Fields with clauses of their own; the others say what their type says.
OF_FIELD: Mapping[str, Clauses] = {
    "friend.status": {
        "is": _("whose LINE status is %(value)s"),
        "is_not": _("whose LINE status is not %(value)s"),
    },
    "friend.language": {
        "is": _("who use LINE in %(value)s"),
        "is_not": _("who do not use LINE in %(value)s"),
    },
    "friend.followed_at": {
        "when": _("who followed the account %(when)s"),
        "not_when": _("who did not follow the account %(when)s"),
        "known": _("who were seen to follow the account"),
        "unknown": _("who were not seen to follow the account"),
    },
    "friend.tag": {
        "is": _("who have the tag %(value)s"),
        "is_not": _("who do not have the tag %(value)s"),
        "contains": _("who have a tag with %(value)s in it"),
        "not_contains": _("who have no tag with %(value)s in it"),
        "known": _("who have a tag"),
        "unknown": _("who have no tag"),
    },
    "friend.qr_code": {
        "is": _("who came by the QR code %(value)s"),
        "is_not": _("who did not come by the QR code %(value)s"),
        "known": _("who came by a QR code"),
        "unknown": _("who did not come by a QR code"),
    },
    "friend.line_user_id": {
        "is": _("who are among %(count)s pasted LINE user IDs"),
        "is_not": _("who are not among %(count)s pasted LINE user IDs"),
    },
    "contact.id": {
        "is": _("who are among %(count)s pasted HubSpot contacts"),
        "is_not": _("who are not among %(count)s pasted HubSpot contacts"),
    },
    "behaviour.tapped": {
        "is": _("who tapped %(value)s"),
        "is_not": _("who did not tap %(value)s"),
        "when": _("who tapped any link %(when)s"),
        "not_when": _("who tapped no link %(when)s"),
        "known": _("who ever tapped a link"),
        "unknown": _("who never tapped a link"),
    },
    "behaviour.received": {
        "is": _("who got the broadcast %(value)s"),
        "is_not": _("who did not get the broadcast %(value)s"),
        "when": _("who got a message %(when)s"),
        "not_when": _("who got no message %(when)s"),
        "known": _("who ever got a message"),
        "unknown": _("who never got a message"),
    },
    "behaviour.answered": {
        "is": _("who answered %(value)s"),
        "is_not": _("who did not answer %(value)s"),
        "contains": _("who answered with %(value)s in it"),
        "not_contains": _("who never answered with %(value)s in it"),
        "when": _("who answered a question %(when)s"),
        "not_when": _("who answered no question %(when)s"),
        "known": _("who ever answered a question"),
        "unknown": _("who never answered a question"),
    },
    "behaviour.last_received": {
        "when": _("who got their last message %(when)s"),
        "not_when": _("who did not get their last message %(when)s"),
        "known": _("who ever got a message"),
        "unknown": _("who never got a message"),
    },
    "behaviour.replied": {
        "when": _("who last wrote to the account %(when)s"),
        "not_when": _("who did not write to the account %(when)s"),
        "known": _("who ever wrote to the account"),
        "unknown": _("who never wrote to the account"),
    },
    "linkage.linked": {
        "true": _("who are linked with a contact"),
        "false": _("who are not linked with a contact"),
    },
    "linkage.method": {
        "is": _("who were linked %(value)s"),
        "is_not": _("who were not linked %(value)s"),
        "known": _("who are linked with a contact"),
        "unknown": _("who are not linked with a contact"),
    },
    "linkage.linked_at": {
        "when": _("who were linked %(when)s"),
        "not_when": _("who were not linked %(when)s"),
        "known": _("who are linked with a contact"),
        "unknown": _("who are not linked with a contact"),
    },
    "hubspot.list": {
        "is": _("who are in the list %(value)s"),
        "is_not": _("who are not in the list %(value)s"),
        "joined_within_days": _("who joined the list %(value)s in the last %(days)s days"),
        "left_within_days": _("who left the list %(value)s in the last %(days)s days"),
    },
    "segment": {
        "is": _("who are in the segment %(value)s"),
        "is_not": _("who are not in the segment %(value)s"),
    },
}
# A friend's status reads better in words of its own.
OF_STATUS: Clauses = {
    "following": _("who follow the account"),
    "blocked": _("who have blocked the account"),
}
OF_NOT_STATUS: Clauses = {
    "following": _("who do not follow the account"),
    "blocked": _("who have not blocked the account"),
}
