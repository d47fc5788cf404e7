"""Prepared answers: the list, and the form of each."""

from collections.abc import Container, Mapping, Sequence

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.overwrites import ChangedMeanwhile
from plugin.core.text.row_ids import row_id
from plugin.models.base import db
from plugin.models.inbox.canned_answer import CannedAnswer
from plugin.services.inbox.canned import (
    GONE,
    delete_canned_answer,
    editable,
    save_canned_answer,
)
from plugin.services.inbox.refused import FieldsRefused
from plugin.web.inbox.blueprint import blueprint
from plugin.web.inbox.said import said
from plugin.web.layout import page
from plugin.web.message_templates.pickers import picker_tools
from plugin.web.overwrites import FIELD, Difference, stamp, submitted_fingerprints, untouched
from plugin.web.session import person, tenant


@blueprint.get("/inbox/answers")
def answers() -> str:
    chosen = row_id(request.args.get("answer", ""))
    answer = CannedAnswer.find_owned(tenant(), chosen) if chosen else None
    values = {"name": answer.name, "text": answer.text} if answer is not None else {}
    return _page(answer, values)


@blueprint.post("/inbox/answers")
def save_answer() -> Response | tuple[str, int]:
    chosen = row_id(request.form.get("answer", "")) or 0
    answer = CannedAnswer.find_owned(tenant(), chosen) if chosen else None
    values = {name: request.form.get(name, "").replace("\0", "") for name in ("name", "text")}
    by, seen = person().member.email, submitted_fingerprints()
    if chosen and answer is None:
        return _gone(values)
    try:
        save_canned_answer(tenant(), values["name"], values["text"], by, answer, seen)
    except FieldsRefused as error:
        # Without its row, where somebody deleted it meanwhile.
        return _page(CannedAnswer.find_owned(tenant(), chosen), values, said(error)), 422
    except ChangedMeanwhile as error:
        return _changed_meanwhile(CannedAnswer.find_owned(tenant(), chosen), values, error.names)
    flash(_("Saved."))
    return redirect(url_for("inbox.answers"))


@blueprint.post("/inbox/answers/<row_id:answer_id>/delete")
def delete_answer(answer_id: int) -> Response:
    answer = CannedAnswer.find_owned(tenant(), answer_id) or abort(404)
    delete_canned_answer(answer)
    flash(_("Deleted."))
    return redirect(url_for("inbox.answers"))


def _gone(typed: Mapping[str, str]) -> tuple[str, int]:
    """The form with what was typed for an answer that somebody deleted; saved again, it is a new
    one."""
    return _page(None, typed, said(FieldsRefused({"": GONE}))), 422


def _changed_meanwhile(
    answer: CannedAnswer | None, typed: Mapping[str, str], names: Container[str]
) -> tuple[str, int]:
    """The form with what was typed, over what another person saved meanwhile."""
    if answer is None:
        return _gone(typed)
    labels = {"name": _("Name"), "text": _("Text")}
    present, seen = {"name": answer.name, "text": answer.text}, submitted_fingerprints()
    values = {
        name: present[name] if untouched(name, text.replace("\r\n", "\n"), seen) else text
        for name, text in typed.items()
    }
    differences = [
        Difference(label, present[name]) for name, label in labels.items() if name in names
    ]
    return _page(answer, values, differences=differences), 409


def _page(
    answer: CannedAnswer | None,
    values: Mapping[str, str],
    problems: Mapping[str, list[str]] | None = None,
    differences: Sequence[Difference] = (),
) -> str:
    # What was refused still stands for the row as it was loaded.
    sent = "" if differences else request.form.get(FIELD, "")
    return page(
        "inbox/answers.html",
        "inbox",
        answer=answer,
        values=values,
        problems=problems or {},
        differences=differences,
        seen=sent or (stamp(editable(answer)) if answer is not None else ""),
        answers=list(db.session.scalars(CannedAnswer.owned(tenant()))),
        **picker_tools(),
    )
