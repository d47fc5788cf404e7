"""Prepared answers: the list, and the form of each."""

from collections.abc import Mapping

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.text.row_ids import row_id
from plugin.models.base import db
from plugin.models.inbox.canned_answer import CannedAnswer
from plugin.services.inbox.canned import delete_canned_answer, save_canned_answer
from plugin.services.inbox.refused import FieldsRefused
from plugin.web.inbox.blueprint import blueprint
from plugin.web.inbox.said import said
from plugin.web.layout import page
from plugin.web.message_templates.pickers import picker_tools
from plugin.web.session import person, tenant


@blueprint.get("/inbox/answers")
def answers() -> str:
    chosen = row_id(request.args.get("answer", ""))
    answer = CannedAnswer.find_owned(tenant(), chosen) if chosen else None
    values = {"name": answer.name, "text": answer.text} if answer is not None else {}
    return _page(answer, values)


@blueprint.post("/inbox/answers")
def save_answer() -> Response | tuple[str, int]:
    chosen = row_id(request.form.get("answer", ""))
    answer = CannedAnswer.find_owned(tenant(), chosen) or abort(404) if chosen else None
    values = {name: request.form.get(name, "").replace("\0", "") for name in ("name", "text")}
    try:
        save_canned_answer(tenant(), values["name"], values["text"], person().member.email, answer)
    except FieldsRefused as error:
        return _page(answer, values, said(error)), 422
    flash(_("Saved."))
    return redirect(url_for("inbox.answers"))


@blueprint.post("/inbox/answers/<row_id:answer_id>/delete")
def delete_answer(answer_id: int) -> Response:
    answer = CannedAnswer.find_owned(tenant(), answer_id) or abort(404)
    delete_canned_answer(answer)
    flash(_("Deleted."))
    return redirect(url_for("inbox.answers"))


def _page(
    answer: CannedAnswer | None,
    values: dict[str, str],
    problems: Mapping[str, list[str]] | None = None,
) -> str:
    return page(
        "inbox/answers.html",
        "inbox",
        answer=answer,
        values=values,
        problems=problems or {},
        answers=list(db.session.scalars(CannedAnswer.owned(tenant()))),
        **picker_tools(),
    )
