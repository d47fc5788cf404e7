"""The builder's form, sent as a browser sends it."""

from typing import Any

from plugin.models import db
from plugin.models.audience.segment import Segment, SegmentVersion
from tests.support.walker import Page
from tests.support.world import Tenant, World
from tests.web.pages import csrf_of

LINKED = {
    "rule.kind": "all",
    "rule.0.field": "linkage.linked", "rule.0.op": "is", "rule.0.value": "true",
}  # fmt: skip
LINKED_RULE = {"all": [{"field": "linkage.linked", "op": "is", "value": True}]}


def send(tenant: Tenant, page: Page, path: str, act: str = "save", **fields: Any) -> Page:
    """Send the form with just these fields, beside what the page itself knows."""
    seen = next((form.fields["seen"] for form in page.forms if "seen" in form.fields), "")
    data = {"csrf_token": csrf_of(page), "act": act, "seen": seen, **fields}
    url = page.url.split("/segments")[0] + path
    return tenant.walker._arrive(tenant.walker.session.post(url, data=data, timeout=30))


def build(world: World, tenant: Tenant, name: str = "Linked", **fields: Any) -> Page:
    """A new segment, saved."""
    page = tenant.walker.go(f"{world.url}/segments/new")
    return send(tenant, page, "/segments/new", name=name, **(fields or LINKED))


def saved(world: World) -> list[tuple[str, int, Any]]:
    """The segments that somebody made: name, version, rule."""
    with world.app.app_context():
        rows = db.session.scalars(
            db.select(Segment).where(Segment.ready == "").order_by(Segment.id)
        )
        return [(row.name, row.version, SegmentVersion.current(row).rule) for row in rows]
