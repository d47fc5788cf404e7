"""Who changed what, when, and by a page, a program or an agent."""

from typing import Any

from flask import request, url_for
from sqlalchemy import Select, or_

from plugin.models.base import db
from plugin.models.system.audit_entry import WAYS, AuditEntry
from plugin.models.system.job import Job
from plugin.web.audit import DEEDS, subjects_of
from plugin.web.layout import page
from plugin.web.log.blueprint import blueprint
from plugin.web.owned import row_id
from plugin.web.session import tenant

ENTRIES = 50


@blueprint.get("/log/audit")
def audit() -> str:
    """Show the changes of the team, its programs and its agents, the newest first."""
    words = {name: request.args.get(name, "").strip()[:100] for name in ("who", "via")}
    before = row_id(request.args.get("before", ""))
    statement = _filtered(words["who"], words["via"]).order_by(AuditEntry.id.desc())
    if before:
        statement = statement.where(AuditEntry.id < before)
    entries = list(db.session.scalars(statement.limit(ENTRIES + 1)))
    kept: dict[str, Any] = {name: value for name, value in words.items() if value}
    more = len(entries) > ENTRIES
    return page(
        "log/audit.html",
        "log",
        entries=entries[:ENTRIES],
        words=words,
        deeds=DEEDS,
        subjects=subjects_of(entries[:ENTRIES]),
        older=url_for("log.audit", **kept, before=entries[ENTRIES - 1].id) if more else "",
        newest=url_for("log.audit", **kept) if before else "",
        failed=Job.count_failed(tenant()),
    )


def _filtered(who: str, via: str) -> Select[tuple[AuditEntry]]:
    statement = AuditEntry.owned(tenant())
    if via in WAYS:
        statement = statement.where(AuditEntry.via == via)
    if who:
        columns = (AuditEntry.actor, AuditEntry.agent)
        statement = statement.where(
            or_(*(each.icontains(who, autoescape=True) for each in columns))
        )
    return statement
