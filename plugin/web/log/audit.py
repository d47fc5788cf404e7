"""Who changed what, when, and by a page, a program or an agent."""

from typing import Any

from flask import request, url_for
from sqlalchemy import Select, or_

from plugin.models.system.audit_entry import WAYS, AuditEntry
from plugin.models.system.job import Job
from plugin.web.audit import DEEDS, subjects_of
from plugin.web.layout import page
from plugin.web.log.blueprint import blueprint
from plugin.web.newest import newest
from plugin.web.owned import row_id
from plugin.web.session import tenant


@blueprint.get("/log/audit")
def audit() -> str:
    """Show the changes of the team, its programs and its agents, the newest first."""
    words = {name: request.args.get(name, "").strip()[:100] for name in ("who", "via")}
    before = row_id(request.args.get("before", ""))
    entries, after = newest(_filtered(words["who"], words["via"]), AuditEntry.id, before)
    kept: dict[str, Any] = {name: value for name, value in words.items() if value}
    return page(
        "log/audit.html",
        "log",
        entries=entries,
        words=words,
        deeds=DEEDS,
        subjects=subjects_of(entries),
        older=url_for("log.audit", **kept, before=after) if after else "",
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
