"""The template editor's form, sent as a browser sends it."""

from typing import Any

from plugin.models import Template, TemplateVersion, db
from tests.support.walker import Page
from tests.support.world import Tenant, World
from tests.web.pages import csrf_of

HELLO = {"bubble.0.kind": "text", "bubble.0.text": "Hello"}


def send(tenant: Tenant, page: Page, path: str, act: str = "save", **fields: str) -> Page:
    """Send the editor's form with just these fields."""
    data = {"csrf_token": csrf_of(page), "act": act, "account": str(tenant.account_id), **fields}
    return tenant.walker._arrive(
        tenant.walker.session.post(page.url.split("/templates")[0] + path, data=data, timeout=30)
    )


def write(world: World, tenant: Tenant, name: str = "Welcome", **fields: str) -> Page:
    """A new template, saved."""
    page = tenant.walker.go(f"{world.url}/templates/new")
    return send(tenant, page, "/templates/new", name=name, **(fields or HELLO))


def kept(world: World) -> list[tuple[Template, list[dict[str, Any]]]]:
    """Every template with what it says now."""
    with world.app.app_context():
        rows = db.session.scalars(db.select(Template).order_by(Template.id)).all()
        return [(one, TemplateVersion.current(one).messages) for one in rows]
