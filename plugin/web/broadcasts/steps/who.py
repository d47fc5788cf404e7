"""The step "who": all friends, a segment, a HubSpot list, or a list of one's own."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from plugin.models.audience.segment import Segment
from plugin.models.broadcasts.audience_member import Uploaded
from plugin.models.broadcasts.broadcast import ALL, LIST, SEGMENT, UPLOAD, Broadcast
from plugin.services.broadcasts.audience import MOST_LINES, TooLong, begin_reading, read_upload
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.new import named
from plugin.web.broadcasts.segment_names import look_at, segment_name
from plugin.web.broadcasts.steps.drafts import Page, own_draft, save_step, seen_stamp, step_page
from plugin.web.broadcasts.steps.lists import chosen_list
from plugin.web.broadcasts.steps.typed import Typed, as_text
from plugin.web.layout import figure
from plugin.web.overwrites import Difference
from plugin.web.owned import row_id
from plugin.web.session import tenant

EDITED = ("name", "audience", "segment_id", "list_id")
MOST_BYTES = 4 * 1024 * 1024


class Chosen(NamedTuple):
    """Who the form chooses; `uploaded`: the pasted or uploaded list, None without a new one."""

    changes: dict[str, Any]
    uploaded: Uploaded | None = None


@blueprint.route("/broadcasts/<row_id:broadcast_id>/who", methods=["GET", "POST"])
def who(broadcast_id: int) -> Page:
    """Choose who gets the broadcast."""
    broadcast = own_draft(broadcast_id)
    if request.method == "GET":
        return _page(broadcast, Typed(_stored(broadcast)))
    typed = Typed(request.form)
    chosen = _chosen(broadcast, typed)
    if typed.errors:
        return _page(broadcast, typed), 422
    differences = save_step(broadcast, chosen.changes, uploaded=chosen.uploaded)
    if differences:
        return _page(broadcast, typed, differences), 409
    if chosen.uploaded is not None:
        _report(chosen.uploaded.report)
    if broadcast.audience == LIST:
        begin_reading(broadcast)
    return redirect(_next(broadcast, chosen))


@blueprint.get("/broadcasts/<row_id:broadcast_id>/segment")
def look_at_segment(broadcast_id: int) -> str:
    """Return what a segment means and how many it holds, as a part of the page."""
    return _look(own_draft(broadcast_id), request.args.get("segment", ""))


def _next(broadcast: Broadcast, chosen: Chosen) -> str:
    # After an upload the page stays, so that its report is seen.
    if chosen.uploaded is not None:
        return url_for("broadcasts.who", broadcast_id=broadcast.id)
    return url_for("broadcasts.what", broadcast_id=broadcast.id)


def _stored(broadcast: Broadcast) -> dict[str, str]:
    named_list = f"{broadcast.list_name} ({broadcast.list_id})" if broadcast.list_id else ""
    return {
        "name": broadcast.name,
        "audience": broadcast.audience,
        "segment": as_text(broadcast.segment_id),
        "list": named_list,
        "ids": "",
    }


def _chosen(broadcast: Broadcast, typed: Typed) -> Chosen:
    audience = typed.choice("audience", (ALL, SEGMENT, LIST, UPLOAD), "")
    changes: dict[str, Any] = {"name": named(typed), "audience": audience}
    changes |= {"segment_id": None, "list_id": "", "list_name": ""}
    if not audience:
        typed.refuse("audience", _("Choose who gets it."))
    if audience == UPLOAD == broadcast.audience:
        changes["list_name"] = broadcast.list_name
    if audience == SEGMENT:
        changes["segment_id"] = _segment_id(broadcast, typed)
    if audience == LIST:
        found = chosen_list(typed, "list")
        if found is not None:
            changes |= {"list_id": found.list_id, "list_name": found.name[:255]}
    return Chosen(changes, _upload(broadcast, typed) if audience == UPLOAD else None)


def _segment_id(broadcast: Broadcast, typed: Typed) -> int | None:
    segment = Segment.find_owned(tenant(), row_id(typed.values.get("segment", "")))
    if segment is None or segment.official_account_id != broadcast.official_account_id:
        typed.refuse("segment", _("Choose a segment."))
        return None
    return segment.id


def _upload(broadcast: Broadcast, typed: Typed) -> Uploaded | None:
    file, pasted = request.files.get("file"), typed.values.get("ids", "").strip()
    content = file.read(MOST_BYTES + 1) if file else b""
    if len(content) > MOST_BYTES:
        typed.refuse("upload", _("The file is larger than 4 MB. Split it."))
    if content.strip() or pasted:
        words = content if content.strip() else pasted.encode("utf-8", "replace")
        return _read(broadcast, typed, words)
    if broadcast.upload is None:
        typed.refuse("upload", _("Paste a list, or choose a file."))
    return None


def _read(broadcast: Broadcast, typed: Typed, words: bytes) -> Uploaded | None:
    try:
        return read_upload(broadcast.official_account, words)
    except TooLong:
        most = figure(MOST_LINES)
        typed.refuse("upload", _("A list takes at most %(most)s lines. Split it.", most=most))
    except UnicodeError:
        typed.refuse("upload", _("The file cannot be read as text. Save it as CSV in UTF-8."))
    return None


def _report(report: Mapping[str, int]) -> None:
    usable = report["lines"] - report["invalid"]
    flash(ngettext("%(shown)s line was read.", "%(shown)s lines were read.",
                   usable, shown=figure(usable)))  # fmt: skip


def _page(broadcast: Broadcast, typed: Typed, differences: tuple[Difference, ...] = ()) -> str:
    return step_page(
        "who",
        broadcast,
        values=typed.values,
        errors=typed.errors,
        differences=differences,
        seen=seen_stamp(broadcast, EDITED),
        segments=Segment.of_account(broadcast.official_account_id),
        segment_name=segment_name,
        segment_look=Markup(_look(broadcast, typed.values.get("segment", ""))),  # noqa: S704
        most_bytes=MOST_BYTES,
        too_large=_("The file is larger than 4 MB. Split it."),
    )


def _look(broadcast: Broadcast, text: str) -> str:
    segment = Segment.find_owned(tenant(), row_id(text)) if row_id(text) else None
    if segment is None or segment.official_account_id != broadcast.official_account_id:
        return ""
    return look_at(segment)
